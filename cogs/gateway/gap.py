"""Knows until when everything that was said has been heard (no I/O)."""

from datetime import datetime

from conversation.ports import Now


class Hearing:
    """Follows the gateway: what was said while nobody listened has to be read before it is heard.

    Args:
        now: The wall clock.
    """

    def __init__(self, now: Now) -> None:
        self._now = now
        self.until: datetime | None = None
        """Everything said until then was heard; None where it is not known since when we listen."""
        self.back_at: datetime | None = None
        """When we began to listen again, the last time."""
        self.away_s = 0.0
        """How long the last absence lasted, as far as is known; 0 before the first."""
        self.session = 0
        """Counts the gateway sessions, each of which begins with a gap before it."""
        self._read_session = 0
        self._is_deaf = True

    @property
    def is_behind(self) -> bool:
        """Tell whether something may have been missed that was not read so far."""
        return self._read_session != self.session

    def connected(self) -> None:
        """Take in that a new session is ready: what was said before it is not repeated."""
        self.session += 1
        self.back_at = self._now()
        if self.until is not None:
            self.away_s = (self.back_at - self.until).total_seconds()
        self._is_deaf = False

    def disconnected(self) -> None:
        """Take in that nobody listens, until the session is resumed or a new one is ready."""
        self._is_deaf = True

    def resumed(self) -> None:
        """Take in that the session goes on: Discord repeats what was missed."""
        self._is_deaf = False

    def caught_up(self, session: int) -> None:
        """Take in that what was said before a session has been read."""
        self._read_session = session

    def listened_until(self) -> datetime | None:
        """Give until when everything was heard, which is now unless something may be missing."""
        if not self._is_deaf and not self.is_behind:
            self.until = self._now()
        return self.until
