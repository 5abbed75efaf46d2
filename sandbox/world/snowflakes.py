"""Discord's ids: 42 bits of milliseconds since 2015, then 22 bits to tell those of one apart.

Source: Discord documentation, "API Reference", section "Snowflakes".
"""

from collections.abc import Callable
from datetime import UTC, datetime

_EPOCH_MS = 1_420_070_400_000


class SnowflakeSource:
    """Makes ids that only ever grow, whatever the wall clock does.

    Args:
        wall_clock: Seconds since 1970.
    """

    def __init__(self, wall_clock: Callable[[], float]) -> None:
        self._wall_clock = wall_clock
        self._last = 0

    def make(self) -> int:
        """Return the next id."""
        now = (int(self._wall_clock() * 1000) - _EPOCH_MS) << 22
        self._last = max(now, self._last + 1)
        return self._last

    def skip_past(self, snowflake: int) -> None:
        """Never make this id or a smaller one: it is taken by what a file brought back."""
        self._last = max(self._last, snowflake)


def time_of(snowflake: int) -> float:
    """Return when an id was made, in seconds since 1970."""
    return ((snowflake >> 22) + _EPOCH_MS) / 1000


def timestamp(seconds: float) -> str:
    """Write seconds since 1970 the way Discord's payloads do (ISO 8601, microseconds, UTC)."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="microseconds")
