"""Lock files beside the database, which keep other processes away from it."""

import errno
from pathlib import Path

from filelock import BaseFileLock, FileLock, Timeout

from conversation.errors import StoreUnavailableError


class LockHeldError(StoreUnavailableError):
    """Another process holds the lock."""


def lock_beside(database: Path, suffix: str, *, wait_s: float, held: str) -> BaseFileLock:
    """Lock the file of a name beside a database, waiting in this thread; it is made if missing.

    It stands beside the file itself, so that two names of one database (symbolic links) are one
    lock; of hard links `inode_lock.py` takes care. The system frees it however the process ends;
    the empty file stays, for whoever removes it makes room for a second one of its name. What an
    older version put there does no harm.

    Args:
        database: The database's file, which need not exist; its folder does.
        suffix: What the lock file's name has more than the database's.
        wait_s: How long another process may go on holding it.
        held: What to say of another process that does, longer than that.

    Returns:
        The lock, to be released by the caller, in any thread.

    Raises:
        LockHeldError: Another process holds it.
        StoreUnavailableError: The file cannot be made or written.
    """
    try:
        path = database.resolve()
        path = path.with_name(path.name + suffix)
        # Without the fallback: on a file system that has no locks it would outlive a crash.
        lock = FileLock(path, timeout=wait_s, thread_local=False, fallback_to_soft=False)
        lock.acquire()
    except Timeout as error:
        raise LockHeldError(held) from error
    except (OSError, RuntimeError) as error:  # RuntimeError: symbolic links in a circle
        if isinstance(error, OSError) and error.errno == errno.ENOSPC:
            message = "there is no room left for the database: free some of its disk"
            raise StoreUnavailableError(message) from error
        message = f"{database}{suffix} may not be written: see who owns it and its folder"
        raise StoreUnavailableError(message) from error
    return lock
