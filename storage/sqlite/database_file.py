"""Which file a database is: one that loses its name while it is open must not be written into.

In write-ahead mode SQLite goes on with a file that was removed or moved, without a word: what is
committed to it is gone with the process.
"""

import os
from enum import Enum

from conversation.errors import StoreUnavailableError


class FileState(Enum):
    """What has its name now; the value says so to an operator."""

    OURS = "the database file is there"
    GONE = (
        "the database file was removed or moved away: put it back, or restore a backup and start "
        "again"
    )
    REPLACED = "the database file was replaced by another"
    EMPTIED = (
        "the database file was emptied while it was open: stop Bobbin, restore the newest backup, "
        "and start again"
    )


class DatabaseFile:
    """Remembers which file was opened, by device and inode.

    A look is one `stat`, some microseconds: it is taken around each transaction.

    Args:
        path: Its name; a file that is made later counts as the one that was opened.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self._opened: tuple[int, int] | None = None
        self._had_content = False
        self._was_emptied = False
        self.state()

    def state(self) -> FileState:
        """Look what has its name now."""
        try:
            found = os.stat(self.path)  # noqa: PTH116 - twice as quick as Path.stat
        except OSError:
            return FileState.OURS if self._opened is None else FileState.GONE
        identity = found.st_dev, found.st_ino
        if self._opened is None:
            self._opened = identity
        if identity != self._opened:
            return FileState.REPLACED
        self._was_emptied = self._was_emptied or (self._had_content and not found.st_size)
        self._had_content = found.st_size > 0
        return FileState.EMPTIED if self._was_emptied else FileState.OURS

    def require(self) -> None:
        """Raise unless its name is still that of the file that was opened.

        Raises:
            StoreUnavailableError: It is not.
        """
        state = self.state()
        if state is not FileState.OURS:
            raise StoreUnavailableError(state.value)
