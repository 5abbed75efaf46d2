"""The Playground's dialect of 2025: `POST /v4/message/stream`, nested message objects."""

from upstream.playground.chunks import (
    AssistantText,
    EndChunk,
    ErrorChunk,
    OtherChunk,
    PlaygroundChunk,
    TextChunk,
    ThreadChunk,
)
from upstream.wire.decoders.json_objects import JsonObject, objects, string


class M25:
    """Reads `stream := initial chunk* error? final`; the kinds are told apart by their keys."""

    path = "/v4/message/stream"
    models_path = "/v3/models"
    needs_host = True
    inherits_options = False

    def decode(self, line: JsonObject) -> tuple[PlaygroundChunk, ...]:
        """Read one line."""
        if "id" in line:
            return self._thread(line)
        if "error" in line:
            return (ErrorChunk(string(line.get("reason"))),)
        if isinstance(line.get("content"), str):
            return (TextChunk(string(line["content"])),)
        return (OtherChunk(string(line.get("type")) or "without a type"),)

    def _thread(self, line: JsonObject) -> tuple[PlaygroundChunk, ...]:
        """Find the answer by walking down `children`: a new thread may begin with a prompt."""
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
        thread = ThreadChunk(string(line.get("root")), tuple(answers), is_final, finish_reason)
        return (thread, EndChunk()) if is_final else (thread,)
