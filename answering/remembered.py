"""What has been said or done already: a set that forgets its oldest items (pure)."""

from collections.abc import Iterator
from typing import Generic, TypeVar

_Item = TypeVar("_Item")


class Remembered(Generic[_Item]):
    """Remembers items up to a number; past it the one that came first is forgotten.

    Args:
        limit: How many.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._items: dict[_Item, None] = {}

    def __contains__(self, item: object) -> bool:
        """Tell whether an item is remembered."""
        return item in self._items

    def __iter__(self) -> Iterator[_Item]:
        """Give what is remembered, the first to come first."""
        return iter(self._items)

    def add(self, item: _Item) -> bool:
        """Remember an item; tell whether it is news."""
        if item in self._items:
            return False
        self._items[item] = None
        if len(self._items) > self._limit:
            del self._items[next(iter(self._items))]
        return True

    def discard(self, item: _Item) -> None:
        """Forget an item."""
        self._items.pop(item, None)
