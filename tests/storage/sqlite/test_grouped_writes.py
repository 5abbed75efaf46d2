"""Writers that come together and share a transaction."""

import asyncio
import sqlite3
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from contextlib import asynccontextmanager, closing, contextmanager
from dataclasses import replace
from pathlib import Path

from sqlalchemy import Connection, event
from sqlalchemy.ext.asyncio import AsyncSession

from conversation.entities import PlaceKey, PlaceSettings
from conversation.errors import StoreUnavailableError
from storage.database_url import sqlite_url
from storage.sqlite.database import Database
from tests.storage.opened import Clock, opened_sqlite

INSERT = "INSERT INTO place (channel_id, parameters) VALUES (?, '{}')"
COUNT = "SELECT count(*) FROM place"
THREAD = PlaceKey(2001, guild_id=9, parent_channel_id=1001)


@asynccontextmanager
async def opened(folder: Path, *, busy_timeout_s: float = 5.0) -> AsyncGenerator[Database, None]:
    """Open the database of a folder, migrated."""
    async with opened_sqlite(folder, Clock()):
        pass
    database = Database(sqlite_url(folder / "bobbin.db"), busy_timeout_s=busy_timeout_s)
    try:
        yield database
    finally:
        await database.close()


@contextmanager
def counted(database: Database, name: str) -> Generator[list[Connection], None, None]:
    """Count what transactions do: `begin`, `commit`, `rollback`."""
    seen: list[Connection] = []
    note = seen.append  # one object, which can be taken out again
    engine = database._engine.sync_engine  # noqa: SLF001  # pyright: ignore[reportPrivateUsage] - SQLAlchemy tells only who listens there
    event.listen(engine, name, note)
    yield seen
    event.remove(engine, name, note)


def inserting(key: int) -> Callable[[AsyncSession], Awaitable[int]]:
    """Return a writer that inserts a row and returns its key."""

    async def insert(session: AsyncSession) -> int:
        await (await session.connection()).exec_driver_sql(INSERT, (key,))
        return key

    return insert


async def insert_and_fail(session: AsyncSession) -> int:
    """Insert a row, then fail."""
    await inserting(404)(session)
    raise ZeroDivisionError


def rows(folder: Path) -> int:
    """Count the rows, as another process sees them."""
    with closing(sqlite3.connect(folder / "bobbin.db")) as other:
        count: int = other.execute(COUNT).fetchone()[0]
        return count


async def test_writers_that_wait_together_commit_together(tmp_path: Path) -> None:
    """Thirty writers at once cost two commits, the first one's and one for all the rest."""
    async with opened(tmp_path) as database:
        with counted(database, "commit") as commits:
            writers = [database.write(inserting(n)) for n in range(30)]
            assert await asyncio.gather(*writers) == list(range(30))
        assert len(commits) <= 2
    assert rows(tmp_path) == 30


async def test_nobody_fails_for_anothers_fault(tmp_path: Path) -> None:
    """Of writers that wait together, one that fails fails alone, and leaves nothing behind."""
    async with opened(tmp_path) as database:
        works = [inserting(n) for n in range(5)]
        works.insert(3, insert_and_fail)
        results = await asyncio.gather(*map(database.write, works), return_exceptions=True)
    assert isinstance(results.pop(3), ZeroDivisionError)
    assert results == [0, 1, 2, 3, 4]
    assert rows(tmp_path) == 5


async def test_all_that_wait_for_a_locked_database_are_told_at_once(tmp_path: Path) -> None:
    """Nobody waits for the lock of another process once for each writer before."""
    async with opened(tmp_path, busy_timeout_s=0.2) as database:
        with closing(sqlite3.connect(tmp_path / "bobbin.db", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            with counted(database, "begin") as begun:
                writers = [database.write(inserting(1)) for _ in range(100)]
                results = await asyncio.gather(*writers, return_exceptions=True)
            other.execute("ROLLBACK")
        assert {type(result) for result in results} == {StoreUnavailableError}
        assert len(begun) <= 2
        await database.write(inserting(1))


async def test_each_sees_what_those_before_it_wrote(tmp_path: Path) -> None:
    """Changes of one place that wait together are made one after another; none is lost."""

    def longer(settings: PlaceSettings) -> PlaceSettings:
        return replace(settings, system_prompt=(settings.system_prompt or "") + "x")

    async with opened_sqlite(tmp_path, Clock()) as store:
        await asyncio.gather(*(store.places.alter_settings(THREAD, longer) for _ in range(20)))
        assert (await store.places.settings(THREAD.channel_id)).system_prompt == "x" * 20
