"""Migrations: from empty, from every earlier version, with a backup, and as the tables say."""

import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from conversation.entities import PlaceSettings
from conversation.errors import StoreError, StoreUnavailableError
from storage.mapping import settings_of
from storage.sqlite import migrating as migration_module
from storage.sqlite.migrating import (
    MIGRATIONS,
    alembic_config,
    bring_up_to_date,
    locked,
    versions,
)
from storage.tables import Base, PlaceRow
from tests.storage.opened import MORNING

VERSIONS = [one.revision for one in ScriptDirectory(MIGRATIONS).walk_revisions()][::-1]
"""From the oldest."""

LATER = '''"""A later version."""

import sqlalchemy as sa
from alembic import op

revision = "9999"
down_revision = "{newest}"


def upgrade() -> None:
    """Add a column."""
    op.add_column("place", sa.Column("extra", sa.Text()))
    {then}
'''


PLACE = "INSERT INTO place (channel_id, model, parameters) VALUES ({}, 'a/b', '{{}}')"
"""A row of a table that every version has."""


@contextmanager
def connected(path: Path) -> Generator[Connection, None, None]:
    """Connect without anything that the store adds."""
    engine = create_engine(f"sqlite:///{path}", poolclass=NullPool)
    with engine.begin() as connection:
        yield connection


def database_of_version(path: Path, version: str) -> None:
    """Make a database as an earlier Bobbin left it, with a row in it."""
    with connected(path) as connection:
        command.upgrade(alembic_config(connection), version)
        connection.exec_driver_sql(PLACE.format(7))


def schema(path: Path) -> set[str]:
    """Return the statements that make the schema of a file."""
    with closing(sqlite3.connect(path)) as connection:
        rows = connection.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL")
        return {str(row[0]) for row in rows}


def clauses(path: Path) -> set[frozenset[str]]:
    """Return the schema of a file without the order of its clauses, which Alembic leaves open."""
    return {
        frozenset(line.strip().rstrip(",") for line in statement.splitlines())
        for statement in schema(path)
    }


def channels(path: Path) -> list[int]:
    """Return the places that are stored."""
    with closing(sqlite3.connect(path)) as connection:
        return [int(row[0]) for row in connection.execute("SELECT channel_id FROM place")]


def with_later_version(folder: Path, then: str = "") -> Path:
    """Copy the migrations and add one."""
    migrations = folder / "migrations"
    shutil.copytree(MIGRATIONS, migrations)
    later = LATER.format(newest=VERSIONS[-1], then=then)
    (migrations / "versions" / "r9999_later.py").write_text(later)
    return migrations


def backups(folder: Path) -> list[Path]:
    """Return the files that are backups, whole or not."""
    return [one for one in folder.iterdir() if "backup" in one.name]


def test_files_are_named_after_their_versions() -> None:
    """What the names of the files say there is, is what Alembic finds."""
    assert list(versions()) == VERSIONS


def test_alembic_is_left_out_where_nothing_is_to_be_migrated(tmp_path: Path) -> None:
    """A bot that is up to date does not pay for the library that would bring it there."""
    path = tmp_path / "bobbin.db"
    bring_up_to_date(path, MORNING)
    program = (
        "import sys\nfrom datetime import UTC, datetime\nfrom pathlib import Path\n"
        "from storage.sqlite.migrating import bring_up_to_date\n"
        f"bring_up_to_date(Path({str(path)!r}), datetime.now(UTC))\n"
        "sys.exit('alembic' in sys.modules)"
    )
    root = MIGRATIONS.parents[1]
    assert subprocess.run([sys.executable, "-c", program], cwd=root, check=False).returncode == 0  # noqa: S603 - ours


def test_tables_and_migrations_agree(tmp_path: Path) -> None:
    """The migrated schema is what `storage.tables` declares, columns, types and indices."""
    path = tmp_path / "bobbin.db"
    bring_up_to_date(path, MORNING)

    with connected(path) as connection:
        context = MigrationContext.configure(connection, opts={"compare_server_default": True})
        assert compare_metadata(context, Base.metadata) == []


def test_disagreement_would_be_found(tmp_path: Path) -> None:
    """The comparison finds a column that only a migration knows."""
    path = tmp_path / "bobbin.db"
    bring_up_to_date(path, MORNING, migrations=with_later_version(tmp_path))

    with connected(path) as connection:
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) != []


def test_ids_are_never_given_twice(tmp_path: Path) -> None:
    """Every table with ids of our own keeps count of those it gave."""
    path = tmp_path / "bobbin.db"
    bring_up_to_date(path, MORNING)

    counted = {sql.split()[2].strip('"') for sql in schema(path) if "AUTOINCREMENT" in sql}
    assert counted == {"conversation", "turn", "inbound", "reply", "notice"}


@pytest.mark.parametrize("version", VERSIONS)
def test_every_version_is_brought_up_to_date(tmp_path: Path, version: str) -> None:
    """From each version the schema becomes that of a new file, and what was stored stays."""
    path, new = tmp_path / "bobbin.db", tmp_path / "new.db"
    database_of_version(path, version)
    bring_up_to_date(path, MORNING)
    bring_up_to_date(new, MORNING)

    assert clauses(path) == clauses(new)
    assert channels(path) == [7]
    assert len(backups(tmp_path)) == (0 if version == VERSIONS[-1] else 1)


