"""Keeps the messages of a Playground stand-in in a SQLite file, so that threads survive it."""

import sqlite3
from collections.abc import Iterable
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from sandbox.models.playground.tree import StoredMessage

_MESSAGE = TypeAdapter(StoredMessage)


_DAMAGE = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR)
"""What SQLite finds in a file's bytes; a full disk or a lock says nothing of what is in it."""


class UnreadableStoreError(Exception):
    """A file whose messages cannot be read; the text says why."""


class MessageFile:
    """One row of JSON a message; every save is a commit. Whoever opens it calls `close()`."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None)

    def load(self) -> list[StoredMessage]:
        """Return every message in the order in which they were made; a new file has none.

        Raises:
            UnreadableStoreError: The file is damaged, or of another version.
        """
        try:
            self._connection.execute("PRAGMA synchronous = OFF")
            self._connection.execute(
                "CREATE TABLE IF NOT EXISTS message (id TEXT PRIMARY KEY, body TEXT NOT NULL)"
            )
            rows = self._connection.execute("SELECT body FROM message ORDER BY rowid")
            return [_MESSAGE.validate_json(body) for (body,) in rows]
        except sqlite3.DatabaseError as error:
            if error.sqlite_errorcode & 0xFF not in _DAMAGE:
                raise
            raise UnreadableStoreError("it is damaged") from error
        except ValidationError as error:
            raise UnreadableStoreError("it is of another version of the sandbox") from error

    def save(self, message: StoredMessage) -> None:
        """Add a message, or replace what was kept of it."""
        self._connection.execute(
            "INSERT INTO message VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET body = excluded.body",
            (message.id, _MESSAGE.dump_json(message).decode()),
        )

    def delete(self, message_ids: Iterable[str]) -> None:
        """Remove messages; ids that are not there are passed over."""
        self._connection.executemany(
            "DELETE FROM message WHERE id = ?", [(i,) for i in message_ids]
        )

    def close(self) -> None:
        """Close the file."""
        self._connection.close()
