"""aiosqlite with a trip to the connection's thread only for what may have to wait.

SQLAlchemy's dialect makes a cursor, executes, fetches all rows and closes, and aiosqlite sends each
of these to the thread: four trips, which cost more than what SQLite does in between. The rows are
fetched at once in any case, so all four are done in one. And of a transaction only two things wait
for anything: its first statement, for a lock, and a writer's commit, for the disk. What comes in
between, and a reader's end, is done where it is asked for, in tens of microseconds; on a busy event
loop a trip takes milliseconds, which everybody else who writes has to wait for. See
`benchmarks/storage.py`.
"""

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any, Self, TypeVar

from aiosqlite import Connection

_Result = TypeVar("_Result")

Description = Sequence[tuple[Any, ...]]


class WholeCursor:
    """The part of a cursor that SQLAlchemy's dialect uses; holds the rows, and nothing open."""

    arraysize = 1

    def __init__(self, connection: "WholeConnection") -> None:
        self._connection = connection
        self._rows: list[Any] = []
        self.description: Description | None = None
        self.rowcount = -1
        self.lastrowid: int | None = None

    async def __aenter__(self) -> Self:
        """Return itself: there is nothing to open."""
        return self

    async def execute(self, statement: str, parameters: Iterable[Any] = ()) -> Self:
        """Execute and fetch every row."""
        return await self._connection.run(partial(self._run, statement, parameters))

    async def executemany(self, statement: str, parameters: Iterable[Iterable[Any]]) -> Self:
        """Execute once for each set of parameters; these statements give no rows."""
        return await self._connection.run(partial(self._run_many, statement, parameters))

    async def fetchall(self) -> list[Any]:
        """Return the rows that were fetched."""
        return self._rows

    async def close(self) -> None:
        """Forget the rows; the cursor beneath was closed when it had executed."""
        self._rows = []

    def _run(self, statement: str, parameters: Iterable[Any]) -> Self:
        cursor = self._connection.begun().execute(statement, tuple(parameters))
        self._rows = cursor.fetchall()
        return self._ended(cursor)

    def _run_many(self, statement: str, parameters: Iterable[Iterable[Any]]) -> Self:
        sets = (tuple(one) for one in parameters)
        return self._ended(self._connection.begun().executemany(statement, sets))

    def _ended(self, cursor: sqlite3.Cursor) -> Self:
        self.description = cursor.description
        self.rowcount = cursor.rowcount
        self.lastrowid = cursor.lastrowid
        cursor.close()
        return self


class WholeConnection(Connection):
    """A connection whose cursors are whole; made by `connect`."""

    def __init__(self, connector: Callable[[], sqlite3.Connection]) -> None:
        super().__init__(connector, iter_chunk_size=1)
        # As SQLAlchemy does for connections of its own making: a leak must not hold the process.
        self._thread.daemon = True
        self._opening: str | None = None
        self._may_write = False

    def begin_with(self, opening: str, *, may_write: bool) -> None:
        """Say what begins a transaction; it is executed in one trip with the first statement."""
        self._opening = opening
        self._may_write = may_write

    def begun(self) -> sqlite3.Connection:
        """Return the connection beneath, with the transaction begun.

        A beginning that failed is tried again: nothing may ever run outside its transaction.
        """
        if self._opening is not None:
            self._conn.execute(self._opening).close()
            self._opening = None
        return self._conn

    def cursor(self) -> WholeCursor:  # pyright: ignore[reportIncompatibleMethodOverride] - the dialect asks for no more
        """Make a cursor, without a trip."""
        return WholeCursor(self)

    async def run(self, work: Callable[[], _Result]) -> _Result:
        """Run: in the connection's thread what begins a transaction, else here and now."""
        if self._opening is None and self.in_transaction:
            return work()
        result: _Result = await self._execute(work)  # pyright: ignore[reportUnknownMemberType] - aiosqlite leaves it untyped
        return result

    async def empty_log(self) -> bool:
        """Write the write-ahead log into the database and empty it, outside any transaction.

        Returns False where somebody still reads from the log.
        """
        self._opening = None
        checkpoint = "PRAGMA wal_checkpoint(TRUNCATE)"
        (is_busy, *_) = await self.run(lambda: self._conn.execute(checkpoint).fetchone())
        return not is_busy

    async def commit(self) -> None:
        """Commit what has begun."""
        self._opening = None
        if self.in_transaction and self._may_write:
            await super().commit()
        elif self.in_transaction:
            self._conn.commit()

    async def rollback(self) -> None:
        """Roll back what has begun; the pool asks for it after each commit as well."""
        self._opening = None
        if self.in_transaction and self._may_write:
            await super().rollback()
        elif self.in_transaction:
            self._conn.rollback()


async def connect(path: str, *, busy_timeout_s: float) -> WholeConnection:
    """Open a connection and its thread, which begins no transaction by itself; closed by `close`.

    `check_same_thread` is off as SQLAlchemy sets it: the event loop's thread may look at it.
    """
    connection = WholeConnection(
        partial(
            sqlite3.connect,
            path,
            timeout=busy_timeout_s,
            isolation_level=None,
            check_same_thread=False,
        )
    )
    await connection
    return connection
