"""How often the bodies of answers are read when many stream at once."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import ExitStack, asynccontextmanager

import aiohttp
from aiohttp import web

from upstream.wire.read_pacing import ReadPacer


@asynccontextmanager
async def unfinished_answer() -> AsyncGenerator[aiohttp.ClientResponse, None]:
    """Begin to receive a body that does not end by itself."""

    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(b"a")
        await ended.wait()
        return response

    ended = asyncio.Event()
    application = web.Application()
    application.router.add_get("/", answer)
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    async with aiohttp.ClientSession() as session:
        host, port = runner.addresses[0]
        async with session.get(f"http://{host}:{port}/") as response:
            await response.content.readany()
            yield response
        ended.set()
    await runner.cleanup()


def is_reading(response: aiohttp.ClientResponse) -> bool:
    """Whether what comes is read from the socket now."""
    connection = response.connection
    assert connection is not None
    assert connection.transport is not None
    return connection.transport.is_reading()


async def test_few_answers_are_read_as_they_come() -> None:
    """With up to sixty answers at once, nothing waits."""
    pacer = ReadPacer()
    async with unfinished_answer() as response:
        with ExitStack() as streams:
            for _ in range(60):
                streams.enter_context(pacer.streaming())
            pausing = pacer.pause(response)
            try:
                pausing.send(None)
            except StopIteration:
                assert is_reading(response)
            else:
                raise AssertionError("it waited")


async def test_many_answers_are_read_more_rarely() -> None:
    """With two hundred at once, what comes after a read waits in the kernel for a while."""
    pacer = ReadPacer()
    async with unfinished_answer() as response:
        with ExitStack() as streams:
            for _ in range(200):
                streams.enter_context(pacer.streaming())
            pausing = asyncio.create_task(pacer.pause(response))
            await asyncio.sleep(0)
            assert not is_reading(response)
            await pausing
            assert is_reading(response)
        await pacer.pause(response)
        assert is_reading(response)
