"""A model of Discord's limits in virtual time, and replies that stream against it.

Buckets are fixed windows that the first request opens; the global limit is a sliding second, the
strictest reading of "50 requests a second". A request travels `out_s` plus jitter, its answer
`back_s` plus jitter. What the model refuses is told apart: by our doing, or by others'.
"""

import heapq
import math
import random
from collections import deque
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Protocol

from delivery.pacing.policy import Answer, Call, Urgency
from delivery.pacing.scheduler import Wish


class Decider(Protocol):
    """What decides over the instants of requests: the scheduler, or a yardstick."""

    def wish(self, lane: Hashable, wish: Wish | None, now: float) -> None:
        """Set what a lane would send next."""
        ...

    def due(self, now: float) -> list[tuple[Hashable, Wish]]:
        """Return what is to be sent now."""
        ...

    def next_time(self, now: float) -> float | None:
        """Return when to ask again."""
        ...

    def answered(
        self,
        call: Call,
        channel_id: int,
        answer: Answer,
        now: float,
        *,
        sent_at: float,
        lane: Hashable | None = None,
    ) -> None:
        """Record an answer."""
        ...

    def lost(
        self, call: Call, channel_id: int, now: float, *, lane: Hashable | None = None
    ) -> None:
        """Record the death of a request."""
        ...


@dataclass(frozen=True, slots=True)
class World:
    """The limits and the network of one simulation."""

    limits: dict[Call, tuple[int, float]] = field(
        default_factory=lambda: {
            Call.POST: (5, 5.0),
            Call.EDIT: (5, 5.0),
            Call.TYPING: (5, 5.0),
            Call.THREAD: (50, 300.0),
            Call.OTHER: (10, 10.0),
        }
    )
    is_shared: bool = False
    global_limit: int = 50
    out_s: float = 0.0
    back_s: float = 0.0
    jitter_s: float = 0.0
    foreign_refusals: float = 0.0
    losses: float = 0.0


@dataclass(slots=True)
class _Window:
    ends_at: float
    used: int = 0


class SimulatedDiscord:
    """Discord's side: counts requests at the instant they arrive, and answers."""

    def __init__(self, world: World, chance: random.Random) -> None:
        self.own_refusals: list[str] = []
        self.requests = 0
        self._world = world
        self._chance = chance
        self._windows: dict[tuple[str, int], _Window] = {}
        self._second: deque[float] = deque()

    def receive(self, call: Call, channel_id: int, now: float) -> Answer:
        """Count one request and give its answer."""
        self.requests += 1
        while self._second and self._second[0] <= now - 1.0:
            self._second.popleft()
        if len(self._second) >= self._world.global_limit:
            self.own_refusals.append(f"global limit at {now}")
            return Answer(429, retry_after_s=self._second[0] + 1.0 - now, is_global=True)
        self._second.append(now)
        if self._chance.random() < self._world.foreign_refusals:
            return Answer(429, scope="shared", retry_after_s=self._chance.uniform(0.1, 2.0))
        return self._count(call, channel_id, now)

    def _count(self, call: Call, channel_id: int, now: float) -> Answer:
        is_shared = self._world.is_shared and call is Call.EDIT
        counted_as = Call.POST if is_shared else call
        limit, window_s = self._world.limits[counted_as]
        key = (counted_as.value, channel_id)
        window = self._windows.get(key)
        if window is None or window.ends_at <= now:
            window = self._windows[key] = _Window(now + window_s)
        reset_after_s = window.ends_at - now
        if window.used >= limit:
            self.own_refusals.append(f"{call} in {channel_id} at {now}")
            return Answer(
                429, limit, 0, reset_after_s, counted_as.value, "user", retry_after_s=reset_after_s
            )
        window.used += 1
        return Answer(200, limit, limit - window.used, reset_after_s, counted_as.value, "user")


