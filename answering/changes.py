"""Changes that the store has to take before anything more is answered: edits and deletions.

Discord tells of a change once only. So one that the store fails to take is owed until it has it.
"""

import logging
from collections.abc import Awaitable, Callable

from conversation.errors import StoreError, StoreUnavailableError
from conversation.store_failures import report

log = logging.getLogger(__name__)

Take = Callable[[], Awaitable[None]]
"""Has the store take a change; twice is the same as once."""

_OWED = 1000
"""So many changes are owed at most, the latest."""


class Changes:
    """What the store has not taken so far; a later change of the same thing takes its place."""

    def __init__(self) -> None:
        self._owed: dict[str, Take] = {}
        """By what is changed, the longest owed first; what the store is just being told as well."""

    async def make(self, what: str, take: Take) -> None:
        """Have the store take a change; where it fails, that is done later.

        Args:
            what: Names what is changed, for the log.
            take: Changes it.
        """
        self._owed.pop(what, None)
        self._owed[what] = take
        if len(self._owed) > _OWED:
            lost = next(iter(self._owed))
            del self._owed[lost]
            log.warning("%s: its change is given up", lost)
        try:
            await self._pay(what, take)
        except StoreError as error:
            report(log, error, "%s: its change was not taken so far", what)

    async def pay(self) -> None:
        """Have the store take what it has not; what it will never take is given up.

        Raises:
            StoreUnavailableError: It still cannot be used.
        """
        for what, take in list(self._owed.items()):
            try:
                await self._pay(what, take)
            except StoreUnavailableError:
                raise
            except StoreError as error:
                report(log, error, "%s: its change is given up", what)
                self._paid(what, take)

    async def _pay(self, what: str, take: Take) -> None:
        await take()
        self._paid(what, take)

    def _paid(self, what: str, take: Take) -> None:
        if self._owed.get(what) is take:
            del self._owed[what]
