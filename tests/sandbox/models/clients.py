"""What the tests ask the stand-ins with: real requests, and what came back as it was."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import ClientPayloadError, ClientSession, FormData

from sandbox.models.openai.server import OpenAIServer
from sandbox.models.playground.server import PlaygroundServer

USER = "11111111-1111-4111-8111-111111111111"


@dataclass(frozen=True, slots=True)
class Received:
    """A whole answer, or as much of it as came before the connection was cut."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    is_cut: bool

    def json(self) -> Any:
        """Read the body as one object."""
        return json.loads(self.body)

    def lines(self) -> list[Any]:
        """Read each complete line as an object."""
        return [json.loads(line) for line in self.body.split(b"\n")[:-1]]

    def message(self) -> str:
        """Return the text of a Playground error."""
        return self.json()["error"]["message"]

    def reply_id(self) -> str:
        """Return the id of the assistant's message in an M25 stream."""
        found = self.lines()[0]
        while found["children"]:
            (found,) = found["children"]
        return found["id"]

    def events(self) -> list[str]:
        """Return the values of the data lines of an event stream."""
        lines = self.body.decode().splitlines()
        return [line.removeprefix("data:").strip() for line in lines if line.startswith("data:")]


async def send(
    method: str,
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    form: Mapping[str, object] | None = None,
    json_body: object = None,
) -> Received:
    """Send one request over a connection of its own and read what comes."""
    async with (
        ClientSession() as session,
        session.request(
            method,
            url,
            headers=headers,
            data=None if form is None else _multipart(form),
            json=json_body,
            allow_redirects=False,
        ) as response,
    ):
        body, is_cut = bytearray(), False
        try:
            async for data in response.content.iter_any():
                body += data
        except ClientPayloadError:
            is_cut = True
        return Received(response.status, response.headers.copy(), bytes(body), is_cut)


async def ask_m25(
    server: PlaygroundServer,
    content: str | None = "Hello",
    *,
    user: str | None = USER,
    **fields: object,
) -> Received:
    """Post a message to `/v4/message/stream` as a form; a field that is None is left out."""
    form = {"content": content, "model": "tulu3-405b", "host": "inferd", **fields}
    return await send("POST", f"{server.base_url}/v4/message/stream", headers=who(user), form=form)


async def ask_t26(
    server: PlaygroundServer, content: str = "Hello", *, user: str | None = USER, **fields: object
) -> Received:
    """Post a message to `/v4/threads/` as a form; a field that is None is left out."""
    form = {"content": content, "model": "tulu3-405b", **fields}
    return await send("POST", f"{server.base_url}/v4/threads/", headers=who(user), form=form)


async def ask_openai(
    server: OpenAIServer, *, key: str | None = None, **members: object
) -> Received:
    """Post a chat completion request that streams."""
    body: dict[str, object] = {
        "model": "demo",
        "messages": [{"role": "user", "content": "Hello"}],
        "stream": True,
        **members,
    }
    headers = {} if key is None else {"Authorization": f"Bearer {key}"}
    url = f"{server.base_url}/chat/completions"
    return await send("POST", url, headers=headers, json_body=body)


def who(user: str | None) -> dict[str, str]:
    """Return the header that says who asks."""
    return {} if user is None else {"X-Anonymous-User-Id": user}


def _multipart(form: Mapping[str, object]) -> FormData:
    data = FormData(default_to_multipart=True)
    for name, value in form.items():
        if isinstance(value, bytes):
            data.add_field(name, value, filename="picture.png", content_type="image/png")
        elif value is not None:
            data.add_field(name, str(value))
    return data
