"""A clock that a test moves, and stores that must be left without a leak."""

import asyncio
import threading
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from conversation.entities import PlaceKey, PlaceSettings
from storage.sqlite.opening import open_store
from storage.sqlite.store import Store

MORNING = datetime(2031, 5, 6, 9, 30, tzinfo=UTC)


class Clock:
    """The wall clock of a test; it stands until it is moved."""

    def __init__(self) -> None:
        self.time = MORNING

    def now(self) -> datetime:
        """Return the time."""
        return self.time

    def advance(self, **by: float) -> None:
        """Move on, by the keywords of `timedelta`."""
        self.time += timedelta(**by)


Opener = Callable[[Path, Clock], AbstractAsyncContextManager[Store]]
"""Opens a store of some kind, kept in a folder."""


async def set_all(store: Store, place: PlaceKey, settings: PlaceSettings) -> None:
    """Replace what is set for a place."""
    await store.places.alter_settings(place, lambda _: settings)


def database_threads() -> list[threading.Thread]:
    """Return the threads of open connections; aiosqlite gives each connection one."""
    return [one for one in threading.enumerate() if "_connection_worker_thread" in one.name]


async def no_database_thread_stays() -> bool:
    """Wait, within a limit, for the threads to end, which they do just after their close."""
    for thread in database_threads():
        await asyncio.to_thread(thread.join, 5)
    return not database_threads()


@asynccontextmanager
async def opened_sqlite(folder: Path, clock: Clock) -> AsyncGenerator[Store, None]:
    """Open a store on a file; fail where it leaves a connection in use, or a thread behind."""
    async with open_store(f"sqlite:///{folder}/bobbin.db", now=clock.now) as store:
        yield store
        assert store.database.connections_in_use == 0, "a connection leaked"
    assert await no_database_thread_stays(), "a connection's thread leaked"
