"""Writes messages that are meant for the bot, before anything else happens to them."""

import asyncio
import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from weakref import WeakValueDictionary

import discord

from cogs.access import day_of
from cogs.answering import Answering
from cogs.attentions import Attentions
from cogs.cooldown import Pace
from cogs.heard import Heard
from cogs.reading import attachments_of, name_of, text_of
from cogs.refusals import Refusals
from cogs.remembered import Remembered
from cogs.turned_away import TurnedAwayMessages
from cogs.unanswered import Unanswered
from conversation.entities import Attention, Receipt, Received, Verdict
from conversation.errors import StoreError
from conversation.ports import Now, Store
from conversation.reporting import report
from rendering.notices import Notice, clock_time, say
from rendering.telling import Teller

log = logging.getLogger(__name__)

_WARN_AT_LEFT = 3
"""From how many answers left on a person is told that the day's are running out."""


_STORED_AT_ONCE = 256
"""So many messages wait for the store at once, behind what answering writes: neither starves."""

_REMEMBERED = 1000
"""Of so many people it is remembered that they were told of a full queue, of so many that they were
told of a spent quota."""

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
        teller: Posts notices.
        refusals: Tells of messages that are stored as refused.
        unanswered: Tells of those that are not stored.
        turned_away: Remembers those that are to be sent again.
        now: The wall clock.
    """

    def __init__(
        self,
        bounds: Bounds,
        store: Store,
        attentions: Attentions,
        answering: Answering,
        teller: Teller,
        refusals: Refusals,
        unanswered: Unanswered,
        turned_away: TurnedAwayMessages,
        now: Now,
    ) -> None:
        self._bounds = bounds
        self._store = store
        self._attentions = attentions
        self._answering = answering
        self._teller = teller
        self._refusals = refusals
        self._unanswered = unanswered
        self._turned_away = turned_away
        self._now = now
        self._order: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()
        self._room = asyncio.Semaphore(_STORED_AT_ONCE)
        self._told_full = Remembered[tuple[int, int]](_REMEMBERED)
        self._told_spent = Remembered[tuple[int, datetime]](_REMEMBERED)
        self._recent = Remembered[int](_RECENT)

    def recall(self, message_ids: Iterable[int]) -> None:
        """Take in that messages wait or are being answered that an earlier process took in."""
        for message_id in message_ids:
            self._recent.add(message_id)

    def knows(self, message_id: int) -> bool:
        """Tell whether a message may wait for an answer, or be the one that is being answered."""
        return message_id in self._recent

    async def revise(self, heard: Heard, *, is_ours: bool) -> None:
        """Take in that a message says something else now, or that it is not for us any more.

        That counts while it waits; one without words for us is not answered.
        """
        text = text_of(heard.message, heard.own_ids, with_reference=True) if is_ours else ""
        try:
            async with self._in_order(heard.place.channel_id):
                if await self._store.revise(heard.message.id, text):
                    log.debug("message %d was edited while it waited", heard.message.id)
        except StoreError as error:
            report(log, error, "the edit of message %d was not taken", heard.message.id)

    async def withdraw(self, message_id: int, channel_id: int) -> None:
        """Take in that a message is gone: it is not answered, or its answer is stopped."""
        if not self.knows(message_id):
            return
        try:
            async with self._in_order(channel_id):
                inbound = await self._store.withdraw(message_id)
        except StoreError as error:
            report(log, error, "the deletion of message %d was not taken", message_id)
            return
        if inbound is not None and inbound.turn_id is not None:
            self._answering.runs.stop_answer_to(inbound.turn_id, inbound.author_id)

    async def slow_down(self, heard: Heard, pace: Pace, until_s: float) -> None:
        """Tell somebody who sends too much at once that this is not taken, and until when."""
        notice = say(
            Notice.SLOW_DOWN,
            limit=pace.messages,
            seconds=f"{pace.window_s:g}",
            when=clock_time(until_s),
        )
        message = heard.message
        last_id = discord.utils.time_snowflake(datetime.fromtimestamp(until_s, UTC))
        self._turned_away.add(message.author.id, message.id, last_id)
        await self._tell_turned_away(heard, notice)
        await self._turned_away.keep()

    async def withdraw_in(self, channel_id: int) -> None:
        """Take in that a place is gone: nothing that waits there is answered."""
        try:
            count = await self._store.withdraw_in(channel_id)
        except StoreError as error:
            report(log, error, "the messages of channel %d, which is gone, still wait", channel_id)
            return
        if count:
            log.info("channel %d is gone, and with it %d messages that waited", channel_id, count)

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
            if heard.begins_post:
                await self._attentions.change(heard.place, Attention.EVERYTHING)
        except StoreError as error:
            report(log, error, "message %d was not taken", heard.message.id)
            self._turned_away.add(heard.message.author.id, heard.message.id)
            await self._tell_turned_away(heard, Notice.STORE_DOWN)
            return
        await self._act_on(receipt, heard)

    async def _tell_turned_away(self, heard: Heard, notice: str) -> None:
        await self._teller.tell(heard.spot, notice, nonce=f"away{heard.message.id:x}")

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

    async def _act_on(self, receipt: Receipt, heard: Heard) -> None:
        conversation_id = receipt.conversation_id
        told = (conversation_id, heard.message.author.id)
        match receipt.verdict:
            case Verdict.ACCEPTED:
                self._told_full.discard(told)
                self._answering.wake(conversation_id, heard.spot, self._quota_warning(receipt))
            case Verdict.REPEATED:
                log.debug("message %d came again", heard.message.id)
            case Verdict.QUEUE_FULL:
                if self._told_full.add(told):
                    notice = say(Notice.QUEUE_FULL, limit=self._bounds.queue_limit)
                    await self._refusals.tell(heard.spot, heard.message.id, notice)
            case Verdict.QUOTA_SPENT:
                await self._tell_quota_spent(heard)

    def _quota_warning(self, receipt: Receipt) -> list[str]:
        limit = self._bounds.turns_per_day
        if limit is None or limit - receipt.used_today > min(_WARN_AT_LEFT, limit // 2):
            return []
        left = max(0, limit - receipt.used_today)
        return [say(Notice.QUOTA_NEAR, left=left, limit=limit, when=self._renewal())]

    async def _tell_quota_spent(self, heard: Heard) -> None:
        began_at, _ = day_of(self._now())
        if self._told_spent.add((heard.message.author.id, began_at)):
            limit = self._bounds.turns_per_day
            notice = say(Notice.QUOTA_SPENT, limit=limit, when=self._renewal())
            await self._refusals.tell(heard.spot, heard.message.id, notice)

    def _renewal(self) -> str:
        """Write when the day ends as Discord's relative timestamp, in each reader's own time."""
        _, ends_at = day_of(self._now())
        return f"<t:{int(ends_at.timestamp())}:R>"
