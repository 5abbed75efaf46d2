"""One process at a time runs on a database."""

import asyncio
import signal
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import pytest

from conversation.errors import StoreUnavailableError
from storage.sqlite.run_lock import sole_user
from tests.e2e.disks import unwritable

_ROOT = Path(__file__).parents[3]
_HOLDER = """
import asyncio, pathlib, sys
from storage.sqlite.run_lock import sole_user

async def hold():
    async with sole_user(pathlib.Path(sys.argv[1]), wait_s=0):
        print("held", flush=True)
        await asyncio.Event().wait()

asyncio.run(hold())
"""


async def _is_free(database: Path) -> bool:
    try:
        async with sole_user(database, wait_s=0.1):
            return True
    except StoreUnavailableError:
        return False


async def test_a_second_process_is_told_so(tmp_path: Path) -> None:
    """While one uses the database another is refused, in words; afterwards it is let in."""
    database = tmp_path / "folder" / "bobbin.db"
    async with sole_user(database, wait_s=0.1):
        with pytest.raises(StoreUnavailableError, match="another Bobbin runs"):
            async with sole_user(database, wait_s=0.1):
                pass
    assert await _is_free(database)


async def test_whoever_waits_is_let_in_when_the_other_ends(tmp_path: Path) -> None:
    """A new process takes over from one that ends within the wait."""
    database = tmp_path / "bobbin.db"
    entered = asyncio.Event()

    async def follow() -> None:
        async with sole_user(database, wait_s=30):
            entered.set()

    async with sole_user(database, wait_s=0):
        following = asyncio.create_task(follow())
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(entered.wait(), 0.2)
    await asyncio.wait_for(following, 10)


async def test_a_killed_process_leaves_the_database_free(tmp_path: Path) -> None:
    """The system frees the lock of a process however that ends."""
    database = tmp_path / "bobbin.db"
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", _HOLDER, str(database)),
        cwd=_ROOT,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    assert await process.stdout.readline() == b"held\n"
    assert not await _is_free(database)
    process.send_signal(signal.SIGKILL)
    await process.wait()
    assert await _is_free(database)


async def test_two_names_of_one_database_are_one_lock(tmp_path: Path) -> None:
    """A symbolic link to the database, or to its folder, is no way around the lock."""
    (tmp_path / "data").mkdir()
    database = tmp_path / "data" / "bobbin.db"
    (tmp_path / "link.db").symlink_to(database)
    (tmp_path / "folder").symlink_to(tmp_path / "data")
    async with sole_user(database, wait_s=0):
        assert not await _is_free(tmp_path / "link.db")
        assert not await _is_free(tmp_path / "folder" / "bobbin.db")
    assert await _is_free(tmp_path / "link.db")


async def test_the_lock_file_of_an_older_version_does_no_harm(tmp_path: Path) -> None:
    """Lock files were SQLite databases before 0.9; one that lies there is locked as it is."""
    database = tmp_path / "bobbin.db"
    with closing(sqlite3.connect(tmp_path / "bobbin.db.running")) as old:
        old.execute("CREATE TABLE something (id INTEGER)")
    assert await _is_free(database)
    async with sole_user(database, wait_s=0):
        assert not await _is_free(database)


async def test_a_lock_file_that_may_not_be_written_is_said(tmp_path: Path) -> None:
    """Somebody else's lock file is said to be so, not a bot that runs already."""
    (tmp_path / "bobbin.db.running").touch()
    async with unwritable([tmp_path / "bobbin.db.running"]):
        with pytest.raises(StoreUnavailableError, match=r"db\.running may not be written: see who"):
            async with sole_user(tmp_path / "bobbin.db", wait_s=0.1):
                pass


async def test_a_folder_in_place_of_the_lock_file_is_said(tmp_path: Path) -> None:
    """What cannot be locked at all is an error of the store."""
    (tmp_path / "bobbin.db.running").mkdir()
    with pytest.raises(StoreUnavailableError, match="may not be written"):
        async with sole_user(tmp_path / "bobbin.db", wait_s=0.1):
            pass


async def test_links_in_a_circle_are_said(tmp_path: Path) -> None:
    """A name that leads nowhere is an error of the store."""
    (tmp_path / "bobbin.db").symlink_to(tmp_path / "bobbin.db")
    with pytest.raises(StoreUnavailableError, match="may not be written"):
        async with sole_user(tmp_path / "bobbin.db", wait_s=0.1):
            pass


async def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    """Where there can be no lock file, that is an error of the store."""
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreUnavailableError, match="cannot be made"):
        async with sole_user(tmp_path / "file" / "bobbin.db", wait_s=0.1):
            pass


async def _held_by_another(database: Path) -> asyncio.subprocess.Process:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", _HOLDER, str(database)),
        cwd=_ROOT,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    assert await process.stdout.readline() == b"held\n"
    return process


@pytest.mark.parametrize("folder", [".", "elsewhere"])
async def test_a_hard_link_is_no_way_around_the_lock(tmp_path: Path, folder: str) -> None:
    """Whatever name a second process has for the file, beside it or not: the file is locked."""
    (tmp_path / "elsewhere").mkdir()
    database, link = tmp_path / "bobbin.db", tmp_path / folder / "link.db"
    process = await _held_by_another(database)
    link.hardlink_to(database)
    assert not await _is_free(link)
    process.send_signal(signal.SIGKILL)
    await process.wait()
    assert await _is_free(link)


async def test_a_file_that_was_renamed_with_its_folder_is_locked(tmp_path: Path) -> None:
    """A running bot's folder that is moved away takes the lock with it."""
    process = await _held_by_another(tmp_path / "data" / "bobbin.db")
    (tmp_path / "data").rename(tmp_path / "moved")
    assert not await _is_free(tmp_path / "moved" / "bobbin.db")
    (tmp_path / "moved" / "bobbin.db").rename(tmp_path / "other.db")
    assert not await _is_free(tmp_path / "other.db")
    process.kill()
    await process.wait()


async def test_sqlite_closing_the_file_leaves_the_lock(tmp_path: Path) -> None:
    """A lock of the process would go when SQLite closes a connection: this one stays."""
    database = tmp_path / "bobbin.db"
    (tmp_path / "link.db").hardlink_to(_made(database))
    async with sole_user(database, wait_s=0):
        with closing(sqlite3.connect(database)) as connection:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("CREATE TABLE something (id INTEGER)")
        assert not await _is_free(tmp_path / "link.db")


def _made(path: Path) -> Path:
    path.touch()
    return path


async def test_waiting_for_another_is_said(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Whoever has to wait says for whom, and how long."""
    caplog.set_level("INFO")
    async with sole_user(tmp_path / "bobbin.db", wait_s=0):
        assert not await _is_free(tmp_path / "bobbin.db")
    assert "another Bobbin runs on this database: waiting up to 0.1 s" in caplog.text
