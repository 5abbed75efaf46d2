"""The lane of one reply: what is to be posted or edited next, and with what, until Discord has it.

`feed` only appends, so that a slow Discord never holds up the reading of the upstream. What is sent
is decided by comparing what the reply should look like at that instant with what Discord has; and
it is stored before it is sent, so that nothing was ever shown that is not stored.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Sequence

from conversation.answer import Answer
from conversation.entities import Part, ReplyState, Spot, Turn
from conversation.errors import StoreError
from conversation.events import ReplyEvent, TextDelta
from conversation.ports.replies import ReplyStore
from conversation.store_failures import report
from delivery.courier import Courier
from delivery.discord_api import DiscordApi, Row
from delivery.errors import DeliveryError
from delivery.lanes import LaneEnd, Step
from delivery.pacing.policy import Call, Urgency
from delivery.pacing.scheduler import Wish
from delivery.rest import Rest
from delivery.typing_lane import TypingLane
from delivery.unarchive import Unarchive
from rendering.diff import Act, Change, ShownParts, WantedPart, digest_of
from rendering.reply import StreamingReply

log = logging.getLogger(__name__)

NONCE_LIFE_S = 120.0
"""So long Discord surely remembers a nonce; a later repetition of a post might make a second."""


class ReplyLane:
    """One reply: a lane of the courier.

    Args:
        courier: Carries the requests; not owned.
        api: Makes them.
        store: Stores each step before it is made; not owned.
        state: The reply as it is stored.
        answer: What comes of the answer; None for one that has ended.
        nonce_life_s: How long a post that may have been made is repeated with its nonce; later it
            is looked for.
    """

    def __init__(
        self,
        courier: Courier,
        api: DiscordApi,
        store: ReplyStore,
        state: ReplyState,
        answer: Answer | None = None,
        *,
        nonce_life_s: float = NONCE_LIFE_S,
    ) -> None:
        self._courier = courier
        self._api = api
        self._store = store
        self.reply_id = state.reply_id
        self.turn_id = state.turn.id
        self.revision = state.wanted_rev
        """The one that it shows, once it is finished."""
        self._answer = answer
        self._nonce_life_s = nonce_life_s
        self._spot: Spot | None = None
        """Where it goes; nothing is sent before that is known."""
        self._wanted = StreamingReply(state.replaced_text)
        self._shown = ShownParts(state.turn.id, state.parts)
        self._unsaved: dict[int, Part] = {}
        """Parts that have changed since they were stored."""
        self._saving: set[asyncio.Task[None]] = set()
        self._change: Change | None = None
        """What the step under way, or a post that may still turn out to be made, changes."""
        self._first_tried_s = 0.0
        self._stale_since_s: float | None = None
        self._shows_queue_line = False
        self.is_deleted = False
        """Somebody has deleted all that was shown: nobody waits for more."""
        self.end: LaneEnd | None = None
        self._is_posted = asyncio.Event()
        """All has come, and each of its messages is there, whatever they say."""
        self._is_over = asyncio.Event()
        """All has come, and nothing more is sent."""
        self._typing: TypingLane | None = None
        self._unarchive = Unarchive(courier, api)
        self._rest = Rest(self._wake)

    def go_to(self, spot: Spot) -> None:
        """Go to a place: what came so far is shown there, or else typing.

        The first part answers the message that the spot names.
        """
        self._spot = spot
        if self._wanted.is_empty and not self.is_finished:
            self._typing = TypingLane(self._courier, self._api, spot)
            self._typing.begin()
        self._courier.changed(self)

    def feed(self, event: ReplyEvent) -> None:
        """Add what came; returns at once, and costs no more than keeping the text."""
        wanted = self._wanted
        has_more = wanted.feed(event)
        if has_more and (self._stale_since_s is None or wanted.is_queued or wanted.may_be_full):
            self._stale_since_s = self._stale_since_s or _now()
            self._courier.changed(self)

    @property
    def is_finished(self) -> bool:
        """Whether all has come."""
        return self._wanted.is_finished

    def finish(
        self, turn: Turn, revision: int, *, is_newest: bool, is_continued: bool = False
    ) -> None:
        """Show how the answer ended, which is the revision wanted now. Rests no longer."""
        self._wanted.finish(turn, is_newest=is_newest, is_continued=is_continued)
        self.revision = revision
        self._stale_since_s = self._stale_since_s or _now()
        self._rest.end()
        self._end_typing()
        if self.end is not None:
            self._is_posted.set()
            self._is_over.set()
        self._courier.changed(self)
        self._look_whether_shown()

    def show(self, state: ReplyState) -> None:
        """Show an answer that has ended, as its rows say, where it belongs."""
        self._wanted.feed(TextDelta(state.turn.text))
        self._spot = state.spot or state.home
        self.finish(
            state.turn,
            state.wanted_rev,
            is_newest=state.is_newest,
            is_continued=state.is_continued,
        )

    async def until_ended(self) -> LaneEnd:
        """Wait until all has come and is shown, or nothing more is sent; return which."""
        await self._is_over.wait()
        return self.end or LaneEnd.CLOSED

    async def until_posted(self) -> None:
        """Wait until all has come and no message of it is still to be posted, or can be."""
        await self._is_posted.wait()

    async def record_shown(self) -> bool:
        """Store that the revision is shown; return whether it is the one wanted now.

        Raises:
            StoreError: It could not be stored.
        """
        await self.until_saved()
        parts = list(self._unsaved.values())
        is_latest = await self._store.record_shown(self.reply_id, self.revision, parts)
        self._saved(parts)
        return is_latest

    async def until_saved(self) -> None:
        """Wait until what Discord has taken is stored, or could not be."""
        if self._saving:
            await asyncio.wait(self._saving)

    def close(self, end: LaneEnd = LaneEnd.CLOSED) -> None:
        """Send nothing more; the owner waits `until_saved` before the store is closed."""
        if self.end is not None:
            return
        self.end = end
        self._rest.end()
        self._end_typing()
        self._courier.changed(self)
        self._courier.forget(self)
        if self.is_finished or end is LaneEnd.CLOSED:
            self._is_posted.set()
            self._is_over.set()

    def reopen(self) -> None:
        """Try again what the place refused while the answer still comes: something has changed."""
        if self.end is LaneEnd.PARKED and not self.is_finished:
            self.end = None
            self._unarchive.allow_again()
            self._courier.changed(self)
            self._look_whether_shown()

    def wish(self) -> Wish | None:
        """See `Lane.wish`."""
        if self._spot is None or self.end is not None or self._rest.is_resting:
            return None
        wanted = self._wanted.parts()
        if wanted:
            self._end_typing()
        change = self._next_change(wanted)
        if change is None:
            self._stale_since_s = None
            return None
        urgency = self._urgency(change, len(wanted))
        return Wish(
            _CALLS[change.act], self._spot.channel_id, urgency, self._stale_since_s or _now()
        )

    def take(self) -> Step:
        """See `Lane.take`."""
        change = self._next_change(self._wanted.parts())
        if change is None or self._spot is None:
            raise RuntimeError("a step was taken that nobody wished")
        if change is not self._change:
            self._first_tried_s = _now()
        self._change = change
        self._shows_queue_line = self._wanted.is_queued
        self._stale_since_s = None
        match change:
            case Change(Act.POST, ordinal, WantedPart() as should):
                return self._post(self._spot, ordinal, should, change.digest)
            case Change(Act.EDIT, _, WantedPart() as should, int(message_id)):
                return self._edit(self._spot, message_id, should, change)
            case Change(Act.FIND, ordinal):
                return self._find(self._spot, ordinal, change.digest)
            case _:
                return self._delete(self._spot, change.message_id or 0)

    def arrived(self, step: Step, message_id: int | None) -> None:
        """See `Lane.arrived`."""
        self._rest.reset()
        self._unarchive.allow_again()
        change, self._change = self._change, None
        if change is None or _CALLS[change.act] is not step.call:
            return
        found_id = None if message_id == _NOT_THERE else message_id
        self._shown.made(change, found_id, step.nonce or "")
        if change.act is Act.DELETE or (change.act is Act.FIND and found_id is None):
            self._drop(change.ordinal)
        else:
            self._keep(change, is_new=change.act is not Act.EDIT)
        self._look_whether_shown()

    def failed(self, step: Step, error: DeliveryError) -> None:
        """See `Lane.failed`."""
        is_news = self._rest.is_first and error.was_asked
        level = logging.WARNING if is_news else logging.DEBUG
        log.log(level, "turn %d: %s failed: %s", self.turn_id, step.call.value, error)
        change = self._change
        if change is None:
            return
        if not error.is_lasting:
            self._try_later(change, step)
        elif error.is_unknown_message and change.act in {Act.EDIT, Act.DELETE}:
            self._message_is_gone(change)
        elif error.is_archived and self._unarchive.begin_once(self._require_spot(), self._opened):
            self._rest.wait()
        else:
            self.close(LaneEnd.PARKED if error.is_of_place else LaneEnd.REFUSED)

    def _try_later(self, change: Change, step: Step) -> None:
        """Try again after a while; a nonce makes that harmless as long as Discord remembers it."""
        if change.act is Act.POST and _now() - self._first_tried_s > self._nonce_life_s:
            self._shown.look_for(change, step.nonce or "")
            self._change = None
        else:
            self._shown.may_be_made(change)
        self._rest.begin()

    def _message_is_gone(self, change: Change) -> None:
        self._shown.is_gone(change)
        self._change = None
        if change.act is Act.DELETE:
            self._drop(change.ordinal)
        else:
            self._keep(change)
            self.is_deleted = all(self._shown[it].is_gone for it in range(len(self._shown)))
        self._look_whether_shown()

    def _opened(self, error: DeliveryError | None) -> None:
        """Go on in the thread, which somebody archived while we wrote in it, if it is open."""
        if error is None:
            self._rest.end()
            self._courier.changed(self)
        elif error.is_lasting:
            log.warning("turn %d: the thread stays archived: %s", self.turn_id, error)
            self.close(LaneEnd.PARKED if error.is_of_place else LaneEnd.REFUSED)
        else:
            self._unarchive.allow_again()
            self._rest.begin()

    def _post(self, spot: Spot, ordinal: int, wanted: WantedPart, digest: str | None) -> Step:
        nonce = f"{self.turn_id}.{ordinal}"
        goes_to = spot if ordinal == 0 else Spot(spot.channel_id, spot.guild_id)
        row = Row(self.turn_id, wanted.buttons)

        async def act() -> int:
            return await self._api.post(
                goes_to, wanted.content, nonce=nonce, is_silent=ordinal > 0, row=row
            )

        part = Part(ordinal, spot.channel_id, None, nonce, digest)
        return Step(Call.POST, spot.channel_id, act, nonce, self._stored(part))

    def _edit(self, spot: Spot, message_id: int, wanted: WantedPart, change: Change) -> Step:
        row = Row(self.turn_id, wanted.buttons)

        async def act() -> None:
            await self._api.edit(spot, message_id, wanted.content, row=row)

        nonce = self._shown[change.ordinal].nonce
        part = Part(change.ordinal, spot.channel_id, message_id, nonce, change.digest)
        return Step(Call.EDIT, spot.channel_id, act, prepare=self._stored(part))

    def _delete(self, spot: Spot, message_id: int) -> Step:
        return Step(Call.OTHER, spot.channel_id, lambda: self._api.delete(spot, message_id))

    def _find(self, spot: Spot, ordinal: int, digest: str | None) -> Step:
        known = [self._shown[it].message_id or 0 for it in range(ordinal)]
        after_id = max([*known, spot.answers_message_id or 0]) or None

        async def act() -> int:
            for post in await self._api.own_posts(spot, after_id):
                is_alike = digest_of(post.content, post.custom_ids) == digest
                if is_alike and not await self._is_known(post.message_id):
                    log.info("turn %d: message %d is its part", self.turn_id, post.message_id)
                    return post.message_id
            return _NOT_THERE

        return Step(Call.READ, spot.channel_id, act)

    async def _is_known(self, message_id: int) -> bool:
        """Return whether a message is known, which may be of another answer that says the same."""
        try:
            return await self._store.is_own_post(message_id)
        except StoreError as error:
            raise DeliveryError(is_lasting=False, why="the store cannot be read") from error

    def _stored(self, part: Part) -> Callable[[], Awaitable[None]]:
        """Return what stores a step before it is made: the text so far, and its part."""
        is_streaming = self._answer is not None and not self.is_finished
        text = self._answer.text() if self._answer is not None and is_streaming else None
        parts = [*(it for key, it in self._unsaved.items() if key != part.ordinal), part]
        return lambda: self._store_step(parts, text)

    async def _store_step(self, parts: Sequence[Part], text: str | None) -> None:
        try:
            await self._store.record_step(self.reply_id, parts, turn_id=self.turn_id, text=text)
        except StoreError as error:
            report(log, error, "reply %d: a step is not stored so far", self.reply_id)
            raise DeliveryError(is_lasting=False, why="it could not be stored") from error
        self._saved(parts)

    def _keep(self, change: Change, *, is_new: bool = False) -> None:
        """Have a part stored as it is: at once where it has a message now, else with what comes."""
        shown = self._shown[change.ordinal]
        self._unsaved[change.ordinal] = Part(
            ordinal=change.ordinal,
            channel_id=self._require_spot().channel_id,
            message_id=shown.message_id,
            nonce=shown.nonce,
            digest=shown.digest,
            is_confirmed=True,
            is_gone=shown.is_gone,
        )
        if is_new:
            parts = list(self._unsaved.values())
            self._spawn(self._store_parts(parts), f"part-{self.reply_id}.{change.ordinal}")

    async def _store_parts(self, parts: Sequence[Part]) -> None:
        try:
            await self._store.record_step(self.reply_id, parts, turn_id=self.turn_id, text=None)
        except StoreError as error:
            report(log, error, "reply %d: its parts are not stored so far", self.reply_id)
        else:
            self._saved(parts)

    def _drop(self, ordinal: int) -> None:
        self._unsaved.pop(ordinal, None)
        self._spawn(self._remove_part(ordinal), f"part-{self.reply_id}.{ordinal}")

    async def _remove_part(self, ordinal: int) -> None:
        try:
            await self._store.remove_part(self.reply_id, ordinal)
        except StoreError as error:
            report(log, error, "reply %d: part %d is not removed", self.reply_id, ordinal)

    def _saved(self, parts: Sequence[Part]) -> None:
        for part in parts:
            if self._unsaved.get(part.ordinal) is part:
                del self._unsaved[part.ordinal]

    def _spawn(self, work: Coroutine[None, None, None], name: str) -> None:
        task = asyncio.create_task(work, name=name)
        self._saving.add(task)
        task.add_done_callback(self._saving.discard)

    def _next_change(self, wanted: Sequence[WantedPart]) -> Change | None:
        return self._shown.next_change(wanted, is_all=self.is_finished)

    def _urgency(self, change: Change, count: int) -> Urgency:
        """Rank a change: what fills a message goes before what only begins or lengthens one."""
        if self._wanted.is_queued:
            return Urgency.STALE
        if len(self._shown) == 0 or (self._shows_queue_line and change.act is Act.EDIT):
            return Urgency.FIRST
        if change.act in {Act.DELETE, Act.FIND}:
            return Urgency.PART
        if self.is_finished:
            return Urgency.FINAL
        return Urgency.STALE if change.ordinal == count - 1 else Urgency.PART

    def _look_whether_shown(self) -> None:
        if not self.is_finished:
            return
        wanted = self._wanted.parts()
        if self._next_change(wanted) is None:
            self.close(LaneEnd.SHOWN)
        elif self._shown.are_posted(len(wanted)):
            self._is_posted.set()

    def _require_spot(self) -> Spot:
        if self._spot is None:
            raise RuntimeError("a reply without a place was to be shown")
        return self._spot

    def _end_typing(self) -> None:
        if self._typing is not None:
            self._typing.end()

    def _wake(self) -> None:
        self._courier.changed(self)


_CALLS = {
    Act.POST: Call.POST,
    Act.EDIT: Call.EDIT,
    Act.DELETE: Call.OTHER,
    Act.FIND: Call.READ,
}
_NOT_THERE = 0
"""What a look for a message gives where that is not there."""


def _now() -> float:
    return asyncio.get_running_loop().time()
