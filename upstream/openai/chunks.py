"""The objects of an OpenAI-compatible `chat/completions` answer, read as servers really send them.

The fields are those of OpenAI's API reference, "Chat completion chunk object"; beside them stand
`reasoning_content` (vLLM, llama.cpp, DeepSeek), `reasoning` (OpenRouter, Ollama) and errors in the
middle of a stream, under `error` or, from vLLM, bare with `"object": "error"`.
"""

from dataclasses import dataclass, field

from conversation.entities import Usage
from upstream.wire.decoders.json_objects import (
    JsonObject,
    as_object,
    first_object,
    integer,
    objects,
    string,
)


@dataclass(frozen=True, slots=True)
class Chunk:
    """What one object of the wire holds; all of it may be empty."""

    text: str = field(default="", repr=False)
    reasoning: str = field(default="", repr=False)
    finish_reason: str = ""
    usage: Usage | None = None
    error: JsonObject | None = field(default=None, repr=False)
    """The error object; for a bare string, one with it as `message`."""


def read_chunk(value: JsonObject) -> Chunk:
    """Read a chunk of a stream, or a whole completion: `delta` and `message` are read alike.

    Only the first choice counts, for only one is asked for.
    """
    if value.get("error"):
        return Chunk(error=_error(value["error"]))
    if value.get("object") == "error":
        return Chunk(error=value)
    choice = first_object(value.get("choices"))
    said = as_object(choice.get("delta")) or as_object(choice.get("message"))
    reasoning = string(said.get("reasoning_content")) or string(said.get("reasoning"))
    if choice.get("error"):
        return Chunk(error=_error(choice["error"]))
    return Chunk(
        text=_text(said.get("content")) or string(said.get("refusal")),
        reasoning=reasoning,
        finish_reason=string(choice.get("finish_reason")),
        usage=_usage(value.get("usage")),
    )


def _text(content: object) -> str:
    """Read a string, or the text parts of an array of parts."""
    if isinstance(content, str):
        return string(content)
    return "".join(string(part.get("text")) for part in objects(content))


def _usage(value: object) -> Usage | None:
    if value is None:
        return None
    counts = as_object(value)
    prompt = integer(counts.get("prompt_tokens"))
    completion = integer(counts.get("completion_tokens"))
    return None if prompt is None else Usage(max(prompt, 0), max(completion or 0, 0))


def _error(value: object) -> JsonObject:
    return {"message": value} if isinstance(value, str) else as_object(value)
