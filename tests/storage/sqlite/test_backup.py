"""Backups: whole copies taken while others write, and put back without losing what was there."""

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

from conversation.entities import PlaceKey, PlaceSettings
from conversation.errors import StoreError, StoreUnavailableError
from storage.sqlite.backup import FileExistsAlreadyError, back_up, restore
from storage.sqlite.migrating import alembic_config, versions
from storage.sqlite.opening import open_store
from storage.sqlite.run_lock import sole_user
from tests.storage.opened import (
    MORNING,
    Clock,
    opened_sqlite,
    set_all,
)


async def _say(folder: Path, prompt: str) -> None:
    """Make a database that holds one thing, and close it."""
    async with opened_sqlite(folder, Clock()) as store:
        await set_all(store, PlaceKey(1), PlaceSettings(system_prompt=prompt))


def _names(folder: Path, pattern: str = "*") -> list[str]:
    return [path.name for path in folder.glob(pattern)]


async def _said(path: Path) -> str | None:
    async with open_store(f"sqlite:///{path}", now=Clock().now) as store:
        assert await store.integrity() == []
        return (await store.places.settings(1)).system_prompt


async def test_a_copy_is_whole_while_others_write(tmp_path: Path) -> None:
    """A backup of a database in use holds what was stored by then, in one private file."""
    copy = tmp_path / "copy.db"
    async with opened_sqlite(tmp_path, Clock()) as store:
        await set_all(store, PlaceKey(1), PlaceSettings(system_prompt="old"))
        writers = asyncio.gather(*(store.heard.record_heard(MORNING) for _ in range(100)))
        await back_up(tmp_path / "bobbin.db", copy)
        await writers

    assert _names(tmp_path, "copy.db*") == ["copy.db"]
    assert copy.stat().st_mode & 0o077 == 0
    assert await _said(copy) == "old"


async def test_what_is_in_the_write_ahead_log_is_copied(tmp_path: Path) -> None:
    """What a transaction has just stored is in the backup, though not yet in the database."""
    async with opened_sqlite(tmp_path, Clock()) as store:
        await set_all(store, PlaceKey(1), PlaceSettings(system_prompt="new"))
        assert (tmp_path / "bobbin.db-wal").stat().st_size > 0
        await back_up(tmp_path / "bobbin.db", tmp_path / "copy.db")

    assert await _said(tmp_path / "copy.db") == "new"


async def test_a_file_that_is_there_is_replaced_by_force_only(tmp_path: Path) -> None:
    """A backup over an existing file needs force; without, that file stays as it was."""
    await _say(tmp_path, "words")
    copy = tmp_path / "copy.db"
    copy.write_text("precious")

    with pytest.raises(FileExistsAlreadyError) as caught:
        await back_up(tmp_path / "bobbin.db", copy)
    assert caught.value.path == copy
    assert copy.read_text() == "precious"

    await back_up(tmp_path / "bobbin.db", copy, is_forced=True)
    assert await _said(copy) == "words"


async def test_a_damaged_database_replaces_no_backup(tmp_path: Path) -> None:
    """A copy that is not whole is removed, and the good one from before stays."""
    await _say(tmp_path, "words")
    database, copy = tmp_path / "bobbin.db", tmp_path / "copy.db"
    await back_up(database, copy)
    whole = copy.read_bytes()
    content = bytearray(database.read_bytes())
    content[4096 * 3 : 4096 * 12] = b"\xff" * 4096 * 9
    database.write_bytes(content)

    with pytest.raises(StoreError):
        await back_up(database, copy, is_forced=True)
    assert copy.read_bytes() == whole
    assert _names(tmp_path, "*.unfinished") == []


@pytest.mark.parametrize("target", ["bobbin.db", "./bobbin.db"])
async def test_a_database_is_not_copied_onto_itself(tmp_path: Path, target: str) -> None:
    """Not even by force does a backup write into the database."""
    await _say(tmp_path, "words")
    with pytest.raises(StoreError, match="onto itself"):
        await back_up(tmp_path / "bobbin.db", tmp_path / target, is_forced=True)
    assert await _said(tmp_path / "bobbin.db") == "words"


async def test_no_database_is_made_to_be_copied(tmp_path: Path) -> None:
    """Where there is no database, a backup says so and makes none."""
    with pytest.raises(StoreUnavailableError, match="there is no database"):
        await back_up(tmp_path / "bobbin.db", tmp_path / "copy.db")
    assert _names(tmp_path) == []


