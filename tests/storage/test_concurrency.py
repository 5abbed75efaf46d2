"""Many at once: writers wait their turn, between tasks and between processes' connections."""

import asyncio
import sqlite3
import sys
from asyncio.subprocess import PIPE
from contextlib import closing
from pathlib import Path

import pytest

from conversation.entities import ClickVerdict, Outcome, PlaceKey, Verdict
from storage.sqlite.opening import open_store
from storage.sqlite.store import Store
from tests.contracts.store.steps import (
    BEN,
    DIRECT,
    THREAD,
    answer,
    begin,
    notice,
    press,
    receive,
    said,
)
from tests.storage.opened import MORNING, Clock, no_database_thread_stays, opened_sqlite

ROOT = Path(__file__).parents[2]

WRITER = """
import asyncio, sys
from datetime import UTC, datetime
from storage.sqlite.opening import open_store
from tests.contracts.store.steps import notice

async def main(url, name):
    async with open_store(url, now=lambda: datetime.now(UTC)) as store:
        for number in range(20):
            await store.notices.want(notice(f"{name} {number}"))

asyncio.run(main(*sys.argv[1:]))
"""


CLICKER = """
import asyncio, sys
from storage.sqlite.opening import open_store
from tests.contracts.store.steps import press
from tests.storage.opened import Clock

async def main(url, turn_id):
    async with open_store(url, now=Clock().now) as store:
        print("ready", flush=True)
        await asyncio.to_thread(sys.stdin.readline)
        print(await store.turns.answer_again(press(int(turn_id), daily=1)), flush=True)

asyncio.run(main(*sys.argv[1:]))
"""


async def take(store: Store, message_id: int) -> Verdict:
    """Write a message of one of five conversations."""
    place = PlaceKey(1 + message_id % 5)
    message = said(message_id, place=place, author_id=message_id % 7)
    return (await receive(store, message, queue=1000)).verdict


async def test_many_receive_at_once(tmp_path: Path) -> None:
    """Through two engines on one file nobody is refused, and no message is accepted twice."""
    url, now = f"sqlite:///{tmp_path}/bobbin.db", Clock().now
    async with open_store(url, now=now) as one, open_store(url, now=now) as other:
        async with asyncio.TaskGroup() as group:
            tasks = [
                group.create_task(take(store, message_id))
                for message_id in range(1, 61)
                for store in (one, other)
            ]
        verdicts = [task.result() for task in tasks]
        assert verdicts.count(Verdict.ACCEPTED) == 60
        assert verdicts.count(Verdict.REPEATED) == 60
        assert len(await one.turns.conversations_with_work()) == 5
        assert one.database.connections_in_use == other.database.connections_in_use == 0
    assert await no_database_thread_stays()


async def test_one_answer_begins(tmp_path: Path) -> None:
    """Many that begin to answer one conversation at once make one answer, and all get that."""
    url, now = f"sqlite:///{tmp_path}/bobbin.db", Clock().now
    async with open_store(url, now=now) as one, open_store(url, now=now) as other:
        await take(one, 5)
        (conversation_id,) = await one.turns.conversations_with_work()
        exchanges = await asyncio.gather(
            *(begin(store, conversation_id) for store in (one, other) * 4)
        )
        assert len({exchange.turn.id for exchange in exchanges}) == 1
        assert {len(exchange.path) for exchange in exchanges} == {1}


async def test_processes_start_and_write_at_once(tmp_path: Path) -> None:
    """Processes that start on one new file migrate it once and all write."""
    url = f"sqlite:///{tmp_path}/bobbin.db"
    processes = [
        await asyncio.create_subprocess_exec(sys.executable, "-c", WRITER, url, name, cwd=ROOT)
        for name in ("one", "other")
    ]
    assert [await process.wait() for process in processes] == [0, 0]

    with closing(sqlite3.connect(tmp_path / "bobbin.db")) as connection:
        assert connection.execute("SELECT count(*) FROM notice").fetchone() == (40,)


async def two_answers(store: Store) -> tuple[int, int]:
    """Answer two people's questions in two places; return the turns, each to be asked again."""
    one = await answer(store, said(1, author_id=BEN, place=THREAD), outcome=Outcome.FAILED)
    other = await answer(store, said(2, author_id=BEN, place=DIRECT), outcome=Outcome.FAILED)
    return one.turn.id, other.turn.id


async def test_two_clicks_over_two_connections(tmp_path: Path) -> None:
    """Of two clicks at once at the last answer of the day, through two engines, one passes."""
    url, now = f"sqlite:///{tmp_path}/bobbin.db", Clock().now
    async with open_store(url, now=now) as one, open_store(url, now=now) as other:
        turn_ids = await two_answers(one)
        verdicts = await asyncio.gather(
            *(
                store.turns.answer_again(press(turn_id, daily=1))
                for store, turn_id in zip((one, other), turn_ids, strict=True)
            )
        )
        assert sorted(verdicts) == sorted([ClickVerdict.TAKEN, ClickVerdict.QUOTA_SPENT])
        assert len(await one.turns.conversations_with_work()) == 1


async def test_two_clicks_over_two_processes(tmp_path: Path) -> None:
    """Of two clicks at once at the last answer of the day, in two processes, one passes."""
    url = f"sqlite:///{tmp_path}/bobbin.db"
    async with open_store(url, now=Clock().now) as store:
        turn_ids = await two_answers(store)
    processes = [
        await asyncio.create_subprocess_exec(
            sys.executable, "-c", CLICKER, url, str(turn_id), stdin=PIPE, stdout=PIPE, cwd=ROOT
        )
        for turn_id in turn_ids
    ]
    for process in processes:
        assert process.stdout is not None
        assert await process.stdout.readline() == b"ready\n"
    said_then = await asyncio.gather(*(process.communicate(b"\n") for process in processes))

    assert sorted(out.decode().strip() for out, _ in said_then) == ["quota_spent", "taken"]


async def test_cancelled_writers_leave_nothing(tmp_path: Path) -> None:
    """Writers cancelled at any moment leave no connection in use and no lock behind."""
    async with opened_sqlite(tmp_path, Clock()) as store:
        for steps in range(0, 60, 3):
            tasks = [asyncio.create_task(take(store, 100 + steps + i)) for i in range(3)]
            for _ in range(steps):
                await asyncio.sleep(0)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await store.notices.want(notice(f"after {steps} steps"))
            assert store.database.connections_in_use == 0


async def test_writer_cancelled_while_the_file_is_locked(tmp_path: Path) -> None:
    """A writer cancelled while another process holds the lock leaves the store usable."""
    url = f"sqlite:///{tmp_path}/bobbin.db"
    async with open_store(url, now=Clock().now, busy_timeout_s=0.3) as store:
        with closing(sqlite3.connect(tmp_path / "bobbin.db", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.1):
                    await store.heard.record_heard(MORNING)
            other.execute("ROLLBACK")
        await store.heard.record_heard(MORNING)


async def test_reader_sees_one_moment(tmp_path: Path) -> None:
    """What is committed meanwhile is not seen within a reader's transaction."""
    async with opened_sqlite(tmp_path, Clock()) as store:
        await take(store, 1)
        async with store.database.reading() as session:
            count = "SELECT count(*) FROM inbound"
            connection = await session.connection()
            before = (await connection.exec_driver_sql(count)).scalar_one()
            await take(store, 2)
            after = (await connection.exec_driver_sql(count)).scalar_one()
        assert (before, after) == (1, 1)
