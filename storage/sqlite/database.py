"""One SQLite file and its connections: how a transaction begins, ends and fails.

Write-ahead logging lets readers go on beside one writer. A transaction that reads first and then
writes fails at once when another wrote in between, whatever the busy timeout
(https://www.sqlite.org/isolation.html); so writers say `BEGIN IMMEDIATE`.
"""

import asyncio
import logging
import sqlite3
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from typing import Any, TypeVar

from sqlalchemy import URL, Connection, event
from sqlalchemy.engine.interfaces import DBAPIConnection, ExceptionContext
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool, ConnectionPoolEntry

from conversation.errors import StoreUnavailableError
from conversation.meter import NO_METER, Meter
from storage.sqlite.database_file import DatabaseFile, FileState
from storage.sqlite.driver import WholeConnection, connect
from storage.sqlite.errors import CONNECTION_CODES, primary_code_of, translated
from storage.sqlite.grouped_writes import GroupedWrites
from storage.sqlite.outage_log import Trouble

log = logging.getLogger(__name__)

_Result = TypeVar("_Result")

BUSY_TIMEOUT_S = 5.0
"""How long SQLite waits for the lock of another process before it gives up."""

CONNECTIONS = 5
"""One writes, the others read; each is a thread."""

WRITES = "bobbin_writes"
"""The execution option that makes a transaction a writer's."""


class Database:
    """Gives transactions on a migrated SQLite file; whoever made it closes it.

    The writers of one process queue here, in order: SQLite's own waiting is polling, which is
    unfair and would hold every connection when many write at once.
    """

    def __init__(
        self, url: URL, *, busy_timeout_s: float = BUSY_TIMEOUT_S, meter: Meter = NO_METER
    ) -> None:
        _silence_driver()
        self.file = DatabaseFile(url.database or "")
        """Which file it is; nothing is read from another, and nothing written into a lost one."""
        self._engine = create_async_engine(
            url,
            hide_parameters=True,
            poolclass=AsyncAdaptedQueuePool,
            pool_size=CONNECTIONS,
            max_overflow=0,
            async_creator=partial(connect, url.database or "", busy_timeout_s=busy_timeout_s),
        )
        event.listen(self._engine.sync_engine, "connect", _prepare)
        event.listen(self._engine.sync_engine, "begin", _begin)
        event.listen(self._engine.sync_engine, "handle_error", _give_up_connection)
        self._readers = async_sessionmaker(self._engine, expire_on_commit=False)
        self._writers = async_sessionmaker(
            self._engine.execution_options(**{WRITES: True}), expire_on_commit=False
        )
        self._meter = meter
        self._trouble = Trouble()
        self._writes = GroupedWrites(self.writing)
        self._running: set[asyncio.Task[Any]] = set()
        self._is_closed = False

    @property
    def connections_in_use(self) -> int:
        """How many connections are handed out now; 0 whenever no method of the store runs."""
        pool = self._engine.pool
        return pool.checkedout() if isinstance(pool, AsyncAdaptedQueuePool) else 0

    async def read(self, work: Callable[[AsyncSession], Awaitable[_Result]]) -> _Result:
        """Run in a transaction of `reading`, which goes on to its end if the caller is cancelled.

        Raises:
            StoreError: See `reading`.
        """
        return await self._to_its_end(_within(self.reading(), work), is_write=False)

    async def write(self, work: Callable[[AsyncSession], Awaitable[_Result]]) -> _Result:
        """Run in a transaction of `writing`, which goes on to its end if the caller is cancelled.

        It may be shared with others that write now, and `work` be run again (see `GroupedWrites`).

        Raises:
            StoreError: See `writing`.
        """
        return await self._to_its_end(self._writes.run(work), is_write=True)

    @asynccontextmanager
    async def reading(self) -> AsyncGenerator[AsyncSession, None]:
        """Open a transaction that sees one moment of the database.

        Raises:
            StoreUnavailableError: The database cannot be used now, or is closed.
            StoreError: It failed for a reason that will not go away by itself.
        """
        async with self._transaction(self._readers) as session:
            yield session

    @asynccontextmanager
    async def writing(self) -> AsyncGenerator[AsyncSession, None]:
        """Open a transaction that takes the write lock before all else; commit it at the end.

        Raises:
            StoreUnavailableError: The database cannot be used now, or is closed.
            StoreError: It failed for a reason that will not go away by itself.
        """
        async with self._transaction(self._writers) as session:
            yield session
        self._require_file()  # what was committed to a file that has lost its name is not stored
        self._trouble.written()

    async def let_go_of_log(self) -> bool:
        """Where the file has lost its name, write the write-ahead log into it, and empty that.

        The log keeps its own name, and SQLite would take it for that of whatever file comes there
        next, and damage that one (https://www.sqlite.org/howtocorrupt.html, "Unlinking or renaming
        a database file while in use"). Closing the connections does not do it.

        Returns:
            Whether that is done; False where it has to be tried again.
        """
        pool = self._engine.pool
        if self.file.state() not in (FileState.GONE, FileState.REPLACED):
            return True
        if not isinstance(pool, AsyncAdaptedQueuePool) or not pool.checkedin():
            return not self._running  # a connection that is made now would be to another file
        async with self._engine.connect() as connection:
            driver = (await connection.get_raw_connection()).driver_connection
            try:
                return isinstance(driver, WholeConnection) and await driver.empty_log()
            except sqlite3.Error as error:
                log.warning("the log of the lost database cannot be written into it: %s", error)
                return False

    async def close(self) -> None:
        """End what runs, then every connection and its thread; say so where one is in use."""
        self._is_closed = True
        if self._running:
            await asyncio.wait(self._running)
        await self.let_go_of_log()
        leaked = self.connections_in_use
        if leaked:
            log.error("%d database connections are still in use at closing", leaked)
        await self._engine.dispose()

    async def _to_its_end(
        self, transaction: Coroutine[None, None, _Result], *, is_write: bool
    ) -> _Result:
        """Wait for a transaction which goes on to its end even if the waiting is cancelled.

        A statement that the driver's thread has begun cannot be taken back: a cancelled
        transaction would hold its lock for as long as nobody noticed.
        """
        loop = asyncio.get_running_loop()
        began_s = loop.time()
        task = asyncio.create_task(transaction, name="transaction")
        self._running.add(task)
        task.add_done_callback(self._ended)
        task.add_done_callback(
            lambda _: self._meter.stored(loop.time() - began_s, is_write=is_write)
        )
        return await asyncio.shield(task)

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._running.discard(task)
        if not task.cancelled() and task.exception() is not None:
            log.debug("a transaction failed: %s", task.exception())

    @asynccontextmanager
    async def _transaction(
        self, sessions: async_sessionmaker[AsyncSession]
    ) -> AsyncGenerator[AsyncSession, None]:
        if self._is_closed:
            message = "the store is closed"
            raise StoreUnavailableError(message)
        self._require_file()
        try:
            async with sessions.begin() as session:
                yield session
        except (SQLAlchemyError, OverflowError) as error:
            failure = translated(error)
            if isinstance(failure, StoreUnavailableError):
                self._trouble.failed(failure)
            raise failure from error

    def _require_file(self) -> None:
        try:
            self.file.require()
        except StoreUnavailableError as error:
            self._trouble.failed(error)
            raise


