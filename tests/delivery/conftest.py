"""What the tests of showing replies begin with."""

from collections.abc import AsyncGenerator

import pytest

from tests.delivery.stage import Stage, opened_stage


@pytest.fixture
async def stage() -> AsyncGenerator[Stage, None]:
    """Give a Discord without limits, and what shows replies on it."""
    async with opened_stage() as opened:
        yield opened
