"""What every test of an attack on the running bot begins with."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from tests.e2e.scene import Scene, opened_scene


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncGenerator[Scene, None]:
    """Return the sandbox's servers, with nobody answering yet."""
    async with opened_scene(tmp_path / "data") as opened:
        yield opened
