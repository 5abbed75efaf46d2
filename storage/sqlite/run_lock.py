"""One process at a time works with a database: two would take each other's answers for broken."""

import asyncio
import logging
import time
from collections.abc import AsyncGenerator
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path

from conversation.errors import StoreUnavailableError
from storage.sqlite.file_lock import LockHeldError, lock_beside
from storage.sqlite.inode_lock import lock_inode

log = logging.getLogger(__name__)

SUFFIX = ".running"

_HELD = "another Bobbin runs on this database; stop it first, or give this one its own"


@asynccontextmanager
async def sole_user(
    database: Path, *, wait_s: float, is_made: bool = True
) -> AsyncGenerator[None, None]:
    """Hold the lock of the only process that runs the bot on a database, while the context is open.

    Two locks: on a file beside the database, by its real path, and on the database itself. Looking
    into it beside the bot (a check, a backup) needs neither.

    Args:
        database: The database's file; its folder is made.
        wait_s: How long another process may take to end, as when a new version takes over.
        is_made: Whether to make an empty file where there is none, for it to be locked.

    Raises:
        LockHeldError: Another process uses it.
        StoreUnavailableError: The lock file or the database cannot be made or written.
    """
    held = await asyncio.to_thread(_locked, database, wait_s, is_made=is_made)
    with held:
        yield


def _locked(database: Path, wait_s: float, *, is_made: bool) -> ExitStack:
    try:
        database.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreUnavailableError("the folder of the database cannot be made") from error
    try:
        return _both_locks(database, 0.0, is_made=is_made)
    except LockHeldError:
        if wait_s <= 0:
            raise
    log.info("another Bobbin runs on this database: waiting up to %g s for it to end", wait_s)
    return _both_locks(database, wait_s, is_made=is_made)


def _both_locks(database: Path, wait_s: float, *, is_made: bool) -> ExitStack:
    until_s = time.monotonic() + wait_s
    with ExitStack() as stack:
        beside = lock_beside(database, SUFFIX, wait_s=wait_s, held=_HELD)
        stack.callback(beside.release)
        left_s = max(0.0, until_s - time.monotonic())
        itself = lock_inode(database.resolve(), wait_s=left_s, held=_HELD, is_made=is_made)
        if itself is not None:
            stack.callback(itself.release)
        return stack.pop_all()
