"""`python -m tests.sandbox.page.screenshots docs` takes the README's pictures of the page.

The sandbox and the real bot run in this process; the demo model answers. The pictures are of a
mid-stream answer in dark, of commands in light, and of a narrow window.
"""

import asyncio
import sys
import tempfile
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

from playwright.async_api import Page, expect

from sandbox.demo.model import demo_answerer
from sandbox.page.server import PageServer
from sandbox.rest.rate_limits import Limits
from tests.e2e.scene import opened_scene
from tests.sandbox.page.browser import Surfer, started_browser

_LARGEST_BYTES = 300_000
_HEIGHT = 720


async def _streaming(window: Page) -> None:
    """Catch an answer while it is written."""
    await window.locator(".try").nth(2).click()
    await expect(window.locator(".rows button")).to_be_visible()
    await expect(window.locator(".body pre")).to_be_visible(timeout=20_000)


async def _commands(window: Page) -> None:
    """Ask for code, then open the palette."""
    await window.locator("#text").fill("@bobbin show me some code")
    await window.keyboard.press("Enter")
    await expect(window.locator(".body pre")).to_be_visible(timeout=20_000)
    await expect(window.locator(".rows button")).to_have_count(0, timeout=20_000)
    await window.locator("#text").fill("/")
    await expect(window.locator(".suggestions li").first).to_be_visible()


async def _narrow(window: Page) -> None:
    """Ask on a telephone."""
    await window.locator(".try").nth(0).click()
    await expect(window.locator("#top h1")).to_have_text("What can you do?")
    await expect(window.locator(".body li").nth(2)).to_be_visible(timeout=20_000)


_PICTURES: Mapping[str, tuple[int, str, bool, Callable[[Page], Awaitable[None]]]] = {
    "page-streaming": (1200, "dark", False, _streaming),
    "page-commands": (1200, "light", True, _commands),
    "page-narrow": (360, "dark", False, _narrow),
}
"""Of each picture: the width, the colours, whether the panel was closed, and what is done."""


async def take(folder: Path) -> None:
    """Take all pictures into a folder that is there.

    Raises:
        ValueError: One is too large for the README.
    """
    with tempfile.TemporaryDirectory() as data:
        async with opened_scene(Path(data), Limits()) as scene, started_browser() as browser:
            scene.script.default = demo_answerer()
            scene.guild.name, scene.ann.name = "Sandbox", "you"
            scene.world.create_text_channel(scene.guild, "random")
            scene.world.create_forum(scene.guild, "questions")
            people = (scene.ann, scene.ben)
            async with (
                PageServer(scene.discord, scene.world, scene.guild, people) as page,
                scene.bot(),
            ):
                surfer = Surfer(browser, page)
                for name, (width, scheme, welcomed, act) in _PICTURES.items():
                    window = await surfer.open(
                        welcomed=welcomed, width=width, height=_HEIGHT, color_scheme=scheme
                    )
                    await expect(window.locator("#top h1")).to_have_text("# general")
                    await act(window)
                    await _save(window, folder / f"{name}.png")
                    await window.context.close()


async def _save(window: Page, path: Path) -> None:
    picture = await window.screenshot(path=path, animations="disabled")
    if len(picture) > _LARGEST_BYTES:
        raise ValueError(f"{path} has {len(picture)} bytes, over {_LARGEST_BYTES}")
    print(f"{path}: {len(picture) // 1024} KB")  # noqa: T201


if __name__ == "__main__":
    asyncio.run(take(Path(sys.argv[1] if len(sys.argv) > 1 else "docs")))
