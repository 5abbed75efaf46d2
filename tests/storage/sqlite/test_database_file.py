"""A database whose file loses its name while it is open: nothing goes where nobody finds it."""

import asyncio
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from conversation.entities import PlaceKey, PlaceSettings
from conversation.errors import StoreUnavailableError
from startup.database_watch import until_replaced
from storage.sqlite.store import Store
from tests.storage.opened import Clock, opened_sqlite, set_all

_LIMIT_S = 10.0
_INTERVAL_S = 0.02


async def _say(store: Store, prompt: str) -> None:
    await set_all(store, PlaceKey(1), PlaceSettings(system_prompt=prompt))


async def _said(store: Store) -> str | None:
    return (await store.places.settings(1)).system_prompt


def _remove(path: Path) -> None:
    path.unlink()


def _move(path: Path) -> None:
    path.rename(path.with_name("moved.db"))


def _move_folder(path: Path) -> None:
    path.parent.rename(path.parent.with_name("moved"))


def _replace_by_a_copy(path: Path) -> None:
    shutil.copy(path, path.with_name("copy.db"))
    path.with_name("copy.db").replace(path)


def _replace_by_an_empty_one(path: Path) -> None:
    path.with_name("empty.db").touch()
    path.with_name("empty.db").replace(path)


def _replace_by_a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def _point_elsewhere(path: Path) -> None:
    path.rename(path.with_name("moved.db"))
    path.symlink_to(path.with_name("nowhere.db"))


def _truncate(path: Path) -> None:
    path.write_bytes(b"")


@pytest.mark.parametrize(
    ("lose", "words"),
    [
        (_remove, "removed or moved away"),
        (_move, "removed or moved away"),
        (_move_folder, "removed or moved away"),
        (_point_elsewhere, "removed or moved away"),
        (_replace_by_a_copy, "replaced by another"),
        (_replace_by_an_empty_one, "replaced by another"),
        (_replace_by_a_folder, "replaced by another"),
        (_truncate, "emptied"),
    ],
)
async def test_a_lost_file_is_no_store(
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    lose: Callable[[Path], None],
    words: str,
) -> None:
    """However the file loses its name, reading and writing fail in words; the log has them once."""
    folder = tmp_path / "data"
    folder.mkdir()
    async with opened_sqlite(folder, Clock()) as store:
        await _say(store, "before")
        lose(folder / "bobbin.db")
        for _ in range(3):
            with pytest.raises(StoreUnavailableError, match=words):
                await _say(store, "lost")
            with pytest.raises(StoreUnavailableError, match=words):
                await _said(store)
    errors = [it.getMessage() for it in caplog.records if it.levelname == "ERROR"]
    assert len(errors) == 1
    assert words in errors[0]


@pytest.mark.parametrize("lose", [_move, _move_folder])
async def test_a_file_that_is_put_back_is_gone_on_with(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, lose: Callable[[Path], None]
) -> None:
    """The same file under its name again is the store again, with all that it held."""
    folder = tmp_path / "data"
    folder.mkdir()
    async with opened_sqlite(folder, Clock()) as store:
        await _say(store, "before")
        lose(folder / "bobbin.db")
        with pytest.raises(StoreUnavailableError):
            await _say(store, "lost")
        if folder.exists():
            (folder / "moved.db").rename(folder / "bobbin.db")
        else:
            (tmp_path / "moved").rename(folder)
        assert await _said(store) == "before"
        await _say(store, "after")
    assert "the database can be used again" in caplog.text
    async with opened_sqlite(folder, Clock()) as store:
        assert await _said(store) == "after"


@pytest.mark.parametrize("is_closed", [False, True])
async def test_the_log_of_a_lost_file_is_nobody_elses(tmp_path: Path, *, is_closed: bool) -> None:
    """What the write-ahead log held is in the file that was moved, not in the one put there."""
    database = tmp_path / "bobbin.db"
    async with opened_sqlite(tmp_path / "other", Clock()) as other:
        await _say(other, "other")
    async with opened_sqlite(tmp_path, Clock()) as store:
        await _say(store, "before")
        assert (tmp_path / "bobbin.db-wal").stat().st_size > 0
        _move(database)
        shutil.copy(tmp_path / "other" / "bobbin.db", database)
        if not is_closed:
            assert await store.database.let_go_of_log()
            assert (tmp_path / "bobbin.db-wal").stat().st_size == 0
    (tmp_path / "moved").mkdir()
    (tmp_path / "moved.db").rename(tmp_path / "moved" / "bobbin.db")
    async with opened_sqlite(tmp_path, Clock()) as store:
        assert await _said(store) == "other"
    async with opened_sqlite(tmp_path / "moved", Clock()) as store:
        assert await _said(store) == "before"


async def test_what_is_committed_to_a_file_that_just_lost_its_name_is_not_stored(
    tmp_path: Path,
) -> None:
    """Where the file goes while a transaction runs, its writer is told that it was not stored."""
    async with opened_sqlite(tmp_path, Clock()) as store:
        await _say(store, "before")

        def remove(settings: PlaceSettings) -> PlaceSettings:
            (tmp_path / "bobbin.db").unlink()
            return settings

        with pytest.raises(StoreUnavailableError, match="removed"):
            await store.places.alter_settings(PlaceKey(1), remove)


async def test_the_watch_says_it_while_nobody_writes(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A file that is gone, and back, is in the log though nobody asks the store for anything."""
    caplog.set_level("WARNING")
    async with opened_sqlite(tmp_path, Clock()) as store:
        watch = asyncio.create_task(until_replaced(store, interval_s=_INTERVAL_S))
        _move(tmp_path / "bobbin.db")
        await _until(lambda: "was removed or moved away" in caplog.text)
        (tmp_path / "moved.db").rename(tmp_path / "bobbin.db")
        await _until(lambda: "the database can be used again" in caplog.text)
        assert not watch.done()
        watch.cancel()
        await asyncio.gather(watch, return_exceptions=True)


async def test_the_watch_ends_when_another_whole_database_lies_there(tmp_path: Path) -> None:
    """What is being copied, or is none of ours, is waited for; a whole database is begun with."""
    database = tmp_path / "bobbin.db"
    async with opened_sqlite(tmp_path / "other", Clock()) as other:
        await _say(other, "other")
    whole = (tmp_path / "other" / "bobbin.db").read_bytes()
    async with opened_sqlite(tmp_path, Clock()) as store:
        await _say(store, "before")
        watch = asyncio.create_task(until_replaced(store, interval_s=_INTERVAL_S))
        database.unlink()
        for written in (b"", b"a letter" * 100, whole[: len(whole) // 2]):
            database.write_bytes(written)
            done, _ = await asyncio.wait({watch}, timeout=_INTERVAL_S * 10)
            assert not done
        database.write_bytes(whole)
        await asyncio.wait_for(watch, _LIMIT_S)
        with pytest.raises(StoreUnavailableError, match="replaced"):
            await _said(store)
    async with opened_sqlite(tmp_path, Clock()) as store:
        assert await _said(store) == "other"


async def _until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(_LIMIT_S):
        while not condition():  # noqa: ASYNC110 - the log has no event
            await asyncio.sleep(_INTERVAL_S)
