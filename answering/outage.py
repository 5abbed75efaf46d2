"""Tells people that the database cannot be used, and that they are answered later all the same."""

import asyncio
import logging

from conversation.entities import Spot
from delivery.courier import Courier
from delivery.discord_api import DiscordApi
from delivery.errors import DeliveryError
from delivery.pacing.policy import Call, Urgency
from rendering.wording.sentences import Sentence, say

log = logging.getLogger(__name__)


class OutageNotices:
    """The one thing that is said without being stored: each person is told once an outage.

    Args:
        courier: Carries the requests; not owned.
        api: Makes them.
    """

    def __init__(self, courier: Courier, api: DiscordApi) -> None:
        self._courier = courier
        self._api = api
        self._told: set[tuple[int, int]] = set()
        """Whom, and in which channel, in this outage."""
        self._tasks: set[asyncio.Task[None]] = set()

    def tell(self, spot: Spot, author_id: int) -> None:
        """Tell somebody that their message is answered later."""
        who = (spot.channel_id, author_id)
        if who in self._told:
            return
        self._told.add(who)
        task = asyncio.create_task(self._post(spot), name=f"outage-{spot.answers_message_id}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def is_over(self) -> None:
        """Record that the database can be used again."""
        self._told.clear()

    async def close(self) -> None:
        """Tell nobody any more."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _post(self, spot: Spot) -> None:
        nonce = f"down{spot.answers_message_id or 0:x}"
        try:
            await self._courier.run(
                Call.POST,
                spot.channel_id,
                lambda: self._api.post(spot, say(Sentence.STORE_DOWN), nonce=nonce),
                urgency=Urgency.FINAL,
            )
        except DeliveryError as error:
            log.warning("channel %d: nobody is told of the outage: %s", spot.channel_id, error)
