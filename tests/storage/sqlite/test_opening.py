"""Opening and closing: the folder, what is refused, and that nothing is left behind."""

import asyncio
import logging
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from conversation.entities import PlaceKey, PlaceSettings
from conversation.errors import StoreError, StoreUnavailableError
from storage.database_url import sqlite_url
from storage.sqlite.database import Database
from storage.sqlite.opening import open_store
from storage.sqlite.store import Store
from tests.e2e.disks import unwritable
from tests.storage.opened import (
    MORNING,
    Clock,
    database_threads,
    no_database_thread_stays,
    opened_sqlite,
    set_all,
)


async def test_folders_are_made(tmp_path: Path) -> None:
    """Folders that are missing on the way to the file are made."""
    path = tmp_path / "a" / "b" / "bobbin.db"
    async with open_store(f"sqlite:///{path}", now=Clock().now) as store:
        await store.ping()

    assert path.is_file()


async def test_nothing_is_left_behind(tmp_path: Path) -> None:
    """After closing no thread runs and the write-ahead log is gone."""
    async with open_store(f"sqlite:///{tmp_path}/bobbin.db", now=Clock().now) as store:
        await asyncio.gather(*(store.heard.record_heard(MORNING) for _ in range(20)))
        await asyncio.gather(*(store.places.settings(number) for number in range(20)))
        assert store.database.connections_in_use == 0
        assert database_threads()

    assert await no_database_thread_stays()
    assert not (tmp_path / "bobbin.db-wal").exists()


async def test_everything_is_closed_after_an_error(tmp_path: Path) -> None:
    """An error inside closes the store as well."""

    async def fail() -> None:
        async with open_store(f"sqlite:///{tmp_path}/bobbin.db", now=Clock().now) as store:
            await store.ping()
            raise LookupError

    with pytest.raises(LookupError):
        await fail()
    assert await no_database_thread_stays()


async def test_closed_store_is_unavailable(tmp_path: Path) -> None:
    """A method called too late opens nothing."""
    async with opened_sqlite(tmp_path, Clock()) as store:
        pass

    with pytest.raises(StoreUnavailableError, match="closed"):
        await store.places.settings(1)
    assert not database_threads()


