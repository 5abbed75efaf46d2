"""What the tests of upstream services share."""

from collections.abc import AsyncGenerator

import aiohttp
import pytest

from tests.upstream.playground.playground_house import House, open_house
from upstream.wire.session import open_session


@pytest.fixture(params=["m25", "t26"])
async def house(request: pytest.FixtureRequest) -> AsyncGenerator[House, None]:
    """Both dialects."""
    async with open_house(request.param) as opened:
        yield opened


@pytest.fixture
async def m25() -> AsyncGenerator[House, None]:
    """The dialect of 2025."""
    async with open_house("m25") as opened:
        yield opened


@pytest.fixture
async def t26() -> AsyncGenerator[House, None]:
    """The dialect of 2026."""
    async with open_house("t26") as opened:
        yield opened


@pytest.fixture
async def session() -> AsyncGenerator[aiohttp.ClientSession, None]:
    """One session."""
    async with open_session() as opened:
        yield opened
