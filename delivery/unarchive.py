"""Opens a thread again that somebody archived while a reply is written in it."""

import asyncio
from collections.abc import Callable

from delivery.courier import Courier
from delivery.discord_api import Spot, Surface
from delivery.errors import DeliveryError
from delivery.pacing.policy import Call


class Unarchiving:
    """Does so for one reply.

    Args:
        courier: Carries the requests; not owned.
        surface: Makes them.
    """

    def __init__(self, courier: Courier, surface: Surface) -> None:
        self._courier = courier
        self._surface = surface
        self._task: asyncio.Task[None] | None = None

    @property
    def is_under_way(self) -> bool:
        """Whether it is not known yet what comes of it."""
        return self._task is not None and not self._task.done()

    def begin(self, spot: Spot, then: Callable[[DeliveryError | None], None]) -> None:
        """Open a thread, and call `then`: with the error where it stays archived."""
        self._task = asyncio.create_task(self._open(spot, then), name="unarchive")

    async def _open(self, spot: Spot, then: Callable[[DeliveryError | None], None]) -> None:
        try:
            await self._courier.run(
                Call.OTHER, spot.channel_id, lambda: self._surface.unarchive(spot)
            )
        except DeliveryError as error:
            then(error)
        else:
            then(None)
