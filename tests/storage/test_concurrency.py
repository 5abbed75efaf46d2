"""Many at once: writers wait their turn, between tasks and between processes' connections."""

import asyncio
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import pytest

from conversation.entities import Parameters, PlaceKey, Received, Verdict
from storage.sqlite.opening import open_store
from storage.sqlite.store import SqlStore
from tests.storage.opened import MORNING, Clock, no_database_thread_stays, opened_sqlite

ROOT = Path(__file__).parents[2]

WRITER = """
import asyncio, sys
from datetime import UTC, datetime
from storage.sqlite.opening import open_store

async def main(url, name):
    async with open_store(url, now=lambda: datetime.now(UTC)) as store:
        for number in range(20):
            await store.note_told(f"{name} {number}")

asyncio.run(main(*sys.argv[1:]))
"""


async def receive(store: SqlStore, message_id: int) -> Verdict:
    """Take in a message of one of five conversations."""
    message = Received(message_id, PlaceKey(message_id % 5), message_id % 7, "Ann", "hello")
    receipt = await store.receive(message, queue_limit=1000, daily_limit=None, day_began_at=MORNING)
    return receipt.verdict


async def test_many_receive_at_once(tmp_path: Path) -> None:
    """Through two engines on one file nobody is refused, and no message is accepted twice."""
    url, now = f"sqlite:///{tmp_path}/bobbin.db", Clock().now
    async with open_store(url, now=now) as one, open_store(url, now=now) as other:
        async with asyncio.TaskGroup() as group:
            tasks = [
                group.create_task(receive(store, message_id))
                for message_id in range(1, 61)
                for store in (one, other)
            ]
        verdicts = [task.result() for task in tasks]
        assert verdicts.count(Verdict.ACCEPTED) == 60
        assert verdicts.count(Verdict.REPEATED) == 60
        assert len(await one.waiting_conversations()) == 5
        assert one.connections_in_use == other.connections_in_use == 0
    assert await no_database_thread_stays()


async def test_one_answer_begins(tmp_path: Path) -> None:
    """Of many that begin to answer one conversation at once, one does."""
    url, now = f"sqlite:///{tmp_path}/bobbin.db", Clock().now
    async with open_store(url, now=now) as one, open_store(url, now=now) as other:
        await receive(one, 5)
        (conversation_id,) = await one.waiting_conversations()
        exchanges = await asyncio.gather(
            *(
                store.begin(conversation_id, model="a/b", parameters=Parameters())
                for store in (one, other) * 4
            )
        )
    assert sum(exchange is not None for exchange in exchanges) == 1


async def test_processes_start_and_write_at_once(tmp_path: Path) -> None:
    """Processes that start on one new file migrate it once and all write."""
    url = f"sqlite:///{tmp_path}/bobbin.db"
    processes = [
        await asyncio.create_subprocess_exec(sys.executable, "-c", WRITER, url, name, cwd=ROOT)
        for name in ("one", "other")
    ]
    assert [await process.wait() for process in processes] == [0, 0]

    with closing(sqlite3.connect(tmp_path / "bobbin.db")) as connection:
        assert connection.execute("SELECT count(*) FROM told").fetchone() == (40,)


async def test_cancelled_writers_leave_nothing(tmp_path: Path) -> None:
    """Writers cancelled at any moment leave no connection in use and no lock behind."""
    async with opened_sqlite(tmp_path, Clock()) as store:
        for steps in range(0, 60, 3):
            tasks = [asyncio.create_task(receive(store, 100 + steps + i)) for i in range(3)]
            for _ in range(steps):
                await asyncio.sleep(0)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await store.note_told(f"after {steps} steps")
            assert store.connections_in_use == 0


async def test_writer_cancelled_while_the_file_is_locked(tmp_path: Path) -> None:
    """A writer cancelled while another process holds the lock leaves the store usable."""
    url = f"sqlite:///{tmp_path}/bobbin.db"
    async with open_store(url, now=Clock().now, busy_timeout_s=0.3) as store:
        with closing(sqlite3.connect(tmp_path / "bobbin.db", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.1):
                    await store.note_told("a")
            other.execute("ROLLBACK")
        await store.note_told("b")


async def test_reader_sees_one_moment(tmp_path: Path) -> None:
    """What is committed meanwhile is not seen within a reader's transaction."""
    async with opened_sqlite(tmp_path, Clock()) as store:
        await receive(store, 1)
        database = store._database  # noqa: SLF001  # pyright: ignore[reportPrivateUsage] - two transactions at once
        async with database.reading() as session:
            count = "SELECT count(*) FROM inbound"
            connection = await session.connection()
            before = (await connection.exec_driver_sql(count)).scalar_one()
            await receive(store, 2)
            after = (await connection.exec_driver_sql(count)).scalar_one()
        assert (before, after) == (1, 1)
