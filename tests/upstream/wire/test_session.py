"""The session, direct and through proxies, and what cannot be reached."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, aclosing, asynccontextmanager

import pytest

from conversation.entities import FailureReason
from conversation.events import TextDelta
from sandbox.models.openai.server import OpenAIServer
from sandbox.models.script import Answer, AskedConversation, Gate, Script
from tests.contracts.provider_stands import QUICK, ask, told
from upstream.openai.provider import OpenAICompatible
from upstream.wire.session import open_session

OpenProxy = Callable[[], AbstractAsyncContextManager[tuple[str, list[bytes]]]]


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()
    writer.close()


@asynccontextmanager
async def socks5_proxy() -> AsyncGenerator[tuple[str, list[bytes]], None]:
    """A SOCKS 5 proxy (RFC 1928) that notes which addresses it was asked for."""
    asked: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        methods = (await reader.readexactly(2))[1]
        await reader.readexactly(methods)
        writer.write(b"\x05\x00")
        kind = (await reader.readexactly(4))[3]
        length = 4 if kind == 1 else (await reader.readexactly(1))[0]
        address = await reader.readexactly(length)
        port = int.from_bytes(await reader.readexactly(2), "big")
        asked.append(address)
        there_reader, there_writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00")
        await asyncio.gather(_pump(reader, there_writer), _pump(there_reader, writer))

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        yield f"socks5://127.0.0.1:{server.sockets[0].getsockname()[1]}", asked


@asynccontextmanager
async def http_proxy() -> AsyncGenerator[tuple[str, list[bytes]], None]:
    """An HTTP proxy that passes on what it is sent, and notes the request lines."""
    asked: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        line = await reader.readline()
        asked.append(line)
        target = line.split(b" ")[1]
        port = int(target.split(b"/")[2].rpartition(b":")[2])
        there_reader, there_writer = await asyncio.open_connection("127.0.0.1", port)
        there_writer.write(line.replace(target, b"/" + target.split(b"/", 3)[3]))
        await asyncio.gather(_pump(reader, there_writer), _pump(there_reader, writer))

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", asked


@pytest.mark.parametrize("open_proxy", [socks5_proxy, http_proxy])
async def test_goes_through_the_proxy(open_proxy: OpenProxy) -> None:
    """With a proxy every request goes through it."""
    async with (
        OpenAIServer(Script(Answer("through"))) as server,
        open_proxy() as (url, asked),
        open_session(url) as session,
    ):
        provider = OpenAICompatible(session, "local", server.base_url, limits=QUICK)
        assert (await told(provider, ask("demo", "hi"))).text == "through"
        assert len(asked) == 1


@pytest.mark.parametrize("scheme", ["http", "socks5", "socks4"])
async def test_missing_proxy_is_unreachable(scheme: str) -> None:
    """A proxy that is not there makes the service unreachable, and nothing goes around it."""
    async with OpenAIServer(Script()) as server, open_session(f"{scheme}://127.0.0.1:9") as session:
        provider = OpenAICompatible(session, "local", server.base_url, limits=QUICK)
        answer = await told(provider, ask("demo", "hi"))
    assert answer.end.failure is not None
    assert answer.end.failure.reason is FailureReason.UNREACHABLE
    assert server.requests == []


@pytest.mark.parametrize(
    "proxy", ["ftp://h:1", "socks5://", "http://pass@", "nonsense", "http://[::1", "http://h:x"]
)
async def test_wrong_proxy_is_refused(proxy: str) -> None:
    """A URL that is no proxy's is refused at once, and not quoted, for it may hold a password."""
    with pytest.raises(ValueError, match="the proxy's URL") as caught:
        async with open_session(proxy):
            pass
    assert proxy not in str(caught.value)


@pytest.mark.parametrize("base_url", ["http://127.0.0.1:9", "http://nowhere.invalid", "http://"])
async def test_unreachable(base_url: str) -> None:
    """A closed port, an unknown name and no name at all are unreachable."""
    async with open_session() as session:
        provider = OpenAICompatible(session, "local", base_url, limits=QUICK)
        answer = await told(provider, ask("demo", "hi"))
    assert answer.end.failure is not None
    assert answer.end.failure.reason is FailureReason.UNREACHABLE


async def test_answers_do_not_wait_for_connections() -> None:
    """More answers stream at once than a common pool has connections."""

    def half_an_answer(_: AskedConversation) -> Answer:
        gate = Gate()
        gate.release()
        return Answer(chunks=["one", "two"], hold=gate)

    async with (
        OpenAIServer(Script(default=half_an_answer)) as server,
        open_session() as session,
        AsyncExitStack() as stack,
    ):
        provider = OpenAICompatible(session, "local", server.base_url, limits=QUICK)
        for _ in range(120):
            events = await stack.enter_async_context(aclosing(provider.stream(ask("demo", "hi"))))
            assert isinstance(await anext(events), TextDelta)


async def test_connection_serves_again() -> None:
    """Questions that follow each other share a connection."""
    async with (
        OpenAIServer(Script()) as server,
        http_proxy() as (url, asked),
        open_session(url) as session,
    ):
        provider = OpenAICompatible(session, "local", server.base_url, limits=QUICK)
        for _ in range(3):
            assert (await told(provider, ask("demo", "hi"))).text
        assert len(server.requests) == 3
        assert len(asked) == 1
