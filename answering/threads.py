"""Finds where an answer goes: a question asked in a channel is answered in a thread of its own."""

import asyncio
import logging

from answering.store_retry import until_stored
from conversation.entities import Exchange, PlaceKey, Spot
from conversation.errors import StoreError
from conversation.notices import Remark, RemarkKind
from conversation.ports.replies import ReplyStore
from conversation.store_failures import report
from delivery.courier import Courier
from delivery.discord_api import ArchiveMinutes, DiscordApi
from delivery.errors import DeliveryError
from delivery.pacing.policy import Call, Urgency
from rendering.titles import thread_title

log = logging.getLogger(__name__)

_MISSING_PERMISSIONS = 50013


class Threads:
    """Opens threads, unless that would be refused or would have to wait.

    Args:
        replies: Where it is stored where each reply goes.
        courier: Carries the requests; not owned.
        api: Makes them.
        archive_minutes: After how much silence Discord archives the thread.
        longest_wait_s: Opening that would have to wait longer than this is not begun.
    """

    def __init__(
        self,
        replies: ReplyStore,
        courier: Courier,
        api: DiscordApi,
        *,
        archive_minutes: ArchiveMinutes,
        longest_wait_s: float,
    ) -> None:
        self._replies = replies
        self._courier = courier
        self._api = api
        self._archive_minutes: ArchiveMinutes = archive_minutes
        self._longest_wait_s = longest_wait_s

    async def place(self, exchange: Exchange) -> tuple[PlaceKey, Spot, Remark | None]:
        """Return where an answer goes, and store it: a new thread for the first one in a channel.

        The conversation moves into the thread. The remark says why there is none where there
        should be one.
        """
        place, reply = exchange.conversation.place, exchange.reply
        if reply.spot is not None:
            return place, reply.spot, None
        remark, thread = None, None
        root_message_id = exchange.conversation.root_message_id
        if place.is_channel and root_message_id is not None and len(exchange.path) == 1:
            opened = await self._open(exchange, place, root_message_id)
            if isinstance(opened, PlaceKey):
                thread = opened
            else:
                remark = opened
        goes_to = thread or place
        spot = _spot_in(goes_to, exchange)
        try:
            await until_stored(
                lambda: self._replies.place(reply.reply_id, spot, thread),
                f"reply {reply.reply_id}: where it goes",
            )
        except StoreError as error:
            report(log, error, "reply %d stays in its channel", reply.reply_id)
            return place, _spot_in(place, exchange), remark
        return goes_to, spot, remark

    async def _open(
        self, exchange: Exchange, place: PlaceKey, root_message_id: int
    ) -> PlaceKey | Remark:
        """Open a thread from the message that begins a conversation in a channel."""
        channel_id = place.channel_id
        obstacle = self._api.thread_obstacle(channel_id)
        if obstacle is not None and obstacle.missing_permissions:
            names = obstacle.missing_permissions
            return _remark(RemarkKind.NO_THREAD_PERMISSIONS, channel_id, names)
        if obstacle is not None:
            return _remark(RemarkKind.NO_THREAD_KIND, channel_id)
        if self._courier.wait_for(Call.THREAD, channel_id) > self._longest_wait_s:
            return Remark(RemarkKind.NO_THREAD_BUSY)
        question = exchange.inbounds[0]
        title = thread_title(question.text, question.author_name)
        try:
            thread_id = await self._opened(place, root_message_id, title)
        except TimeoutError:
            return Remark(RemarkKind.NO_THREAD_BUSY)
        except DeliveryError as error:
            log.warning("channel %d: no thread: %s", channel_id, error)
            if error.code == _MISSING_PERMISSIONS:
                return _remark(RemarkKind.NO_THREAD_REFUSED, channel_id)
            return Remark(RemarkKind.NO_THREAD_FAILED)
        return PlaceKey(thread_id, place.guild_id, channel_id)

    async def _opened(self, place: PlaceKey, root_message_id: int, title: str) -> int:
        """Open it and return its id.

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
                return await self._api.open_thread(
                    spot, root_message_id, title, self._archive_minutes
                )

            return await self._courier.run(
                Call.THREAD,
                place.channel_id,
                open_now,
                urgency=Urgency.FIRST,
                known=root_message_id,  # a thread has the id of the message it is opened from
            )


def _remark(kind: RemarkKind, channel_id: int, names: tuple[str, ...] = ()) -> Remark:
    """Return a remark that is made once a channel: it will be the same next time."""
    key = f"no-thread:{channel_id}:{kind.value}"
    return Remark(kind, {"names": names} if names else {}, once_key=key)


def _spot_in(place: PlaceKey, exchange: Exchange) -> Spot:
    """Return where an answer goes: in a channel it is a reply to the newest message it answers.

    What goes on with an answer follows that, and replies to nothing.
    """
    is_reply = place.is_channel and not exchange.goes_on
    answers = exchange.inbounds[-1].message_id if is_reply and exchange.inbounds else None
    return Spot(place.channel_id, place.guild_id, answers)