@dataclass(slots=True)
class Reply:
    """A reply whose text flows evenly from `starts_at` on, one character each `step_s`.

    `shown` holds, for each change of the message, when it arrived and up to which instant of
    the stream its text reached. `part_s` is how long the text takes that fills one message;
    with `asked_at` a thread is wished from then on, and posted in.
    """

    channel_id: int
    starts_at: float
    lasts_s: float
    step_s: float = 1 / 60
    part_s: float = math.inf
    asked_at: float | None = None
    taken_at: float | None = None
    in_flight: int = 0
    is_opened: bool = False
    is_posted: bool = False
    shown: list[tuple[float, float]] = field(default_factory=list[tuple[float, float]])
    sent: list[tuple[float, Wish]] = field(default_factory=list[tuple[float, Wish]])

    @property
    def ends_at(self) -> float:
        """When the last character has come."""
        return self.starts_at + self.lasts_s

    @property
    def is_complete(self) -> bool:
        """All of the text is shown."""
        return bool(self.shown) and self.shown[-1][1] >= self.ends_at

    @property
    def first_lag_s(self) -> float:
        """From the first character to its being visible."""
        return self.shown[0][0] - self.starts_at

    @property
    def final_lag_s(self) -> float:
        """From the last character to the whole text being visible."""
        return self.shown[-1][0] - self.ends_at

    def mean_lag_s(self) -> float:
        """Average the age of the oldest hidden character over the time of the stream."""
        area, at, reached = 0.0, self.starts_at, self.starts_at
        for shown_at, reaches in [*self.shown, (self.ends_at, self.ends_at)]:
            until = min(shown_at, self.ends_at)
            area += ((until - reached) ** 2 - (at - reached) ** 2) / 2
            at, reached = until, max(reached, reaches)
        return area / self.lasts_s

    @property
    def instants(self) -> list[float]:
        """When something else may be wished than before, by what comes alone."""
        full = [self.starts_at + k * self.part_s for k in range(1, 1 + self._count(self.ends_at))]
        asked = [] if self.asked_at is None else [self.asked_at]
        return [*asked, self.starts_at, *full, self.ends_at]

    def reach(self, now: float) -> float:
        """Tell up to which instant of the stream a request brings the text that is taken now."""
        return min(now, self.ends_at, self._full_at)

    def _count(self, at: float | None) -> int:
        """Count the messages that the text up to an instant of the stream fills."""
        return 0 if at is None else int((at - self.starts_at) / self.part_s + 1e-9)

    @property
    def _full_at(self) -> float:
        return self.starts_at + (1 + self._count(self.taken_at)) * self.part_s

    @property
    def _begins_message(self) -> bool:
        if not self.is_posted or self.taken_at is None:
            return True
        filled = self._count(self.taken_at)
        return filled > 0 and self.taken_at < self.starts_at + filled * self.part_s + 1e-9

    def wish(self, now: float) -> Wish | None:
        """Return what this reply would send now; None if nothing is new."""
        if self.asked_at is not None and not self.is_opened:
            is_asked = now >= self.asked_at
            wish = Wish(Call.THREAD, self.channel_id, Urgency.FIRST, self.asked_at)
            return wish if is_asked else None
        if now < self.starts_at or (self.taken_at is not None and self.taken_at >= self.ends_at):
            return None
        if not self.is_posted:
            return Wish(Call.POST, self.channel_id, Urgency.FIRST, self.starts_at)
        since_s = min((self.taken_at or self.starts_at) + self.step_s, self.ends_at)
        urgency = Urgency.PART if now >= self._full_at else Urgency.STALE
        if now >= self.ends_at:
            urgency = Urgency.FINAL
        call = Call.POST if self._begins_message else Call.EDIT
        return Wish(call, self.channel_id, urgency, since_s)


class Simulation:
    """Runs replies, a decider and the simulated Discord on one virtual clock."""

    def __init__(
        self, decider: Decider, world: World, replies: list[Reply], chance: random.Random
    ) -> None:
        self.discord = SimulatedDiscord(world, chance)
        self.replies = replies
        self.wakes = 0
        self._decider = decider
        self._world = world
        self._chance = chance
        self._events: list[tuple[float, int, Callable[[float], None]]] = []
        self._order = 0
        self._wakes_at: float | None = None

    def run(self, until_s: float) -> None:
        """Let virtual time pass until nothing happens any more, or at most `until_s`."""
        for lane, reply in enumerate(self.replies):
            for instant in reply.instants:
                self._at(instant, lambda now, lane=lane: self._changed(lane, now))
        while self._events and self._events[0][0] <= until_s:
            now, _, event = heapq.heappop(self._events)
            event(now)
            self._pump(now)

    def _at(self, at: float, event: Callable[[float], None]) -> None:
        self._order += 1
        heapq.heappush(self._events, (at, self._order, event))

    def _pump(self, now: float) -> None:
        for lane, wish in self._decider.due(now):
            assert isinstance(lane, int)
            self._send(lane, wish, now)
        at = self._decider.next_time(now)
        if at is not None and (self._wakes_at is None or at < self._wakes_at):
            assert at > now, "asked again at the same instant for ever"
            self._wakes_at = at
            self._at(at, self._wake)

    def _wake(self, now: float) -> None:
        self.wakes += 1
        if self._wakes_at is not None and now >= self._wakes_at:
            self._wakes_at = None

    def _changed(self, lane: int, now: float) -> None:
        self._decider.wish(lane, self.replies[lane].wish(now), now)

    def _send(self, lane: int, wish: Wish, now: float) -> None:
        reply = self.replies[lane]
        reply.in_flight += 1
        assert reply.in_flight == 1, "two requests of one reply in flight"
        is_thread = wish.call is Call.THREAD
        taken_before, taken_at = reply.taken_at, reply.reach(now)
        if not is_thread:
            reply.taken_at = taken_at
        reply.sent.append((now, wish))
        is_lost = self._chance.random() < self._world.losses

        def arrive(then: float) -> None:
            answer = self.discord.receive(wish.call, wish.channel_id, then)
            if answer.status == 200 and not is_lost and not is_thread:
                reply.shown.append((then, taken_at))
            self._at(then + self._travel(self._world.back_s), lambda at: land(answer, at))

        def land(answer: Answer, then: float) -> None:
            reply.in_flight -= 1
            if answer.status == 200 and not is_lost:
                reply.is_opened = reply.is_opened or is_thread
                reply.is_posted = not is_thread
            else:
                reply.taken_at = taken_before
            if is_lost:
                self._decider.lost(wish.call, wish.channel_id, then, lane=lane)
            else:
                self._decider.answered(
                    wish.call, wish.channel_id, answer, then, sent_at=now, lane=lane
                )
            self._changed(lane, then)

        self._at(now + self._travel(self._world.out_s), arrive)
        self._changed(lane, now)

    def _travel(self, base_s: float) -> float:
        return base_s + self._chance.uniform(0.0, self._world.jitter_s)
