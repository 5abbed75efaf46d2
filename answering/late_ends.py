"""Shows how answers ended that could not be stored then, once they are stored after all."""

import asyncio
import logging

from answering.ends import Ends
from conversation.checkpoints import Checkpoints
from conversation.errors import StoreError
from conversation.ports import Store
from conversation.store_failures import report
from delivery.reply_lane import ReplyDisplay

log = logging.getLogger(__name__)


class LateEnds:
    """Waits for the ends that are owed to the store.

    Args:
        checkpoints: Stores them when it can.
        store: Knows what has become of them.
        ends: Shows them.
    """

    def __init__(self, checkpoints: Checkpoints, store: Store, ends: Ends) -> None:
        self._checkpoints = checkpoints
        self._store = store
        self._ends = ends
        self._tasks: set[asyncio.Task[None]] = set()
        self._is_closed = False

    def expect(self, display: ReplyDisplay) -> None:
        """Show the true end of an answer when it is stored, in place of what its display showed.

        Args:
            display: That of the answer; closed.
        """
        if self._is_closed:
            return
        task = asyncio.create_task(self._show(display), name=f"late-end-{display.turn_id}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """Wait for no more; the next start shows what is stored until then."""
        self._is_closed = True
        await self._ends.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _show(self, display: ReplyDisplay) -> None:
        await self._checkpoints.until_settled(display.turn_id)
        await display.keep_again()
        try:
            shown = await self._store.shown_turn(display.turn_id)
            if shown is not None and shown.turn.outcome is not None:
                await self._ends.show_late(shown)
        except StoreError as error:
            report(log, error, "turn %d: its end is not shown", display.turn_id)
