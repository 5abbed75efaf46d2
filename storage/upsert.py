"""Inserts that meet a row which is there already: the one place that knows how databases say it.

SQLite and PostgreSQL share the words (`ON CONFLICT`, https://www.sqlite.org/lang_upsert.html),
which SQLAlchemy has in its dialects only.
"""

from collections.abc import Collection
from typing import Any

from sqlalchemy.dialects.sqlite import Insert, insert
from sqlalchemy.orm import DeclarativeBase


def insert_new(table: type[DeclarativeBase]) -> Insert:
    """Return an insert that does nothing where a unique key is taken."""
    return insert(table).on_conflict_do_nothing()


def insert_or_update(
    table: type[DeclarativeBase],
    keys: Collection[str],
    columns: Collection[str],
    **otherwise: Any,
) -> Insert:
    """Return an insert that updates the row which has the same keys.

    Args:
        table: The table.
        keys: The columns of its unique key.
        columns: Those that take the new value.
        otherwise: Expressions for others, which may name `excluded(table, column)`.
    """
    statement = insert(table)
    taken = {name: statement.excluded[name] for name in columns}
    return statement.on_conflict_do_update(index_elements=list(keys), set_={**taken, **otherwise})


def excluded(table: type[DeclarativeBase], column: str) -> Any:
    """Return the value that was to be inserted, for an expression of `insert_or_update`."""
    return insert(table).excluded[column]
