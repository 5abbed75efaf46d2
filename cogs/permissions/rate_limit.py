"""How much of one person is taken at once (pure): past it they are asked to slow down.

A window begins with the first message after the last one ended, and times are those of Discord's
ids. So a message that the gateway repeats is counted once, and messages read late, after the bot
was away, count when they were sent. Messages, commands and clicks are counted apart.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum

import discord


class Act(Enum):
    """What is counted."""

    MESSAGE = "message"
    COMMAND = "command"
    CLICK = "click"


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast a person may go: so many messages within so many seconds; 0 is no bound."""

    messages: int = 0
    window_s: float = 60.0


@dataclass(frozen=True, slots=True)
class TooFast:
    """What becomes of a message past the bound."""

    until_s: float
    """When more is taken, in seconds since 1970 on Discord's clock."""
    is_first: bool
    """The first of its window that is not taken: who sent it is told, and no more after that."""


@dataclass(slots=True)
class _Window:
    """What one person sent of late."""

    began_s: float
    opened_at: float
    """On the clock of this machine, by which it is forgotten."""
    taken: set[int] = field(default_factory=set[int])
    is_told: bool = False


class RateLimit:
    """Counts what each person sends; somebody who sends nothing for a window is forgotten.

    Args:
        pace: How fast a person may go, for each kind of act.
        clock: Seconds on a clock that never jumps.
    """

    def __init__(self, pace: Pace, clock: Callable[[], float]) -> None:
        self.pace = pace
        self._clock = clock
        self._windows: dict[tuple[Act, int], _Window] = {}
        """By act and person; the one opened last is at the end."""

    def __len__(self) -> int:
        """Return how many windows are remembered."""
        return len(self._windows)

    def take(self, act: Act, person_id: int, snowflake: int) -> TooFast | None:
        """Count what a person sent, named by its id; None where it is within the bound."""
        if self.pace.messages == 0:
            return None
        sent_s = discord.utils.snowflake_time(snowflake).timestamp()
        window = self._windows.get((act, person_id))
        if window is None or not 0 <= sent_s - window.began_s < self.pace.window_s:
            window = self._open((act, person_id), sent_s)
        if snowflake in window.taken:
            return None
        if len(window.taken) < self.pace.messages:
            window.taken.add(snowflake)
            return None
        is_first, window.is_told = not window.is_told, True
        return TooFast(window.began_s + self.pace.window_s, is_first)

    def not_told(self, act: Act, person_id: int, until_s: float) -> None:
        """Record that a person could not be told until when to wait: the next one is the first."""
        window = self._windows.get((act, person_id))
        if window is not None and window.began_s + self.pace.window_s == until_s:
            window.is_told = False

    def _open(self, key: tuple[Act, int], began_s: float) -> _Window:
        """Begin a window, and forget those that are over; each is looked at once for that."""
        now = self._clock()
        self._windows.pop(key, None)
        while self._windows:
            oldest = next(iter(self._windows))
            if now - self._windows[oldest].opened_at < self.pace.window_s:
                break
            del self._windows[oldest]
        window = self._windows[key] = _Window(began_s, now)
        return window
