"""Shows one answer on Discord while it comes: what is to be posted or edited next, and with what.

`feed` only appends, so that a slow Discord never holds up the reading of the upstream. What is sent
is decided by comparing what the reply should look like at that instant with what Discord has.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Sequence

from conversation.entities import Part, Turn
from conversation.errors import StoreError
from conversation.events import Finished, ReplyEvent, TextDelta
from rendering.courier import Courier
from rendering.cursor import CURSOR
from rendering.errors import DeliveryError
from rendering.lanes import Step
from rendering.limits import Call, Urgency
from rendering.parts import Change, ShownParts, WantedPart
from rendering.scheduling import Wish
from rendering.splitting import Splitter
from rendering.surface import Spot, Surface
from rendering.typing_line import TypingLine

log = logging.getLogger(__name__)

_FIRST_RETRY_S = 1.0
_LONGEST_RETRY_S = 30.0
_UNKNOWN_MESSAGE = 10008
_ARCHIVED = 50083


class ReplyDisplay:
    """One reply: a lane of the courier.

    Args:
        courier: Carries the requests; not owned.
        surface: Makes them.
        spot: Where the reply goes; its first part answers the message named there.
        turn: The turn it shows; its id is in the *Stop* button and the nonces.
        keep_part: Stores a part as soon as its message has an id.
        parts: The messages that the reply has already, which showed another answer.
    """

    def __init__(
        self,
        courier: Courier,
        surface: Surface,
        spot: Spot,
        turn: Turn,
        keep_part: Callable[[Part], Awaitable[None]],
        parts: Sequence[Part] = (),
    ) -> None:
        self._courier = courier
        self._surface = surface
        self._spot = spot
        self._turn_id = turn.id
        self.model = turn.model or ""
        self._keep_part = keep_part
        self._splitter = Splitter()
        self._unread: list[str] = []
        """Text that the splitter has not seen: it is read when something may be sent."""
        self._typing = TypingLine(courier, surface, spot)
        self._shown = ShownParts([part.message_id for part in parts])
        self._change: Change | None = None
        """What the step under way, or a post that may still turn out to be made, changes."""
        self._stale_since_s: float | None = None
        self.is_finished = False
        self._is_given_up = False
        self._done = asyncio.Event()
        self._keeping: set[asyncio.Task[None]] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._retry_s = _FIRST_RETRY_S
        self._is_resting = False
        self._was_unarchived = False

    def expect(self) -> None:
        """Take in that an answer is being asked for: typing shows if it lets us wait."""
        self._typing.begin()

    def feed(self, event: ReplyEvent) -> None:
        """Take in what came; returns at once, and costs no more than keeping the text."""
        match event:
            case TextDelta(text):
                self._unread.append(text)
                if self._stale_since_s is None:
                    self._stale_since_s = _now()
                    self._courier.changed(self)
            case Finished(text=str(whole)):
                self._splitter = Splitter()
                self._unread = [whole]
            case _:
                pass

    def finish(self, notice: str) -> None:
        """Take in that this was all; `notice`, if any, stands under it. Rests no longer."""
        self._read()
        self._splitter.finish(notice)
        self.is_finished = True
        self._stale_since_s = self._stale_since_s or _now()
        self._is_resting = False
        self._stop_timer()
        self._typing.end()
        self._courier.changed(self)
        self._look_whether_done()

    async def until_shown(self) -> None:
        """Wait until Discord shows all of it, or has refused it for good, and it is stored."""
        await self._done.wait()
        await self.until_kept()

    async def until_kept(self) -> None:
        """Wait until every part that Discord has by now is stored."""
        if self._keeping:
            await asyncio.wait(self._keeping)

    def close(self) -> None:
        """Send nothing more."""
        self._is_given_up = True
        self._stop_timer()
        self._typing.end()
        self._courier.changed(self)
        self._courier.forget(self)
        self._done.set()

    def wish(self) -> Wish | None:
        """See `Lane.wish`."""
        if self._is_given_up or self._is_resting:
            return None
        wanted = self._wanted()
        channel_id = self._spot.channel_id
        if wanted:
            self._typing.end()
        change = self._next_change(wanted)
        if change is None:
            self._stale_since_s = None
            return None
        urgency = self._urgency(change, len(wanted))
        return Wish(change.call, channel_id, urgency, self._stale_since_s or _now())

    def take(self) -> Step:
        """See `Lane.take`."""
        change = self._next_change(self._wanted())
        if change is None:
            raise RuntimeError("a step was taken that nobody wished")
        self._change = change
        self._stale_since_s = None
        match change:
            case Change(Call.POST, ordinal, WantedPart() as should):
                return self._post(ordinal, should)
            case Change(Call.EDIT, _, WantedPart() as should, int(message_id)):
                return self._edit(message_id, should)
            case _:
                return self._delete(change.message_id or 0)

    def arrived(self, step: Step, message_id: int | None) -> None:
        """See `Lane.arrived`."""
        self._retry_s = _FIRST_RETRY_S
        self._is_resting = self._was_unarchived = False
        change, self._change = self._change, None
        if change is None or change.call is not step.call:
            return
        self._stop_timer()
        self._shown.made(change, message_id)
        if change.call is Call.POST and message_id is not None:
            self._keep(change.ordinal, message_id, step.nonce or "")
        self._look_whether_done()

    def failed(self, step: Step, error: DeliveryError) -> None:
        """See `Lane.failed`."""
        log.warning("turn %d: %s failed: %s", self._turn_id, step.call.value, error)
        change = self._change
        if change is None:
            return
        if not error.is_lasting:
            self._shown.may_be_made(change)
            self._rest()
        elif error.code == _UNKNOWN_MESSAGE and change.call is not Call.POST:
            self._shown.is_gone(change)
            self._look_whether_done()
        elif error.code == _ARCHIVED and not self._was_unarchived:
            self._was_unarchived = self._is_resting = True
            self._spawn(self._unarchive(), f"unarchive-{self._spot.channel_id}")
        else:
            self.close()

    async def _unarchive(self) -> None:
        """Open the thread again, which somebody archived while we wrote in it, and go on."""
        try:
            await self._courier.run(
                Call.OTHER, self._spot.channel_id, lambda: self._surface.unarchive(self._spot)
            )
        except DeliveryError as error:
            log.warning("turn %d: the thread stays archived: %s", self._turn_id, error)
            self.close()
        else:
            self._wake()

    def _post(self, ordinal: int, wanted: WantedPart) -> Step:
        nonce = f"{self._turn_id}.{ordinal}"
        spot = self._spot if ordinal == 0 else Spot(self._spot.channel_id, self._spot.guild_id)
        turn_id = self._turn_id if wanted.has_button else None

        async def act() -> int:
            return await self._surface.post(
                spot,
                wanted.content,
                nonce=nonce,
                is_silent=ordinal > 0,
                stoppable_turn_id=turn_id,
            )

        return Step(Call.POST, spot.channel_id, act, nonce)

    def _edit(self, message_id: int, wanted: WantedPart) -> Step:
        turn_id = self._turn_id if wanted.has_button else None

        async def act() -> None:
            await self._surface.edit(
                self._spot, message_id, wanted.content, stoppable_turn_id=turn_id
            )

        return Step(Call.EDIT, self._spot.channel_id, act)

    def _delete(self, message_id: int) -> Step:
        channel_id = self._spot.channel_id
        return Step(Call.OTHER, channel_id, lambda: self._surface.delete(self._spot, message_id))

    def _read(self) -> None:
        if self._unread:
            self._splitter.feed("".join(self._unread))
            self._unread.clear()

    def _wanted(self) -> Sequence[WantedPart]:
        self._read()
        contents = [part.content for part in self._splitter.sealed]
        if self.is_finished:
            return [WantedPart(content, has_button=False) for content in contents]
        tail = self._splitter.tail(CURSOR)
        if tail is not None:
            contents.append(tail.content)
        last = len(contents) - 1
        return [WantedPart(content, ordinal == last) for ordinal, content in enumerate(contents)]

    def _next_change(self, wanted: Sequence[WantedPart]) -> Change | None:
        return self._shown.next_change(wanted, is_all=self.is_finished)

    def _urgency(self, change: Change, count: int) -> Urgency:
        if len(self._shown) == 0:
            return Urgency.FIRST
        if change.call is Call.OTHER:
            return Urgency.PART
        if self.is_finished:
            return Urgency.FINAL
        is_tail = change.call is Call.EDIT and change.ordinal == count - 1
        return Urgency.STALE if is_tail else Urgency.PART

    def _keep(self, ordinal: int, message_id: int, nonce: str) -> None:
        part = Part(ordinal, self._spot.channel_id, message_id, nonce)
        self._spawn(self._store_part(part), f"part-{nonce}")

    def _spawn(self, work: Coroutine[None, None, None], name: str) -> None:
        task = asyncio.create_task(work, name=name)
        self._keeping.add(task)
        task.add_done_callback(self._keeping.discard)

    async def _store_part(self, part: Part) -> None:
        try:
            await self._keep_part(part)
        except StoreError:
            log.exception("turn %d: part %d could not be stored", self._turn_id, part.ordinal)

    def _look_whether_done(self) -> None:
        if self.is_finished and self._next_change(self._wanted()) is None:
            self._courier.forget(self)
            self._done.set()

    def _rest(self) -> None:
        """Try again after a while, longer each time; the same nonce makes that harmless."""
        self._is_resting = True
        self._call_later(self._retry_s, self._wake)
        self._retry_s = min(self._retry_s * 2, _LONGEST_RETRY_S)

    def _wake(self) -> None:
        self._is_resting = False
        self._courier.changed(self)

    def _call_later(self, delay_s: float, then: Callable[[], None]) -> None:
        self._stop_timer()
        self._timer = asyncio.get_running_loop().call_later(delay_s, then)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


def _now() -> float:
    return asyncio.get_running_loop().time()
