"""Opens the thread in which a question asked in a channel is answered."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass

import discord

from conversation.entities import Conversation, PlaceKey
from rendering.courier import Courier
from rendering.errors import DeliveryError
from rendering.limits import Call, Urgency
from rendering.surface import ArchiveMinutes, Spot, Surface
from rendering.titles import thread_title

log = logging.getLogger(__name__)

_MISSING_PERMISSIONS = 50013
_WOULD_WAIT = "would have to wait before I may open a thread"


@dataclass(frozen=True, slots=True)
class NoThread:
    """Why there is no thread, to be said after "I answer here because I …"."""

    reason: str
    is_lasting: bool
    """It will be the same next time, so it is said once a channel."""


class ThreadOpener:
    """Opens threads, unless that would be refused or would have to wait.

    Args:
        courier: Carries the requests; not owned.
        surface: Makes them.
        channel_by_id: The Discord client's cache: `Client.get_channel`.
        archive_minutes: After how much silence Discord archives the thread.
        longest_wait_s: Opening that would have to wait longer than this is not begun.
    """

    def __init__(
        self,
        courier: Courier,
        surface: Surface,
        channel_by_id: Callable[[int], object],
        *,
        archive_minutes: ArchiveMinutes,
        longest_wait_s: float,
    ) -> None:
        self._courier = courier
        self._surface = surface
        self._channel_by_id = channel_by_id
        self._archive_minutes: ArchiveMinutes = archive_minutes
        self._longest_wait_s = longest_wait_s

    async def open(
        self, conversation: Conversation, root_message_id: int, text: str, author_name: str
    ) -> PlaceKey | NoThread:
        """Open a thread from the message that begins a conversation.

        Args:
            conversation: The conversation, in a text channel.
            root_message_id: The message.
            text: What was asked, for the title.
            author_name: Who asked.
        """
        place = conversation.place
        hindrance = self._hindrance(place.channel_id)
        if hindrance is not None:
            return hindrance
        title = thread_title(text, author_name)
        try:
            thread_id = await self._opened(place, root_message_id, title)
        except TimeoutError:
            return NoThread(_WOULD_WAIT, is_lasting=False)
        except DeliveryError as error:
            log.warning("channel %d: no thread: %s", place.channel_id, error)
            if error.code == _MISSING_PERMISSIONS:
                return NoThread("may not open threads in this channel", is_lasting=True)
            return NoThread("could not open a thread", is_lasting=False)
        return PlaceKey(thread_id, place.guild_id, place.channel_id)

    async def _opened(self, place: PlaceKey, root_message_id: int, title: str) -> int:
        """Open it and give its id.

        What it will have to wait is known only when the openings before it are answered, so the
        wait is bounded; a request once sent is not.

        Raises:
            TimeoutError: It would have had to wait too long, and was not sent.
            DeliveryError: There is no thread.
        """
        spot = Spot(place.channel_id, place.guild_id)
        async with asyncio.timeout(self._longest_wait_s) as wait:

            async def open_now() -> int:
                if wait.expired():
                    raise DeliveryError(is_lasting=False)
                wait.reschedule(None)
                return await self._surface.open_thread(
                    spot, root_message_id, title, self._archive_minutes
                )

            return await self._courier.run(
                Call.THREAD, place.channel_id, open_now, urgency=Urgency.FIRST
            )

    def _hindrance(self, channel_id: int) -> NoThread | None:
        channel = self._channel_by_id(channel_id)
        if not isinstance(channel, discord.TextChannel):
            return NoThread("cannot open threads in this kind of channel", is_lasting=True)
        may = channel.permissions_for(channel.guild.me)
        wanted = {
            "Create Public Threads": may.create_public_threads,
            "Send Messages in Threads": may.send_messages_in_threads,
        }
        missing = [name for name, is_there in wanted.items() if not is_there]
        if missing:
            names = " and ".join(f"*{name}*" for name in missing)
            return NoThread(f"lack the permission {names} in this channel", is_lasting=True)
        if self._courier.wait_for(Call.THREAD, channel_id) > self._longest_wait_s:
            return NoThread(_WOULD_WAIT, is_lasting=False)
        return None