async def test_a_folder_that_is_missing_is_told(tmp_path: Path) -> None:
    """A backup into a folder that does not exist is refused in words."""
    await _say(tmp_path, "words")
    with pytest.raises(StoreUnavailableError, match="cannot be written"):
        await back_up(tmp_path / "bobbin.db", tmp_path / "missing" / "copy.db")


async def test_restoring_brings_back_and_keeps_what_was_there(tmp_path: Path) -> None:
    """By force a backup takes the database's place, which stays beside it and can be opened."""
    await _say(tmp_path, "old")
    database, copy = tmp_path / "bobbin.db", tmp_path / "copy.db"
    await back_up(database, copy)
    await _say(tmp_path, "new")

    with pytest.raises(FileExistsAlreadyError):
        await restore(copy, database, MORNING, is_forced=False)
    assert await _said(database) == "new"

    kept = (await restore(copy, database, MORNING, is_forced=True)).kept
    assert kept is not None
    assert kept.parent == tmp_path
    assert await _said(database) == "old"
    assert await _said(kept) == "new"
    assert await _said(copy) == "old"


async def test_restoring_where_nothing_is_needs_no_force(tmp_path: Path) -> None:
    """On a new machine a backup is put in its place, in a folder that is made."""
    await _say(tmp_path, "words")
    database = tmp_path / "elsewhere" / "bobbin.db"
    restored = await restore(tmp_path / "bobbin.db", database, MORNING, is_forced=False)
    assert restored.kept is None
    assert restored.contents.counts["places"] == 1
    assert await _said(database) == "words"


async def test_a_database_that_was_killed_is_kept_with_its_log(tmp_path: Path) -> None:
    """What a killed process left in the write-ahead log is in the database that is kept."""
    await _say(tmp_path, "old")
    await back_up(tmp_path / "bobbin.db", tmp_path / "copy.db")
    killed = tmp_path / "killed"
    killed.mkdir()
    async with opened_sqlite(tmp_path, Clock()) as store:
        await set_all(store, PlaceKey(1), PlaceSettings(system_prompt="new"))
        for name in ("bobbin.db", "bobbin.db-wal"):
            (killed / name).write_bytes((tmp_path / name).read_bytes())

    database = killed / "bobbin.db"
    kept = (await restore(tmp_path / "copy.db", database, MORNING, is_forced=True)).kept
    assert kept is not None
    assert await _said(database) == "old"
    assert await _said(kept) == "new"


async def test_a_damaged_database_can_be_replaced(tmp_path: Path) -> None:
    """That the database is damaged keeps nobody from restoring a backup."""
    await _say(tmp_path, "old")
    database, copy = tmp_path / "bobbin.db", tmp_path / "copy.db"
    await back_up(database, copy)
    database.write_bytes(b"no database at all, " * 500)
    kept = (await restore(copy, database, MORNING, is_forced=True)).kept
    assert kept is not None
    assert kept.read_bytes().startswith(b"no database at all")
    assert await _said(database) == "old"


async def test_nothing_is_restored_while_the_bot_runs(tmp_path: Path) -> None:
    """While the bot holds its lock nothing is replaced, not even by force."""
    await _say(tmp_path, "words")
    database, copy = tmp_path / "bobbin.db", tmp_path / "copy.db"
    await back_up(database, copy)
    before = database.stat().st_ino
    async with sole_user(database, wait_s=0.0):
        with pytest.raises(StoreUnavailableError, match="another Bobbin runs"):
            await restore(copy, database, MORNING, is_forced=True)
    assert database.stat().st_ino == before


async def test_nothing_is_restored_while_anybody_has_it_open(tmp_path: Path) -> None:
    """A database that a program without our lock has open is not replaced either."""
    await _say(tmp_path, "words")
    database, copy = tmp_path / "bobbin.db", tmp_path / "copy.db"
    await back_up(database, copy)
    async with opened_sqlite(tmp_path, Clock()) as store:
        await store.ping()
        with pytest.raises(StoreUnavailableError, match="has the database open"):
            await restore(copy, database, MORNING, is_forced=True)
    assert _names(tmp_path, "*.unfinished") == []
    assert await _said(database) == "words"


def _text(path: Path) -> None:
    path.write_text("a letter" * 300)


def _empty(path: Path) -> None:
    path.touch()


def _folder(path: Path) -> None:
    path.mkdir()


def _foreign(path: Path) -> None:
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE diary (day TEXT)")


def _newer(path: Path) -> None:
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE alembic_version (version_num TEXT)")
        other.execute("INSERT INTO alembic_version VALUES ('r9999')")
        other.commit()


def _version_alone(path: Path) -> None:
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE alembic_version (version_num TEXT)")
        other.execute("INSERT INTO alembic_version VALUES (?)", (versions()[-1],))
        other.commit()


