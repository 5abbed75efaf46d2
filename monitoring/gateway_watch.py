"""Whether Discord's gateway is there, as the client's own events tell."""

import math

from cogs.client import Bobbin


class GatewayWatch:
    """Knows whether the client that it watches hears Discord now.

    The library's `is_ready` stays true while a lost connection is being made again.
    """

    def __init__(self) -> None:
        self._bot: Bobbin | None = None
        self._hears = False

    @property
    def is_connected(self) -> bool:
        """Whether events come, as far as the last heartbeat tells."""
        return self._hears and self._bot is not None and not self._bot.is_closed()

    @property
    def latency_s(self) -> float:
        """How long the last heartbeat took there and back; not a number where there was none."""
        return math.nan if self._bot is None else self._bot.latency

    def watch(self, bot: Bobbin) -> None:
        """Watch a client from before it connects, instead of any before."""
        self._bot = bot
        self._hears = False
        bot.add_listener(self._there, "on_ready")
        bot.add_listener(self._there, "on_resumed")
        bot.add_listener(self._gone, "on_disconnect")

    async def _there(self) -> None:
        self._hears = True

    async def _gone(self) -> None:
        self._hears = False
