"""What a web page in a browser on the same machine can try at the health port."""

from http import HTTPStatus

import aiohttp
import pytest

from tests.e2e.health_port import bot_with_health
from tests.e2e.scene import Scene

PATHS = ("/livez", "/readyz", "/metrics")


@pytest.mark.parametrize("path", PATHS)
async def test_a_rebound_name_reads_no_health(
    scene: Scene, caplog: pytest.LogCaptureFixture, path: str
) -> None:
    """A page whose own name was made to lead here (DNS rebinding) is refused."""
    async with bot_with_health(scene, caplog) as port, aiohttp.ClientSession() as session:
        for host in ("page.example", "page.example:80", "127.0.0.1.page.example", "[::2]"):
            async with session.get(port.url + path, headers={"Host": host}) as answer:
                assert answer.status == HTTPStatus.MISDIRECTED_REQUEST
        for host in ("127.0.0.1", "localhost:8738", "[::1]:8738"):
            async with session.get(port.url + path, headers={"Host": host}) as answer:
                assert answer.status != HTTPStatus.MISDIRECTED_REQUEST


async def test_another_origin_is_given_no_leave_to_read(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    """No answer lets a page of another origin read it, and there is nothing but to read."""
    async with bot_with_health(scene, caplog) as port, aiohttp.ClientSession() as session:
        for path in PATHS:
            page = {"Origin": "https://page.example"}
            async with session.get(port.url + path, headers=page) as answer:
                assert "Access-Control-Allow-Origin" not in answer.headers
            async with session.post(port.url + path) as answer:
                assert answer.status == HTTPStatus.METHOD_NOT_ALLOWED
