"""Connections that make one trip a statement: what a transaction begins with, and how it ends."""

import asyncio
import sqlite3
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, closing, contextmanager
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncSession

from storage.database_url import sqlite_url
from storage.sqlite.database import Database
from tests.storage.opened import Clock, no_database_thread_stays, opened_sqlite

INSERT = "INSERT INTO place (channel_id, parameters) VALUES (1, '{}')"
COUNT = "SELECT count(*) FROM place"


@asynccontextmanager
async def opened(folder: Path) -> AsyncGenerator[Database, None]:
    """Open a database with its tables; a lock of another is not waited for."""
    async with opened_sqlite(folder, Clock()):
        pass
    database = Database(sqlite_url(folder / "bobbin.db"), busy_timeout_s=0)
    try:
        yield database
        assert database.connections_in_use == 0
    finally:
        await database.close()
    assert await no_database_thread_stays()


@contextmanager
def another(folder: Path) -> Generator[sqlite3.Connection, None, None]:
    """Open a connection of another process, so to speak."""
    path = folder / "bobbin.db"
    with closing(sqlite3.connect(path, timeout=0, isolation_level=None)) as connection:
        yield connection


async def write(database: Database) -> None:
    """Insert a row in a transaction of its own, in the caller's task."""
    async with database.writing() as session:
        await (await session.connection()).exec_driver_sql(INSERT)


async def write_and_fail(session: AsyncSession) -> None:
    """Insert a row, then fail."""
    await (await session.connection()).exec_driver_sql(INSERT)
    raise ZeroDivisionError


def write_from_another(folder: Path) -> None:
    """Forget all rows, waiting within a limit: a cut connection ends in its own thread."""
    with closing(sqlite3.connect(folder / "bobbin.db", timeout=5)) as other, other:
        other.execute("DELETE FROM place")


async def test_nothing_runs_outside_its_transaction(tmp_path: Path) -> None:
    """A transaction that could not begin begins with its next statement, which is not alone."""
    async with opened(tmp_path) as database:
        with another(tmp_path) as other:
            other.execute("BEGIN IMMEDIATE")
            async with database.writing() as session:
                connection = await session.connection()
                with pytest.raises(OperationalError, match="locked"):
                    await connection.exec_driver_sql(INSERT)
                other.execute("ROLLBACK")
                await connection.exec_driver_sql(INSERT)
                assert other.execute(COUNT).fetchone() == (0,)
            assert other.execute(COUNT).fetchone() == (1,)


async def test_writer_locks_before_it_reads(tmp_path: Path) -> None:
    """What a writer reads first nobody else can change before it has written."""
    async with opened(tmp_path) as database:
        with another(tmp_path) as other:
            async with database.writing() as session:
                await (await session.connection()).exec_driver_sql(COUNT)
                with pytest.raises(sqlite3.OperationalError, match="locked"):
                    other.execute("BEGIN IMMEDIATE")
            other.execute("BEGIN IMMEDIATE")
            other.execute("ROLLBACK")


async def test_failed_transaction_is_rolled_back(tmp_path: Path) -> None:
    """What a transaction wrote before it failed is undone, and its lock is gone."""
    async with opened(tmp_path) as database:
        with pytest.raises(ZeroDivisionError):
            await database.write(write_and_fail)
        with another(tmp_path) as other:
            assert other.execute(COUNT).fetchone() == (0,)
        await write(database)


async def test_empty_transaction_leaves_nothing_to_the_next(tmp_path: Path) -> None:
    """A writer that executes nothing takes no lock, neither for itself nor for a later reader."""
    async with opened(tmp_path) as database:
        with another(tmp_path) as other:
            other.execute("BEGIN IMMEDIATE")
            async with database.writing() as session:
                await session.connection()
            async with database.reading() as session:
                found = await (await session.connection()).exec_driver_sql(COUNT)
                assert found.scalar_one() == 0


async def test_cancelled_at_any_moment(tmp_path: Path) -> None:
    """A transaction whose own task is cancelled, in a trip or between two, leaves no lock."""
    async with opened(tmp_path) as database:
        for steps in range(0, 200, 5):
            task = asyncio.create_task(write(database))
            for _ in range(steps):
                await asyncio.sleep(0)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            assert database.connections_in_use == 0
            await asyncio.to_thread(write_from_another, tmp_path)
