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
    connection closes at once, and no task is made for it: a stream of thousands of events
    costs one timer handle each at most.
    """

    def __init__(self) -> None:
        self._wait: asyncio.Timeout | None = None
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
        if self._wait is not None:
            self._wait.reschedule(asyncio.get_running_loop().time())

    async def next(self, events: AsyncGenerator[_Event, None]) -> _Event:
        """Wait for the next event of a stream.

        Raises:
            StopRequestedError: Somebody stopped the answer, before or during the wait.
            StopAsyncIteration: The stream is over.
        """
        if self.is_set:
            raise StopRequestedError
        try:
            async with asyncio.timeout(None) as self._wait:
                return await anext(events)
        except TimeoutError as error:
            if self.is_set:
                raise StopRequestedError from error
            raise
        finally:
            self._wait = None
