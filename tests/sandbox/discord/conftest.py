"""What the tests of the sandbox's Discord share."""

from collections.abc import AsyncIterator

import aiohttp
import pytest

from sandbox.discord.limits import Limits
from sandbox.discord.server import DiscordServer
from sandbox.discord.world import World
from tests.sandbox.discord.place import Place


@pytest.fixture
async def place() -> AsyncIterator[Place]:
    """Serve a place without rate limits."""
    async with (
        DiscordServer(World(), limits=Limits.off()) as server,
        aiohttp.ClientSession() as session,
    ):
        yield Place(server, session)