async def test_leak_is_counted_and_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A connection that is in use at closing is an error in the log."""
    database = Database(sqlite_url(tmp_path / "bobbin.db"))
    async with database.reading() as session:
        connection = await session.connection()
        assert database.connections_in_use == 1
        await database.close()
        await connection.invalidate()
        await session.rollback()

    assert [one.levelname for one in caplog.records] == ["ERROR"]
    assert "1 database connections are still in use" in caplog.text
    assert database.connections_in_use == 0
    assert await no_database_thread_stays()


async def test_sound_database_has_no_problems(tmp_path: Path) -> None:
    """A sound file has no problems to tell."""
    async with opened_sqlite(tmp_path, Clock()) as store:
        await store.heard.record_heard(MORNING)
        assert await store.integrity() == []


async def test_reference_to_nothing_is_a_problem(tmp_path: Path) -> None:
    """A row that points nowhere is told by its table and number, without what it holds."""
    async with opened_sqlite(tmp_path, Clock()) as store:
        with closing(sqlite3.connect(tmp_path / "bobbin.db")) as other:
            other.execute(
                "INSERT INTO part (reply_id, ordinal, channel_id, message_id, nonce)"
                " VALUES (404, 0, 1, 2, 'secret nonce')"
            )
            other.commit()
        assert await store.integrity() == ["part row 1 points nowhere in reply"]


@pytest.mark.parametrize("name", ["file/bobbin.db", "folder"])
async def test_impossible_path(tmp_path: Path, name: str) -> None:
    """A path through a file, or one that is a folder, is unavailable."""
    (tmp_path / "file").touch()
    (tmp_path / "folder").mkdir()

    with pytest.raises(StoreUnavailableError):
        async with open_store(f"sqlite:///{tmp_path}/{name}", now=Clock().now):
            pass
    assert not database_threads()


async def test_wrong_url_is_a_value_error(tmp_path: Path) -> None:
    """A URL that names no usable database opens nothing."""
    with pytest.raises(ValueError, match="PostgreSQL is not supported yet"):
        async with open_store(f"postgresql://db{tmp_path}", now=Clock().now):
            pass


async def test_locked_database_is_unavailable(tmp_path: Path) -> None:
    """Writers are refused after the busy timeout and may try again; readers go on."""
    path = tmp_path / "bobbin.db"
    url = f"sqlite:///{path}"
    async with open_store(url, now=Clock().now, busy_timeout_s=0.05) as store:
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(StoreUnavailableError, match="SQLITE_BUSY"):
                await store.heard.record_heard(MORNING)
            with pytest.raises(StoreUnavailableError):
                await store.ping()
            assert await store.places.settings(1) == PlaceSettings()
            other.execute("ROLLBACK")
        await store.heard.record_heard(MORNING)
        assert store.database.connections_in_use == 0


async def test_full_database_is_unavailable(tmp_path: Path) -> None:
    """With no room left nothing is half-written, and it may be tried again."""
    async with opened_sqlite(tmp_path, Clock()) as store:
        place = PlaceKey(1)
        await _set(store, "max_page_count = 1")
        with pytest.raises(StoreUnavailableError, match="SQLITE_FULL"):
            await set_all(store, place, PlaceSettings(system_prompt="x" * 1_000_000))
        assert await store.places.settings(1) == PlaceSettings()


async def test_read_only_database_is_unavailable(tmp_path: Path) -> None:
    """A database that may not be written is unavailable to writers; readers go on."""
    async with opened_sqlite(tmp_path, Clock()) as store:
        await _set(store, "query_only = ON")
        with pytest.raises(StoreUnavailableError, match="SQLITE_READONLY"):
            await store.heard.record_heard(MORNING)
        assert await store.places.settings(1) == PlaceSettings()


async def test_a_connection_that_found_the_file_read_only_is_not_kept(tmp_path: Path) -> None:
    """When the file may be written again, so it is: connections are opened anew after the error."""
    async with opened_sqlite(tmp_path, Clock()) as store:
        async with unwritable([tmp_path / "bobbin.db"]):
            with pytest.raises(StoreUnavailableError, match="may only be read"):
                await store.heard.record_heard(MORNING)
        await store.heard.record_heard(MORNING)


async def test_trouble_is_told_once_and_its_end_too(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """However many transactions fail, the log says so once, and once that all is well again."""
    path = tmp_path / "bobbin.db"
    async with open_store(f"sqlite:///{path}", now=Clock().now, busy_timeout_s=0.01) as store:
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            for _ in range(5):
                with pytest.raises(StoreUnavailableError):
                    await store.ping()
            await store.places.settings(1)
        await store.ping()
        await store.ping()
    first, last = [
        it.getMessage() for it in caplog.records if it.name == "storage.sqlite.outage_log"
    ]
    assert first == (
        "another program holds the database locked (SQLITE_BUSY)."
        " Nothing is answered that cannot be stored"
    )
    assert last == "the database can be used again: 5 transactions failed in 0 s"


async def test_nothing_that_was_said_is_in_errors_or_the_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither the error, nor what caused it, nor the log at DEBUG holds what was stored."""
    caplog.set_level(logging.DEBUG)
    async with opened_sqlite(tmp_path, Clock()) as store:
        await set_all(store, PlaceKey(1), PlaceSettings(system_prompt="hush-hush"))
        await _set(store, "max_page_count = 1")
        with pytest.raises(StoreError) as caught:
            await set_all(store, PlaceKey(1), PlaceSettings(system_prompt="hush-hush" * 200_000))

    chain: list[BaseException] = [caught.value]
    while (cause := chain[-1].__cause__) is not None:
        chain.append(cause)
    assert len(chain) > 1
    assert not any("hush-hush" in f"{one} {one!r}" for one in chain)
    assert "hush-hush" not in caplog.text


async def _set(store: Store, pragma: str) -> None:
    """Set something on the one connection that a store has before it is used at once."""
    async with store.database.reading() as session:
        connection = await session.connection()
        await connection.exec_driver_sql(f"PRAGMA {pragma}")
