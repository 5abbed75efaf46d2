"""Opens a thread again that somebody archived while a reply is written in it."""

import asyncio
from collections.abc import Callable

from conversation.entities import Spot
from delivery.courier import Courier
from delivery.discord_api import DiscordApi
from delivery.errors import DeliveryError
from delivery.pacing.policy import Call


class Unarchive:
    """Does so for one reply, once for each time that the thread is found archived.

    Args:
        courier: Carries the requests; not owned.
        api: Makes them.
    """

    def __init__(self, courier: Courier, api: DiscordApi) -> None:
        self._courier = courier
        self._api = api
        self._task: asyncio.Task[None] | None = None
        self._was_tried = False

    def begin_once(self, spot: Spot, then: Callable[[DeliveryError | None], None]) -> bool:
        """Open a thread, and call `then`: with the error where it stays archived.

        Returns False, and does nothing, where that was tried and the thread is archived still.
        """
        if self._task is not None and not self._task.done():
            return True
        if self._was_tried:
            return False
        self._was_tried = True
        self._task = asyncio.create_task(self._open(spot, then), name="unarchive")
        return True

    def allow_again(self) -> None:
        """Let it be tried again."""
        self._was_tried = False

    async def _open(self, spot: Spot, then: Callable[[DeliveryError | None], None]) -> None:
        try:
            await self._courier.run(Call.OTHER, spot.channel_id, lambda: self._api.unarchive(spot))
        except DeliveryError as error:
            then(error)
        else:
            then(None)
