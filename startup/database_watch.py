"""Looks after the file of the database while the bot runs, also while nobody writes."""

import asyncio
import logging
from contextlib import suppress
from pathlib import Path

from conversation.errors import StoreError
from storage.sqlite.backup import verify
from storage.sqlite.database_file import DatabaseFile, FileState
from storage.sqlite.store import Store

log = logging.getLogger(__name__)

LOOK_INTERVAL_S = 2.0


async def until_replaced(store: Store, *, interval_s: float = LOOK_INTERVAL_S) -> None:
    """Return when another whole database has taken the place of the one that is open.

    Whoever runs the bot then begins anew on that one, as after a restart. Until then, and where
    the file is gone, every method of the store raises `StoreUnavailableError`; that it does, and
    that it does no longer, is in the log within `interval_s`, for it is pinged here. The same file,
    put back, is gone on with.
    """
    file = store.database.file
    candidates = _Candidates(file)
    was = FileState.OURS
    is_let_go = False
    while True:
        await asyncio.sleep(interval_s)
        state = file.state()
        if state is not was:
            was, is_let_go = state, False
            with suppress(StoreError):  # the store itself says so in the log
                await store.ping()
        is_let_go = is_let_go or await store.database.let_go_of_log()
        if state is FileState.REPLACED and is_let_go and await candidates.is_whole():
            return


class _Candidates:
    """What lies in the place of a database: read once for each time that it was written.

    Args:
        file: The database whose place it is.
    """

    def __init__(self, file: DatabaseFile) -> None:
        self._path = Path(file.path)
        self._seen: tuple[int, int, int] | None = None
        self._is_refused = False

    async def is_whole(self) -> bool:
        """Return whether it can be begun with; False while it may still be being copied."""
        try:
            found = self._path.stat()
        except OSError:
            return False
        look = found.st_ino, found.st_size, found.st_mtime_ns
        if look != self._seen:
            self._seen, self._is_refused = look, False
            return False
        if self._is_refused:
            return False
        try:
            contents = await asyncio.to_thread(verify, self._path)
        except StoreError as error:
            self._is_refused = True
            log.error("what lies in the place of the database is of no use: %s", error)  # noqa: TRY400 - no trace
            return False
        log.warning("another database lies in its place: beginning anew with it (%s)", contents)
        return True
