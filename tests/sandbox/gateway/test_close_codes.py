"""The gateway, spoken to frame by frame: what discord.py would never send, or hides."""

import zlib
from collections.abc import AsyncIterator, Callable
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from sandbox.discord_server import DiscordServer
from sandbox.gateway.server import Gateway
from sandbox.guard import listen
from sandbox.rest.rate_limits import Limits
from sandbox.world.world import World

Identify = Callable[..., dict[str, Any]]


@pytest.fixture
async def server() -> AsyncIterator[DiscordServer]:
    """Serve an empty world."""
    async with DiscordServer(World(), limits=Limits.off()) as server:
        yield server


@pytest.fixture
async def socket(server: DiscordServer) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
    """Open a connection that has been told HELLO."""
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(f"{server.gateway_url}?v=10&encoding=json") as socket,
    ):
        hello = await socket.receive_json(timeout=5)
        assert hello["op"] == 10
        assert hello["d"]["heartbeat_interval"] == 41_250
        yield socket


@pytest.fixture
def identify(server: DiscordServer) -> Identify:
    """Return what writes an IDENTIFY that is right but for the given changes."""

    def frame(**changes: Any) -> dict[str, Any]:
        data: dict[str, Any] = {"token": server.world.bot.token, "intents": 1, "properties": {}}
        return {"op": 2, "d": data | changes}

    return frame


async def _close_code(socket: aiohttp.ClientWebSocketResponse) -> int | None:
    """Read until the gateway closes, and give the code."""
    async for _ in socket:
        pass
    return socket.close_code


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"token": "wrong"}, 4004),
        ({"intents": 1 << 40}, 4013),
        ({"intents": "all"}, 4013),
        ({"shard": [3, 2]}, 4010),
    ],
)
async def test_a_wrong_identify_is_closed_with_its_code(
    socket: aiohttp.ClientWebSocketResponse,
    identify: Identify,
    changes: dict[str, Any],
    code: int,
) -> None:
    """Wrong token, unknown intents and impossible shards each have a close code."""
    await socket.send_json(identify(**changes))
    assert await _close_code(socket) == code


@pytest.mark.parametrize(
    ("sent", "code"), [('{"op": 3, "d": {}}', 4003), ("{", 4002), ("[]", 4002)]
)
async def test_a_wrong_beginning_is_closed_with_its_code(
    socket: aiohttp.ClientWebSocketResponse, sent: str, code: int
) -> None:
    """Before IDENTIFY nothing else may come, and everything has to be a JSON frame."""
    await socket.send_str(sent)
    assert await _close_code(socket) == code


@pytest.mark.parametrize(("operation", "code"), [(2, 4005), (99, 4001)])
async def test_a_wrong_frame_in_a_session_is_closed_with_its_code(
    socket: aiohttp.ClientWebSocketResponse, identify: Identify, operation: int, code: int
) -> None:
    """A second IDENTIFY and an unknown opcode each have a close code."""
    await socket.send_json(identify())
    await socket.send_json(identify() | {"op": operation})
    assert await _close_code(socket) == code


async def test_heartbeats_are_acknowledged(socket: aiohttp.ClientWebSocketResponse) -> None:
    """Each heartbeat is answered with opcode 11, also before IDENTIFY."""
    await socket.send_json({"op": 1, "d": None})
    answer = await socket.receive_json(timeout=5)
    assert answer["op"] == 11


async def test_an_unknown_session_is_invalid(
    socket: aiohttp.ClientWebSocketResponse, server: DiscordServer, identify: Identify
) -> None:
    """RESUME of an unknown session gets opcode 9 that is not resumable; IDENTIFY may follow."""
    data = {"token": server.world.bot.token, "session_id": "gone", "seq": 7}
    await socket.send_json({"op": 6, "d": data})
    answer = await socket.receive_json(timeout=5)
    assert (answer["op"], answer["d"]) == (9, False)
    await socket.send_json(identify())
    assert (await socket.receive_json(timeout=5))["t"] == "READY"


async def test_compression_is_one_stream_with_flushed_messages(
    server: DiscordServer, identify: Identify
) -> None:
    """With `compress=zlib-stream` each message ends in 00 00 FF FF and needs the ones before."""
    inflater = zlib.decompressobj()
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(f"{server.gateway_url}?compress=zlib-stream") as socket,
    ):
        hello = await socket.receive_bytes(timeout=5)
        await socket.send_json(identify())
        ready = await socket.receive_bytes(timeout=5)
    assert hello.endswith(b"\x00\x00\xff\xff")
    assert ready.endswith(b"\x00\x00\xff\xff")
    assert b'"op":10' in inflater.decompress(hello)
    assert b'"t":"READY"' in inflater.decompress(ready)


async def test_a_page_of_another_site_cannot_connect(server: DiscordServer) -> None:
    """A WebSocket with an `Origin` is refused, since browsers let any site open one."""
    async with aiohttp.ClientSession() as session:
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await session.ws_connect(server.gateway_url, origin="https://example.com")
    assert refused.value.status == 403


async def test_another_version_is_refused(server: DiscordServer) -> None:
    """The gateway speaks version 10 only."""
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(f"{server.gateway_url}?v=6") as socket,
    ):
        assert await _close_code(socket) == 4012


async def test_a_client_that_sends_too_much_is_closed(
    socket: aiohttp.ClientWebSocketResponse,
) -> None:
    """Past 120 frames in a minute close code 4008 ends the connection."""
    for _ in range(121):
        await socket.send_json({"op": 1, "d": None})
    assert await _close_code(socket) == 4008


async def test_a_request_of_a_wrong_shape_is_closed(
    socket: aiohttp.ClientWebSocketResponse, identify: Identify
) -> None:
    """Data that an opcode cannot have ends the connection with close code 4002."""
    await socket.send_json(identify())
    await socket.send_json({"op": 8, "d": {"query": ""}})
    assert await _close_code(socket) == 4002


async def test_a_client_that_falls_silent_is_closed() -> None:
    """Without heartbeats the connection ends with close code 4009."""
    gateway = Gateway(World(), heartbeat_interval_s=0.02)
    application = web.Application()
    application.router.add_get("/", gateway.handle)
    runner, port = await listen(application)
    try:
        async with (
            aiohttp.ClientSession() as session,
            session.ws_connect(f"ws://127.0.0.1:{port}/") as socket,
        ):
            assert await _close_code(socket) == 4009
    finally:
        await gateway.close()
        await runner.cleanup()
