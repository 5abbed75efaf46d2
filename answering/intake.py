"""Writes messages that are meant for the bot, before anything else happens to them."""

import asyncio
import logging
from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from weakref import WeakValueDictionary

from answering.aside import Aside
from answering.changes import Changes
from answering.refusals import Refusals
from answering.remembered import Remembered
from answering.turned_away import TurnedAwayMessages
from answering.unanswered import Unanswered
from answering.worker import Answering
from cogs.messages.incoming import Heard
from cogs.messages.listen_modes import Attentions
from cogs.messages.message_text import attachments_of, name_of, text_of
from cogs.permissions.access import day_of
from conversation.entities import (
    Attention,
    PlaceKey,
    Receipt,
    Received,
    Verdict,
)
from conversation.errors import StoreError
from conversation.ports import Now, Store
from conversation.store_failures import report
from rendering.wording.english import Notice, say

log = logging.getLogger(__name__)

_WARN_AT_LEFT = 3
"""From how many answers left on a person is told that the day's are running out."""


_STORED_AT_ONCE = 256
"""So many messages wait for the store at once, behind what answering writes: neither starves."""

_RECENT = 10_000
"""So many messages are known that may still wait or be answered; what becomes of others on Discord
has no effect, and is not looked up."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much is taken in.

    `queue_limit` is how many messages may wait in one conversation; `turns_per_day` how many
    answers a person may have a day (UTC), None for no limit.
    """

    queue_limit: int
    turns_per_day: int | None


