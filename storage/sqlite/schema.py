"""Whether a file has the tables that the migrations make: a version alone promises nothing."""

import sqlite3
from collections.abc import Callable, Iterable
from typing import Any

from sqlalchemy import Connection, create_engine
from sqlalchemy.pool import StaticPool

from conversation.errors import StoreError
from storage.tables import Base

_NAMED = 3
"""So many differences are named; the first ones tell what kind of file it is."""

_COUNTED = {
    "place": "places",
    "conversation": "conversations",
    "turn": "turns",
    "inbound": "messages",
    "reply": "replies",
}
"""The tables whose rows an operator recognises, and what to call those."""


def facts_of(connection: sqlite3.Connection) -> frozenset[str]:
    """Return what queries and migrations rely on, a phrase each: columns, keys, indices, triggers.

    Whether two statements that make a table are spelt alike does not matter.
    """
    facts: set[str] = set()
    for (table,) in _rows(
        connection,
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'",
    ):
        if table != "alembic_version":
            facts |= _facts_of_table(connection, table)
    for (name,) in _rows(connection, "SELECT name FROM sqlite_master WHERE type = 'trigger'"):
        facts.add(f"the trigger {name}")
    return frozenset(facts)


def newest_facts() -> frozenset[str]:
    """Return the facts of the tables of this code."""
    return facts_made_by(Base.metadata.create_all)


def facts_made_by(make: Callable[[Connection], object]) -> frozenset[str]:
    """Return the facts of the tables that something makes in an empty database in memory."""
    engine = create_engine("sqlite://", poolclass=StaticPool)
    try:
        with engine.begin() as connection:
            make(connection)
            driver = connection.connection.driver_connection
            if not isinstance(driver, sqlite3.Connection):
                raise TypeError("SQLAlchemy's driver of SQLite is not the standard library's")
            return facts_of(driver)
    finally:
        engine.dispose()


def lacks(found: frozenset[str], expected: frozenset[str]) -> str:
    """Return what is missing, in words; empty where nothing is."""
    missing = expected - found
    missing = {fact for fact in missing if fact.startswith("the table ")} or missing
    return f"it lacks {_listed(missing)}" if missing else ""


def exceeds(found: frozenset[str], expected: frozenset[str]) -> str:
    """Return what does not belong, in words; empty where nothing does.

    Tables and plain indices that somebody added for themselves do no harm.
    """
    tables = {fact.split()[2].partition(".")[0] for fact in expected}
    strange = {
        fact
        for fact in found - expected
        if fact.startswith("the trigger ")
        or (not fact.startswith("the index ") and fact.split()[2].partition(".")[0] in tables)
    }
    return f"it has {_listed(strange)}" if strange else ""


def count_rows(connection: sqlite3.Connection) -> dict[str, int]:
    """Return how much there is of what an operator recognises, by what that is called.

    An older version may lack a table.
    """
    tables = {str(row[0]) for row in _rows(connection, "SELECT name FROM sqlite_master")}
    counts: dict[str, int] = {}
    for table, name in _COUNTED.items():
        if table in tables:
            ((count,),) = _rows(connection, f'SELECT count(*) FROM "{table}"')  # noqa: S608 - ours
            counts[name] = int(count)
    return counts


def require_sound(connection: sqlite3.Connection) -> None:
    """Read every page, and follow every key.

    Raises:
        StoreError: The database is damaged; the first finding is named.
    """
    (found,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
    if found != "ok":
        raise StoreError("the database is damaged (PRAGMA integrity_check)")
    orphan = connection.execute("PRAGMA foreign_key_check").fetchone()
    if orphan is not None:
        message = f"the database is damaged: a row of {orphan[0]} points nowhere"
        raise StoreError(message)


def _facts_of_table(connection: sqlite3.Connection, table: str) -> set[str]:
    facts = {f"the table {table}"}
    for _, name, kind, is_required, _, key, *_ in _rows(
        connection, f'PRAGMA table_xinfo("{table}")'
    ):
        words = f"the column {table}.{name} {str(kind).upper()}"
        facts.add(words + (" NOT NULL" if is_required else "") + (f" key {key}" if key else ""))
    for row in _rows(connection, f'PRAGMA foreign_key_list("{table}")'):
        facts.add(f"the reference {table}.{row[3]} to {row[2]}.{row[4]} {row[5]} {row[6]}")
    for _, name, is_unique, origin, is_partial in _rows(
        connection, f'PRAGMA index_list("{table}")'
    ):
        info = _rows(connection, f'PRAGMA index_info("{name}")')
        columns = ", ".join(str(column) for *_, column in info)
        kind = "UNIQUE" if is_unique else "index"
        own_name = f" {name}" if origin == "c" else ""
        facts.add(f"the {kind} {table}.({columns}){own_name}{' partial' if is_partial else ''}")
    return facts


def _rows(connection: sqlite3.Connection, statement: str) -> list[tuple[Any, ...]]:
    return connection.execute(statement).fetchall()


def _listed(facts: Iterable[str]) -> str:
    ordered = sorted(facts)
    more = len(ordered) - _NAMED
    words = ", ".join(ordered[:_NAMED])
    return f"{words} and {more} more" if more > 0 else words
