"""The Playground's dialect of 2025: `POST /v4/message/stream`, nested message objects."""

from upstream.playground.dialects.chunks import (
    AssistantText,
    Chunk,
    EndChunk,
    ErrorChunk,
    OtherChunk,
    StoredChunk,
    TextChunk,
)
from upstream.wire.decoders.json_objects import JsonObject, objects, string


class M25:
    """Reads `stream := initial chunk* error? final`; the kinds are told apart by their keys."""

    path = "/v4/message/stream"
    models_path = "/v3/models"
    needs_host = True
    inherits_options = False

    def decode(self, line: JsonObject) -> tuple[Chunk, ...]:
        """Return the chunks of one line."""
        if "id" in line:
            return self._stored(line)
        if "error" in line:
            return (ErrorChunk(string(line.get("reason"))),)
        if isinstance(line.get("content"), str):
            return (TextChunk(string(line["content"])),)
        return (OtherChunk(string(line.get("type")) or "without a type"),)

    def _stored(self, line: JsonObject) -> tuple[Chunk, ...]:
        """Find the answers by walking down `children`, which may begin with a prompt."""
        answers: list[AssistantText] = []
        finish_reason = ""
        left = [line]
        while left:
            node = left.pop()
            left.extend(reversed(objects(node.get("children"))))
            if node.get("role") == "assistant":
                answers.append(AssistantText(string(node.get("id")), string(node.get("content"))))
                finish_reason = string(node.get("finish_reason"))
        is_final = line.get("final") is True
        stored = StoredChunk(string(line.get("root")), tuple(answers), is_final, finish_reason)
        return (stored, EndChunk()) if is_final else (stored,)
