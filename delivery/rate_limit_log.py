"""Says in the log that Discord refuses requests for their pace, in few lines however many."""

import logging
import math

from delivery.pacing.policy import Call

log = logging.getLogger(__name__)

_EVERY_S = 10.0


class StormLog:
    """A line for the first 429, and at most one each ten seconds for those that follow."""

    def __init__(self) -> None:
        self._said_s = -math.inf
        self._unsaid = 0

    def refused(self, call: Call, scope: str | None, now: float) -> None:
        """Record a 429."""
        self._unsaid += 1
        if now - self._said_s < _EVERY_S:
            return
        log.warning(
            "Discord answered 429 to %s (scope %s); %d since the last such line",
            call.value,
            scope,
            self._unsaid,
        )
        self._said_s, self._unsaid = now, 0
