"""A server that answers with the very bytes it was given, as no well-bred server would."""

import asyncio
import json
import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field


@dataclass(slots=True)
class RawServer:
    """What it was sent, and how it can be reached."""

    base_url: str = ""
    requests: list[bytes] = field(default_factory=list[bytes])


@asynccontextmanager
async def answering(*answers: bytes) -> AsyncGenerator[RawServer, None]:
    """Answer one connection after the other with these bytes and hang up; then the last again."""
    opened = RawServer()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = re.search(rb"content-length: (\d+)", head, re.IGNORECASE)
        body = await reader.readexactly(int(length[1]) if length else 0)
        opened.requests.append(head + body)
        writer.write(answers[min(len(opened.requests), len(answers)) - 1])
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        opened.base_url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        yield opened


def http(body: str, *, status: str = "200 OK", headers: str = "", is_framed: bool = True) -> bytes:
    """Write a response; without framing its body ends with the connection."""
    length = f"Content-Length: {len(body.encode())}\r\n" if is_framed else ""
    content_type = "" if "Content-Type" in headers else "Content-Type: text/event-stream\r\n"
    return (
        f"HTTP/1.1 {status}\r\n{content_type}{length}{headers}Connection: close\r\n\r\n{body}"
    ).encode()


def event(text: str | None = None, **more: object) -> str:
    """Write one event of a stream of chat completions; None leaves out the text."""
    delta = {} if text is None else {"content": text}
    return f"data: {json.dumps({'choices': [{'delta': delta, **more}]})}\n\n"
