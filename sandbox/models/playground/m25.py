"""Writes answers as `POST /v4/message/stream` does: JSON lines. Source: protocol, section 4."""

import json

from sandbox.models.pacing import body
from sandbox.models.playground.exchange import Exchange, lone_exchange
from sandbox.models.playground.models import DOCUMENTED_MODELS, PlaygroundModel
from sandbox.models.playground.shapes import nested_chain
from sandbox.models.script import Answer, Piece, Reason

_TOO_LARGE = (
    "the conversation is too large for the model to process, "
    "please shorten the conversation and try again"
)
_FAILED = "inference failed: <_InactiveRpcError of RPC that terminated with: status = UNAVAILABLE>"
_MESSAGES = {
    "length": _TOO_LARGE,
    "unclosed stream": (
        "inference failed for an unknown reason: sometimes this happens when the prompt is too long"
    ),
    "aborted": "inference aborted for an unknown reason",
    "model overloaded": "model overloaded",
    "grpc inference failed": _FAILED,
}
_UNREPORTED = ("grpc inference failed",)


class M25Framer:
    """Writes one answer and stores it in its exchange when it ends.

    On a host that reports no ends every failure of the backend cuts the stream without a word;
    only an overload, which the Playground itself finds, is reported there too.
    """

    def __init__(self, exchange: Exchange, finish_reason: str = "stop") -> None:
        self._exchange = exchange
        self._finish_reason = finish_reason
        self._said: list[str] = []

    def opening(self) -> bytes:
        """Return the initial object."""
        return _line(nested_chain(self._exchange.new))

    def piece(self, piece: Piece) -> bytes:
        """Return a chunk; this wire carries neither reasoning nor tools."""
        if piece.kind != "text":
            return b""
        self._said.append(piece.text)
        logprobs: list[object] = []
        if self._exchange.draft.options.get("logprobs"):
            logprobs = [[{"token_id": 100, "text": piece.text, "logprob": -0.25}]]
        return _line(
            {"message": self._exchange.reply.id, "content": piece.text, "logprobs": logprobs}
        )

    def ending(self, *, is_over_limit: bool) -> bytes | None:
        """Return the final object; a backend which yielded nothing at all has the stream cut."""
        if not self._said:
            return None
        if not self._exchange.model.reports_ends:
            return self._final(None)
        if is_over_limit:
            return self.failure(Reason("length"))[0]
        return self._final(self._finish_reason)

    def failure(self, reason: Reason) -> tuple[bytes, bool]:
        """Return the error object, and the final object where one follows."""
        if not self._exchange.model.reports_ends and reason.reason != "model overloaded":
            return b"", True
        reply_id = self._exchange.reply.id
        message = reason.message or _MESSAGES.get(reason.reason, reason.reason)
        if reason.reason == "finalization failure":
            message = f"failed to finalize message {reply_id}"
        report = _line({"message": reply_id, "error": message, "reason": reason.reason})
        if reason.reason == "finalization failure":
            return report, True
        return report + self._final(None if reason.reason in _UNREPORTED else reason.reason), False

    def keep_alive(self) -> bytes:
        """Return nothing: this wire is silent when nothing happens."""
        return b""

    def _final(self, finish_reason: str | None) -> bytes:
        self._exchange.finish("".join(self._said), finish_reason)
        return _line(nested_chain(self._exchange.new))


def encode(
    answer: Answer, content: str = "Hello there", *, model: PlaygroundModel = DOCUMENTED_MODELS[0]
) -> bytes:
    """Return the complete body of the answer to a first message, without a server."""
    return body(answer, M25Framer(lone_exchange(content, model), answer.finish_reason))


def _line(value: object) -> bytes:
    return json.dumps(value).encode("ascii") + b"\n"
