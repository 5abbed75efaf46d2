"""Shows one answer on Discord while it comes: what is to be posted or edited next, and with what.

`feed` only appends, so that a slow Discord never holds up the reading of the upstream. What is sent
is decided by comparing what the reply should look like at that instant with what Discord has.
"""

import asyncio
import logging
from collections.abc import Sequence

from conversation.entities import Part, Turn
from conversation.events import ReplyEvent
from delivery.courier import Courier
from delivery.discord_api import Row, Spot, Surface
from delivery.errors import DeliveryError
from delivery.keeping import PartKeeping
from delivery.lanes import Step
from delivery.pacing.policy import Call, Urgency
from delivery.pacing.scheduler import Wish
from delivery.typing_lane import TypingLine
from delivery.unarchive import Unarchiving
from rendering.buttons import NONE, Buttons
from rendering.diff import Change, ShownParts, WantedPart
from rendering.reply import WantedReply

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
        turn: The turn it shows; its id is in the *Stop* button and the nonces.
        keeping: Stores a part as soon as its message has an id.
        parts: The messages that the reply has already, which showed another answer.
        contents: What the first of these say, where they have no buttons and are known.
        stays: What they are to say where no text comes: what was shown is not taken away.
    """

    def __init__(
        self,
        courier: Courier,
        surface: Surface,
        turn: Turn,
        keeping: PartKeeping,
        parts: Sequence[Part] = (),
        contents: Sequence[str] = (),
        stays: Sequence[str] = (),
    ) -> None:
        self._courier = courier
        self._surface = surface
        self._place: Spot | None = None
        """Where it goes; nothing is sent before that is known."""
        self.turn_id = turn.id
        self.model = turn.model or ""
        self._keeping = keeping
        self._wanted = WantedReply(stays)
        self._shows_queue_line = False
        self._typing: TypingLine | None = None
        self._shown = ShownParts([part.message_id for part in parts], contents)
        self._change: Change | None = None
        """What the step under way, or a post that may still turn out to be made, changes."""
        self._stale_since_s: float | None = None
        self._is_given_up = False
        self._done = asyncio.Event()
        self._unarchiving = Unarchiving(courier, surface)
        self._timer: asyncio.TimerHandle | None = None
        self._retry_s = _FIRST_RETRY_S
        self._is_resting = False
        self._was_unarchived = False

    def go_to(self, spot: Spot) -> None:
        """Take in where the reply goes: what came so far is shown there, or else typing.

        Its first part answers the message that the spot names.
        """
        self._place = spot
        if self._wanted.is_empty and not self.is_finished:
            self._typing = TypingLine(self._courier, self._surface, spot)
            self._typing.begin()
        self._courier.changed(self)

    def feed(self, event: ReplyEvent) -> None:
        """Take in what came; returns at once, and costs no more than keeping the text."""
        wanted = self._wanted
        has_more = wanted.feed(event)
        if has_more and (self._stale_since_s is None or wanted.is_queued or wanted.may_be_full):
            self._stale_since_s = self._stale_since_s or _now()
            self._courier.changed(self)

    @property
    def is_finished(self) -> bool:
        """Whether all has come."""
        return self._wanted.is_finished

    def finish(self, notice: str, buttons: Buttons = NONE) -> None:
        """Take in that this was all; `notice` and `buttons` go under it. Rests no longer."""
        self._wanted.finish(notice, buttons)
        self._stale_since_s = self._stale_since_s or _now()
        self._is_resting = False
        self._stop_timer()
        self._end_typing()
        self._courier.changed(self)
        self._look_whether_done()

    async def until_shown(self) -> None:
        """Wait until Discord shows all of it, or has refused it for good, and it is stored."""
        await self._done.wait()
        await self.until_kept()

    async def until_kept(self) -> None:
        """Wait until every part that Discord has by now is stored."""
        await self._keeping.until_kept()

    async def keep_again(self) -> None:
        """Store the parts that the store did not take, now that it may."""
        await self._keeping.keep_again()

    def close(self) -> None:
        """Send nothing more."""
        self._is_given_up = True
        self._stop_timer()
        self._end_typing()
        self._courier.changed(self)
        self._courier.forget(self)
        self._done.set()

    def wish(self) -> Wish | None:
        """See `Lane.wish`."""
        if self._place is None or self._is_given_up or self._is_resting:
            return None
        wanted = self._wanted.parts()
        channel_id = self._place.channel_id
        if wanted:
            self._end_typing()
        change = self._next_change(wanted)
        if change is None:
            self._stale_since_s = None
            return None
        urgency = self._urgency(change, len(wanted))
        return Wish(change.call, channel_id, urgency, self._stale_since_s or _now())

    def take(self) -> Step:
        """See `Lane.take`."""
        change = self._next_change(self._wanted.parts())
        if change is None:
            raise RuntimeError("a step was taken that nobody wished")
        self._change = change
        self._shows_queue_line = self._wanted.is_queued
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
            channel_id = self._spot.channel_id
            self._keeping.keep(Part(change.ordinal, channel_id, message_id, step.nonce or ""))
        elif change.wanted is None:
            self._keeping.drop(change.ordinal)
        self._look_whether_done()

    def failed(self, step: Step, error: DeliveryError) -> None:
        """See `Lane.failed`."""
        is_news = self._retry_s == _FIRST_RETRY_S
        level = logging.WARNING if is_news else logging.DEBUG
        log.log(level, "turn %d: %s failed: %s", self.turn_id, step.call.value, error)
        change = self._change
        if change is None:
            return
        if not error.is_lasting:
            self._shown.may_be_made(change)
            self._rest()
        elif error.code == _UNKNOWN_MESSAGE and change.call is not Call.POST:
            self._shown.is_gone(change)
            if change.wanted is None:
                self._keeping.drop(change.ordinal)
            self._look_whether_done()
        elif error.code == _ARCHIVED and self._unarchiving.is_under_way:
            self._is_resting = True
        elif error.code == _ARCHIVED and not self._was_unarchived:
            self._was_unarchived = self._is_resting = True
            self._unarchiving.begin(self._spot, self._unarchived)
        else:
            self._give_up(error)

    def reopened(self) -> None:
        """See `Waiter.reopened`."""
        self._is_given_up = self._was_unarchived = False
        self._wake()

    def _give_up(self, error: DeliveryError) -> None:
        """Send nothing more, or nothing until the place lets us; nobody has to wait for that."""
        self.close()
        if error.is_of_place:
            self._courier.put_by(self, self._spot.channel_id)

    @property
    def _spot(self) -> Spot:
        if self._place is None:
            raise RuntimeError("a reply without a place was to be shown")
        return self._place

    def _end_typing(self) -> None:
        if self._typing is not None:
            self._typing.end()

    def _unarchived(self, error: DeliveryError | None) -> None:
        """Go on in the thread, which somebody archived while we wrote in it, if it is open."""
        if error is None:
            self._wake()
        elif error.is_lasting:
            log.warning("turn %d: the thread stays archived: %s", self.turn_id, error)
            self._give_up(error)
        else:
            self._was_unarchived = False
            self._rest()

    def _post(self, ordinal: int, wanted: WantedPart) -> Step:
        nonce = f"{self.turn_id}.{ordinal}"
        spot = self._spot if ordinal == 0 else Spot(self._spot.channel_id, self._spot.guild_id)
        row = Row(self.turn_id, wanted.buttons)

        async def act() -> int:
            return await self._surface.post(
                spot, wanted.content, nonce=nonce, is_silent=ordinal > 0, row=row
            )

        return Step(Call.POST, spot.channel_id, act, nonce)

    def _edit(self, message_id: int, wanted: WantedPart) -> Step:
        row = Row(self.turn_id, wanted.buttons)

        async def act() -> None:
            await self._surface.edit(self._spot, message_id, wanted.content, row=row)

        return Step(Call.EDIT, self._spot.channel_id, act)

    def _delete(self, message_id: int) -> Step:
        channel_id = self._spot.channel_id
        return Step(Call.OTHER, channel_id, lambda: self._surface.delete(self._spot, message_id))

    def _next_change(self, wanted: Sequence[WantedPart]) -> Change | None:
        return self._shown.next_change(wanted, is_all=self.is_finished)

    def _urgency(self, change: Change, count: int) -> Urgency:
        """Rank a change: what fills a message goes before what only begins or lengthens one."""
        if self._wanted.is_queued:
            return Urgency.STALE
        if len(self._shown) == 0 or (self._shows_queue_line and change.call is Call.EDIT):
            return Urgency.FIRST
        if change.call is Call.OTHER:
            return Urgency.PART
        if self.is_finished:
            return Urgency.FINAL
        return Urgency.STALE if change.ordinal == count - 1 else Urgency.PART

    def _look_whether_done(self) -> None:
        if self.is_finished and self._next_change(self._wanted.parts()) is None:
            self._courier.forget(self)
            self._done.set()

    def _rest(self) -> None:
        """Try again after a while, longer each time; the same nonce makes that harmless."""
        self._is_resting = True
        self._stop_timer()
        self._timer = asyncio.get_running_loop().call_later(self._retry_s, self._wake)
        self._retry_s = min(self._retry_s * 2, _LONGEST_RETRY_S)

    def _wake(self) -> None:
        self._is_resting = False
        self._courier.changed(self)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


def _now() -> float:
    return asyncio.get_running_loop().time()
