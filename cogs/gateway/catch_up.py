"""Reads what was said while nobody listened, in each place oldest first, within bounds."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta

import discord

from cogs.gateway.gap import Hearing
from cogs.permissions.access import may_answer_in
from conversation.errors import StoreError
from conversation.ports import Now, Store
from conversation.store_failures import report

log = logging.getLogger(__name__)

Hear = Callable[[discord.Message], Awaitable[None]]
"""Takes in a message as if it had just come; one that is known changes nothing."""

Readable = discord.TextChannel | discord.VoiceChannel | discord.StageChannel | discord.Thread
"""Where somebody of a server may have spoken to us first."""

MARGIN = timedelta(minutes=3)
"""A connection may be dead for a minute before its heartbeat tells (Discord asks for one each
41 s), a notice may be tried for some minutes before it is there, and clocks differ: so much of what
should be known already is read again."""

_LIVE_SINCE = timedelta(days=2)
_LIVE_PLACES = 100
_DIRECT_SINCE = timedelta(days=30)
"""Direct messages are read again where something was said to us since then."""
_CHANNELS = 200
_MESSAGES = 1000
"""At most so many missed messages are read in one place, the newest ones."""
_READ_AT_ONCE = 4
_TEMPORARY = frozenset({429, 500, 502, 503, 504, 524})
_FIRST_PAUSE_S = 1.0
_LONGEST_PAUSE_S = 60.0
_PATIENCE_S = 3600.0
"""Between the attempts to read places where Discord fails for the moment; and for how long."""


@dataclass(frozen=True, slots=True)
class Client:
    """What is needed of the client to read what was said."""

    channel: Callable[[int], Awaitable[object]]
    """Gives a channel by its id, from the cache or from Discord."""
    channels: Callable[[], Iterable[Readable]]
    """Where somebody may have spoken to us first."""
    is_cached: Callable[[int], bool]
    """Tells whether a channel is known, and with it whether anything was said there."""
    is_whole: Callable[[], bool]
    """Tells whether Discord has told of all servers: some may come late, after an outage."""
    connection_errors: tuple[type[Exception], ...]
    """What the HTTP library raises when a connection fails."""


class Missed:
    """Reads places on from where everything was heard.

    Args:
        store: Knows the places in which we are talked to.
        hearing: Knows until when everything was heard.
        client: Reads them.
        now: The wall clock.
    """

    def __init__(self, store: Store, hearing: Hearing, client: Client, now: Now) -> None:
        self._store = store
        self._hearing = hearing
        self._client = client
        self._now = now
        self._reading = asyncio.Semaphore(_READ_AT_ONCE)

    async def read(self, hear: Hear) -> None:
        """Hear what was missed, until nothing is; where Discord fails, that is tried again.

        Nothing counts as heard before all of it was read: a process that ends meanwhile leaves it
        to the next. What could not be read for an hour is given up.

        Raises:
            StoreError: The places could not be read from the store.
        """
        while self._hearing.is_behind:
            await self._read_before(self._hearing.session, hear)

    async def _read_before(self, session: int, hear: Hear) -> None:
        """Hear what was missed before a session began, unless another one begins meanwhile."""
        loop = asyncio.get_running_loop()
        gives_up_s = loop.time() + _PATIENCE_S
        pause_s = _FIRST_PAUSE_S
        read: set[int] = set()
        while session == self._hearing.session:
            unread = {key: it for key, it in (await self._places()).items() if key not in read}
            results = await asyncio.gather(*(self._read(*it, hear) for it in unread.items()))
            read |= {key for key, is_read in zip(unread, results, strict=True) if is_read}
            left = unread.keys() - read
            is_late = loop.time() > gives_up_s
            if is_late:
                log.warning(
                    "%d channels could not be read: what was said there is missed", len(left)
                )
            if is_late or (not left and self._client.is_whole()):
                self._hearing.caught_up(session)
                return
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)

    async def _places(self) -> dict[int, int]:
        """Give the channels to be read, each with the message after which that begins."""
        now, until = self._now(), self._hearing.until
        from_id = None if until is None else discord.utils.time_snowflake(until - MARGIN)
        oldest_id = discord.utils.time_snowflake(now - _DIRECT_SINCE)
        live = await self._store.live_places(now - _LIVE_SINCE, limit=_LIVE_PLACES)
        places = {it.place.channel_id: it.last_message_id for it in live}
        places = {key: last_id for key, last_id in places.items() if last_id > oldest_id}
        if from_id is None:
            return places
        # There may be a hundred thousand channels: what costs more comes last.
        busy = {it.id: it for it in self._client.channels() if (it.last_message_id or 0) > from_id}
        asked = [key for key in places if key in busy or not self._client.is_cached(key)]
        others = [busy[key] for key in busy.keys() - places.keys() if may_answer_in(busy[key])]
        others.sort(key=lambda channel: channel.last_message_id or 0, reverse=True)
        return dict.fromkeys([*asked, *(it.id for it in others[:_CHANNELS])], from_id)

    async def _read(self, channel_id: int, after_id: int, hear: Hear) -> bool:
        """Hear what was said in a place; False where that may succeed at another time."""
        try:
            async with self._reading:
                messages = await self._messages(channel_id, after_id)
            if messages:
                log.info("read %d messages of channel %d", len(messages), channel_id)
            if len(messages) == _MESSAGES:
                log.warning(
                    "channel %d: more than %d messages were missed; the oldest were not read, "
                    "and whoever spoke to the bot in them is not answered",
                    channel_id,
                    _MESSAGES,
                )
            for message in messages:
                await self._heard(message, hear)
        except StoreError as error:
            report(log, error, "channel %d: what was missed could not be heard so far", channel_id)
            return False
        except (discord.HTTPException, OSError, *self._client.connection_errors) as error:
            log.info("channel %d could not be read: %r", channel_id, error)
            return isinstance(error, discord.HTTPException) and error.status not in _TEMPORARY
        return True

    async def _heard(self, message: discord.Message, hear: Hear) -> None:
        """Hear a message; one that cannot be heard for a lasting reason hides no other."""
        try:
            await hear(message)
        except (discord.HTTPException, OSError, *self._client.connection_errors) as error:
            if not isinstance(error, discord.HTTPException) or error.status in _TEMPORARY:
                raise
            log.exception("message %d, which was missed, could not be heard", message.id)
        except StoreError:
            raise
        except Exception:
            log.exception("message %d, which was missed, could not be heard", message.id)

    async def _messages(self, channel_id: int, after_id: int) -> list[discord.Message]:
        """Read what was said in a place after a message, the oldest first."""
        channel = await self._client.channel(channel_id)
        if not isinstance(channel, discord.abc.Messageable):
            return []
        after = discord.Object(after_id)
        history = channel.history(after=after, limit=_MESSAGES, oldest_first=False)
        return [message async for message in history][::-1]
