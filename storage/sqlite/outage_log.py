"""Says in the log that a database cannot be used, and that it can again; once each."""

import asyncio
import logging

from conversation.errors import StoreUnavailableError

log = logging.getLogger(__name__)


class Trouble:
    """Whether a database can be used, as its transactions show.

    Each failed transaction is one person's message or another's, and there may be thousands of
    them: whoever asked for one says nothing more in the log.
    """

    def __init__(self) -> None:
        self._since_s: float | None = None
        self._failures = 0

    def failed(self, error: StoreUnavailableError) -> None:
        """Record that a transaction failed for a reason that may pass."""
        self._failures += 1
        if self._since_s is None:
            self._since_s = asyncio.get_running_loop().time()
            log.error("%s. Nothing is answered that cannot be stored", error)

    def written(self) -> None:
        """Record that a transaction was committed."""
        if self._since_s is not None:
            lasted_s = asyncio.get_running_loop().time() - self._since_s
            log.warning(
                "the database can be used again: %d transactions failed in %.0f s",
                self._failures,
                lasted_s,
            )
            self._since_s, self._failures = None, 0
