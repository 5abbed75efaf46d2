"""What a browser window knows, put together from what the page's server sends, as the page does."""

import asyncio
import json
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import Any, Self
from urllib.parse import urlsplit

import aiohttp

from sandbox.page.server import PageServer

Json = dict[str, Any]


class PageClient:
    """One window: `messages` and `channels` are what it would show, `news` all that it was told."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket
        self.news: list[Json] = []
        self.channels: dict[str, Json] = {}
        self.messages: dict[str, Json] = {}
        self.welcome: Json = {}
        self._number = 0
        self._answers: dict[int, Json] = {}

    async def hello(self, token: str, **more: str) -> Self:
        """Return the token and wait for the welcome."""
        await self.socket.send_json({"token": token, "language": "en", **more})
        await self.until(lambda: self.welcome)
        return self

    async def ask(self, what: str, **fields: object) -> Json:
        """Ask for something to be done and give the answer, `done` or `refused`."""
        self._number += 1
        number = self._number
        await self.socket.send_json({"n": number, "do": what, **fields})
        await self.until(lambda: number in self._answers)
        return self._answers.pop(number)

    async def open(self, channel_id: int) -> Json:
        """Look at a channel."""
        return await self.ask("open", channel=str(channel_id))

    async def until(self, condition: Callable[[], object], timeout_s: float = 5.0) -> None:
        """Read what comes until a condition holds.

        Raises:
            TimeoutError: It does not in time.
        """
        async with asyncio.timeout(timeout_s):
            while not condition():
                for item in json.loads(await self.socket.receive_str()):
                    self._take(item)

    def told(self, kind: str) -> list[Json]:
        """Return the news of a kind."""
        return [item for item in self.news if item["t"] == kind]

    def _take(self, item: Json) -> None:
        match item:
            case {"t": "done" | "refused", "n": number}:
                self._answers[number] = item
                if "messages" in item:
                    self.messages = {each["id"]: each for each in item["messages"]}
                return
            case {"t": "welcome"}:
                self.welcome = item
                self.channels = {each["id"]: each for each in item["channels"]}
            case {"t": "channel", "channel": channel}:
                self.channels[channel["id"]] = channel
            case {"t": "message", "message": message}:
                self.messages[message["id"]] = message
            case {"t": "edit", "id": message_id, "set": changed}:
                self.messages[message_id] = applied(self.messages[message_id], changed)
            case {"t": "delete", "id": message_id}:
                del self.messages[message_id]
            case _:
                pass
        self.news.append(item)


def applied(view: Json, changed: Json) -> Json:
    """Change a message's view as the page does."""
    after = {**view, **{key: value for key, value in changed.items() if key != "from"}}
    if "from" in changed:
        after["body"] = [*view.get("body", [])[: changed["from"]], *changed["body"]]
    return {key: value for key, value in after.items() if value is not None}


def text_of(nodes: list[Any]) -> str:
    """Return all texts of some nodes."""
    return "".join(node if isinstance(node, str) else text_of(node[2:]) for node in nodes)


def token_of(page: PageServer) -> str:
    """Return the token that the link carries."""
    return urlsplit(page.url).fragment.removeprefix("token=")


@asynccontextmanager
async def window_of(page: PageServer, **hello: str) -> AsyncGenerator[PageClient, None]:
    """Open a window with the right token."""
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(f"{page.address}/socket", origin=page.address) as socket,
    ):
        yield await PageClient(socket).hello(token_of(page), **hello)
