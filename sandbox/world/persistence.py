"""Keeps a world in a SQLite file, so that it is still there when the sandbox starts again."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

_SCHEMA = """
CREATE TABLE IF NOT EXISTS entity (kind TEXT, id INTEGER, body BLOB, PRIMARY KEY (kind, id));
CREATE TABLE IF NOT EXISTS file (id INTEGER PRIMARY KEY, body BLOB);
"""


class Shelf:
    """A file of small rows, one an entity, each written whole when it changed.

    Args:
        path: The SQLite file; it is made where there is none. The caller calls `close`.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._connection = sqlite3.connect(path)
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = NORMAL")
        self._connection.executescript(_SCHEMA)

    def write(
        self, rows: list[tuple[str, int, bytes | None]], files: list[tuple[int, bytes]]
    ) -> None:
        """Store rows of (kind, id, body) and files of (id, bytes) in one transaction.

        A row whose body is null is removed.
        """
        with self._connection:
            self._connection.executemany(
                "REPLACE INTO entity VALUES (?, ?, ?)", [row for row in rows if row[2] is not None]
            )
            self._connection.executemany(
                "DELETE FROM entity WHERE kind = ? AND id = ?",
                [row[:2] for row in rows if row[2] is None],
            )
            self._connection.executemany("REPLACE INTO file VALUES (?, ?)", files)

    def rows(self, kind: str) -> Iterator[bytes]:
        """Read every entity of a kind, in the order of their ids."""
        query = "SELECT body FROM entity WHERE kind = ? ORDER BY id"
        for (body,) in self._connection.execute(query, (kind,)):
            yield bytes(body)

    def files(self) -> Iterator[tuple[int, bytes]]:
        """Read every file with its id."""
        for file_id, body in self._connection.execute("SELECT id, body FROM file"):
            yield int(file_id), bytes(body)

    def close(self) -> None:
        """Close the file."""
        self._connection.close()
