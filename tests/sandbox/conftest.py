"""What the tests of the sandbox's Discord share."""

from collections.abc import AsyncIterator

import aiohttp
import pytest

from sandbox.discord_server import DiscordServer
from sandbox.rest.rate_limits import Limits
from sandbox.world.world import World
from tests.sandbox.place import Place


@pytest.fixture
async def place() -> AsyncIterator[Place]:
    """Serve a place without rate limits."""
    async with (
        DiscordServer(World(), limits=Limits.off()) as server,
        aiohttp.ClientSession() as session,
    ):
        yield Place(server, session)
