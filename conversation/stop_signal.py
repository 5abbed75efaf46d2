"""The signal with which a person stops an answer."""

import asyncio
from collections.abc import AsyncGenerator
from typing import TypeVar

_Event = TypeVar("_Event")


class StopRequestedError(Exception):
    """The answer is to be stopped; the stream behind it is closed already."""


class StopSignal:
    """Ends the wait for the next event of a stream at once, when somebody says so.

    One signal belongs to one answer. The wait itself is interrupted, so that the upstream
    connection closes at once, and neither a task nor a timer is made for it: a stream has
    thousands of events.
    """

    def __init__(self) -> None:
        self._waiting: asyncio.Task[object] | None = None
        self._is_interrupted = False
        self.by_id: int | None = None
        """Who stopped it, a snowflake; None as long as nobody did."""

    @property
    def is_set(self) -> bool:
        """Whether somebody has stopped the answer."""
        return self.by_id is not None

    def set(self, by_id: int) -> None:
        """Stop the answer; only the first call counts."""
        if self.is_set:
            return
        self.by_id = by_id
        if self._waiting is not None:
            self._is_interrupted = True
            self._waiting.cancel()

    async def next(self, events: AsyncGenerator[_Event, None]) -> _Event:
        """Wait for the next event of a stream.

        Raises:
            StopRequestedError: Somebody stopped the answer, before or during the wait.
            StopAsyncIteration: The stream is over.
        """
        if self.is_set:
            raise StopRequestedError
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("only a task can wait")
        cancelled_before = task.cancelling()
        self._waiting = task
        try:
            return await anext(events)
        except asyncio.CancelledError as error:
            if self._is_interrupted and task.uncancel() <= cancelled_before:
                raise StopRequestedError from error
            raise
        finally:
            self._waiting = None
