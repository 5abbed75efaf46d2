"""What people are told once only: over a real store."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from answering.tellings import Footnotes, Tellings
from storage.sqlite.opening import open_store
from tests.storage.opened import Clock, opened_sqlite


async def test_what_is_being_told_is_not_told_by_another(tmp_path: Path) -> None:
    """Of those who are to tell the same one does, and after that nobody, ever."""
    async with opened_sqlite(tmp_path, Clock()) as store:
        tellings = Tellings(store)
        assert await tellings.begin("a")
        assert not await tellings.begin("a")
        assert await tellings.begin("b")
        await tellings.end("a")
        assert not await tellings.begin("a")
    async with opened_sqlite(tmp_path, Clock()) as store:
        assert not await Tellings(store).begin("a")
        assert await Tellings(store).begin("b")


async def test_what_could_not_be_told_is_told_another_time(tmp_path: Path) -> None:
    """Whoever gives up leaves it to the next."""
    async with opened_sqlite(tmp_path, Clock()) as store:
        tellings = Tellings(store)
        assert await tellings.begin("a")
        tellings.give_up("a")
        assert await tellings.begin("a")


async def test_what_was_told_and_could_not_be_noted_is_not_repeated(tmp_path: Path) -> None:
    """While the store takes no note, memory does."""
    url = f"sqlite:///{tmp_path}/bobbin.db"
    async with open_store(url, now=Clock().now, busy_timeout_s=0.05) as store:
        tellings = Tellings(store)
        with closing(sqlite3.connect(tmp_path / "bobbin.db", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            assert await tellings.begin("a")
            await tellings.end("a")
        assert not await store.was_told("a")
        assert not await tellings.begin("a")


@pytest.mark.parametrize("is_shown", [True, False])
async def test_a_footnote_counts_as_told_when_it_is_shown(
    tmp_path: Path, *, is_shown: bool
) -> None:
    """The footnotes of an answer that broke off are those of the next."""
    async with opened_sqlite(tmp_path, Clock()) as store:
        tellings = Tellings(store)
        footnotes = Footnotes(tellings)
        assert await footnotes.begin("a")
        if is_shown:
            await footnotes.end()
        footnotes.give_up()
        assert await tellings.begin("a") is not is_shown
