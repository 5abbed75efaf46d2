"""Changes that the store fails to take: they are owed, in what order, and for how long."""

import pytest

from answering.changes import Changes
from conversation.errors import StoreError, StoreUnavailableError


class Book:
    """Takes changes, unless it is closed."""

    def __init__(self) -> None:
        self.error: StoreError | None = None
        self.taken: list[str] = []

    async def make(self, changes: Changes, what: str, words: str) -> None:
        """Have a change made that writes these words."""

        async def take() -> None:
            if self.error is not None:
                raise self.error
            self.taken.append(words)

        await changes.make(what, take)


async def test_what_was_not_taken_is_taken_later_the_longest_owed_first() -> None:
    """What the store failed to take is owed until it has it, and then no more."""
    changes, book = Changes(), Book()
    await book.make(changes, "a", "1")
    book.error = StoreUnavailableError("locked")
    await book.make(changes, "b", "2")
    await book.make(changes, "c", "3")
    with pytest.raises(StoreUnavailableError):
        await changes.pay()
    book.error = None
    await changes.pay()
    await changes.pay()
    assert book.taken == ["1", "2", "3"]


async def test_a_later_change_takes_the_place_of_one_that_is_owed() -> None:
    """What was changed again is not set back by what was owed before."""
    changes, book = Changes(), Book()
    book.error = StoreUnavailableError("locked")
    await book.make(changes, "a", "old")
    book.error = None
    await book.make(changes, "a", "new")
    await changes.pay()
    assert book.taken == ["new"]


async def test_what_the_store_will_never_take_holds_up_nothing() -> None:
    """A change that fails for good is given up, and those after it are made."""
    changes, book = Changes(), Book()
    book.error = StoreUnavailableError("locked")
    await book.make(changes, "a", "1")
    book.error = StoreError("damaged")
    await changes.pay()
    book.error = None
    await changes.pay()
    assert book.taken == []


async def test_the_changes_that_are_owed_are_bounded(caplog: pytest.LogCaptureFixture) -> None:
    """Past a thousand the one owed longest is given up, and the log says so."""
    changes, book = Changes(), Book()
    book.error = StoreUnavailableError("locked")
    for number in range(1001):
        await book.make(changes, f"message {number}", str(number))
    book.error = None
    await changes.pay()
    assert book.taken == [str(number) for number in range(1, 1001)]
    assert "message 0: its change is given up" in caplog.text
