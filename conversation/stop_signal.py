"""The signal with which a person stops an answer."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable
from typing import Generic, TypeVar

_Event = TypeVar("_Event")


class StopRequestedError(Exception):
    """The answer is to be stopped; a stream that was being waited for is closed already."""


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

    def raise_if_set(self) -> None:
        """Raise where somebody has stopped the answer.

        Raises:
            StopRequestedError: Somebody has.
        """
        if self.by_id is not None:
            raise StopRequestedError

    def until_set(self, events: AsyncGenerator[_Event, None]) -> "_UntilSet[_Event]":
        """Iterate over a stream, each wait being one of `next`; closing it is the caller's."""
        return _UntilSet(self, events)

    async def next(self, events: AsyncGenerator[_Event, None]) -> _Event:
        """Wait for the next event of a stream.

        Raises:
            StopRequestedError: Somebody stopped the answer, before or during the wait.
            StopAsyncIteration: The stream is over.
        """
        self.raise_if_set()
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


class _UntilSet(Generic[_Event]):
    """The events of a stream until a signal is set: an iterator, and no further generator."""

    def __init__(self, signal: StopSignal, events: AsyncGenerator[_Event, None]) -> None:
        self._signal = signal
        self._events = events

    def __aiter__(self) -> "_UntilSet[_Event]":
        return self

    def __anext__(self) -> Awaitable[_Event]:
        return self._signal.next(self._events)
