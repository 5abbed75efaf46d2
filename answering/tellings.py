"""What people are told once only, ever: the store notes it, once it is there for them to read.

A process may end between the words and their note. Then they are told again rather than never.
"""

import logging

from answering.remembered import Remembered
from conversation.errors import StoreError
from conversation.ports import Store
from conversation.store_failures import report

log = logging.getLogger(__name__)

_REMEMBERED = 1000
"""So many things are being told at once, or were told and could not be noted."""


class Tellings:
    """Sees to it that what has a key is told once.

    Whoever is to tell something calls `begin`, and then either `end` or `give_up`.

    Args:
        store: Keeps what was told.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._begun = Remembered[str](_REMEMBERED)

    async def begin(self, key: str) -> bool:
        """Tell whether this is to be told: it never was, and nobody else is telling it now.

        Raises:
            StoreError: Whether it was told could not be read; then it is not to be told.
        """
        if not self._begun.add(key):
            return False
        was_told = True
        try:
            was_told = await self._store.was_told(key)
        finally:
            if was_told:
                self._begun.discard(key)
        return not was_told

    async def end(self, key: str) -> None:
        """Note that it was told; where that fails, this process at least does not repeat it."""
        try:
            await self._store.note_told(key)
        except StoreError as error:
            report(log, error, "that people were told of %s is not noted", key)
        else:
            self._begun.discard(key)

    def give_up(self, key: str) -> None:
        """Take in that it could not be told: it is to be told another time."""
        self._begun.discard(key)


class Footnotes:
    """What stands below one answer and is told once only: it counts as told when it is shown.

    Args:
        tellings: Knows what was told.
    """

    def __init__(self, tellings: Tellings) -> None:
        self._tellings = tellings
        self._keys: list[str] = []

    async def begin(self, key: str) -> bool:
        """Tell whether this is to stand below the answer; see `Tellings.begin`."""
        is_new = await self._tellings.begin(key)
        if is_new:
            self._keys.append(key)
        return is_new

    async def end(self) -> None:
        """Note that they are shown."""
        while self._keys:
            await self._tellings.end(self._keys.pop())

    def give_up(self) -> None:
        """Take in that those which are not noted by now are not shown; harmless after `end`."""
        while self._keys:
            self._tellings.give_up(self._keys.pop())