def _two_versions(path: Path) -> None:
    _altered(path, "INSERT INTO alembic_version VALUES ('0001')")


def _altered(path: Path, *statements: str, version: str = "head") -> None:
    """Make a database of a version, and do something to it."""
    engine = create_engine(f"sqlite:///{path}", poolclass=NullPool)
    with engine.begin() as connection:
        command.upgrade(alembic_config(connection), version)
        for statement in statements:
            connection.exec_driver_sql(statement)


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("DROP TABLE part", "it lacks the table part"),
        ("ALTER TABLE turn RENAME COLUMN text TO words", "lacks the column turn.text"),
        ("ALTER TABLE place ADD COLUMN more TEXT NOT NULL DEFAULT ''", "has the column place.more"),
        ("DROP INDEX {index}", "lacks the index"),
        ("CREATE UNIQUE INDEX lone ON place (model)", "has the UNIQUE place.(model) lone"),
        (
            "CREATE TRIGGER sweep AFTER INSERT ON turn BEGIN DELETE FROM turn; END",
            "has the trigger sweep",
        ),
        ("UPDATE alembic_version SET version_num = '0005'", "is not what version 0005 is"),
        ("UPDATE alembic_version SET version_num = ''", "version , which this Bobbin does not"),
        ("DELETE FROM alembic_version", "does not say its version"),
    ],
)
async def test_what_is_restored_has_the_tables_of_its_version(
    tmp_path: Path, statement: str, words: str
) -> None:
    """A version is not taken for a schema: what the file lacks or has too much of is named."""
    await _say(tmp_path, "words")
    source = tmp_path / "source"
    _altered(source)
    with closing(sqlite3.connect(source)) as other:
        (index,) = other.execute(
            "SELECT name FROM sqlite_master WHERE type = 'index' AND sql LIKE 'CREATE INDEX%'"
        ).fetchone()
        other.execute(statement.format(index=index))
        other.commit()
    with pytest.raises(StoreError) as caught:
        await restore(source, tmp_path / "bobbin.db", MORNING, is_forced=True)
    assert words in str(caught.value)
    assert await _said(tmp_path / "bobbin.db") == "words"
    assert _names(tmp_path, "*.replaced.*") == []


@pytest.mark.parametrize("version", versions())
async def test_a_backup_of_any_version_is_restored(tmp_path: Path, version: str) -> None:
    """An older database has the tables of its version, and is migrated at the next start."""
    source, database = tmp_path / "source", tmp_path / "bobbin.db"
    _altered(source, version=version)
    restored = await restore(source, database, MORNING, is_forced=False)
    assert restored.contents.version == version
    assert await _said(database) is None


async def test_what_somebody_added_for_themselves_is_restored(tmp_path: Path) -> None:
    """A table, a view and an index of somebody's own do no harm, nor what ANALYZE leaves."""
    source, database = tmp_path / "source", tmp_path / "bobbin.db"
    _altered(
        source,
        "CREATE TABLE diary (day TEXT UNIQUE)",
        "CREATE VIEW days AS SELECT day FROM diary",
        "CREATE INDEX quick ON turn (text)",
        "ANALYZE",
    )
    await restore(source, database, MORNING, is_forced=False)
    assert await _said(database) is None


async def test_a_database_that_holds_only_a_version_is_refused_at_the_start(
    tmp_path: Path,
) -> None:
    """However such a file came there, the start says what it lacks."""
    _version_alone(tmp_path / "bobbin.db")
    with pytest.raises(StoreError, match="it lacks the table conversation"):
        await _said(tmp_path / "bobbin.db")


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (_version_alone, "it lacks the table conversation"),
        (_two_versions, "does not say its version"),
        (_text, "SQLITE_NOTADB"),
        (_empty, "empty"),
        (_foreign, "not Bobbin's"),
        (_newer, "does not know"),
        (_folder, "there is no database"),
    ],
    ids=["version alone", "two versions", "text", "empty", "foreign", "newer", "folder"],
)
async def test_only_a_database_of_ours_is_restored(
    tmp_path: Path, make: Callable[[Path], object], words: str
) -> None:
    """What is not a database of Bobbin's, of a version it knows, replaces nothing."""
    await _say(tmp_path, "words")
    source = tmp_path / "source"
    make(source)
    with pytest.raises(StoreError, match=words):
        await restore(source, tmp_path / "bobbin.db", MORNING, is_forced=True)
    assert await _said(tmp_path / "bobbin.db") == "words"
    assert _names(tmp_path, "*.replaced.*") == []
