"""Remembers messages of which their authors were told that they are not taken.

Found again, after a restart, they are not taken either: their authors may have sent them anew.
"""

import logging
from datetime import datetime

from cogs.remembered import Remembered
from conversation.entities import TurnedAway
from conversation.errors import StoreError
from conversation.ports import Store
from conversation.reporting import report

log = logging.getLogger(__name__)

_PEOPLE = 1000
"""Of so many people it is remembered, the latest."""


class TurnedAwayMessages:
    """What was turned away lately; the store is told when it can be.

    Args:
        store: Keeps it for the next process.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known = Remembered[TurnedAway](_PEOPLE)
        self._owed = Remembered[TurnedAway](_PEOPLE)

    async def load(self, since: datetime) -> None:
        """Learn what earlier processes turned away since then.

        Raises:
            StoreError: It could not be read.
        """
        for one in await self._store.turned_away(since):
            self._known.add(one)

    def covers(self, author_id: int, message_id: int) -> bool:
        """Tell whether somebody was told that a message of theirs is not taken."""
        return any(
            it.author_id == author_id and it.first_message_id <= message_id <= it.last_message_id
            for it in self._known
        )

    def add(
        self, author_id: int, first_message_id: int, last_message_id: int | None = None
    ) -> None:
        """Take in that somebody is told of a message, or of all they write up to another."""
        one = TurnedAway(author_id, first_message_id, last_message_id or first_message_id)
        if self._known.add(one):
            self._owed.add(one)

    async def keep(self) -> None:
        """Have the store keep what it was not told so far; where that fails, it is told later."""
        for one in list(self._owed):
            try:
                await self._store.note_turned_away(one)
            except StoreError as error:
                report(log, error, "messages that were turned away could not be noted so far")
                return
            self._owed.discard(one)
