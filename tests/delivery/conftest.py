"""What the tests of showing replies begin with."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from tests.delivery.stage import Stage, opened_stage


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncGenerator[Stage, None]:
    """Return a Discord without limits, and what shows replies on it."""
    async with opened_stage(tmp_path) as opened:
        yield opened
