"""How often response bodies are read: the more answers stream at once, the less often."""

import asyncio
from collections.abc import Generator
from contextlib import contextmanager

import aiohttp

_READS_PER_S = 1000.0
"""Of all answers together. A read costs the same whatever it brings, some 0.1 ms. 200 answers are
read five times a second each, while Discord's limits let a text of each be seen every four."""
_SHORTEST_PAUSE_S = 0.06
"""A shorter pause saves nothing: up to sixty answers are read as they come."""


class ReadPacer:
    """Pace the reads of all answers that one provider streams.

    What comes meanwhile waits in the kernel, where it costs nothing. The pause is after a read, so
    that the first words are read when they come.
    """

    def __init__(self) -> None:
        self._streams = 0

    @contextmanager
    def streaming(self) -> Generator[None, None, None]:
        """Count an answer while it streams."""
        self._streams += 1
        try:
            yield
        finally:
            self._streams -= 1

    async def pause(self, response: aiohttp.ClientResponse) -> None:
        """Pause before the next read, if many stream."""
        pause_s = self._streams / _READS_PER_S
        connection = response.connection
        transport = None if connection is None else connection.transport
        if pause_s <= _SHORTEST_PAUSE_S or transport is None:
            return
        transport.pause_reading()
        await asyncio.sleep(pause_s)
        transport.resume_reading()
