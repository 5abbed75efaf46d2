"""Pays what is owed after the bot was away: answers broken off, messages waiting or missed."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

import discord

from cogs.answering import Answering
from cogs.ends import Ends, lacks_messages
from cogs.refusals import Refusals
from cogs.rereading import Rereading, Revise
from conversation.entities import Outcome, Part, Shown
from conversation.errors import StoreError
from conversation.ports import Now, Store
from conversation.reporting import report
from rendering.buttons import buttons_after
from rendering.notices import Notice
from rendering.surface import Row, Spot
from rendering.telling import Teller

log = logging.getLogger(__name__)

Hear = Callable[[discord.Message], Awaitable[None]]

ATTEMPTS = 3
"""So many answers to one question are begun; when all were interrupted, the question may be why."""

_ALIVE_INTERVAL_S = 10.0
_LIVE_SINCE = timedelta(days=2)
_LIVE_PLACES = 100
_ENDS = 100
"""So many answers of the last life are looked at, whether their ends are shown."""
_CHANNELS = 200
_MESSAGES = 100
"""At most so many missed messages are read in one place."""
_TEMPORARY = frozenset({429, 500, 502, 503, 504, 524})
_PAUSES_S = (1.0, 2.0, 4.0, 8.0, 16.0, 30.0)
"""Between the attempts to read places where Discord fails for the moment."""
_MARGIN = timedelta(minutes=2)
"""A connection may be dead for a minute before its heartbeat tells (Discord asks for one each
41 s), and clocks differ: so much of what should be known already is read again."""


@dataclass(frozen=True, slots=True)
class Client:
    """What is needed of the client to read what was said."""

    channel_by_id: Callable[[int], object]
    fetch_channel: Callable[[int], Awaitable[object]]
    channels: Callable[[], list[discord.TextChannel | discord.Thread]]
    """The text channels and the threads in which somebody may have spoken to us first."""
    connection_errors: tuple[type[Exception], ...]
    """What the HTTP library raises when a connection fails."""


class Recovery:
    """Goes on where the last process, or the last gateway session, ended.

    Args:
        store: Knows what is owed.
        answering: Pays it.
        teller: Marks what is not paid.
        ends: Shows what was stored and not shown.
        rereading: Learns what became meanwhile of messages that wait.
        refusals: Tells late of what was refused.
        client: Reads what was said meanwhile.
        now: The wall clock.
        window: Answers that were broken off longer ago are not begun again by themselves.
        unfinished: The answers that the last process did not end; closed in the store already.
    """

    def __init__(
        self,
        store: Store,
        answering: Answering,
        teller: Teller,
        ends: Ends,
        rereading: Rereading,
        refusals: Refusals,
        client: Client,
        now: Now,
        window: timedelta,
        unfinished: tuple[Shown, ...],
    ) -> None:
        self._store = store
        self._answering = answering
        self._teller = teller
        self._ends = ends
        self._rereading = rereading
        self._refusals = refusals
        self._client = client
        self._now = now
        self._window = window
        self._unfinished = unfinished
        self._began_at: datetime | None = None
        self._deaf_since: datetime | None = None
        self._is_deaf = True
        self._alive: asyncio.Task[None] | None = None
        self._paying: set[asyncio.Task[None]] = set()
        self._is_closed = False

    async def begin(self) -> None:
        """Learn since when nobody listened; before the first event comes."""
        self._began_at = self._now()
        self._deaf_since = await self._store.last_alive()

    def disconnected(self) -> None:
        """Take in that nobody listens, until the session is resumed or a new one is ready."""
        self._is_deaf = True

    def resumed(self) -> None:
        """Take in that the session goes on: Discord repeats what was missed."""
        self._is_deaf = False

    async def close(self) -> None:
        """Pay no more, and note no more that we are alive; the next start goes on with it."""
        self._is_closed = True
        tasks = [*self._paying, *([self._alive] if self._alive else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def go_on(self, hear: Hear, revise: Revise) -> None:
        """Pay what is owed; called whenever a new gateway session is ready.

        Args:
            hear: Takes in a message as if it had just come; one that is known changes nothing.
            revise: Takes in what a message that waits says now.
        """
        if self._is_closed:
            return
        task = asyncio.create_task(self._pay(hear, revise), name="recovery")
        self._paying.add(task)
        task.add_done_callback(self._paying.discard)
        await task

    async def _pay(self, hear: Hear, revise: Revise) -> None:
        since = self._deaf_since if self._alive is None else None
        unfinished = {shown.turn.id for shown in self._unfinished}
        try:
            if since is not None:
                await self._show_ends(since - _MARGIN, unfinished)
            await self._answer_again(revise)
            await self._read_missed(hear)
            if since is not None:
                await self._show_ends(since - self._window, unfinished)
                await self._refusals.tell_late(since - _MARGIN, self._began_at or since)
        except StoreError as error:
            report(log, error, "what is owed could not be read")
        if self._alive is None:
            self._alive = asyncio.create_task(self._note_alive(), name="alive")

    async def _show_ends(self, since: datetime, but: Collection[int]) -> None:
        await self._ends.show(since, self._began_at or since, limit=_ENDS, but=but)

    async def _answer_again(self, revise: Revise) -> None:
        """Begin broken answers again, and answer what waits; each conversation in its order."""
        unfinished, self._unfinished = self._unfinished, ()
        await asyncio.gather(*(self._answer_or_mark(shown) for shown in unfinished))
        for conversation_id in await self._store.waiting_conversations():
            await self._rereading.reread(conversation_id, revise)
            self._answering.wake(conversation_id)

    async def _answer_or_mark(self, shown: Shown) -> None:
        shown = await self._ends.adopted(shown)
        is_young = self._now() - shown.turn.created_at < self._window
        if is_young and shown.interruptions < ATTEMPTS:
            self._answering.ask_again(shown.conversation.id, shown.turn.id)
        else:
            await self._mark(shown)

    async def _mark(self, shown: Shown) -> None:
        """Say that an answer was interrupted, under what was shown of it, which stays."""
        if shown.parts and lacks_messages(shown):
            self._ends.show_end(shown)
            return
        place, turn = shown.conversation.place, shown.turn
        root_id = shown.conversation.root_message_id if place.is_channel else None
        spot = Spot(place.channel_id, place.guild_id, root_id)
        has_text = bool(turn.text.strip())
        row = Row(turn.id, buttons_after(Outcome.INTERRUPTED, has_text=has_text))
        if shown.parts:
            last_id = shown.parts[-1].message_id
            told_id = await self._teller.mark(spot, last_id, Notice.INTERRUPTED, row)
        else:
            told_id = await self._teller.tell(spot, Notice.INTERRUPTED, row)
        if told_id is not None:
            part = Part(len(shown.parts), place.channel_id, told_id, nonce="")
            await self._store.add_part(shown.reply_id, part)

    async def _read_missed(self, hear: Hear) -> None:
        """Hear what was said while nobody listened, in each place oldest first, within bounds.

        The new session's events come before it is ready: a message of theirs may be the newest
        one seen in a place in which older ones were missed. So no reading begins later than the
        deafness did.
        """
        since, self._deaf_since, self._is_deaf = self._deaf_since, self._now(), False
        deaf_from_id = None
        if since is not None:
            deaf_from_id = discord.utils.time_snowflake(since - _MARGIN)
        after: dict[int, int] = {}
        for live in await self._store.live_places(self._now() - _LIVE_SINCE, limit=_LIVE_PLACES):
            last_id = live.last_message_id
            after[live.place.channel_id] = min(last_id, deaf_from_id or last_id)
        if deaf_from_id is not None:
            busy = [
                channel.id
                for channel in self._client.channels()
                if channel.id not in after and (channel.last_message_id or 0) > deaf_from_id
            ]
            after.update(dict.fromkeys(busy[:_CHANNELS], deaf_from_id))
        for pause_s in (*_PAUSES_S, None):
            for channel_id in list(after):
                if await self._read(channel_id, discord.Object(after[channel_id]), hear):
                    del after[channel_id]
            if not after or pause_s is None:
                return
            await asyncio.sleep(pause_s)

    async def _read(self, channel_id: int, after: discord.Object, hear: Hear) -> bool:
        """Hear what was said in a place; False where that may succeed at another time."""
        count = 0
        try:
            async for message in self._messages(channel_id, after):
                count += 1
                await hear(message)
        except (discord.HTTPException, OSError, *self._client.connection_errors) as error:
            log.info("channel %d could not be read: %r", channel_id, error)
            return isinstance(error, discord.HTTPException) and error.status not in _TEMPORARY
        if count:
            log.info("read %d messages of channel %d", count, channel_id)
        return True

    async def _messages(
        self, channel_id: int, after: discord.Object
    ) -> AsyncIterator[discord.Message]:
        channel = self._client.channel_by_id(channel_id)
        if channel is None:
            channel = await self._client.fetch_channel(channel_id)
        if isinstance(channel, discord.abc.Messageable):
            history = channel.history(after=after, limit=_MESSAGES, oldest_first=True)
            async for message in history:
                yield message

    async def _note_alive(self) -> None:
        """Note it every ten seconds; when the store is back, what it kept meanwhile is answered."""
        while True:
            if not self._is_deaf:
                self._deaf_since = self._now()
                try:
                    await self._store.note_alive()
                    self._answering.wake_put_off()
                except StoreError as error:
                    report(log, error, "that we are alive could not be noted")
            await asyncio.sleep(_ALIVE_INTERVAL_S)
