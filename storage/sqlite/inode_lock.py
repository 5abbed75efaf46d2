"""A lock on a file itself, whatever its name: hard links, and a file that is mounted twice.

One byte is locked, far behind what SQLite writes or locks, by the open file description (`fcntl(2)`
of Linux). Unlike a lock of the process it is not lost when SQLite closes the file, and unlike
`flock` it never meets SQLite's own locks, as that does on a network file system. The system frees
it however the process ends. Where there are no such locks, the lock by name has to do.
"""

import errno
import fcntl
import logging
import os
import struct
import time
from pathlib import Path

from conversation.errors import StoreUnavailableError
from storage.sqlite.file_lock import LockHeldError

log = logging.getLogger(__name__)

_SET_LOCK: int | None = getattr(fcntl, "F_OFD_SETLK", None)
_BYTE = 1 << 62
"""SQLite's files end at 2^48 bytes at the latest, and it locks some at 2^30."""
_LOOK_INTERVAL_S = 0.1
_HELD = (errno.EAGAIN, errno.EACCES)
_NO_SUCH_LOCKS = (errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP)


class InodeLock:
    """A lock that is held until `release`.

    Args:
        descriptor: Of the file; closed at the release.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def release(self) -> None:
        """Let it go; nothing else of this process may have the file open, for SQLite's locks go."""
        os.close(self._descriptor)


def lock_inode(path: Path, *, wait_s: float, held: str, is_made: bool) -> InodeLock | None:
    """Lock a file, waiting in this thread.

    Args:
        path: The file.
        wait_s: How long another process may go on holding it.
        held: What to say of another process that does, longer than that.
        is_made: Whether to make a file that is missing, empty; else it is not locked.

    Returns:
        The lock; None where there is nothing to lock.

    Raises:
        LockHeldError: Another process holds it.
        StoreUnavailableError: The file cannot be opened for writing, or made.
    """
    try:
        descriptor = os.open(path, os.O_RDWR | (os.O_CREAT if is_made else 0), 0o600)
    except OSError as error:
        if isinstance(error, FileNotFoundError) and not is_made:
            return None
        if path.exists() and not path.is_file():
            return None  # a folder, or a device: whoever opens it as a database finds the words
        message = f"{path} may not be written: see who owns it and its folder"
        raise StoreUnavailableError(message) from error
    if not _is_locked_within(descriptor, wait_s):
        os.close(descriptor)
        raise LockHeldError(held)
    return InodeLock(descriptor)


def _is_locked_within(descriptor: int, wait_s: float) -> bool:
    until_s = time.monotonic() + wait_s
    while not _is_locked(descriptor):
        if time.monotonic() >= until_s:
            return False
        time.sleep(_LOOK_INTERVAL_S)
    return True


def _is_locked(descriptor: int) -> bool:
    """Lock it and return True, or False where another holds it."""
    if _SET_LOCK is None:
        return True
    # struct flock: type, whence, start, length, process (0 is asked for)
    lock = struct.pack("hhqqi", fcntl.F_WRLCK, os.SEEK_SET, _BYTE, 1, 0)
    try:
        fcntl.fcntl(descriptor, _SET_LOCK, lock)
    except OSError as error:
        if error.errno in _NO_SUCH_LOCKS:
            log.debug("the file system knows no locks on an open file")
            return True
        if error.errno not in _HELD:
            raise
        return False
    return True
