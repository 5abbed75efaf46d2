"""A real browser for the page's tests: Debian's Chromium, driven by Playwright."""

import os
import shutil
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from playwright.async_api import Browser, ConsoleMessage, Error, Page, Request, async_playwright

from sandbox.page.server import PageServer

_NAMES = ("chromium", "chromium-browser", "google-chrome")
_MISSING = "Chromium is missing: install it with `apt-get install chromium` and run the tests again"
_WAIT_MS = 8000


def chromium() -> str:
    """Find the browser; without one its tests are skipped, but on CI they fail."""
    found = next((path for name in _NAMES if (path := shutil.which(name))), None)
    if found is None:
        if os.environ.get("CI"):
            pytest.fail(_MISSING)
        pytest.skip(_MISSING)
    return found


@asynccontextmanager
async def started_browser() -> AsyncGenerator[Browser, None]:
    """Start the browser; its own sandbox is off, since tests may be run by root in a container."""
    path = chromium()
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        try:
            yield browser
        finally:
            await browser.close()


class Surfer:
    """Opens windows on the page, and notes what a page must never do.

    Attributes:
        problems: Errors in a window's console, and requests to anywhere but the page's server.
    """

    def __init__(self, browser: Browser, page: PageServer) -> None:
        self.problems: list[str] = []
        self._browser = browser
        self._page = page

    async def open(
        self,
        *,
        welcomed: bool = True,
        width: int = 1280,
        height: int = 720,
        address: str | None = None,
        **more: Any,
    ) -> Page:
        """Open a window of its own; `welcomed` has closed the newcomer's panel before."""
        more = {"viewport": {"width": width, "height": height}, "locale": "en-GB", **more}
        context = await self._browser.new_context(**more)
        context.set_default_timeout(_WAIT_MS)
        if welcomed:
            await context.add_init_script("localStorage.setItem('welcomed', 'yes')")
        window = await context.new_page()
        window.on("console", self._note_console)
        window.on("pageerror", self._note_error)
        window.on("request", self._note_request)
        await window.goto(address or self._page.url)
        return window

    def _note_console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.problems.append(message.text)

    def _note_error(self, error: Error) -> None:
        self.problems.append(str(error))

    def _note_request(self, request: Request) -> None:
        if not request.url.startswith((self._page.address, "data:")):
            self.problems.append(f"a request to {request.url}")
