"""Reads what was said while nobody listened, in each place oldest first."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator
from datetime import timedelta

import discord

from cogs.gateway.channel_reader import ChannelReader
from cogs.gateway.gap import Gap
from cogs.permissions.access import may_answer_in
from conversation.errors import StoreError
from conversation.ports.clock import Now
from conversation.ports.queue import InboundQueue
from conversation.store_failures import report
from delivery.discord_api import PAGE
from delivery.errors import DeliveryError

log = logging.getLogger(__name__)

Hear = Callable[[discord.Message], Awaitable[None]]
"""Hears a message as if it had just come; one that is known changes nothing."""

Readable = discord.TextChannel | discord.VoiceChannel | discord.StageChannel | discord.Thread
"""Where somebody of a server may have spoken to us first."""

MARGIN = timedelta(minutes=3)
"""A connection may be dead for a minute before its heartbeat tells (Discord asks for one each
41 s), and clocks differ: so much of what should be known already is read again."""

_LIVE_SINCE = timedelta(days=2)
_LIVE_PLACES = 1000
_DIRECT_SINCE = timedelta(days=30)
"""Direct messages are read again where something was said to us since then."""
_READ_AT_ONCE = 4
_FIRST_PAUSE_S = 1.0
_LONGEST_PAUSE_S = 60.0
_PATIENCE_S = 3600.0
"""Between the attempts to read places where Discord fails for the moment; and for how long."""
_HELD_S = 20.0
"""So long answers wait for a place that cannot be read, to keep the order of questions."""


class CatchUp:
    """Reads places on from where everything was heard.

    Args:
        queue: Knows the places in which we are talked to.
        gap: Knows until when everything was heard.
        client: Knows the servers' channels; not owned.
        channels: Reads them.
        now: The wall clock.
    """

    def __init__(
        self,
        queue: InboundQueue,
        gap: Gap,
        client: discord.Client,
        channels: ChannelReader,
        now: Now,
    ) -> None:
        self._queue = queue
        self._gap = gap
        self._client = client
        self._channel_reader = channels
        self._now = now
        self._reading = asyncio.Semaphore(_READ_AT_ONCE)

    async def read(self, hear: Hear) -> None:
        """Hear what was missed, unless more is missed meanwhile; where Discord fails, try again.

        Nothing counts as heard before all of it was read: a process that ends meanwhile leaves it
        to the next. What could not be read for an hour is given up.

        Raises:
            StoreError: The places could not be read from the store.
        """
        number = self._gap.number
        loop = asyncio.get_running_loop()
        began_s, pause_s = loop.time(), _FIRST_PAUSE_S
        read: set[int] = set()
        is_charted = False
        while self._gap.is_behind and number == self._gap.number:
            unread = {key: it for key, it in (await self._places()).items() if key not in read}
            if not is_charted:
                self._gap.chart(unread)
                is_charted = True
            results = await asyncio.gather(*(self._read(*it, hear) for it in unread.items()))
            read |= {key for key, is_read in zip(unread, results, strict=True) if is_read}
            left = unread.keys() - read
            is_late = loop.time() > began_s + _PATIENCE_S
            if is_late:
                log.warning(
                    "%d channels could not be read: what was said there is missed", len(left)
                )
            if number == self._gap.number and (is_late or (not left and self._is_whole())):
                self._gap.caught_up(number)
                return
            if loop.time() > began_s + _HELD_S:
                for channel_id in left:
                    self._gap.has_read(channel_id)
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)

    def _is_whole(self) -> bool:
        """Return whether Discord has told of all servers: some may come late, after an outage."""
        return not any(guild.unavailable for guild in self._client.guilds)

    async def _places(self) -> dict[int, int]:
        """Return the channels to be read, each with the message after which that begins."""
        now, until = self._now(), self._gap.until
        from_id = None if until is None else discord.utils.time_snowflake(until - MARGIN)
        oldest_id = discord.utils.time_snowflake(now - _DIRECT_SINCE)
        live = await self._queue.live_places(now - _LIVE_SINCE, limit=_LIVE_PLACES)
        places = {it.place.channel_id: it.last_message_id for it in live}
        places = {key: last_id for key, last_id in places.items() if last_id > oldest_id}
        unheard = {key: first_id - 1 for key, first_id in self._gap.unheard.items()}
        if from_id is None:
            return unheard | places
        # There may be a hundred thousand channels: what costs more comes last.
        busy = {it.id: it for it in self._channels() if (it.last_message_id or 0) > from_id}
        asked = [key for key in places if key in busy or self._client.get_channel(key) is None]
        others = [busy[key] for key in busy.keys() - places.keys() if may_answer_in(busy[key])]
        others.sort(key=lambda channel: channel.last_message_id or 0, reverse=True)
        return unheard | dict.fromkeys([*asked, *(it.id for it in others)], from_id)

    def _channels(self) -> Iterator[Readable]:
        """Return all places of the servers in which people can write to us."""
        for guild in self._client.guilds:
            yield from guild.text_channels
            yield from guild.voice_channels
            yield from guild.stage_channels
            yield from guild.threads

    async def _read(self, channel_id: int, after_id: int, hear: Hear) -> bool:
        """Hear what was said in a place; False where that may succeed at another time."""
        count = 0
        try:
            while True:
                messages = await self._page(channel_id, after_id)
                for message in messages:
                    await self._heard(message, hear)
                count += len(messages)
                if len(messages) < PAGE:
                    break
                after_id = messages[-1].id
        except StoreError as error:
            report(log, error, "channel %d: what was missed could not be heard so far", channel_id)
            return False
        except DeliveryError as error:
            log.info("channel %d could not be read: %s", channel_id, error)
            if error.is_lasting:
                self._gap.has_read(channel_id)
            return error.is_lasting
        if count:
            log.info("read %d messages of channel %d", count, channel_id)
        self._gap.has_read(channel_id)
        return True

    async def _page(self, channel_id: int, after_id: int) -> list[discord.Message]:
        async with self._reading:
            return await self._channel_reader.messages_after(channel_id, after_id)

    async def _heard(self, message: discord.Message, hear: Hear) -> None:
        """Hear a message; one that cannot be heard for a lasting reason hides no other."""
        try:
            await hear(message)
        except StoreError:
            raise
        except DeliveryError as error:
            if not error.is_lasting:
                raise
            log.warning("message %d, which was missed, is not heard: %s", message.id, error)
        except Exception:
            log.exception("message %d, which was missed, could not be heard", message.id)