def test_places_of_old_have_no_fallbacks_of_their_own(tmp_path: Path) -> None:
    """A place that was set up before there were fallbacks inherits them."""
    path = tmp_path / "bobbin.db"
    with connected(path) as connection:
        command.upgrade(alembic_config(connection), "0003")
        connection.exec_driver_sql(PLACE.format(1))
    bring_up_to_date(path, MORNING)
    with Session(create_engine(f"sqlite:///{path}", poolclass=NullPool)) as session:
        assert settings_of(session.get_one(PlaceRow, 1)) == PlaceSettings(model="a/b")


def test_backup_before_a_migration(tmp_path: Path) -> None:
    """The file as it was lies beside it, named after its version and the time."""
    path = tmp_path / "bobbin.db"
    database_of_version(path, VERSIONS[-1])
    former = schema(path)
    bring_up_to_date(path, MORNING, migrations=with_later_version(tmp_path))

    (backup,) = backups(tmp_path)
    assert backup.name == f"bobbin.db.{VERSIONS[-1]}.20310506T093000000000Z.backup"
    assert schema(backup) == former != schema(path)
    assert channels(backup) == channels(path) == [7]


def test_backup_holds_what_is_only_in_the_log(tmp_path: Path) -> None:
    """What a crash left in the write-ahead log is in the backup."""
    path = tmp_path / "bobbin.db"
    bring_up_to_date(path, MORNING)
    with closing(sqlite3.connect(path)) as crashed:
        crashed.execute(PLACE.format(8))
        crashed.commit()
        bring_up_to_date(path, MORNING, migrations=with_later_version(tmp_path))

    (backup,) = backups(tmp_path)
    assert channels(backup) == [8]


def test_nothing_to_do_makes_no_backup(tmp_path: Path) -> None:
    """A new file and one that is up to date are not backed up."""
    path = tmp_path / "bobbin.db"
    bring_up_to_date(path, MORNING)
    bring_up_to_date(path, MORNING)

    assert backups(tmp_path) == []


@pytest.mark.parametrize(
    "then",
    [
        "op.execute('INSERT INTO nowhere VALUES (1)')",
        "op.execute('INSERT INTO reply (conversation_id, turn_id) VALUES (404, 404)')",
    ],
    ids=["fails", "leaves orphans"],
)
def test_failed_migration_changes_nothing(tmp_path: Path, then: str) -> None:
    """A migration that fails half-way, or breaks references, leaves the file as it was."""
    path = tmp_path / "bobbin.db"
    bring_up_to_date(path, MORNING)
    former = schema(path)
    with pytest.raises(StoreError):
        bring_up_to_date(path, MORNING, migrations=with_later_version(tmp_path, then))

    assert schema(path) == former
    bring_up_to_date(path, MORNING)


def test_newer_database_is_refused(tmp_path: Path) -> None:
    """A file that a newer Bobbin made is not touched, and the sentence says what to do."""
    path = tmp_path / "bobbin.db"
    bring_up_to_date(path, MORNING, migrations=with_later_version(tmp_path))
    former = schema(path)
    with pytest.raises(StoreError, match="version 9999, which this Bobbin does not know"):
        bring_up_to_date(path, MORNING)

    assert schema(path) == former


def test_foreign_database_is_refused(tmp_path: Path) -> None:
    """Tables that are somebody else's stay alone."""
    path = tmp_path / "other.db"
    with connected(path) as connection:
        connection.exec_driver_sql("CREATE TABLE customer (id INTEGER)")

    with pytest.raises(StoreError, match="not Bobbin's"):
        bring_up_to_date(path, MORNING)
    assert schema(path) == {"CREATE TABLE customer (id INTEGER)"}


def test_damaged_database_is_refused(tmp_path: Path) -> None:
    """A file whose pages do not fit together is not opened."""
    path = tmp_path / "bobbin.db"
    database_of_version(path, VERSIONS[-1])
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * 4096 * 3)

    with pytest.raises(StoreError, match=r"damaged|SQLITE_CORRUPT"):
        bring_up_to_date(path, MORNING)


def test_other_file_is_refused(tmp_path: Path) -> None:
    """A file that is no database is not overwritten."""
    path = tmp_path / "letter.txt"
    path.write_text("Dear Ann, " * 100)

    with pytest.raises(StoreError, match="SQLITE_NOTADB"):
        bring_up_to_date(path, MORNING)
    assert path.read_text().startswith("Dear Ann")


def test_migrates_inside_a_lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """While another holds the lock the file is not touched, and it may be tried again."""
    monkeypatch.setattr(migration_module, "LOCK_TIMEOUT_S", 0.05)
    path = tmp_path / "bobbin.db"
    with locked(path):
        with pytest.raises(StoreUnavailableError, match="another Bobbin is migrating"):
            bring_up_to_date(path, MORNING)
        assert not path.exists()
    bring_up_to_date(path, MORNING)


def test_migrating_at_once(tmp_path: Path) -> None:
    """Several that start on one new file at once migrate it once, and none fails."""
    path = tmp_path / "bobbin.db"
    with ThreadPoolExecutor(4) as threads:
        for one in [threads.submit(bring_up_to_date, path, MORNING) for _ in range(4)]:
            one.result()

    with closing(sqlite3.connect(path)) as connection:
        versions = connection.execute("SELECT version_num FROM alembic_version").fetchall()
        (mode,) = connection.execute("PRAGMA journal_mode").fetchone()
    assert versions == [(VERSIONS[-1],)]
    assert mode == "wal"
