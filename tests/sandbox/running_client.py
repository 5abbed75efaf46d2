"""An unmodified discord.py client that talks to the sandbox instead of Discord."""

import asyncio
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from typing import TypeVar

import discord
import yarl
from discord.gateway import DiscordWebSocket
from discord.http import Route

from sandbox.discord_server import DiscordServer

AnyClient = TypeVar("AnyClient", bound=discord.Client)


@contextmanager
def addressed(server: DiscordServer) -> Generator[None]:
    """Let discord.py speak to a sandbox for as long as this is entered."""
    base, gateway = Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY
    Route.BASE = server.api_url
    DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(server.gateway_url)
    try:
        yield
    finally:
        Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY = base, gateway


@asynccontextmanager
async def running(server: DiscordServer, client: AnyClient) -> AsyncGenerator[AnyClient]:
    """Start a client, wait until it is ready, and close it at the end.

    What ends the client's connection before it is ready is raised.
    """
    with addressed(server):
        await client.login(server.world.bot.token)
        connection = asyncio.create_task(client.connect(), name="client-under-test")
        ready = asyncio.create_task(client.wait_until_ready(), name="wait-until-ready")
        try:
            await asyncio.wait([connection, ready], timeout=10, return_when=asyncio.FIRST_COMPLETED)
            if connection.done():
                await connection
            yield client
        finally:
            ready.cancel()
            await client.close()
            await asyncio.wait([connection, ready])
