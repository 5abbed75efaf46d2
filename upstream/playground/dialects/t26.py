"""The Playground's dialect of 2026: `POST /v4/threads/`, flat messages and typed chunks."""

from upstream.playground.dialects.chunks import (
    AssistantText,
    Chunk,
    EndChunk,
    ErrorChunk,
    OtherChunk,
    StoredChunk,
    TextChunk,
    ThoughtChunk,
)
from upstream.wire.decoders.json_objects import JsonObject, objects, string


class T26:
    """Reads the typed chunks from `start` to `end`.

    The service's own tools store several entries in one stream, so that it is over at `end` and not
    at the first final entry. That a limit of length was reached is not reported.
    """

    path = "/v4/threads/"
    models_path = "/v4/models/"
    needs_host = False
    inherits_options = True

    def decode(self, line: JsonObject) -> tuple[Chunk, ...]:
        """Return the chunks of one line."""
        match string(line.get("type")):
            case "modelResponse":
                return (TextChunk(string(line.get("content"))),)
            case "thinking":
                return (ThoughtChunk(string(line.get("content"))),)
            case "start" | "toolCall":
                return (OtherChunk(),)
            case "end":
                return (EndChunk(),)
            case "error":
                return (ErrorChunk(string(line.get("errorCode"))),)
            case "":
                return (self._untyped(line),)
            case other:
                return (OtherChunk(other),)

    def _untyped(self, line: JsonObject) -> Chunk:
        if "error" in line:
            return ErrorChunk(string(line.get("reason")))
        messages = objects(line.get("messages"))
        if not messages:
            return OtherChunk("without a type")
        answers = tuple(
            AssistantText(string(message.get("id")), string(message.get("content")))
            for message in messages
            if message.get("role") == "assistant"
        )
        is_final = all(message.get("final") is True for message in messages)
        return StoredChunk(string(messages[0].get("root")), answers, is_final)
