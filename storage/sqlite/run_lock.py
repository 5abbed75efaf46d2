"""One process at a time works with a database: two would take each other's answers for broken."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

from filelock import BaseFileLock

from conversation.errors import StoreUnavailableError
from storage.sqlite.file_lock import lock_beside

SUFFIX = ".running"


@asynccontextmanager
async def sole_user(database: Path, *, wait_s: float) -> AsyncGenerator[None, None]:
    """Hold the lock of the only process that runs the bot on a database, while the context is open.

    Looking into it beside the bot (a check, a backup) needs no lock.

    Args:
        database: The database's file; its folder is made.
        wait_s: How long another process may take to end, as when a new version takes over.

    Raises:
        StoreUnavailableError: Another process uses it, or the lock file cannot be made.
    """
    lock = await asyncio.to_thread(_locked, database, wait_s)
    try:
        yield
    finally:
        lock.release()


def _locked(database: Path, wait_s: float) -> BaseFileLock:
    try:
        database.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreUnavailableError("the folder of the database cannot be made") from error
    held = "another Bobbin runs on this database; stop it first, or give this one its own"
    return lock_beside(database, SUFFIX, wait_s=wait_s, held=held)
