"""What keeps the page to itself."""

import asyncio
from contextlib import AsyncExitStack
from io import BytesIO

import aiohttp
import pytest
from aiohttp import WSMsgType
from yarl import URL

from sandbox.page.server import WRONG_TOKEN, PageServer
from tests.e2e.scene import Scene
from tests.sandbox.page.page_client import token_of, window_of

_FOREIGN = ("http://evil.example", "null", "http://127.0.0.1:1", "https://127.0.0.1")
_PATHS = ("/", "/static/app.js", "/socket", "/files/x")


@pytest.mark.parametrize("origin", _FOREIGN)
@pytest.mark.parametrize("path", _PATHS)
async def test_a_page_of_another_origin_reads_nothing(
    page: PageServer, path: str, origin: str
) -> None:
    """A request that carries another origin than the page's own is refused everywhere."""
    async with aiohttp.ClientSession() as session:
        async with session.get(page.address + path, headers={"Origin": origin}) as answer:
            assert answer.status == 403
        own = {"Origin": page.address}
        async with session.get(page.address + "/", headers=own) as answer:
            assert answer.status == 200


@pytest.mark.parametrize("path", _PATHS)
async def test_a_foreign_name_reads_nothing(page: PageServer, path: str) -> None:
    """A request for another host's name, as DNS rebinding makes it, is refused."""
    async with (
        aiohttp.ClientSession() as session,
        session.get(page.address + path, headers={"Host": "evil.example"}) as answer,
    ):
        assert answer.status == 421


async def test_a_page_of_another_origin_opens_no_socket(page: PageServer) -> None:
    """The WebSocket is not opened for another origin, even with the token."""
    async with aiohttp.ClientSession() as session:
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await session.ws_connect(f"{page.address}/socket", origin="http://evil.example")
        assert refused.value.status == 403


@pytest.mark.parametrize(
    "first",
    ['{"token":"wrong"}', "{}", "[]", "nonsense", "[" * 5000, '{"token":1}', '{"token":"é"}'],
)
async def test_without_the_token_a_window_is_told_nothing(page: PageServer, first: str) -> None:
    """A socket whose first message does not carry the token is closed, and nothing else is said."""
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(f"{page.address}/socket", origin=page.address) as socket,
    ):
        await socket.send_str(first)
        answer = await socket.receive(timeout=5)
        assert (answer.type, answer.data) == (WSMsgType.CLOSE, WRONG_TOKEN)


async def test_everything_carries_the_policy(page: PageServer) -> None:
    """Every answer, refusals included, forbids scripts, styles and connections from elsewhere."""
    async with aiohttp.ClientSession() as session:
        for path in ("/", "/static/app.js", "/static/none.js", "/files/none"):
            async with session.get(page.address + path) as answer:
                policy = answer.headers["Content-Security-Policy"]
                assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self';")
                assert "unsafe" not in policy
                assert "require-trusted-types-for 'script'" in policy
                assert answer.headers["X-Content-Type-Options"] == "nosniff"
                assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize(
    "path",
    ["/static/../server.py", "/static/%2e%2e/server.py", "/static/..%2fserver.py", "/server.py"],
)
async def test_nothing_but_the_pages_own_files_is_served(page: PageServer, path: str) -> None:
    """No path leads out of the page's folder."""
    async with aiohttp.ClientSession() as session:
        url = URL(page.address + path, encoded=True)
        async with session.get(url) as answer:
            assert answer.status == 404


async def test_the_pages_files_name_no_other_host(page: PageServer) -> None:
    """The page loads nothing from anywhere else."""
    async with aiohttp.ClientSession() as session:
        for path in ("/", "/static/base.css", "/static/messages.css", "/static/controls.css"):
            async with session.get(page.address + path) as answer:
                text = await answer.text()
                assert "//" not in text.replace("http://www.w3.org/2000/svg", "")
                assert "<script>" not in text
                assert "style=" not in text


async def test_an_upload_needs_the_token(page: PageServer) -> None:
    """A file is taken from the page only."""
    async with aiohttp.ClientSession() as session:
        for headers in ({}, {"X-Page-Token": "wrong"}):
            url = f"{page.address}/uploads?name=a.txt"
            async with session.post(url, data=b"a", headers=headers) as answer:
                assert answer.status == 403


async def test_an_upload_that_is_too_large_is_refused(page: PageServer) -> None:
    """A file of more than 10 MB is not kept."""
    headers = {"X-Page-Token": token_of(page)}
    async with (
        aiohttp.ClientSession() as session,
        session.post(
            f"{page.address}/uploads?name=a",
            data=BytesIO(bytes(10 * 1024 * 1024 + 1)),
            headers=headers,
        ) as answer,
    ):
        assert answer.status == 413


@pytest.mark.parametrize(
    ("name", "content_type", "disposition"),
    [
        ("a.png", "image/png", "inline"),
        ("a.svg", "application/octet-stream", "attachment"),
        ("a.html", "application/octet-stream", "attachment"),
        ("../a\r\nX: y.txt", "application/octet-stream", "attachment"),
    ],
)
async def test_an_uploaded_file_cannot_run(
    page: PageServer, scene: Scene, name: str, content_type: str, disposition: str
) -> None:
    """A file is served under a path that nobody can guess, and is saved unless a plain image."""
    async with window_of(page) as window, aiohttp.ClientSession() as session:
        await window.open(scene.channel.id)
        headers = {"X-Page-Token": token_of(page)}
        url = f"{page.address}/uploads"
        async with session.post(url, params={"name": name}, data=b"x", headers=headers) as answer:
            key = (await answer.json())["key"]
        refused = await window.ask(
            "say", channel=str(scene.channel.id), text="a" * 4000 + "b", files=[key]
        )
        assert refused["t"] == "refused"
        await window.ask("say", channel=str(scene.channel.id), text="", files=[key])
        await window.until(lambda: window.messages)
        (message,) = window.messages.values()
        path = message["files"][0]["path"]
        assert len(path) > len("/files/") + 20
        async with session.get(page.address + path) as answer:
            assert await answer.read() == b"x"
            assert answer.headers["Content-Type"] == content_type
            assert answer.headers["Content-Disposition"].startswith(disposition + ";")
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert "sandbox" in answer.headers["Content-Security-Policy"]
        again = await window.ask("say", channel=str(scene.channel.id), text="", files=[key])
        assert again["t"] == "refused"


async def test_the_page_closes_at_once(scene: Scene) -> None:
    """When the sandbox ends, windows that are open do not hold it up."""
    people = (scene.ann, scene.ben)
    async with AsyncExitStack() as stack:
        async with PageServer(scene.discord, scene.world, scene.guild, people) as page:
            window = await stack.enter_async_context(window_of(page))
            leaving = asyncio.get_running_loop().time()
        assert asyncio.get_running_loop().time() - leaving < 1.0
        assert (await window.socket.receive(timeout=1)).type is WSMsgType.CLOSE