class Intake:
    """Takes messages in, in each place in the order in which they came.

    Args:
        bounds: How much is taken in.
        store: Where messages are written.
        attentions: Which places are listened to without a mention.
        answering: Told of conversations in which something waits.
        refusals: Tells of messages that are stored as refused.
        unanswered: Tells of those that are not stored.
        turned_away: Tells of those that are to be sent again.
        changes: Keeps what the store could not take of edits and deletions.
        aside: Has people told while the next messages are heard.
        now: The wall clock.
    """

    def __init__(
        self,
        bounds: Bounds,
        store: Store,
        attentions: Attentions,
        answering: Answering,
        refusals: Refusals,
        unanswered: Unanswered,
        turned_away: TurnedAwayMessages,
        changes: Changes,
        aside: Aside,
        now: Now,
    ) -> None:
        self._bounds = bounds
        self._store = store
        self._attentions = attentions
        self._answering = answering
        self._refusals = refusals
        self._unanswered = unanswered
        self._turned_away = turned_away
        self._changes = changes
        self._aside = aside
        self._now = now
        self._order: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()
        self._room = asyncio.Semaphore(_STORED_AT_ONCE)
        self._recent = Remembered[int](_RECENT)

    def recall(self, message_ids: Iterable[int]) -> None:
        """Take in that messages wait or are being answered that an earlier process took in."""
        for message_id in message_ids:
            self._recent.add(message_id)

    def knows(self, message_id: int) -> bool:
        """Tell whether a message may wait for an answer, or be the one that is being answered."""
        return message_id in self._recent

    async def has(self, message_id: int) -> bool:
        """Tell whether a message is stored.

        Raises:
            StoreError: That could not be read.
        """
        return await self._store.is_known(message_id)

    async def revise(self, heard: Heard, *, is_ours: bool) -> None:
        """Take in that a message says something else now, or that it is not for us any more.

        That counts while it waits; one without words for us is not answered.
        """
        message_id = heard.message.id
        text = text_of(heard.message, heard.own_ids, with_reference=True) if is_ours else ""

        async def revised() -> None:
            if await self._store.revise(message_id, text):
                log.debug("message %d was edited while it waited", message_id)

        async with self._in_order(heard.place.channel_id):
            await self._changes.make(_message(message_id), revised)

    async def withdraw(self, message_id: int, channel_id: int) -> None:
        """Take in that a message is gone: it is not answered, or its answer is stopped."""
        if not self.knows(message_id):
            return

        async def withdrawn() -> None:
            inbound = await self._store.withdraw(message_id)
            if inbound is not None and inbound.turn_id is not None:
                self._answering.runs.stop_answer_to(inbound.turn_id, inbound.author_id)

        async with self._in_order(channel_id):
            await self._changes.make(_message(message_id), withdrawn)

    async def withdraw_in(self, channel_id: int) -> None:
        """Take in that a place is gone: nothing that waits there is answered."""

        async def withdrawn() -> None:
            count = await self._store.withdraw_in(channel_id)
            if count:
                log.info(
                    "channel %d is gone, and with it %d messages that waited", channel_id, count
                )

        await self._changes.make(f"channel {channel_id}", withdrawn)

    async def listen_to(self, place: PlaceKey) -> None:
        """Take in that everything said in a forum post is for us."""
        self._attentions.listen_to(place.channel_id)
        await self._changes.make(
            f"what is for us in channel {place.channel_id}",
            lambda: self._attentions.change(place, Attention.EVERYTHING),
        )

    async def take(self, heard: Heard, *, replies_to_us: bool) -> None:
        """Write a message and have it answered; what cannot be answered is said."""
        self._recent.add(heard.message.id)
        try:
            async with self._in_order(heard.place.channel_id):
                received = await self._received(heard, replies_to_us=replies_to_us)
                storing = await self._begin_storing(received)
            if storing is None:
                await self._unanswered.tell_wordless(heard, received)
                return
            receipt = await storing
        except StoreError as error:
            report(log, error, "message %d was not taken", heard.message.id)
            self._aside.begin(self._turned_away.not_stored(heard), f"away-{heard.message.id}")
            return
        if heard.begins_post:
            await self.listen_to(heard.place)
        self._act_on(receipt, heard)

    def _in_order(self, channel_id: int) -> asyncio.Lock:
        """Give what makes the events of a place wait for each other; it is held over no request.

        A write begins in it and ends after it: the store writes in the order of beginning, and
        those who come at once share a commit.
        """
        return self._order.setdefault(channel_id, asyncio.Lock())

    async def _received(self, heard: Heard, *, replies_to_us: bool) -> Received:
        message = heard.message
        shown = None
        if replies_to_us and message.reference is not None and message.reference.message_id:
            await self._answering.until_kept()
            shown = await self._store.shown_by(message.reference.message_id)
        root_message_id = None
        conversation = shown.conversation if shown else None
        if heard.place.is_channel:
            root_message_id = message.id
            if conversation and conversation.place.channel_id == heard.place.channel_id:
                root_message_id = conversation.root_message_id or message.id
        elif shown is not None:
            conversation = await self._store.current_conversation(heard.place.channel_id)
        is_latest = (
            shown is not None
            and conversation is not None
            and shown.conversation.id == conversation.id
            and shown.turn.id == conversation.head_turn_id
        )
        return Received(
            message_id=message.id,
            place=heard.place,
            author_id=message.author.id,
            author_name=name_of(message.author),
            text=text_of(message, heard.own_ids, with_reference=not is_latest),
            attachments=attachments_of(message),
            root_message_id=root_message_id,
        )

    async def _begin_storing(self, received: Received) -> asyncio.Task[Receipt] | None:
        """Begin to write a message; who calls this awaits what it gives."""
        if not received.text:
            return None
        self._unanswered.heard_words(received)
        await self._room.acquire()
        storing = asyncio.create_task(
            self._store.receive(
                received,
                queue_limit=self._bounds.queue_limit,
                daily_limit=self._bounds.turns_per_day,
                day_began_at=day_of(self._now())[0],
            ),
            name=f"inbound-{received.message_id}",
        )
        storing.add_done_callback(lambda _: self._room.release())
        await asyncio.sleep(0)  # it has begun when this returns
        return storing

    def _act_on(self, receipt: Receipt, heard: Heard) -> None:
        conversation_id = receipt.conversation_id
        full = ("full", conversation_id, heard.message.author.id)
        match receipt.verdict:
            case Verdict.ACCEPTED:
                self._refusals.forget(full)
                self._answering.wake(conversation_id, heard.spot, self._quota_warning(receipt))
            case Verdict.REPEATED:
                log.debug("message %d came again", heard.message.id)
            case Verdict.QUEUE_FULL:
                self._refuse(heard, full, say(Notice.QUEUE_FULL, limit=self._bounds.queue_limit))
            case Verdict.QUOTA_SPENT:
                began_at, _ = day_of(self._now())
                spent = ("spent", heard.message.author.id, began_at)
                limit = self._bounds.turns_per_day
                notice = say(Notice.QUOTA_SPENT, limit=limit, when=self._renewal())
                self._refuse(heard, spent, notice)

    def _refuse(self, heard: Heard, reason: Hashable, notice: str) -> None:
        """Have somebody told of a refused message, once for each reason."""
        telling = self._refusals.tell_once(reason, heard.spot, heard.message.id, notice)
        self._aside.begin(telling, f"refused-{heard.message.id}")

    def _quota_warning(self, receipt: Receipt) -> list[str]:
        limit = self._bounds.turns_per_day
        if limit is None or limit - receipt.used_today > min(_WARN_AT_LEFT, limit // 2):
            return []
        left = max(0, limit - receipt.used_today)
        return [say(Notice.QUOTA_NEAR, left=left, limit=limit, when=self._renewal())]

    def _renewal(self) -> str:
        """Write when the day ends as Discord's relative timestamp, in each reader's own time."""
        _, ends_at = day_of(self._now())
        return f"<t:{int(ends_at.timestamp())}:R>"


def _message(message_id: int) -> str:
    return f"message {message_id}"
