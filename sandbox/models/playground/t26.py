"""Writes answers as `POST /v4/threads/` does: typed JSON lines. Source: protocol, section 10."""

import json
from collections.abc import Mapping

from sandbox.models.pacing import body
from sandbox.models.playground.exchange import Exchange, lone_exchange
from sandbox.models.playground.models import DOCUMENTED_MODELS, PlaygroundModel
from sandbox.models.playground.shapes import thread
from sandbox.models.script import Answer, Piece, Reason, ToolUse

_MESSAGES = {
    "length": "This model's maximum context length is 8192 tokens.",
    "Model http error": "status_code: 503, model_name: sandbox, body: overloaded",
}


class T26Framer:
    """Writes one answer and stores it in its exchange when it ends.

    A token limit is not reported. A failure is one line without a type and a cut, after which
    nothing is finalised; `toolCallError` alone is a typed line, and the stream goes on to its end.
    """

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._root = exchange.reply.root
        self._said: list[str] = []
        self._thought: list[str] = []

    def opening(self) -> bytes:
        """Return the start and the new messages."""
        return _line({"message": self._root, "type": "start"}) + self._thread()

    def piece(self, piece: Piece) -> bytes:
        """Return a chunk of text, of reasoning, or a whole use of a tool."""
        reply_id = self._exchange.reply.id
        if piece.kind == "reasoning":
            self._thought.append(piece.text)
            return _line(
                {"content": piece.text, "id": None, "message": reply_id, "type": "thinking"}
            )
        if piece.tool is not None:
            return self._use(piece.tool)
        self._said.append(piece.text)
        return _line({"content": piece.text, "message": reply_id, "type": "modelResponse"})

    def ending(self, *, is_over_limit: bool) -> bytes | None:
        """Return the final messages and the end, which is the same beyond the limit."""
        del is_over_limit
        self._finish()
        return self._thread() + _line({"message": self._root, "type": "end"})

    def failure(self, reason: Reason) -> tuple[bytes, bool]:
        """Return the report of a failure."""
        reply_id = self._exchange.reply.id
        message = reason.message or _MESSAGES.get(reason.reason, "the backend has failed")
        if reason.reason == "toolCallError":
            report = {
                "errorCode": reason.reason,
                "errorDescription": message,
                "errorSeverity": "error",
                "message": reply_id,
                "type": "error",
            }
            return _line(report) + (self.ending(is_over_limit=False) or b""), False
        return _line({"error": message, "message": reply_id, "reason": reason.reason}), True

    def keep_alive(self) -> bytes:
        """Return nothing: this wire is silent when nothing happens."""
        return b""

    def _use(self, tool: ToolUse) -> bytes:
        exchange = self._exchange
        call_id = f"call_{exchange.reply.id}_{len(exchange.reply.tool_calls)}"
        source = "user_defined" if tool.result is None else "internal"
        call: dict[str, object] = {
            "args": dict(tool.arguments),
            "toolCallId": call_id,
            "toolName": tool.name,
            "toolSource": source,
        }
        exchange.reply.tool_calls.append(call)
        written = _line({**call, "message": exchange.reply.id, "type": "toolCall"})
        if tool.result is None:
            return written
        self._finish()
        written += self._thread()
        result = exchange.tree.add(exchange.draft, "tool_call_result", tool.result, exchange.reply)
        result.tool_call_id = call_id
        reply = exchange.tree.add(exchange.draft, "assistant", "", result)
        exchange.new = [result, reply]
        return written + self._thread()

    def _finish(self) -> None:
        self._exchange.reply.thinking = "".join(self._thought) or None
        self._exchange.finish("".join(self._said), None)
        self._said, self._thought = [], []

    def _thread(self) -> bytes:
        return _line(thread(self._exchange.tree, self._exchange.new))


def encode(
    answer: Answer, content: str = "Hello there", *, model: PlaygroundModel = DOCUMENTED_MODELS[0]
) -> bytes:
    """Return the complete body of the answer to a first message, without a server."""
    return body(answer, T26Framer(lone_exchange(content, model)))


def _line(value: Mapping[str, object]) -> bytes:
    return json.dumps(value, sort_keys=True).encode("ascii") + b"\n"
