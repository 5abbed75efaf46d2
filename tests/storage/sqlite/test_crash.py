"""Killed at any instant: what a method returned from is stored."""

import asyncio
import sys
from pathlib import Path

from tests.storage.opened import Clock, opened_sqlite

ROOT = Path(__file__).parents[3]

WRITER = """
import asyncio, itertools, sys
from datetime import UTC, datetime
from storage.sqlite.opening import open_store

async def main(url):
    async with open_store(url, now=lambda: datetime.now(UTC)) as store:
        for number in itertools.count():
            await store.note_told(str(number))
            print(number, flush=True)

asyncio.run(main(*sys.argv[1:]))
"""


async def test_killed_while_writing(tmp_path: Path) -> None:
    """After SIGKILL the file is sound and holds everything that was stored."""
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
        assert all([await store.was_told(key) for key in keys])
