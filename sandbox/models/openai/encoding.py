"""Writes answers as OpenAI-compatible servers do: an event stream, or one JSON object."""

import json
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from sandbox.models.openai.flavours import FLAVOURS, FlavourTraits, error_body
from sandbox.models.pacing import body
from sandbox.models.script import Answer, Piece, Reason, tokens

FAILED = "The server had an error while processing your request."
"""The text of a failure to which a script gives none."""


@dataclass(frozen=True, slots=True)
class Completion:
    """What every chunk of one answer repeats, and what its usage counts."""

    model: str
    traits: FlavourTraits
    prompt_tokens: int = 0
    includes_usage: bool = False
    finish_reason: str = "stop"
    id: str = field(default_factory=lambda: f"chatcmpl-{secrets.token_hex(12)}")
    created: int = field(default_factory=lambda: int(time.time()))

    def head(self, kind: str) -> dict[str, object]:
        """Return the members that come first in every object."""
        return {"id": self.id, "object": kind, "created": self.created, "model": self.model}

    def usage(self, said: int) -> dict[str, int]:
        """Return the counts after so many pieces."""
        total = self.prompt_tokens + said
        return {
            "prompt_tokens": self.prompt_tokens,
            "completion_tokens": said,
            "total_tokens": total,
        }


class EventFramer:
    """Writes one answer as an event stream, one event a piece."""

    def __init__(self, completion: Completion) -> None:
        self._completion = completion
        self._traits = completion.traits
        self._end = self._traits.line_end.encode()
        self._said = 0
        self._sends_usage = self._traits.usage == "always" or (
            self._traits.usage == "asked" and completion.includes_usage
        )

    def opening(self) -> bytes:
        """Return the comment and the role, where this flavour has them."""
        comment = self._traits.opening_comment
        opening = self._comment(comment) if comment else b""
        if self._traits.first_delta == "none":
            return opening
        content = "" if self._traits.first_delta == "empty" else None
        return opening + self._chunk({"role": "assistant", "content": content})

    def piece(self, piece: Piece) -> bytes:
        """Return a chunk of text, or of reasoning where this flavour sends it."""
        self._said += 1
        role: dict[str, object] = {"role": "assistant"} if self._traits.repeats_role else {}
        if piece.kind == "text":
            return self._chunk({**role, "content": piece.text})
        if piece.kind == "reasoning" and self._traits.reasoning_field is not None:
            content = "" if self._traits.repeats_role else None
            return self._chunk(
                {**role, "content": content, self._traits.reasoning_field: piece.text}
            )
        return b""

    def ending(self, *, is_over_limit: bool) -> bytes | None:
        """Return the finish reason, the usage and the end, as far as this flavour has them."""
        written = b""
        if self._traits.sends_finish_reason:
            reason = "length" if is_over_limit else self._completion.finish_reason
            last: dict[str, object] = (
                {"role": "assistant", "content": ""} if self._traits.repeats_role else {}
            )
            written += self._chunk(last, finish_reason=reason)
        if self._sends_usage:
            choices: list[object] = []
            if self._traits.usage_choices:
                delta = {"role": "assistant", "content": ""}
                choices = [{"index": 0, "delta": delta, "finish_reason": None}]
            usage = self._completion.usage(self._said)
            head = self._completion.head("chat.completion.chunk")
            written += self._event({**head, "choices": choices, "usage": usage})
        if self._traits.sends_done:
            written += self._done()
        return written

    def failure(self, reason: Reason) -> tuple[bytes, bool]:
        """Return the error as this flavour writes it in mid-stream; the text is over with it."""
        done = self._done() if self._traits.done_after_error else b""
        return self._failure(reason) + done, False

    def keep_alive(self) -> bytes:
        """Return a comment."""
        return self._comment(self._traits.keep_alive_comment)

    def _failure(self, reason: Reason) -> bytes:
        message = reason.message or FAILED
        error = error_body(self._traits, 500, message, kind="server_error", code=reason.reason)
        match self._traits.mid_stream_error:
            case "data":
                return self._event(error)
            case "field":
                return self._lines("error", json.dumps(error.get("error", error)))
            case "event":
                name = f"event: error{self._traits.line_end}".encode()
                return name + self._event(error)
            case "chunk":
                choice = {"index": 0, "delta": {"content": ""}, "finish_reason": "error"}
                head = self._completion.head("chat.completion.chunk")
                return self._event({**head, **error, "choices": [choice]})

    def _done(self) -> bytes:
        done = self._lines("data", "[DONE]")
        return done if self._traits.blank_after_done else done.removesuffix(self._end)

    def _chunk(self, delta: Mapping[str, object], finish_reason: str | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}
        chunk = {**self._completion.head("chat.completion.chunk"), "choices": [choice]}
        if self._completion.includes_usage and self._traits.usage == "asked":
            chunk["usage"] = None
        return self._event(chunk)

    def _event(self, value: object) -> bytes:
        return self._lines("data", json.dumps(value, ensure_ascii=False))

    def _comment(self, text: str) -> bytes:
        return f": {text}{self._traits.line_end * 2}".encode()

    def _lines(self, name: str, value: str) -> bytes:
        space = " " if self._traits.space_after_colon else ""
        return f"{name}:{space}{value}{self._traits.line_end * 2}".encode()


class WholeFramer:
    """Writes one answer as one JSON object, at its end; a failure has no place in it."""

    def __init__(self, completion: Completion) -> None:
        self._completion = completion
        self._pieces: list[Piece] = []

    def opening(self) -> bytes:
        """Return nothing."""
        return b""

    def piece(self, piece: Piece) -> bytes:
        """Keep a piece for the end."""
        self._pieces.append(piece)
        return b""

    def ending(self, *, is_over_limit: bool) -> bytes | None:
        """Return the object."""
        completion, field_name = self._completion, self._completion.traits.reasoning_field
        message: dict[str, object] = {"role": "assistant", "content": self._joined("text")}
        if field_name is not None and self._joined("reasoning"):
            message[field_name] = self._joined("reasoning")
        choice: dict[str, object] = {"index": 0, "message": message, "logprobs": None}
        choice["finish_reason"] = "length" if is_over_limit else completion.finish_reason
        whole = {**completion.head("chat.completion"), "choices": [choice]}
        if completion.traits.usage != "never":
            whole["usage"] = completion.usage(len(self._pieces))
        return json.dumps(whole, ensure_ascii=False).encode()

    def failure(self, reason: Reason) -> tuple[bytes, bool]:
        """Return nothing and have the connection cut: the status line has been sent."""
        del reason
        return b"", True

    def keep_alive(self) -> bytes:
        """Return white space, which JSON may begin with."""
        return b" "

    def _joined(self, kind: str) -> str:
        return "".join(piece.text for piece in self._pieces if piece.kind == kind)


def encode(
    answer: Answer,
    *,
    flavour: str | FlavourTraits = "openai",
    model: str = "demo",
    prompt: str = "Hello there",
    include_usage: bool = False,
    stream: bool = True,
) -> bytes:
    """Return the complete body of an answer, without a server."""
    traits = FLAVOURS[flavour] if isinstance(flavour, str) else flavour
    completion = Completion(
        model, traits, len(tokens(prompt)), include_usage, answer.finish_reason, "chatcmpl-0", 0
    )
    return body(answer, EventFramer(completion) if stream else WholeFramer(completion))
