"""Brings the file of a database to the version of the code: under a lock, with a backup before.

Everything here blocks and runs in a thread; nothing else may have the file open for writing, which
the lock sees to among Bobbins. Alembic, which takes 12 MiB and a third of a second, is imported
only when there is something to migrate; until then the names of the files say what there is.
"""

import logging
import sqlite3
from collections.abc import Generator, Sequence
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import URL, Connection, create_engine, event
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from conversation.errors import StoreError, StoreUnavailableError
from storage.sqlite.errors import translated
from storage.sqlite.file_lock import lock_beside
from storage.sqlite.schema import facts_made_by, facts_of, lacks, newest_facts

if TYPE_CHECKING:
    from alembic.config import Config

log = logging.getLogger(__name__)

MIGRATIONS = Path(__file__).parent.parent / "migrations"

LOCK_TIMEOUT_S = 60.0
"""How long to wait for another Bobbin that is migrating the same file."""


def alembic_config(connection: Connection, migrations: Path = MIGRATIONS) -> "Config":
    """Configure Alembic without a file; `migrations/env.py` takes the connection from it."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(migrations).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def bring_up_to_date(path: Path, now: datetime, *, migrations: Path = MIGRATIONS) -> None:
    """Make the file and its folder where they are missing, check it, and migrate it.

    `now` goes into the name of a backup; `migrations` is the folder with `env.py` and the versions.

    Raises:
        StoreUnavailableError: The folder or the file cannot be written, or stays locked.
        StoreError: The file is damaged, newer than the code, or not Bobbin's.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        message = f"the folder of the database cannot be made: {error.strerror}"
        raise StoreUnavailableError(message) from error
    try:
        with locked(path):
            _check(path)
            _migrate(path, now, migrations)
    except (SQLAlchemyError, sqlite3.Error) as error:
        raise translated(error) from error


@contextmanager
def locked(path: Path) -> Generator[None, None, None]:
    """Hold a lock file beside the database, which keeps every Bobbin from opening the database.

    Raises:
        StoreUnavailableError: The file cannot be made, or stays locked.
    """
    held = "another Bobbin is migrating this database, or restoring it; wait until it has ended"
    lock = lock_beside(path, ".lock", wait_s=LOCK_TIMEOUT_S, held=held)
    try:
        yield
    finally:
        lock.release()


def _check(path: Path) -> None:
    """Read every page, seconds for a gigabyte; turn write-ahead logging on, for good."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        found = connection.execute("PRAGMA quick_check(1)").fetchone()
        if found[0] != "ok":
            message = "the database is damaged: restore the newest backup that lies beside it"
            raise StoreError(message)
        connection.execute("PRAGMA journal_mode = WAL")


def check_version(connection: sqlite3.Connection) -> str:
    """Check that a database is Bobbin's, of this version or one that can be migrated; return which.

    Raises:
        StoreError: It is empty, somebody else's, or newer than the code.
        sqlite3.Error: It is no database, or cannot be read.
    """
    version = _version(connection)
    if version is None:
        raise StoreError("the database is empty")
    _refuse_unknown(version, versions())
    return version


def facts_of_version(version: str) -> frozenset[str]:
    """Return the facts (see `schema.py`) of the tables that the migrations make for a version."""

    def make(connection: Connection) -> None:
        from alembic import command

        command.upgrade(alembic_config(connection), version)

    return facts_made_by(make)


def _migrate(path: Path, now: datetime, migrations: Path) -> None:
    known = versions(migrations)
    newest = known[-1]
    with closing(sqlite3.connect(path)) as connection:
        current = _version(connection)
        if current is not None:
            _refuse_unknown(current, known)
        if current == newest:
            _require_tables(connection, newest)
            return
    if current is not None:
        backup = _back_up(path, current, now)
        log.info("backed up the database to %s", backup.name)
    _upgrade(path, migrations)
    log.info("migrated the database from version %s to %s", current, newest)


def versions(migrations: Path = MIGRATIONS) -> tuple[str, ...]:
    """Return the versions the code knows, from the oldest: `r0001_first_tables.py` makes 0001."""
    files = (migrations / "versions").glob("r*.py")
    return tuple(sorted(file.stem.removeprefix("r").partition("_")[0] for file in files))


def _require_tables(connection: sqlite3.Connection, version: str) -> None:
    """Refuse a file that only says it is of this version; what somebody added to it is let be."""
    words = lacks(facts_of(connection), newest_facts())
    if words:
        message = f"the database is not what version {version} is ({words}): restore a backup"
        raise StoreError(message)


def _version(connection: sqlite3.Connection) -> str | None:
    """Read the version of a database; None for an empty one.

    Raises:
        StoreError: It holds somebody else's tables.
    """
    tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
    names = {str(row[0]) for row in tables}
    if not names:
        return None
    if "alembic_version" not in names:
        message = "the database holds tables that are not Bobbin's: name another file"
        raise StoreError(message)
    rows = connection.execute("SELECT version_num FROM alembic_version").fetchall()
    if len(rows) != 1:
        message = "the database does not say its version: restore a backup, or name another file"
        raise StoreError(message)
    return str(rows[0][0])


def _refuse_unknown(version: str, known: Sequence[str]) -> None:
    if version not in known:
        message = (
            f"the database is of version {version}, which this Bobbin does not know:"
            " start the newer one that made it, or restore a backup"
        )
        raise StoreError(message)


def _back_up(path: Path, version: str, now: datetime) -> Path:
    """Copy the database as it is, its write-ahead log included, to a file beside it.

    The copy gets its name when it is whole; backups are never removed.
    """
    backup = path.with_name(f"{path.name}.{version}.{now:%Y%m%dT%H%M%S%fZ}.backup")
    unfinished = path.with_name(f"{path.name}.backup.unfinished")
    unfinished.unlink(missing_ok=True)
    with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(unfinished)) as target:
        source.backup(target)
    return unfinished.replace(backup)


def _upgrade(path: Path, migrations: Path) -> None:
    """Run what is missing in one transaction: all of it, or nothing.

    Foreign keys are not enforced meanwhile, for changing a table remakes it; they are checked
    before the commit.
    """
    from alembic import command

    engine = create_engine(
        URL.create("sqlite", database=str(path)),
        hide_parameters=True,
        poolclass=NullPool,
        connect_args={"isolation_level": None},
    )
    event.listen(engine, "begin", _begin)
    with engine.begin() as connection:
        command.upgrade(alembic_config(connection, migrations), "head")
        orphans = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
        if orphans:
            message = f"a migration would have left {len(orphans)} rows that point nowhere"
            raise StoreError(message)


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")
