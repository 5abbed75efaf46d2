"""Keeps which Discord messages show an answer, as soon as they have their ids."""

import asyncio
import logging
from collections.abc import Coroutine
from typing import Protocol

from conversation.entities import Part
from conversation.errors import StoreError
from conversation.reporting import report

log = logging.getLogger(__name__)


class PartStore(Protocol):
    """What is needed of the store; see `conversation.ports.Store`."""

    async def add_part(self, reply_id: int, part: Part) -> None:
        """Note a Discord message that shows a reply; the same ordinal again replaces it."""
        ...

    async def remove_part(self, reply_id: int, ordinal: int) -> None:
        """Note that a Discord message that showed a reply is not there any more."""
        ...


class PartKeeping:
    """Stores the parts of one reply while others are shown: nothing waits for the store.

    Args:
        reply_id: The reply.
        store: Where they are kept.
    """

    def __init__(self, reply_id: int, store: PartStore) -> None:
        self._reply_id = reply_id
        self._store = store
        self._tasks: set[asyncio.Task[None]] = set()

    def keep(self, part: Part) -> None:
        """Store a part; the same ordinal again replaces it."""
        self._spawn(self._store.add_part(self._reply_id, part), part.ordinal)

    def drop(self, ordinal: int) -> None:
        """Store that a part was deleted."""
        self._spawn(self._store.remove_part(self._reply_id, ordinal), ordinal)

    async def until_kept(self) -> None:
        """Wait until all of them are stored."""
        if self._tasks:
            await asyncio.wait(self._tasks)

    def _spawn(self, work: Coroutine[None, None, None], ordinal: int) -> None:
        before = list(self._tasks)
        name = f"part-{self._reply_id}.{ordinal}"
        task = asyncio.create_task(self._done(work, before, ordinal), name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _done(
        self, work: Coroutine[None, None, None], before: list[asyncio.Task[None]], ordinal: int
    ) -> None:
        """Have it stored, after what came before it."""
        await asyncio.gather(*before)
        try:
            await work
        except StoreError as error:
            report(log, error, "reply %d: part %d could not be stored", self._reply_id, ordinal)
