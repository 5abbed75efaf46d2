"""What a law finds."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tests.chaos.record import Record


@dataclass(frozen=True, slots=True)
class Violation:
    """A law that does not hold."""

    words: str
    channel_ids: frozenset[int] = frozenset()
    """The places whose story matters."""


Law = Callable[[Record], Iterator[Violation]]
"""Yields everything in a record that it forbids; what it takes for granted, another law demands."""


def broken(words: str, *channel_ids: int | None) -> Violation:
    """Return a violation that has to do with some places."""
    return Violation(words, frozenset(channel_id for channel_id in channel_ids if channel_id))
