"""The lane of one notice: posted once, or found where an earlier process posted it."""

import asyncio
import logging

from conversation.entities import Spot
from conversation.errors import StoreError
from conversation.notices import StoredNotice
from conversation.ports.notices import NoticeStore
from conversation.store_failures import report
from delivery.courier import Courier
from delivery.discord_api import DiscordApi
from delivery.errors import DeliveryError
from delivery.lanes import LaneEnd, Step
from delivery.pacing.policy import Call, Urgency
from delivery.pacing.scheduler import Wish
from delivery.rest import Rest
from rendering.splitting.splitter import DISCORD_LIMIT_CHARS
from rendering.wording.notices import notice_text

log = logging.getLogger(__name__)

_NOT_THERE = 0


class NoticeLane:
    """One notice: a lane of the courier.

    Args:
        courier: Carries the requests; not owned.
        api: Makes them.
        store: Knows whether it may be there already; not owned.
        notice: The notice.
    """

    def __init__(
        self, courier: Courier, api: DiscordApi, store: NoticeStore, notice: StoredNotice
    ) -> None:
        self._courier = courier
        self._api = api
        self._store = store
        self.notice_id = notice.id
        self.channel_id = notice.channel_id
        self._spot = Spot(notice.channel_id, notice.guild_id, notice.answers_message_id)
        self._content = notice_text(notice.kind, notice.fields)[:DISCORD_LIMIT_CHARS]
        self._is_to_be_found = notice.was_tried
        self._since_s = asyncio.get_running_loop().time()
        self._is_under_way = False
        self.message_id: int | None = None
        """Of what was posted."""
        self.end: LaneEnd | None = None
        self._ended = asyncio.Event()
        self._rest = Rest(lambda: courier.changed(self))

    def begin(self) -> None:
        """Post it when it may go."""
        self._courier.changed(self)

    async def until_ended(self) -> LaneEnd:
        """Wait until it is posted, or nothing more is tried; return which."""
        await self._ended.wait()
        return self.end or LaneEnd.CLOSED

    def close(self, end: LaneEnd = LaneEnd.CLOSED) -> None:
        """Send nothing more."""
        if self.end is None:
            self.end = end
            self._rest.end()
            self._courier.forget(self)
            self._ended.set()

    def wish(self) -> Wish | None:
        """See `Lane.wish`."""
        if self.end is not None or self._rest.is_resting or self._is_under_way:
            return None
        call = Call.READ if self._is_to_be_found else Call.POST
        return Wish(call, self._spot.channel_id, Urgency.FINAL, self._since_s)

    def take(self) -> Step:
        """See `Lane.take`."""
        self._is_under_way = True
        if self._is_to_be_found:
            return Step(Call.READ, self._spot.channel_id, self._find)
        nonce = f"n{self.notice_id:x}"

        async def act() -> int:
            return await self._api.post(self._spot, self._content, nonce=nonce)

        return Step(Call.POST, self._spot.channel_id, act, nonce, self._record_try)

    def arrived(self, step: Step, message_id: int | None) -> None:
        """See `Lane.arrived`."""
        self._is_under_way = False
        self._rest.reset()
        if step.call is Call.READ and message_id == _NOT_THERE:
            self._is_to_be_found = False
            return
        self.message_id = message_id
        self.close(LaneEnd.SHOWN)

    def failed(self, step: Step, error: DeliveryError) -> None:
        """See `Lane.failed`."""
        self._is_under_way = False
        if step.call is Call.READ and error.is_lasting:
            self._is_to_be_found = False  # whoever may not read there may still write
        elif not error.is_lasting:
            self._rest.begin()
        else:
            log.warning("channel %d: a notice is refused: %s", self._spot.channel_id, error)
            self.close(LaneEnd.PARKED if error.is_of_place else LaneEnd.REFUSED)

    async def _record_try(self) -> None:
        try:
            await self._store.record_try(self.notice_id)
        except StoreError as error:
            report(log, error, "notice %d is not posted so far", self.notice_id)
            raise DeliveryError(is_lasting=False, why="it could not be stored") from error

    async def _find(self) -> int:
        """Look for it: a reply of ours to the message that it is about, and nothing else known."""
        about_id = self._spot.answers_message_id
        for post in await self._api.own_posts(self._spot, about_id):
            is_about = post.answers_message_id == about_id and not post.custom_ids
            if is_about and not await self._is_known(post.message_id):
                return post.message_id
        return _NOT_THERE

    async def _is_known(self, message_id: int) -> bool:
        try:
            return await self._store.is_own_post(message_id)
        except StoreError as error:
            raise DeliveryError(is_lasting=False, why="the store cannot be read") from error
