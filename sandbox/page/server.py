"""Serves the page on 127.0.0.1: its files, its WebSocket, and what is uploaded through it."""

import asyncio
import json
import secrets
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from aiohttp import WSMsgType, web

from sandbox.discord_server import DiscordServer
from sandbox.guard import listen, refuse_foreign_pages
from sandbox.page.acts import Acts
from sandbox.page.broadcast import Broadcast
from sandbox.page.files import LIMIT_BYTES, Files
from sandbox.page.security import (
    content_security_policy,
    file_headers,
    is_token,
    origins,
    protect,
)
from sandbox.page.views import Views
from sandbox.page.window import Window
from sandbox.payloads.json_values import object_or_none
from sandbox.world.entities import Guild, Payload, Person
from sandbox.world.world import World

_STATIC = Path(__file__).parent / "static"
_TYPES = {
    ".html": "text/html",
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
}
_FIRST_MESSAGE_S = 10.0
_HEARTBEAT_S = 20.0
_MESSAGE_BYTES = 256 * 1024
_TOKEN_BYTES = 24
_NAME_CHARS = 200
WRONG_TOKEN = 4001
"""The WebSocket's close code for a window that did not give the token."""


class PageServer:
    """Serves the page while it is entered; it closes neither the Discord nor the world.

    Args:
        discord_server: The sandbox's Discord, which listens already.
        world: What is in it.
        guild: The server that the page shows.
        people: Who can be spoken as, the one who speaks at first before the others.
        port: The TCP port; 0 takes any free one.
        token: What the link carries; null makes a new one.
    """

    def __init__(
        self,
        discord_server: DiscordServer,
        world: World,
        guild: Guild,
        people: Sequence[Person],
        *,
        port: int = 0,
        token: str | None = None,
    ) -> None:
        self._world = world
        self._wanted_port = port
        self._token = token or secrets.token_urlsafe(_TOKEN_BYTES)
        self._files = Files(world)
        self._views = Views(world, self._files)
        self._acts = Acts(discord_server, world, guild, people, self._views, self._files)
        self._broadcast = Broadcast(discord_server, world, self._views)
        self._own_origins: set[str] = set()
        self._sockets: set[web.WebSocketResponse] = set()
        self._static: dict[str, tuple[str, bytes]] = {}
        self._policy: dict[str, str] = {}
        self._port = 0
        self._exit_stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        """Listen.

        Raises:
            OSError: The port is taken.
        """
        self._static = await asyncio.to_thread(_read_static)
        application = web.Application(
            middlewares=[protect(self._policy), refuse_foreign_pages(self._own_origins)],
            client_max_size=LIMIT_BYTES,
        )
        application.router.add_get("/", self._give_static)
        application.router.add_get("/static/{name}", self._give_static)
        application.router.add_get("/files/{key}", self._give_file)
        application.router.add_post("/uploads", self._take_upload)
        application.router.add_get("/socket", self._connect)
        async with AsyncExitStack() as stack:
            runner, self._port = await listen(application, port=self._wanted_port)
            stack.push_async_callback(runner.cleanup)
            self._own_origins.update(origins(self._port))
            self._policy["Content-Security-Policy"] = content_security_policy(self._port)
            stack.callback(self._broadcast.start())
            stack.push_async_callback(self._close_sockets)
            self._exit_stack = stack.pop_all()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stop listening, and close every window's socket."""
        await self._exit_stack.aclose()

    @property
    def address(self) -> str:
        """Where it listens, such as `http://127.0.0.1:8090`; without the token it shows nothing."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def url(self) -> str:
        """The link to open, with the token in its fragment."""
        return f"{self.address}/#token={self._token}"

    async def _give_static(self, request: web.Request) -> web.Response:
        name = request.match_info.get("name", "index.html")
        if name not in self._static:
            raise web.HTTPNotFound(text="There is no such file.\n")
        content_type, content = self._static[name]
        return web.Response(body=content, content_type=content_type, charset="utf-8")

    async def _give_file(self, request: web.Request) -> web.Response:
        found = self._files.found(request.match_info["key"])
        if found is None:
            raise web.HTTPNotFound(text="There is no such file.\n")
        attachment, content = found
        headers = file_headers(attachment.filename, attachment.content_type)
        return web.Response(body=content, headers=headers)

    async def _take_upload(self, request: web.Request) -> web.Response:
        """Keep a file; its name is in the query, its bytes are the body."""
        if not is_token(request.headers.get("X-Page-Token"), self._token):
            raise web.HTTPForbidden(text="The token is missing or wrong.\n")
        name = request.query.get("name", "")[-_NAME_CHARS:].replace("/", "_").replace("\\", "_")
        key = self._files.take_in(name or "file", await request.read())
        return web.json_response({"key": key})

    async def _connect(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(heartbeat=_HEARTBEAT_S, max_msg_size=_MESSAGE_BYTES)
        await socket.prepare(request)
        self._sockets.add(socket)
        try:
            hello = await self._hello(socket)
            if hello is None:
                await socket.close(code=WRONG_TOKEN, message=b"wrong token")
            else:
                await self._serve(socket, hello)
        finally:
            self._sockets.discard(socket)
        return socket

    async def _hello(self, socket: web.WebSocketResponse) -> Payload | None:
        """Read a window's first message; null where it does not carry the token."""
        try:
            first = await socket.receive(timeout=_FIRST_MESSAGE_S)
        except TimeoutError:
            return None
        body = _parsed(first.data) if first.type is WSMsgType.TEXT else None
        return body if body is not None and is_token(body.get("token"), self._token) else None

    async def _serve(self, socket: web.WebSocketResponse, hello: Payload) -> None:
        """Serve a window until it is closed; what it was doing then is not waited for."""
        person = self._acts.speaker(str(hello.get("person")))
        window = Window(socket, self._world, self._views, person)
        window.tell("welcome", **self._acts.welcome(window, str(hello.get("language"))))
        self._broadcast.windows.add(window)
        try:
            async with asyncio.TaskGroup() as group:
                tasks = {group.create_task(window.write(), name="page-window-writer")}
                async for message in socket:
                    body = _parsed(message.data) if message.type is WSMsgType.TEXT else None
                    if body is not None:
                        task = group.create_task(self._acts.answer(window, body), name="page-act")
                        tasks.add(task)
                        task.add_done_callback(tasks.discard)
                for task in tasks:
                    task.cancel()
        finally:
            self._broadcast.windows.discard(window)

    async def _close_sockets(self) -> None:
        for socket in tuple(self._sockets):
            await socket.close(code=1001, message=b"the sandbox is going away")


def _parsed(text: str) -> Payload | None:
    try:
        return object_or_none(json.loads(text))
    except (ValueError, RecursionError):
        return None


def _read_static() -> dict[str, tuple[str, bytes]]:
    """Read the page's own files, by name; nothing else of the disk is ever served."""
    return {
        path.name: (_TYPES[path.suffix], path.read_bytes())
        for path in _STATIC.iterdir()
        if path.suffix in _TYPES
    }
