"""Keeps the messages of a Playground stand-in in a SQLite file, so that threads survive it."""

import json
import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path

from sandbox.models.playground.tree import StoredMessage


class MessageFile:
    """One row of JSON a message; every save is a commit. Whoever opens it calls `close()`."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None)
        self._connection.execute("PRAGMA synchronous = OFF")
        self._connection.execute(
            "CREATE TABLE IF NOT EXISTS message (id TEXT PRIMARY KEY, body TEXT NOT NULL)"
        )

    def load(self) -> Iterator[StoredMessage]:
        """Give every message in the order in which they were made."""
        for (body,) in self._connection.execute("SELECT body FROM message ORDER BY rowid"):
            yield StoredMessage(**json.loads(body))

    def save(self, message: StoredMessage) -> None:
        """Add a message, or replace what was kept of it."""
        self._connection.execute(
            "INSERT INTO message VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET body = excluded.body",
            (message.id, json.dumps(message.to_json())),
        )

    def delete(self, message_ids: Iterable[str]) -> None:
        """Remove messages; ids that are not there are passed over."""
        self._connection.executemany(
            "DELETE FROM message WHERE id = ?", [(i,) for i in message_ids]
        )

    def close(self) -> None:
        """Close the file."""
        self._connection.close()
