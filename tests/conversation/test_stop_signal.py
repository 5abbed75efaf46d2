"""The signal that ends the wait for the next event of a stream."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

import pytest

from conversation.stop_signal import StopRequestedError, StopSignal


class Stream:
    """Yields what it is given, then waits for ever; notes that it was closed."""

    def __init__(self, *events: str) -> None:
        self.events = events
        self.waits = asyncio.Event()
        self.is_closed = False

    async def run(self) -> AsyncGenerator[str, None]:
        """Yield the events."""
        try:
            for event in self.events:
                yield event
            self.waits.set()
            await asyncio.Event().wait()
        finally:
            self.is_closed = True


async def nothing() -> AsyncGenerator[str, None]:
    """Yield nothing."""
    for event in ():
        yield event


async def test_events_pass() -> None:
    """As long as nobody stops it, the events come as they are."""
    signal = StopSignal()
    async with aclosing(Stream("one", "two").run()) as events:
        assert [await signal.next(events), await signal.next(events)] == ["one", "two"]
    assert not signal.is_set
    assert signal.by_id is None


async def test_wait_ends_at_once() -> None:
    """A wait that goes on is interrupted, and the stream behind it is closed."""
    signal, stream = StopSignal(), Stream()
    async with aclosing(stream.run()) as events:
        waiting = asyncio.create_task(signal.next(events))
        async with asyncio.timeout(5):
            await stream.waits.wait()
            signal.set(7)
            with pytest.raises(StopRequestedError):
                await waiting
        assert stream.is_closed
    assert signal.by_id == 7


async def test_stopped_before_the_wait() -> None:
    """After the stop no event comes, though one would be there."""
    signal = StopSignal()
    signal.set(7)
    async with aclosing(Stream("one").run()) as events:
        with pytest.raises(StopRequestedError):
            await signal.next(events)


async def test_iteration_ends_with_the_stop() -> None:
    """A stream is iterated over until it is stopped, or over."""
    signal = StopSignal()
    async with aclosing(Stream("one", "two").run()) as events:
        waits = signal.until_set(events)
        assert await anext(waits) == "one"
        signal.set(7)
        with pytest.raises(StopRequestedError):
            await anext(waits)
    async with aclosing(nothing()) as events:
        assert [event async for event in StopSignal().until_set(events)] == []


async def test_only_the_first_stop_counts() -> None:
    """Who stops first has stopped it."""
    signal = StopSignal()
    signal.set(7)
    signal.set(8)
    assert signal.by_id == 7


async def test_end_of_the_stream() -> None:
    """The end of the stream is told as such."""
    async with aclosing(nothing()) as events:
        with pytest.raises(StopAsyncIteration):
            await StopSignal().next(events)


async def test_timeout_of_the_stream_is_no_stop() -> None:
    """A limit that the stream itself sets is passed on."""

    async def late() -> AsyncGenerator[str, None]:
        raise TimeoutError
        yield ""

    async with aclosing(late()) as events:
        with pytest.raises(TimeoutError):
            await StopSignal().next(events)


async def test_cancellation_is_no_stop() -> None:
    """Cancelling the task that waits cancels it."""
    stream = Stream()
    async with aclosing(stream.run()) as events:
        waiting = asyncio.create_task(StopSignal().next(events))
        async with asyncio.timeout(5):
            await stream.waits.wait()
            waiting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await waiting
