"""Writes messages that are meant for the bot, before anything else happens to them."""

import asyncio
import logging
from dataclasses import dataclass
from datetime import datetime
from weakref import WeakValueDictionary

import discord

from cogs.access import day_of
from cogs.answering import Answering
from cogs.attentions import Attentions
from cogs.cooldown import Pace
from cogs.reading import attachments_of, name_of, text_of
from cogs.refusals import Refusals
from cogs.remembered import Remembered
from conversation.entities import Attention, PlaceKey, Receipt, Received, Verdict
from conversation.errors import StoreError
from conversation.ports import Now, Store
from conversation.reporting import report
from rendering.notices import Notice, clock_time, files_named, say
from rendering.surface import Spot
from rendering.telling import Teller

log = logging.getLogger(__name__)

_WARN_AT_LEFT = 3
"""From how many answers left on a person is told that the day's are running out."""


_STORED_AT_ONCE = 256
"""So many messages wait for the store at once, behind what answering writes: neither starves."""

_REMEMBERED = 1000
"""Of so many people it is remembered that they were told of a full queue, of so many that they were
told of a spent quota, and of so many messages that they were turned away."""


@dataclass(frozen=True, slots=True)
class Heard:
    """A message meant for us."""

    message: discord.Message
    place: PlaceKey
    own_ids: frozenset[int]
    """The bot's id and that of its own role."""

    @property
    def spot(self) -> Spot:
        """Where a notice about it goes."""
        return Spot(self.place.channel_id, self.place.guild_id, self.message.id)

    @property
    def begins_post(self) -> bool:
        """Whether it is the first message of a forum post, which has the id of its thread."""
        return self.place.parent_channel_id is not None and self.message.id == self.place.channel_id


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
        own_name: The bot's name, for the how-to.
        bounds: How much is taken in.
        store: Where messages are written.
        attentions: Which places are listened to without a mention.
        answering: Told of conversations in which something waits.
        teller: Posts notices.
        refusals: Tells of messages that are stored as refused.
        now: The wall clock.
    """

    def __init__(
        self,
        own_name: str,
        bounds: Bounds,
        store: Store,
        attentions: Attentions,
        answering: Answering,
        teller: Teller,
        refusals: Refusals,
        now: Now,
    ) -> None:
        self._own_name = own_name
        self._bounds = bounds
        self._store = store
        self._attentions = attentions
        self._answering = answering
        self._teller = teller
        self._refusals = refusals
        self._now = now
        self._order: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()
        self._room = asyncio.Semaphore(_STORED_AT_ONCE)
        self._told_full = Remembered[tuple[int, int]](_REMEMBERED)
        self._told_spent = Remembered[tuple[int, datetime]](_REMEMBERED)
        self._turned_away = Remembered[int](_REMEMBERED)
        """Messages of which it was said that they were not taken: read again, they are not."""
        self._heard_in: set[int] = set()

    async def revise(self, heard: Heard) -> None:
        """Take in that a message says something else now; it counts while it waits."""
        text = text_of(heard.message, heard.own_ids, with_reference=True)
        try:
            async with self._in_order(heard.place.channel_id):
                if text and await self._store.revise(heard.message.id, text):
                    log.debug("message %d was edited while it waited", heard.message.id)
        except StoreError as error:
            report(log, error, "the edit of message %d was not taken", heard.message.id)

    async def withdraw(self, message_id: int, channel_id: int) -> None:
        """Take in that a message is gone: it is not answered, or its answer is stopped."""
        if channel_id not in self._heard_in:
            return
        try:
            async with self._in_order(channel_id):
                inbound = await self._store.withdraw(message_id)
        except StoreError as error:
            report(log, error, "the deletion of message %d was not taken", message_id)
            return
        if inbound is not None and inbound.turn_id is not None:
            self._answering.runs.stop_answer_to(inbound.turn_id, inbound.author_id)

    async def refuse(self, heard: Heard, refusal: Notice) -> None:
        """Tell somebody why they are not answered; once."""
        where = heard.place.guild_id or "direct"
        if refusal is Notice.CHANNEL_NOT_ALLOWED:
            where = heard.place.channel_id
        key = f"refused:{refusal.name}:{heard.message.author.id}:{where}"
        try:
            if await self._store.first_time(key):
                await self._teller.tell(heard.spot, refusal)
        except StoreError as error:
            report(log, error, "message %d: a refusal was not told", heard.message.id)

    async def slow_down(self, heard: Heard, pace: Pace, until_s: float) -> None:
        """Tell somebody who sends too much at once that this is not taken, and until when."""
        notice = say(
            Notice.SLOW_DOWN,
            limit=pace.messages,
            seconds=f"{pace.window_s:g}",
            when=clock_time(until_s),
        )
        await self._teller.tell(heard.spot, notice)

    async def take(self, heard: Heard, *, replies_to_us: bool) -> None:
        """Write a message and have it answered; what cannot be answered is said."""
        self._heard_in.add(heard.place.channel_id)
        try:
            async with self._in_order(heard.place.channel_id):
                if heard.message.id in self._turned_away:
                    return
                received = await self._received(heard, replies_to_us=replies_to_us)
                notice = await self._unanswerable(heard, received)
                storing = None if notice else await self._begin_storing(received)
            receipt = await storing if storing else None
            if receipt is not None and heard.begins_post:
                await self._attentions.change(heard.place, Attention.EVERYTHING)
        except StoreError as error:
            report(log, error, "message %d was not taken", heard.message.id)
            if self._turned_away.add(heard.message.id):
                await self._teller.tell(heard.spot, Notice.STORE_DOWN)
            return
        if receipt is None:
            if notice:
                await self._teller.tell(heard.spot, notice)
            return
        await self._act_on(receipt, heard)

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

    async def _unanswerable(self, heard: Heard, received: Received) -> str:
        """Give the notice in place of an answer for a message without words; "" if it has some.

        A message about which nothing is to be said has a blank one, and so has a repeated one.
        """
        if received.text:
            return ""
        message = heard.message
        key = f"wordless:{message.id}"
        if received.attachments:
            notice = say(Notice.ONLY_FILES, names=files_named(received.attachments))
        elif message.content:
            notice = say(Notice.HOW_TO, bot=self._own_name)
        elif _has_other_than_words(message):
            if heard.place.guild_id is not None and not message.mentions:
                return ""
            notice = Notice.ONLY_WORDS
        else:
            notice = Notice.WITHHELD
            key = f"withheld:{heard.place.channel_id}"
        return notice if await self._store.first_time(key) else ""

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


def _has_other_than_words(message: discord.Message) -> bool:
    if message.poll is not None:
        return True
    shown = (message, *message.message_snapshots)
    return any(it.stickers or it.embeds for it in shown)
