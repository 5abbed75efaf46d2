"""How long an upstream service is waited for: the limits, and the deadline of one attempt."""

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass
from typing import TypeVar

from conversation.entities import Failure, FailureReason
from upstream.errors import UpstreamError

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits on one answer, in seconds; a stream has no limit on its whole length.

    No service documents its own. The Playground's proxy gives up after 120 s of silence, so that
    60 s reports a failure sooner and cuts no answer that would have come.
    """

    connect_s: float = 10.0
    """For the connection: name, TCP, proxy and TLS together."""
    first_token_s: float = 60.0
    """From the start of the request, its connection included, to the first text or thought."""
    between_chunks_s: float = 60.0
    """From one chunk to the next; a comment that only keeps the connection alive is none."""
    list_s: float = 10.0
    """For a list of models, which a person's first question may have to wait for."""
    attempts: int = 3
    """How often a question is asked at most, at least once; never again after the first token."""
    backoff_s: float = 0.5
    """Before the second attempt; doubled for each further one, with jitter of as much on top."""
    backoff_max_s: float = 8.0
    """No backoff is longer, but for what the service asks for with `Retry-After`."""
    retry_after_max_s: float = 20.0
    """A longer `Retry-After` is not waited for: the answer fails at once and says when."""


class Deadline:
    """The deadline of the next wait of one attempt.

    Only waiting uses time up: what the consumer of the stream does between waits costs nothing.
    One timer serves all waits, for a stream has thousands: it is set anew only when it fires too
    early. Whoever opened the response calls `close`.
    """

    def __init__(self, limits: Limits) -> None:
        self._between_chunks_s = limits.between_chunks_s
        self._left_s = limits.first_token_s
        self.has_begun = False
        self._waiting: asyncio.Task[object] | None = None
        self._ends_at = 0.0
        self._is_late = False
        self._timer: asyncio.TimerHandle | None = None

    def record_token(self) -> None:
        """Record a text or a thought: from now on the limit between chunks applies."""
        self.has_begun = True
        self._left_s = self._between_chunks_s

    def record_chunk(self) -> None:
        """Record a chunk without text; before the first token it does not extend the deadline."""
        if self.has_begun:
            self._left_s = self._between_chunks_s

    def shorten(self, left_s: float) -> None:
        """Wait no longer than this for the rest, since everything that matters has come."""
        self._left_s = min(self._left_s, left_s)

    async def wait(self, awaitable: Awaitable[Value]) -> Value:
        """Await something within the time that is left; one wait at a time.

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
        """Cancel the timer."""
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
