"""What the tests of the service begin with."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from tests.conversation.house import House, opened_house


@pytest.fixture
async def house(tmp_path: Path) -> AsyncGenerator[House, None]:
    """Return the core with everything real around it."""
    async with opened_house(tmp_path) as opened:
        yield opened
