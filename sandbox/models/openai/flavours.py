"""How the OpenAI-compatible servers in the field differ on the wire.

Each trait is one that a client has to bear; a test may combine them as no server does. Sources:
OpenRouter's documentation of streaming and errors; llama.cpp's pull request 16109 for the field
`error:` of its builds until then; goose's pull request 8031 for vLLM's flat errors. The rest is
what clients of these servers expect, and was not checked against a running server.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class FlavourTraits:
    """What one kind of server does; the defaults are what OpenAI itself does.

    Attributes:
        first_delta: What comes before the text: the role with an empty string, the role with
            `null`, or nothing.
        repeats_role: Whether each delta carries the role.
        usage: Whether token counts come when they are asked for, always, or never.
        usage_choices: Whether the usage chunk still has a choice, with an empty delta.
        reasoning_field: The key of a thinking model's thoughts; None where they are not sent.
        opening_comment: An event stream comment before the first chunk; empty for none.
        keep_alive_comment: The comment that is sent when nothing happens.
        line_end: How each line of the event stream ends.
        space_after_colon: Whether a space follows `data:`.
        sends_done: Whether `data: [DONE]` ends the stream.
        blank_after_done: Whether the empty line follows it which ends an event.
        done_after_error: Whether it comes after an error in the stream too.
        sends_finish_reason: Whether a last chunk says why the answer is over.
        error_shape: The shape of an error body.
        mid_stream_error: How an error in the stream is written: as a data event, under an event
            name, bare under the field `error:`, or in a chunk with the finish reason "error".
        checks_model: Whether a model that is not listed is refused.
    """

    first_delta: Literal["empty", "null", "none"] = "empty"
    repeats_role: bool = False
    usage: Literal["asked", "always", "never"] = "asked"
    usage_choices: bool = False
    reasoning_field: Literal["reasoning_content", "reasoning"] | None = None
    opening_comment: str = ""
    keep_alive_comment: str = "keep-alive"
    line_end: str = "\n"
    space_after_colon: bool = True
    sends_done: bool = True
    blank_after_done: bool = True
    done_after_error: bool = False
    sends_finish_reason: bool = True
    error_shape: Literal["openai", "numbered", "stringly", "flat", "bare"] = "openai"
    mid_stream_error: Literal["data", "event", "field", "chunk"] = "data"
    checks_model: bool = True


FLAVOURS: Mapping[str, FlavourTraits] = {
    "openai": FlavourTraits(),
    "ollama": FlavourTraits(first_delta="none", repeats_role=True, reasoning_field="reasoning"),
    "llama.cpp": FlavourTraits(
        first_delta="null",
        reasoning_field="reasoning_content",
        error_shape="numbered",
        mid_stream_error="field",
        blank_after_done=False,
        done_after_error=True,
        checks_model=False,
    ),
    "vllm": FlavourTraits(
        reasoning_field="reasoning_content", error_shape="flat", done_after_error=True
    ),
    "lmstudio": FlavourTraits(
        first_delta="none",
        repeats_role=True,
        reasoning_field="reasoning_content",
        error_shape="bare",
        mid_stream_error="event",
        checks_model=False,
    ),
    "litellm": FlavourTraits(
        first_delta="none", reasoning_field="reasoning_content", error_shape="stringly"
    ),
    "openrouter": FlavourTraits(
        first_delta="none",
        repeats_role=True,
        usage="always",
        usage_choices=True,
        reasoning_field="reasoning",
        opening_comment="OPENROUTER PROCESSING",
        keep_alive_comment="OPENROUTER PROCESSING",
        error_shape="numbered",
        mid_stream_error="chunk",
    ),
}
"""The servers by name."""


def error_body(
    traits: FlavourTraits, status: int, message: str, *, kind: str, code: str | None = None
) -> dict[str, object]:
    """Return an error in the shape of a flavour.

    Args:
        traits: The flavour.
        status: The HTTP status, which some shapes repeat.
        message: What went wrong.
        kind: The word for it, such as `invalid_request_error`.
        code: The more exact word, such as `model_not_found`.
    """
    match traits.error_shape:
        case "openai":
            return {"error": {"message": message, "type": kind, "param": None, "code": code}}
        case "numbered":
            return {"error": {"code": status, "message": message, "type": kind}}
        case "stringly":
            error = {"message": message, "type": kind, "param": None, "code": str(status)}
            return {"error": error}
        case "flat":
            return {
                "object": "error",
                "message": message,
                "type": kind,
                "param": None,
                "code": status,
            }
        case "bare":
            return {"error": message}
