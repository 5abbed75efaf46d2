"""Killed at any instant: what a method returned from is stored; no commit waits for a disk."""

import asyncio
import sys
from pathlib import Path

from tests.contracts.store.steps import begun, notice
from tests.storage.opened import Clock, opened_sqlite

ROOT = Path(__file__).parents[3]

WRITER = """
import asyncio, itertools, sys
from datetime import UTC, datetime
from storage.sqlite.opening import open_store
from tests.contracts.store.steps import ask, notice, said

async def main(url):
    async with open_store(url, now=lambda: datetime.now(UTC)) as store:
        exchange = await ask(store, said(1))
        reply_id, turn_id = exchange.reply.reply_id, exchange.turn.id
        for number in itertools.count():
            await store.replies.record_step(reply_id, [], turn_id=turn_id, text=str(number))
            await store.notices.want(notice(str(number)))
            print(number, flush=True)

asyncio.run(main(*sys.argv[1:]))
"""


async def test_killed_while_writing(tmp_path: Path) -> None:
    """After SIGKILL the file is sound and holds every commit, the last one as well."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        WRITER,
        f"sqlite:///{tmp_path}/bobbin.db",
        stdout=asyncio.subprocess.PIPE,
        cwd=ROOT,
    )
    assert process.stdout is not None
    stored = [await process.stdout.readline() for _ in range(10)]
    process.kill()
    stored += (await process.stdout.read()).splitlines(keepends=True)
    await process.wait()

    keys = [line.decode().strip() for line in stored if line.endswith(b"\n")]
    assert len(keys) >= 10
    async with opened_sqlite(tmp_path, Clock()) as store:
        assert await store.integrity() == []
        assert [await store.notices.want(notice(key)) for key in keys] == [None] * len(keys)
        (conversation_id,) = await store.turns.conversations_with_work()
        exchange = await begun(store, conversation_id)
        assert exchange is not None
        assert int(exchange.turn.text) >= int(keys[-1])


async def test_commits_do_not_wait_for_the_disk(tmp_path: Path) -> None:
    """Every connection writes ahead and leaves it to the system when the disk has it."""
    async with opened_sqlite(tmp_path, Clock()) as store:
        async with store.database.writing() as session:
            connection = await session.connection()
            found = [
                (await connection.exec_driver_sql(f"PRAGMA {name}")).scalar_one()
                for name in ("journal_mode", "synchronous", "foreign_keys")
            ]
        assert found == ["wal", 1, 1]
