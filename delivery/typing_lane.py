"""Shows that somebody is typing, for as long as there is nothing better to show."""

import asyncio
import logging

from conversation.entities import Spot
from delivery.courier import Courier
from delivery.discord_api import DiscordApi
from delivery.errors import DeliveryError
from delivery.lanes import Step
from delivery.pacing.policy import Call, Urgency
from delivery.pacing.scheduler import Wish

log = logging.getLogger(__name__)

_AFTER_S = 0.3
"""An answer that begins sooner than this needs no typing line."""
_EVERY_S = 8.0
"""Discord shows typing for ten seconds."""


class TypingLane:
    """The typing line of one reply: a lane of its own, so that it never holds up the first words.

    Args:
        courier: Carries the requests; not owned.
        api: Makes them.
        spot: Where the reply goes.
    """

    def __init__(self, courier: Courier, api: DiscordApi, spot: Spot) -> None:
        self._courier = courier
        self._api = api
        self._spot = spot
        self._due_since_s: float | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._is_over = False

    def begin(self) -> None:
        """Show typing soon, unless it ends before."""
        self._call_later(_AFTER_S)

    def end(self) -> None:
        """Show typing never again."""
        if self._is_over:
            return
        self._is_over = True
        if self._timer is not None:
            self._timer.cancel()
        self._courier.forget(self)

    def wish(self) -> Wish | None:
        """See `Lane.wish`."""
        if self._is_over or self._due_since_s is None:
            return None
        return Wish(Call.TYPING, self._spot.channel_id, Urgency.COSMETIC, self._due_since_s)

    def take(self) -> Step:
        """See `Lane.take`."""
        self._due_since_s = None
        return Step(Call.TYPING, self._spot.channel_id, lambda: self._api.show_typing(self._spot))

    def arrived(self, step: Step, message_id: int | None) -> None:  # noqa: ARG002 - the lane's
        """See `Lane.arrived`."""
        self._call_later(_EVERY_S)

    def failed(self, step: Step, error: DeliveryError) -> None:
        """See `Lane.failed`."""
        log.warning("%s in channel %d failed: %s", step.call.value, step.channel_id, error)
        if not error.is_lasting:
            self._call_later(_EVERY_S)

    def _call_later(self, delay_s: float) -> None:
        if not self._is_over:
            self._timer = asyncio.get_running_loop().call_later(delay_s, self._fall_due)

    def _fall_due(self) -> None:
        self._due_since_s = asyncio.get_running_loop().time()
        self._courier.changed(self)
