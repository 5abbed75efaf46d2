"""Does on the side what nobody waits for: what is told holds up nothing that is heard."""

import asyncio
import logging
from collections.abc import Coroutine

log = logging.getLogger(__name__)

_LAST_WORDS_LIMIT_S = 0.5
"""How long what is all but done is given when the process ends."""


class Aside:
    """Owns tasks that end by themselves."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    def begin(self, work: Coroutine[None, None, None], name: str) -> None:
        """Begin something; what goes wrong with it becomes a line in the log."""
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    async def close(self) -> None:
        """Wait a little for what is under way, and cancel the rest."""
        if not self._tasks:
            return
        await asyncio.wait(self._tasks, timeout=_LAST_WORDS_LIMIT_S)
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is not None:
            log.error("%s failed", task.get_name(), exc_info=error)
