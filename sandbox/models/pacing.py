"""Performs an answer: its pieces at their time, its bytes in their sizes, its end as it was told.

A *framer* knows one wire format and writes bytes; this module knows time and sockets. `body()` is
the same performance without either, for tests of pure decoders.
"""

import asyncio
from collections.abc import Iterable, Iterator
from itertools import cycle
from typing import Protocol

from aiohttp import web

from sandbox.models.recording import RecordedRequest, Recording
from sandbox.models.script import Answer, Cut, Piece, Reason, Stall


class Framer(Protocol):
    """Writes one answer in one wire format; the calls come in this order.

    `opening`, then `piece` for each piece, then either `ending` or `failure`; a stream which is
    cut or stalls gets neither. Each may be stateful, and is called once a piece.
    """

    def opening(self) -> bytes:
        """Return what comes before the first piece."""
        ...

    def piece(self, piece: Piece) -> bytes:
        """Return the bytes of one piece; empty where this wire cannot carry it."""
        ...

    def ending(self, *, is_over_limit: bool) -> bytes | None:
        """Return a clean end, or None where the server cuts the connection instead."""
        ...

    def failure(self, reason: Reason) -> tuple[bytes, bool]:
        """Return the report of an error, and whether the connection is cut after it."""
        ...

    def keep_alive(self) -> bytes:
        """Return what the server sends when nothing happens; empty where there is no such thing."""
        ...


class ByteCutter:
    """Cuts what is written into pieces of given sizes, whatever the borders of lines are."""

    def __init__(self, sizes: Iterable[int] | None) -> None:
        self._sizes = None if sizes is None else cycle(sizes)
        self._next = 0 if self._sizes is None else next(self._sizes)
        self._pending = b""

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Return the writes that are due; what is shorter than the next size waits."""
        if self._sizes is None:
            if data:
                yield data
            return
        self._pending += data
        while len(self._pending) >= self._next:
            write, self._pending = self._pending[: self._next], self._pending[self._next :]
            self._next = next(self._sizes)
            yield write

    def flush(self) -> bytes:
        """Return what is left."""
        rest, self._pending = self._pending, b""
        return rest


class Wire:
    """The answer's connection to one client."""

    def __init__(
        self,
        request: web.Request,
        response: web.StreamResponse,
        sizes: Iterable[int] | None,
    ) -> None:
        self._request = request
        self._response = response
        self._cutter = ByteCutter(sizes)

    async def write(self, data: bytes) -> None:
        """Send bytes in the sizes that were asked for."""
        for part in self._cutter.feed(data):
            await self._send(part)

    async def flush(self) -> None:
        """Send what the sizes have held back."""
        rest = self._cutter.flush()
        if rest:
            await self._send(rest)

    async def cut(self) -> None:
        """Send what is left and close the connection without the end of the chunked body."""
        await self.flush()
        close_connection(self._request)

    async def _send(self, part: bytes) -> None:
        await self._response.write(part)
        await asyncio.sleep(0)


def close_connection(request: web.Request) -> None:
    """Close the connection of a request once what was written has left."""
    if request.transport is not None:
        request.transport.close()


async def perform(
    answer: Answer,
    framer: Framer,
    wire: Wire,
    *,
    recorded: RecordedRequest,
    recording: Recording,
    first_piece_limit_s: float | None = None,
) -> None:
    """Say an answer to a client, in time.

    Args:
        answer: What to say.
        framer: The wire format.
        wire: Where to.
        recorded: The request, whose `pieces_sent` is counted up.
        recording: Told of each piece.
        first_piece_limit_s: A first piece which comes later than this is not waited for; the
            answer ends with the reason "model overloaded".
    """
    await wire.write(framer.opening())
    tempo = _Tempo(answer)
    try:
        async with asyncio.timeout(first_piece_limit_s):
            await tempo.next()
    except TimeoutError:
        await _fail(framer, wire, Reason("model overloaded"))
        return
    for piece in answer.pieces():
        await wire.write(framer.piece(piece))
        recorded.pieces_sent += 1
        recording.changed()
        await tempo.next()
    await _end(answer, framer, wire)


def body(answer: Answer, framer: Framer) -> bytes:
    """Return all the bytes of an answer at once, up to where it ends, is cut or stalls."""
    data = framer.opening() + b"".join(framer.piece(piece) for piece in answer.pieces())
    match answer.fault:
        case Cut(torn_bytes=torn):
            return data + _torn(framer, torn)
        case Stall():
            return data
        case Reason() as reason:
            return data + framer.failure(reason)[0]
        case _:
            return data + (framer.ending(is_over_limit=answer.is_over_limit) or b"")


async def _end(answer: Answer, framer: Framer, wire: Wire) -> None:
    match answer.fault:
        case Cut(torn_bytes=torn):
            await wire.write(_torn(framer, torn))
            await wire.cut()
        case Stall(keep_alive_s=interval_s):
            await wire.flush()
            await _stall(framer, wire, interval_s)
        case Reason() as reason:
            await _fail(framer, wire, reason)
        case _:
            ending = framer.ending(is_over_limit=answer.is_over_limit)
            if ending is None:
                await wire.cut()
                return
            await wire.write(ending)
            await wire.flush()


def _torn(framer: Framer, size_bytes: int) -> bytes:
    """Return the beginning of a piece which never came whole."""
    return framer.piece(Piece("text", "torn apart"))[:size_bytes] if size_bytes else b""


async def _fail(framer: Framer, wire: Wire, reason: Reason) -> None:
    report, is_cut = framer.failure(reason)
    await wire.write(report)
    await wire.flush()
    if is_cut:
        await wire.cut()


async def _stall(framer: Framer, wire: Wire, interval_s: float | None) -> None:
    """Say nothing for ever; the handler is cancelled when the client or the server goes."""
    while True:
        if interval_s is None:
            await asyncio.get_running_loop().create_future()
        else:
            await asyncio.sleep(interval_s)
            await wire.write(framer.keep_alive())
            await wire.flush()


class _Tempo:
    """Waits for the time and the gate of each piece in turn, and of the end."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self._start_s = asyncio.get_running_loop().time()
        self._index = 0

    async def next(self) -> None:
        due_s = self._start_s + self._answer.pace.due_s(self._index)
        self._index += 1
        wait_s = due_s - asyncio.get_running_loop().time()
        if wait_s > 0:
            await asyncio.sleep(wait_s)
        if self._answer.hold is not None:
            await self._answer.hold.step()
