"""The body of a `chat/completions` request, and the simpler ones for servers that refuse it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace

from conversation.entities import FailureReason, Parameters
from conversation.ports.provider import Request
from upstream.openai.error_objects import RequestRefusedError


@dataclass(frozen=True, slots=True)
class RequestShape:
    """What a server's model accepts, as far as has been found out."""

    asks_usage: bool = True
    """Send `stream_options`, without which most servers count no tokens in a stream."""
    length_name: str = "max_tokens"
    """OpenAI's newer models accept only `max_completion_tokens`, most other servers only this."""

    def simpler(self, error: RequestRefusedError) -> "RequestShape | None":
        """Return the shape to try after a refusal; None if the shape was not the reason."""
        is_malformed = error.failure.reason is FailureReason.INVALID
        if not is_malformed or error.failure.status not in {400, 422}:
            return None
        if self.length_name == "max_tokens" and "max_completion_tokens" in error.sentence:
            return replace(self, length_name="max_completion_tokens")
        return replace(self, asks_usage=False) if self.asks_usage else None


def request_body(
    request: Request, parameters: Parameters, shape: RequestShape, extra: Mapping[str, object]
) -> bytes:
    """Return the body; the owner's `extra` members give way to what a person chose."""
    body: dict[str, object] = {}
    if shape.asks_usage:
        body["stream_options"] = {"include_usage": True}
    body.update(extra)
    chosen: Mapping[str, object] = {
        "temperature": parameters.temperature,
        "top_p": parameters.top_p,
        shape.length_name: parameters.max_tokens,
    }
    body.update((name, value) for name, value in chosen.items() if value is not None)
    body.update(model=request.model, messages=_messages(request), stream=True)
    return json.dumps(body).encode()


def _messages(request: Request) -> list[dict[str, str]]:
    messages = [{"role": entry.role.value, "content": entry.text} for entry in request.entries]
    if request.system_prompt.strip():
        messages.insert(0, {"role": "system", "content": request.system_prompt})
    return messages
