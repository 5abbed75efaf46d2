"""Keeps a world in a SQLite file, so that it is still there when the sandbox starts again.

Each entity is one row of JSON, written by pydantic from its dataclass and read back by it. The file
carries the version of that form; a file of any other form is refused and left as it is, and its
bytes are never run as code. What changed is written in one transaction, so that a process that is
killed leaves the file as it was before or after.
"""

import asyncio
import json
import sqlite3
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from sandbox.world.entities import (
    Bot,
    Channel,
    Command,
    Entity,
    Guild,
    Message,
    Person,
    Role,
    Webhook,
)

VERSION = 1
"""The form of the rows, kept as the file's `user_version`; a change of an entity's fields that the
defaults do not cover raises it."""

_APPLICATION_ID = 0x53414E44
_SCHEMA = f"""
CREATE TABLE IF NOT EXISTS entity
    (kind TEXT, id INTEGER, body TEXT NOT NULL, PRIMARY KEY (kind, id));
CREATE TABLE IF NOT EXISTS file (id INTEGER PRIMARY KEY, body BLOB NOT NULL);
PRAGMA application_id = {_APPLICATION_ID};
PRAGMA user_version = {VERSION};
"""
_ADAPTERS: dict[str, TypeAdapter[Entity]] = {
    "person": TypeAdapter(Person),
    "bot": TypeAdapter(Bot),
    "webhook": TypeAdapter(Webhook),
    "role": TypeAdapter(Role),
    "guild": TypeAdapter(Guild),
    "channel": TypeAdapter(Channel),
    "message": TypeAdapter(Message),
    "command": TypeAdapter(Command),
}
_KINDS: dict[type[Entity], str] = {
    Person: "person",
    Bot: "bot",
    Webhook: "webhook",
    Role: "role",
    Guild: "guild",
    Channel: "channel",
    Message: "message",
    Command: "command",
}
_FLUSH_AFTER_S = 0.2


_DAMAGE = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR)
"""What SQLite finds in a file's bytes; a full disk or a lock says nothing of what is in it."""


class UnreadableWorldError(Exception):
    """A file that holds no world of this version; the text says why."""


class Journal:
    """The file of a world: what changed is noted, and written in batches.

    Args:
        path: The SQLite file; it is made where there is none. The caller calls `close`.
        busy_timeout_s: How long another process may hold the file.

    Raises:
        UnreadableWorldError: The file is another program's, damaged, or of another version.
    """

    def __init__(self, path: Path, *, busy_timeout_s: float = 5.0) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._connection = sqlite3.connect(path, timeout=busy_timeout_s)
        self._unwritten: dict[tuple[str, int], Entity | None] = {}
        self._unwritten_files: dict[int, bytes] = {}
        self._is_flush_planned = False
        self._is_closed = False
        try:
            self._prepare()
        except sqlite3.DatabaseError as error:
            self._connection.close()
            _raise_damage(error)
            raise
        except UnreadableWorldError:
            self._connection.close()
            raise

    def entities(self) -> Iterator[Entity]:
        """Read every entity, in the order of their ids.

        Raises:
            UnreadableWorldError: A row is not what its kind says.
        """
        query = "SELECT kind, body FROM entity ORDER BY id"
        try:
            for kind, body in self._connection.execute(query):
                yield _ADAPTERS[kind].validate_json(body)
        except (KeyError, ValidationError) as error:
            raise UnreadableWorldError("it is damaged") from error
        except sqlite3.DatabaseError as error:
            _raise_damage(error)
            raise

    def files(self) -> Iterator[tuple[int, bytes]]:
        """Read every file with its id.

        Raises:
            UnreadableWorldError: The file is damaged.
        """
        try:
            for file_id, body in self._connection.execute("SELECT id, body FROM file"):
                yield int(file_id), bytes(body)
        except sqlite3.DatabaseError as error:
            _raise_damage(error)
            raise

    def note(self, entity: Entity) -> None:
        """Write an entity soon, as it is then."""
        self._unwritten[_KINDS[type(entity)], entity.id] = entity
        self._plan_flush()

    def note_gone(self, entity: Entity) -> None:
        """Remove an entity from the file soon."""
        self._unwritten[_KINDS[type(entity)], entity.id] = None
        self._plan_flush()

    def note_file(self, file_id: int, content: bytes) -> None:
        """Write the bytes of an attachment soon."""
        self._unwritten_files[file_id] = content
        self._plan_flush()

    def flush(self) -> None:
        """Write what was noted, in one transaction."""
        self._is_flush_planned = False
        if self._is_closed:
            return
        rows = [
            (kind, entity_id, _written(_ADAPTERS[kind], entity))
            for (kind, entity_id), entity in self._unwritten.items()
            if entity is not None
        ]
        gone = [key for key, entity in self._unwritten.items() if entity is None]
        with self._connection:
            self._connection.executemany("REPLACE INTO entity VALUES (?, ?, ?)", rows)
            self._connection.executemany("DELETE FROM entity WHERE kind = ? AND id = ?", gone)
            files = self._unwritten_files.items()
            self._connection.executemany("REPLACE INTO file VALUES (?, ?)", files)
        self._unwritten.clear()
        self._unwritten_files.clear()

    def close(self) -> None:
        """Write what is left and close the file; a second call does nothing."""
        self.flush()
        self._is_closed = True
        self._connection.close()

    def _prepare(self) -> None:
        """Check whose file it is, and make its tables where it is new."""
        (version,) = self._connection.execute("PRAGMA user_version").fetchone()
        (owner,) = self._connection.execute("PRAGMA application_id").fetchone()
        (tables,) = self._connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        if tables and (owner, version) != (_APPLICATION_ID, VERSION):
            if owner == _APPLICATION_ID and version > VERSION:
                raise UnreadableWorldError("it is of a newer version of the sandbox")
            raise UnreadableWorldError("it is of an older version of the sandbox")
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = NORMAL")
        self._connection.executescript(f"BEGIN; {_SCHEMA} COMMIT;")

    def _plan_flush(self) -> None:
        """Plan a batch; without a running loop, `close` writes."""
        if self._is_flush_planned:
            return
        with suppress(RuntimeError):
            asyncio.get_running_loop().call_later(_FLUSH_AFTER_S, self.flush)
            self._is_flush_planned = True


def _raise_damage(error: sqlite3.DatabaseError) -> None:
    """Raise what a damaged file is told by; return where the error is of another kind."""
    if error.sqlite_errorcode & 0xFF in _DAMAGE:
        raise UnreadableWorldError("it is damaged") from error


def _written(adapter: TypeAdapter[Entity], entity: Entity) -> str:
    """Write an entity as JSON; half a surrogate pair, which no file can hold, becomes `?`."""
    body = json.dumps(adapter.dump_python(entity, mode="json"), ensure_ascii=False)
    return body.encode(errors="replace").decode()
