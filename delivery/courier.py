"""Carries requests to Discord at the instants that the scheduler names, one owner for all of them.

A *lane* (a reply, or a single errand) says what it wishes; when the scheduler finds its wish due,
the courier takes the step with the text of that instant and carries it out in a task of its own.
A step is over when the HTTP trace has seen Discord accept it, or when the gateway has echoed the
new message, not when the library's call returns: the call that spends a bucket's last token
returns seconds later. Such a call is left to end by itself and is never cancelled, except when
the process ends.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TypeVar

from conversation.meter import NO_METER, Meter
from delivery.errors import DeliveryError
from delivery.lanes import Errand, Lane, Step
from delivery.pacing.headers import answer_of, route_of
from delivery.pacing.policy import Call, Urgency
from delivery.pacing.scheduler import Scheduler, Wish
from delivery.rate_limit_log import StormLog
from delivery.refused_channels import RefusedChannels

log = logging.getLogger(__name__)

_Result = TypeVar("_Result")

_RETRIED_BY_LIBRARY = frozenset({429, 500, 502, 504, 524})
"""discord.py repeats a request that was answered so, with the payload that it had."""
_SHOWING = frozenset({Call.POST, Call.EDIT})
HELD_LIMIT_S = 1.5
"""The library begins to send at once what the scheduler lets go; what it holds back goes stale."""
PREPARE_LIMIT_S = 2.0
"""Longer than this nobody is kept waiting for a store that is locked; it is tried again."""
_DRAIN_LIMIT_S = 0.5
"""How long calls that only wait for the library to let them go are given when the process ends."""


@dataclass(slots=True, eq=False)
class _Delivery:
    """A step under way."""

    lane: Lane
    step: Step
    wish: Wish
    starts: int = 0
    """How often the library has begun to send it: its own retries included."""
    is_counted: bool = True
    """Whether the scheduler takes it to be in flight."""
    held: asyncio.Timeout | None = None
    """Takes it back where the library does not begin to send it."""
    is_over: bool = False
    """What has become of it is known: a post that failed for now may still have been made."""

    @property
    def route(self) -> tuple[Call, int]:
        """The kind and channel of the request that was due; an act may make others beside it."""
        return self.step.call, self.step.channel_id


_CURRENT: ContextVar[_Delivery | None] = ContextVar("delivery", default=None)
"""The delivery of the running task. The HTTP trace runs in the task that made the request."""


class Courier:
    """Owns every request that replies and errands make of Discord.

    Args:
        scheduler: Decides when; nobody else may use it.
        meter: Takes what Discord answers, and how late text is shown.
        held_limit_s: How long the library may hold a request back before it begins to send it.
        prepare_limit_s: How long what a step needs beforehand may take.

    The owner calls `close` before the Discord client is closed.
    """

    def __init__(
        self,
        scheduler: Scheduler,
        meter: Meter = NO_METER,
        *,
        held_limit_s: float = HELD_LIMIT_S,
        prepare_limit_s: float = PREPARE_LIMIT_S,
    ) -> None:
        self._scheduler = scheduler
        self._meter = meter
        self._held_limit_s = held_limit_s
        self._prepare_limit_s = prepare_limit_s
        self._tasks: set[asyncio.Task[None]] = set()
        self._posts: dict[str, _Delivery] = {}
        self._busy: set[Lane] = set()
        self._errands: dict[Lane, Step] = {}
        self._refused = RefusedChannels()
        self._storm_log = StormLog()
        self._is_closed = False
        self._timer: asyncio.TimerHandle | None = None
        self._is_planned = False

    def changed(self, lane: Lane) -> None:
        """Look at a lane's wish again; called whenever it may have changed. Never waits."""
        wish = None if lane in self._busy else lane.wish()
        self._scheduler.wish(lane, wish, self._now())
        self._plan()

    def forget(self, lane: Lane) -> None:
        """Drop a lane that will never wish anything again."""
        self._scheduler.forget(lane)
        for nonce in [nonce for nonce, post in self._posts.items() if post.lane is lane]:
            del self._posts[nonce]

    async def run(
        self,
        call: Call,
        channel_id: int,
        act: Callable[[], Awaitable[_Result]],
        *,
        urgency: Urgency = Urgency.PART,
        known: _Result | None = None,
    ) -> _Result:
        """Make one request when it may go, and give its result: `known` once Discord has agreed.

        Raises:
            DeliveryError: Discord has not done it.
        """
        if self._is_closed:
            raise DeliveryError(is_lasting=True)
        errand = Errand(Wish(call, channel_id, urgency, self._now()), act, known)
        self._errands[errand] = errand.step
        self.changed(errand)
        try:
            return await errand.result
        finally:
            del self._errands[errand]
            self.forget(errand)

    @property
    def refused_channels(self) -> frozenset[int]:
        """The channels that refuse us, as far as is known; nothing is sent there."""
        return self._refused.channel_ids

    def is_refused(self, call: Call, channel_id: int) -> bool:
        """Return whether a channel would refuse a request of this kind, as far as is known."""
        return self._refused.refusal(call, channel_id, self._now()) is not None

    def reopen(self, channel_id: int) -> None:
        """Forget what a channel refused: something has changed there."""
        self._refused.reopen(channel_id)

    def wait_for(self, call: Call, channel_id: int) -> float:
        """Estimate the seconds until a new request of this kind could go."""
        return self._scheduler.wait_for(call, channel_id, self._now())

    def started(self, method: str, path: str) -> None:
        """Record from the HTTP trace that a request starts; in the task that makes it."""
        delivery = _CURRENT.get()
        if delivery is not None and delivery.held is not None and not delivery.held.expired():
            delivery.held.reschedule(None)
        route = route_of(method, path)
        if route is None:
            return
        if delivery is None:
            self._scheduler.spend(*route, self._now())
            return
        is_due = route == delivery.route and delivery.starts == 0
        delivery.starts += route == delivery.route
        if not is_due:
            self._scheduler.spend(*route, self._now(), lane=delivery.lane)

    def answered(
        self, method: str, path: str, status: int, headers: Mapping[str, str], started_s: float
    ) -> None:
        """Record from the HTTP trace that a request was answered; in the task that made it."""
        route = route_of(method, path)
        if route is None:
            return
        self._meter.requested(route[0].value, status)
        delivery = _CURRENT.get()
        will_retry = delivery is not None and status in _RETRIED_BY_LIBRARY
        answer = answer_of(status, headers)
        self._scheduler.answered(
            *route,
            answer,
            self._now(),
            sent_at=started_s,
            lane=delivery.lane if delivery else None,
            will_retry=will_retry,
        )
        if delivery is not None and route == delivery.route:
            delivery.is_counted = will_retry
            if status < 300 and delivery.step.ends_with_answer:
                self._arrive(delivery, None)
        if status == 429:
            self._storm_log.refused(route[0], answer.scope, self._now())
        self._plan()

    def lost(self, method: str, path: str) -> None:
        """Record from the HTTP trace that a request died without an answer."""
        route = route_of(method, path)
        if route is None:
            return
        delivery = _CURRENT.get()
        if delivery is not None and route == delivery.route:
            delivery.is_counted = False
        lane = delivery.lane if delivery else None
        self._scheduler.lost(*route, self._now(), lane=lane)
        self._plan()

    def echoed(self, nonce: str, message_id: int) -> None:
        """Record from the gateway that one of our posts has appeared, perhaps after all."""
        delivery = self._posts.get(nonce)
        if delivery is not None:
            self._arrive(delivery, message_id)

    async def close(self) -> None:
        """Begin nothing more, wait a little for the calls under way, cancel what is left."""
        self._is_closed = True
        if self._timer is not None:
            self._timer.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=_DRAIN_LIMIT_S)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for errand, step in self._errands.items():
            errand.failed(step, DeliveryError(is_lasting=True))

    @staticmethod
    def _now() -> float:
        return asyncio.get_running_loop().time()

    def _plan(self) -> None:
        """Pump soon, once for all changes of this turn of the event loop."""
        if not self._is_planned:
            self._is_planned = True
            asyncio.get_running_loop().call_soon(self._pump)

    def _pump(self) -> None:
        self._is_planned = False
        if self._is_closed:
            return
        now = self._now()
        for lane, wish in self._scheduler.due(now):
            if isinstance(lane, Lane):
                self._launch(lane, wish)
        at = self._scheduler.next_time(now)
        if self._timer is not None:
            self._timer.cancel()
        self._timer = None
        if at is not None:
            self._timer = asyncio.get_running_loop().call_at(at, self._pump)

    def _launch(self, lane: Lane, wish: Wish) -> None:
        step = lane.take()
        self._busy.add(lane)
        delivery = _Delivery(lane, step, wish)
        if step.nonce is not None:
            self._posts[step.nonce] = delivery
        self._spawn(self._carry(delivery), name=f"discord-{step.call.value}")

    def _spawn(self, work: Coroutine[None, None, None], name: str) -> None:
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _carry(self, delivery: _Delivery) -> None:
        _CURRENT.set(delivery)
        step = delivery.step
        try:
            if not await self._is_prepared(delivery):
                return
            refusal = self._refused.refusal(step.call, step.channel_id, self._now())
            if refusal is not None:
                raise refusal  # noqa: TRY301 - handled as if Discord had said it again
            async with asyncio.timeout(self._held_limit_s) as delivery.held:
                message_id = await step.act()
        except DeliveryError as error:
            self._fail(delivery, error)
        except TimeoutError:
            log.warning("the library held back a request (%s): taken back", step.call.value)
            self._fail(delivery, DeliveryError(is_lasting=False))
        except Exception:
            log.exception("a request to Discord could not be made")
            self._fail(delivery, DeliveryError(is_lasting=True))
        else:
            self._arrive(delivery, message_id)
        finally:
            if step.nonce is not None and delivery.is_over:
                self._posts.pop(step.nonce, None)
            if delivery.is_counted:
                now = self._now()
                self._scheduler.lost(step.call, step.channel_id, now, lane=delivery.lane)
                self._plan()

    async def _is_prepared(self, delivery: _Delivery) -> bool:
        """Do what has to be done before a request; where that fails, it counts as never sent."""
        step = delivery.step
        if step.prepare is None:
            return True
        try:
            async with asyncio.timeout(self._prepare_limit_s):
                await step.prepare()
        except (DeliveryError, TimeoutError) as error:
            delivery.is_counted = False
            self._scheduler.unsent(step.call, step.channel_id, self._now(), lane=delivery.lane)
            log.debug("%s is put off: %s", step.call.value, error)
            self._fail(delivery, DeliveryError(is_lasting=False, was_asked=False))
            return False
        return True

    def _arrive(self, delivery: _Delivery, message_id: int | None) -> None:
        if delivery.is_over:
            return
        delivery.is_over = True
        self._busy.discard(delivery.lane)
        self._measure(delivery)
        delivery.lane.arrived(delivery.step, message_id)
        self.changed(delivery.lane)

    def _measure(self, delivery: _Delivery) -> None:
        """Tell the meter how long text waited to be seen; errands and deletions show none."""
        if delivery.step.call in _SHOWING and not isinstance(delivery.lane, Errand):
            is_first = delivery.wish.urgency is Urgency.FIRST
            self._meter.shown(self._now() - delivery.wish.since_s, is_first=is_first)

    def _fail(self, delivery: _Delivery, error: DeliveryError) -> None:
        if delivery.is_over:
            return
        delivery.is_over = error.is_lasting or delivery.step.nonce is None
        step = delivery.step
        self._refused.refused(step.call, step.channel_id, error, self._now())
        self._busy.discard(delivery.lane)
        delivery.lane.failed(delivery.step, error)
        self.changed(delivery.lane)
