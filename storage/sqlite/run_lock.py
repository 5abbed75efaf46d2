"""One process at a time works with a database: two would take each other's answers for broken."""

import asyncio
import os
import sqlite3
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

from conversation.errors import StoreUnavailableError
from storage.sqlite.errors import primary_code_of, translated

SUFFIX = ".running"
"""Of the lock file beside the database: an empty SQLite file, held exclusively, which the system
frees however the process ends."""


@asynccontextmanager
async def sole_user(database: Path, *, wait_s: float) -> AsyncGenerator[None, None]:
    """Be the only process that runs the bot on a database, for as long as the context is open.

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
        await asyncio.to_thread(lock.close)


def _locked(database: Path, wait_s: float) -> sqlite3.Connection:
    path = database.with_name(database.name + SUFFIX)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreUnavailableError("the folder of the database cannot be made") from error
    try:
        lock = sqlite3.connect(path, timeout=wait_s, isolation_level=None, check_same_thread=False)
    except sqlite3.Error as error:
        raise StoreUnavailableError(f"{path} cannot be made") from error
    try:
        lock.execute("BEGIN EXCLUSIVE")
    except sqlite3.Error as error:
        lock.close()
        if primary_code_of(error) != sqlite3.SQLITE_BUSY:
            raise translated(error) from error
        message = "another Bobbin runs on this database; stop it first, or give this one its own"
        raise StoreUnavailableError(message) from error
    if not os.access(path, os.W_OK):
        # SQLite locks a file that it may only read for readers alone, without a word.
        lock.close()
        message = f"{path} may not be written: see who owns it and its folder"
        raise StoreUnavailableError(message)
    return lock
