"""Waiting for an upstream service, with a limit on every wait and on nothing else."""

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

from conversation.entities import Failure, FailureReason
from upstream.errors import UpstreamError
from upstream.wire.deadlines import Limits

Value = TypeVar("Value")


class Patience:
    """The time that is left for the next wait of one attempt.

    Only waiting uses it up: what the consumer of the stream does meanwhile costs nothing. One
    timer serves all waits, for a stream has thousands of them: it is set again only when it fires
    before its time. Whoever waited last calls `close`.
    """

    def __init__(self, limits: Limits) -> None:
        self._between_chunks_s = limits.between_chunks_s
        self._left_s = limits.first_token_s
        self.has_begun = False
        self._waiting: asyncio.Task[object] | None = None
        self._ends_at = 0.0
        self._is_late = False
        self._timer: asyncio.TimerHandle | None = None

    def token_came(self) -> None:
        """Note a text or a thought: from now on the limit between chunks holds."""
        self.has_begun = True
        self._left_s = self._between_chunks_s

    def chunk_came(self) -> None:
        """Note a chunk without text; before the first token it gives no more time."""
        if self.has_begun:
            self._left_s = self._between_chunks_s

    def shorten(self, left_s: float) -> None:
        """Wait no longer than this for the rest, since all that matters has come."""
        self._left_s = min(self._left_s, left_s)

    async def wait(self, awaitable: Awaitable[Value]) -> Value:
        """Wait within the time that is left, and use it up; one wait at a time.

        Raises:
            UpstreamError: `NO_FIRST_TOKEN` or `STALLED`.
        """
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("only a task can wait")
        cancelled_before = task.cancelling()
        began = asyncio.get_running_loop().time()
        self._begin_wait(task, began)
        try:
            return await awaitable
        except asyncio.CancelledError as error:
            if not self._is_late or task.uncancel() > cancelled_before:
                raise
            reason = FailureReason.STALLED if self.has_begun else FailureReason.NO_FIRST_TOKEN
            raise UpstreamError(Failure(reason)) from error
        finally:
            self._waiting = None
            self._left_s -= asyncio.get_running_loop().time() - began

    def close(self) -> None:
        """Drop the timer."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _begin_wait(self, task: asyncio.Task[object], now: float) -> None:
        self._waiting = task
        self._is_late = False
        self._ends_at = now + max(self._left_s, 0.0)
        if self._timer is not None and self._timer.when() > self._ends_at:
            self.close()
        if self._timer is None:
            self._set_timer()

    def _set_timer(self) -> None:
        loop = asyncio.get_running_loop()
        self._timer = loop.call_at(self._ends_at, self._look_whether_late)

    def _look_whether_late(self) -> None:
        self._timer = None
        if self._waiting is None:
            return
        if asyncio.get_running_loop().time() < self._ends_at:
            self._set_timer()
        else:
            self._is_late = True
            self._waiting.cancel()
