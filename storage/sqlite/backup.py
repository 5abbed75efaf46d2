"""Copies a database to a file while the bot runs, and puts such a copy back in its place.

A copy is one file in rollback mode, so that it can be moved about without a write-ahead log. It
holds what people said and the secrets of resume states: only its owner may read it.
"""

import asyncio
import logging
import os
import shutil
import sqlite3
from collections.abc import Generator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from conversation.errors import StoreError, StoreUnavailableError
from storage.sqlite.errors import PRIMARY_CODE, translated
from storage.sqlite.migrating import check_version, facts_of_version, locked
from storage.sqlite.run_lock import sole_user
from storage.sqlite.schema import count_rows, exceeds, facts_of, lacks, require_sound

log = logging.getLogger(__name__)

_ATTEMPT_S = 5.0
"""How long a copy waits for a writer to let it read, which in write-ahead mode is no time."""


@dataclass(frozen=True, slots=True)
class Contents:
    """What a database holds whose every page was read: its version, and how much of what."""

    version: str
    counts: Mapping[str, int]

    def __str__(self) -> str:
        """Return it in words, for the operator to recognise."""
        words = ", ".join(f"{count} {name}" for name, count in self.counts.items())
        return f"version {self.version}: {words}"


@dataclass(frozen=True, slots=True)
class Restored:
    """What was restored, and where the database is that was there, if there was one."""

    contents: Contents
    kept: Path | None


class FileExistsAlreadyError(StoreError):
    """The file that was to be written is there already; `path` names it."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"{path} exists already")
        self.path = path


async def back_up(database: Path, target: Path, *, is_forced: bool = False) -> Contents:
    """Copy a database as it is at one moment, and check every page of the copy.

    Whoever uses the database goes on reading and writing meanwhile. The target gets its name when
    it is whole, so that a broken copy never replaces a good one.

    Args:
        database: The database's file; it is not made where it is missing.
        target: The file to be written, in a folder that exists.
        is_forced: Whether to replace a target that exists.

    Returns:
        What the copy holds.

    Raises:
        FileExistsAlreadyError: The target exists.
        StoreUnavailableError: The one cannot be read now, or the other not be written.
        StoreError: The database is damaged, or not Bobbin's.
    """
    return await asyncio.to_thread(_back_up, database, target, is_forced=is_forced)


async def restore(source: Path, database: Path, now: datetime, *, is_forced: bool) -> Restored:
    """Replace a database that nobody uses by a backup, whose every page is read before.

    Args:
        source: The backup; it stays as it is. An older version is migrated at the next start.
        database: The database's file; its folder is made.
        now: Goes into the name of the database that was there, which is kept beside.
        is_forced: Whether to replace a database that exists.

    Raises:
        FileExistsAlreadyError: There is a database already.
        StoreUnavailableError: The bot runs, or a file cannot be read or written.
        StoreError: The backup is damaged, newer than the code, or not Bobbin's; or its tables are
            not those that the migrations make for the version it says it is of.
    """
    async with sole_user(database, wait_s=0.0, is_made=False):
        return await asyncio.to_thread(_restore, source, database, now, is_forced=is_forced)


def verify(path: Path) -> Contents:
    """Read a whole database that nobody writes to, and compare its tables with its version's.

    Nothing beside it is read or written: a write-ahead log may be another database's. Blocks.

    Raises:
        StoreError: It is damaged, newer than the code, or not Bobbin's.
    """
    with _translated(), closing(_opened_alone(path)) as connection:
        contents = _require_whole(connection)
        _require_tables(connection, contents.version)
    return contents


def _opened_alone(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True)


def _require_whole(connection: sqlite3.Connection) -> Contents:
    version = check_version(connection)
    require_sound(connection)
    return Contents(version, count_rows(connection))


def _require_tables(connection: sqlite3.Connection, version: str) -> None:
    found, expected = facts_of(connection), facts_of_version(version)
    words = " and ".join(filter(None, (lacks(found, expected), exceeds(found, expected))))
    if words:
        raise StoreError(f"the file is not what version {version} is: {words}")


def _back_up(database: Path, target: Path, *, is_forced: bool) -> Contents:
    if target.exists() and not is_forced:
        raise FileExistsAlreadyError(target)
    with _translated(), _copied(database, target) as (unfinished, contents):
        unfinished.replace(target)
    return contents


def _restore(source: Path, database: Path, now: datetime, *, is_forced: bool) -> Restored:
    if database.exists() and not is_forced:
        raise FileExistsAlreadyError(database)
    with _translated(), locked(database):
        if database.exists():
            settle(database)
        with _copied(source, database) as (unfinished, _):
            contents = verify(unfinished)
            kept = _set_aside(database, now) if database.exists() else None
            unfinished.replace(database)
    return Restored(contents, kept)


@contextmanager
def _translated() -> Generator[None, None, None]:
    """Raise what the system and the database say as the core's errors."""
    try:
        yield
    except OSError as error:
        message = f"{error.filename} cannot be written: {error.strerror}"
        raise StoreUnavailableError(message) from error
    except sqlite3.Error as error:
        raise translated(error) from error


@contextmanager
def _copied(source: Path, target: Path) -> Generator[tuple[Path, Contents], None, None]:
    """Copy a database to an unfinished file beside the target, and check it.

    Yields its path and what it holds; what has not got another name by the end is removed.
    """
    if not source.is_file():
        raise StoreUnavailableError(f"there is no database {source}")
    if target.exists() and source.samefile(target):
        raise StoreError("a database cannot be copied onto itself")
    unfinished = target.with_name(f"{target.name}.unfinished")
    unfinished.unlink(missing_ok=True)
    os.close(os.open(unfinished, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    try:
        _copy(source, unfinished)
        with closing(_opened_alone(unfinished)) as connection:
            contents = _require_whole(connection)
        yield unfinished, contents
    finally:
        unfinished.unlink(missing_ok=True)


def _copy(source: Path, target: Path) -> None:
    """Copy in one step: in several, each write in between would begin the copy anew."""
    with (
        closing(sqlite3.connect(source, timeout=_ATTEMPT_S)) as reading,
        closing(sqlite3.connect(target, isolation_level=None)) as writing,
    ):
        reading.backup(writing)
        writing.execute("PRAGMA journal_mode = DELETE")


def _set_aside(database: Path, now: datetime) -> Path:
    """Keep a database under another name as well, until the other one takes over its own.

    A link keeps it without a moment in which there is no database; a file system without links
    gets a copy.
    """
    kept = database.with_name(f"{database.name}.replaced.{now:%Y%m%dT%H%M%S%fZ}.backup")
    try:
        kept.hardlink_to(database)
    except OSError:
        shutil.copy2(database, kept)
    for suffix in ("-wal", "-shm"):
        log_file = database.with_name(database.name + suffix)
        if log_file.exists():
            log_file.replace(kept.with_name(kept.name + suffix))
    return kept


def settle(database: Path) -> None:
    """Write a database's log into it, as its last user does; one that is damaged stays as it is.

    Raises:
        StoreUnavailableError: Somebody has it open: every user of a database in write-ahead mode
            holds a shared lock, and this asks for the whole.
    """
    try:
        with closing(sqlite3.connect(database, timeout=0, isolation_level=None)) as connection:
            connection.execute("PRAGMA locking_mode = EXCLUSIVE")
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("ROLLBACK")
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & PRIMARY_CODE != sqlite3.SQLITE_BUSY:
            raise
        raise StoreUnavailableError("another program has the database open") from error
    except sqlite3.DatabaseError as error:
        log.warning("the database that is to be replaced is damaged: %s", error.sqlite_errorname)
