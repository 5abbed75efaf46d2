"""A stand-in model service that paces hundreds of answers and knows when each piece left.

It speaks the least of the OpenAI-compatible protocol that a client needs (`GET /v1/models`,
`POST /v1/chat/completions` as an event stream) straight on asyncio's transports: a web framework's
cost for 12,000 pieces a second would slow down what is measured.
"""

import asyncio
import json
from collections.abc import Mapping
from types import TracebackType
from typing import Self, cast

from benchmarks.answers import TOKENS_PER_S, Answer, number_in

MODEL = "words"
_EVENT = (
    'data: {"id":"chatcmpl-benchmark","object":"chat.completion.chunk","created":0,"model":"'
    + MODEL
    + '","choices":[{"index":0,"delta":%s,"logprobs":null,"finish_reason":%s}]}\n\n'
)


class PacedModel:
    """Serves answers on 127.0.0.1 while it is entered.

    Args:
        answers: The answers by the number of their question.
        first_token_s: How long the first piece is waited for.

    Attributes:
        asked_at: When each question came, on the event loop's clock.
        sent_at: When each piece was written, by question.
    """

    def __init__(self, answers: Mapping[int, Answer], *, first_token_s: float) -> None:
        self.answers = answers
        self.first_token_s = first_token_s
        self.asked_at: dict[int, float] = {}
        self.sent_at: dict[int, list[float]] = {}
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Transport] = set()

    async def __aenter__(self) -> Self:
        """Listen."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: _Connection(self, self._connections), "127.0.0.1", 0
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Hang up on everybody and stop listening."""
        for transport in tuple(self._connections):
            transport.abort()
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    @property
    def base_url(self) -> str:
        """The address with `/v1`, as such servers are configured."""
        if self._server is None:
            raise RuntimeError("it does not listen")
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/v1"


class _Connection(asyncio.Protocol):
    """One client: one request after another."""

    def __init__(self, model: PacedModel, connections: set[asyncio.Transport]) -> None:
        self._model = model
        self._connections = connections
        self._transport: asyncio.Transport | None = None
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._connections.add(self._transport)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        if self._transport is not None:
            self._connections.discard(self._transport)

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, mark, rest = self._received.partition(b"\r\n\r\n")
        if not mark or len(rest) < (size := _length(head)):
            return
        self._received = rest[size:]
        if head.startswith(b"POST"):
            self._answer(rest[:size])
        else:
            self._send_json({"object": "list", "data": [{"id": MODEL, "object": "model"}]})

    def _answer(self, body: bytes) -> None:
        last = json.loads(body)["messages"][-1]["content"]
        number = number_in(last if isinstance(last, str) else json.dumps(last))
        answer = None if number is None else self._model.answers.get(number)
        if number is None or answer is None:
            self._send_json({"error": {"message": "no such question"}}, "404 Not Found")
            return
        now = asyncio.get_running_loop().time()
        self._model.asked_at[number] = now
        sent_at: list[float] = []
        self._model.sent_at[number] = sent_at
        self._write(
            b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
            b"Transfer-Encoding: chunked\r\n\r\n" + _chunk(_event({"role": "assistant"}))
        )
        self._speak(answer, sent_at, now + self._model.first_token_s)

    def _speak(self, answer: Answer, sent_at: list[float], first_at: float) -> None:
        """Write the piece that is due, and come back for the next."""
        loop = asyncio.get_running_loop()
        due_at = first_at + len(sent_at) / TOKENS_PER_S
        if loop.time() < due_at:
            loop.call_at(due_at, self._speak, answer, sent_at, first_at)
            return
        data = _chunk(_event({"content": answer.pieces[len(sent_at)]}))
        sent_at.append(loop.time())
        if len(sent_at) == len(answer.pieces):
            done = _chunk(b"data: [DONE]\n\n")
            self._write(data + _chunk(_event({}, "stop")) + done + b"0\r\n\r\n")
        else:
            self._write(data)
            loop.call_at(due_at + 1 / TOKENS_PER_S, self._speak, answer, sent_at, first_at)

    def _send_json(self, value: object, status: str = "200 OK") -> None:
        body = json.dumps(value).encode()
        head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\n"
        self._write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)

    def _write(self, data: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)


def _length(head: bytes) -> int:
    """Read the length of a request's body."""
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    return 0


def _event(delta: Mapping[str, str], finish_reason: str | None = None) -> bytes:
    """Write one chunk of the stream as OpenAI does; by a template, for there are very many."""
    return (_EVENT % (json.dumps(delta), json.dumps(finish_reason))).encode()


def _chunk(data: bytes) -> bytes:
    """Frame a piece of a chunked body."""
    return b"%x\r\n%b\r\n" % (len(data), data)
