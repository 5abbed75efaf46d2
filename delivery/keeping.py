"""Keeps which Discord messages show an answer, as soon as they have their ids."""

import asyncio
import logging
from typing import Protocol

from conversation.entities import Part
from conversation.errors import StoreError
from conversation.store_failures import report

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
        self._unkept: dict[int, Part | None] = {}
        """What the store did not take, by ordinal; None for a part that was deleted."""

    def keep(self, part: Part) -> None:
        """Store a part; the same ordinal again replaces it."""
        self._spawn(part.ordinal, part)

    def drop(self, ordinal: int) -> None:
        """Store that a part was deleted."""
        self._spawn(ordinal, None)

    async def until_kept(self) -> None:
        """Wait until all of them are stored, or were refused by the store."""
        if self._tasks:
            await asyncio.wait(self._tasks)

    async def keep_again(self) -> None:
        """Store what the store did not take, now that it may."""
        for ordinal, part in self._unkept.items():
            self._spawn(ordinal, part)
        await self.until_kept()

    def _spawn(self, ordinal: int, part: Part | None) -> None:
        before = list(self._tasks)
        name = f"part-{self._reply_id}.{ordinal}"
        task = asyncio.create_task(self._done(before, ordinal, part), name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _done(
        self, before: list[asyncio.Task[None]], ordinal: int, part: Part | None
    ) -> None:
        """Have it stored, after what came before it."""
        await asyncio.gather(*before)
        try:
            if part is None:
                await self._store.remove_part(self._reply_id, ordinal)
            else:
                await self._store.add_part(self._reply_id, part)
            self._unkept.pop(ordinal, None)
        except StoreError as error:
            self._unkept[ordinal] = part
            report(log, error, "reply %d: part %d could not be stored", self._reply_id, ordinal)
