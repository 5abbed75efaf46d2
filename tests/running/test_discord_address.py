"""Where the library is pointed."""

from collections.abc import Iterator

import discord.gateway
import discord.http
import pytest
from aiohttp import web

from sandbox.guard import listen
from startup.discord_address import DiscordAddressError, gateway_of
from startup.discord_login import point_library_at


@pytest.fixture(autouse=True)
def _as_it_was() -> Iterator[None]:
    """Point the library back at the end."""
    base, gateway = discord.http.Route.BASE, discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY
    yield
    discord.http.Route.BASE = base
    discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY = gateway


async def _pointed_at(answer: web.Response) -> str:
    """Point the library at a server with that answer to GET /gateway; give its base."""

    async def gateway(_: web.Request) -> web.Response:
        return answer

    application = web.Application()
    application.router.add_get("/api/v10/gateway", gateway)
    runner, port = await listen(application)
    try:
        base = f"http://127.0.0.1:{port}/api/v10"
        point_library_at(base, await gateway_of(base))
    finally:
        await runner.cleanup()
    return base


async def test_gateway_is_the_one_named_there() -> None:
    """The gateway is the one that GET /gateway names."""
    base = await _pointed_at(web.json_response({"url": "ws://127.0.0.1:1/"}))
    assert base == discord.http.Route.BASE
    assert str(discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY) == "ws://127.0.0.1:1/"


async def test_without_one_it_is_discords_own() -> None:
    """Where GET /gateway is answered with 404, the gateway stays Discord's own."""
    before = discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY
    base = await _pointed_at(web.Response(status=404))
    assert base == discord.http.Route.BASE
    assert before == discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY


@pytest.mark.parametrize(
    "answer",
    [
        web.Response(status=500),
        web.json_response([]),
        web.json_response({"url": 7}),
        web.json_response({"url": "https://example.com"}),
        web.Response(text="{", content_type="application/json"),
        web.Response(text="hello"),
    ],
    ids=["500", "a list", "a number", "no socket", "torn", "no JSON"],
)
async def test_another_answer_is_an_error(answer: web.Response) -> None:
    """What is no answer of Discord's is an error."""
    with pytest.raises(DiscordAddressError):
        await _pointed_at(answer)
