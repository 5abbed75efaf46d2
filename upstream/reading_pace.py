"""How often the bodies of answers are read: the more of them stream at once, the more rarely."""

import asyncio
from collections.abc import Generator
from contextlib import contextmanager

import aiohttp

_READS_PER_S = 2000.0
"""Of all answers together. A read costs the same whatever it brings, some 0.1 ms. With 200 answers
of 60 tokens a second it brings six tokens, which Discord's limits let nobody see sooner anyway."""
_SHORTEST_PAUSE_S = 0.04
"""A shorter pause saves nothing: up to eighty answers are read as they come."""


class ReadingPace:
    """The pace of reading of all answers that one provider streams.

    What comes meanwhile waits in the kernel, where it costs nothing. It is after a read that one
    waits: the first words are read when they come.
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
        """Let more come before the next read, if many stream."""
        pause_s = self._streams / _READS_PER_S
        connection = response.connection
        transport = None if connection is None else connection.transport
        if pause_s <= _SHORTEST_PAUSE_S or transport is None:
            return
        transport.pause_reading()
        await asyncio.sleep(pause_s)
        transport.resume_reading()
