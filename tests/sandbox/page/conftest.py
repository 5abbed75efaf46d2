"""What every test of the page begins with."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from sandbox.page.server import PageServer
from tests.e2e.scene import Scene, opened_scene
from tests.sandbox.page.browser import Surfer, started_browser


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncGenerator[Scene, None]:
    """Return the sandbox's servers, with nobody answering yet."""
    async with opened_scene(tmp_path / "data") as opened:
        yield opened


@pytest.fixture
async def page(scene: Scene) -> AsyncGenerator[PageServer, None]:
    """Return the page of the scene."""
    people = (scene.ann, scene.ben)
    async with PageServer(scene.discord, scene.world, scene.guild, people) as served:
        yield served


@pytest.fixture
async def surfer(page: PageServer) -> AsyncGenerator[Surfer, None]:
    """Return a browser in which nothing may go wrong."""
    async with started_browser() as browser:
        surfer = Surfer(browser, page)
        yield surfer
        assert surfer.problems == []
