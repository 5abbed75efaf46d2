"""Finds where an answer goes: a question asked in a channel is answered in a thread of its own."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass

import discord

from answering.tellings import Footnotes
from conversation.entities import Exchange, PlaceKey
from conversation.errors import StoreError
from conversation.ports import Store
from conversation.store_failures import report
from delivery.courier import Courier
from delivery.discord_api import ArchiveMinutes, Spot, Surface
from delivery.errors import DeliveryError
from delivery.pacing.policy import Call, Urgency
from rendering.titles import thread_title
from rendering.wording.english import Notice, say

log = logging.getLogger(__name__)

_MISSING_PERMISSIONS = 50013
_WOULD_WAIT = "would have to wait before I may open a thread"


@dataclass(frozen=True, slots=True)
class _NoThread:
    """Why there is no thread, to be said after "I answer here because I …"."""

    reason: str
    is_lasting: bool
    """It will be the same next time, so it is said once a channel."""


class ThreadOpener:
    """Opens threads, unless that would be refused or would have to wait.

    Args:
        store: Where conversations move.
        courier: Carries the requests; not owned.
        surface: Makes them.
        channel_by_id: The Discord client's cache: `Client.get_channel`.
        archive_minutes: After how much silence Discord archives the thread.
        longest_wait_s: Opening that would have to wait longer than this is not begun.
    """

    def __init__(
        self,
        store: Store,
        courier: Courier,
        surface: Surface,
        channel_by_id: Callable[[int], object],
        *,
        archive_minutes: ArchiveMinutes,
        longest_wait_s: float,
    ) -> None:
        self._store = store
        self._courier = courier
        self._surface = surface
        self._channel_by_id = channel_by_id
        self._archive_minutes: ArchiveMinutes = archive_minutes
        self._longest_wait_s = longest_wait_s

    async def place_of(self, exchange: Exchange, footnotes: Footnotes) -> tuple[PlaceKey, str]:
        """Give the place of an answer, which is a new thread for the first answer in a channel.

        The conversation moves into the thread.

        Args:
            exchange: The answer.
            footnotes: What stands below it and is told once only.

        Returns:
            The place, and the notice why it is no thread where that was not said before.
        """
        conversation = exchange.conversation
        root_message_id = conversation.root_message_id
        is_first = len(exchange.path) == 1 and not exchange.parts
        if not conversation.place.is_channel or root_message_id is None or not is_first:
            return conversation.place, ""
        question = exchange.inbounds[0]
        title = thread_title(question.text, question.author_name)
        opened = await self._open(conversation.place, root_message_id, title)
        try:
            if isinstance(opened, PlaceKey):
                await self._store.move(conversation.id, opened)
                return opened, ""
            key = f"no-thread:{conversation.place.channel_id}:{opened.reason}"
            if opened.is_lasting and not await footnotes.begin(key):
                return conversation.place, ""
        except StoreError as error:
            report(log, error, "conversation %d stays in its channel", conversation.id)
            return conversation.place, ""
        return conversation.place, say(Notice.NO_THREAD, reason=opened.reason)

    async def _open(
        self, place: PlaceKey, root_message_id: int, title: str
    ) -> PlaceKey | _NoThread:
        """Open a thread from the message that begins a conversation in a channel."""
        hindrance = self._hindrance(place.channel_id)
        if hindrance is not None:
            return hindrance
        try:
            thread_id = await self._opened(place, root_message_id, title)
        except TimeoutError:
            return _NoThread(_WOULD_WAIT, is_lasting=False)
        except DeliveryError as error:
            log.warning("channel %d: no thread: %s", place.channel_id, error)
            if error.code == _MISSING_PERMISSIONS:
                return _NoThread("may not open threads in this channel", is_lasting=True)
            return _NoThread("could not open a thread", is_lasting=False)
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
                Call.THREAD,
                place.channel_id,
                open_now,
                urgency=Urgency.FIRST,
                known=root_message_id,  # a thread has the id of the message it is opened from
            )

    def _hindrance(self, channel_id: int) -> _NoThread | None:
        channel = self._channel_by_id(channel_id)
        if not isinstance(channel, discord.TextChannel):
            return _NoThread("cannot open threads in this kind of channel", is_lasting=True)
        may = channel.permissions_for(channel.guild.me)
        wanted = {
            "Create Public Threads": may.create_public_threads,
            "Send Messages in Threads": may.send_messages_in_threads,
        }
        missing = [name for name, is_there in wanted.items() if not is_there]
        if missing:
            names = " and ".join(f"*{name}*" for name in missing)
            return _NoThread(f"lack the permission {names} in this channel", is_lasting=True)
        if self._courier.wait_for(Call.THREAD, channel_id) > self._longest_wait_s:
            return _NoThread(_WOULD_WAIT, is_lasting=False)
        return None