async def _within(
    transaction: AbstractAsyncContextManager[AsyncSession],
    work: Callable[[AsyncSession], Awaitable[_Result]],
) -> _Result:
    async with transaction as session:
        return await work(session)


def _silence_driver() -> None:
    """Keep what people wrote out of the log: aiosqlite's DEBUG lines hold every value bound."""
    logging.getLogger("aiosqlite").setLevel(logging.INFO)


def _prepare(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    """Set what SQLite keeps for each connection.

    With write-ahead logging `NORMAL` loses nothing to a killed process, and to a loss of power the
    last commits at most (https://www.sqlite.org/pragma.html#pragma_synchronous): a commit need not
    wait for the disk, so that text can be stored before it is shown.
    """
    cursor = connection.cursor()
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.execute("PRAGMA synchronous = NORMAL")
    cursor.close()


def _give_up_connection(context: ExceptionContext) -> None:
    """Have the pool open connections anew after an error that may stay with the old ones."""
    if primary_code_of(context.original_exception) in CONNECTION_CODES:
        context.is_disconnect = True


def _begin(connection: Connection) -> None:
    """Begin by ourselves, for the driver, left alone, begins deferred and only at a write."""
    driver = connection.connection.driver_connection
    if isinstance(driver, WholeConnection):
        writes = connection.get_execution_options().get(WRITES, False)
        driver.begin_with("BEGIN IMMEDIATE" if writes else "BEGIN", may_write=bool(writes))
