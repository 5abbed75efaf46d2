"""Waiting for an upstream service, with a limit on every wait and on nothing else."""

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

from conversation.entities import Failure, FailureReason
from upstream.errors import UpstreamError
from upstream.limits import Limits

Value = TypeVar("Value")


class Patience:
    """The time that is left for the next wait of one attempt.

    Only waiting uses it up: what the consumer of the stream does meanwhile costs nothing.
    """

    def __init__(self, limits: Limits) -> None:
        self._between_chunks_s = limits.between_chunks_s
        self._left_s = limits.first_token_s
        self.has_begun = False

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
        """Wait within the time that is left, and use it up.

        Raises:
            UpstreamError: `NO_FIRST_TOKEN` or `STALLED`.
        """
        loop = asyncio.get_running_loop()
        began = loop.time()
        try:
            async with asyncio.timeout(max(self._left_s, 0.0)):
                return await awaitable
        except TimeoutError as error:
            reason = FailureReason.STALLED if self.has_begun else FailureReason.NO_FIRST_TOKEN
            raise UpstreamError(Failure(reason)) from error
        finally:
            self._left_s -= loop.time() - began
