"""Error objects of OpenAI-compatible servers, read into our errors; the words differ by server.

An error object has a `code`, a `type` and a `message`, of which any may be missing; the code may
be a status. The words below are those of OpenAI, Ollama, llama.cpp, vLLM, LM Studio, LiteLLM and
OpenRouter.
"""

import re
from dataclasses import replace

from conversation.entities import FailureReason
from upstream.errors import UpstreamError
from upstream.wire.decoders.json_objects import JsonObject, as_object, integer, parse, string
from upstream.wire.status_errors import loggable_code, status_error

_CODES = {
    "context_length_exceeded": FailureReason.TOO_LONG,
    "exceed_context_size_error": FailureReason.TOO_LONG,
    "string_above_max_length": FailureReason.TOO_LONG,
    "model_not_found": FailureReason.UNKNOWN_MODEL,
    "insufficient_quota": FailureReason.UNAUTHORIZED,
    "invalid_api_key": FailureReason.UNAUTHORIZED,
    "rate_limit_exceeded": FailureReason.RATE_LIMITED,
    "content_filter": FailureReason.UNSAFE,
    "content_policy_violation": FailureReason.UNSAFE,
    "overloaded_error": FailureReason.OVERLOADED,
}
_SENTENCES = (
    (
        FailureReason.TOO_LONG,
        re.compile(
            r"(maximum )?context (length|window|size)|prompt is too long|too many tokens"
            r"|longer than the (model's )?context|exceeds? the (model's )?max",
            re.IGNORECASE,
        ),
    ),
    (
        FailureReason.UNKNOWN_MODEL,
        re.compile(
            r"\bmodel\b.{0,300}\b(not found|does not exist|not exist|is not loaded)"
            r"|(not a valid|invalid|no such|unknown) model|no endpoints found"
            r"|no models? loaded",
            re.IGNORECASE | re.DOTALL,
        ),
    ),
    (
        FailureReason.UNSAFE,
        re.compile(r"content (management )?policy|requires moderation|flagged", re.IGNORECASE),
    ),
)
_SENTENCE_CHARS = 2000
"""So much of a sentence is searched; a service may quote all that it was asked."""
_MISREAD = frozenset({401, 402, 429})
"""Statuses that decide alone: their sentences may mention models and tokens all the same."""


def find_error_object(body: bytes) -> JsonObject:
    """Return the error object in the body of a refusal; empty where there is none."""
    try:
        value = as_object(parse(body))
    except UpstreamError:
        return {}
    error = value.get("error", value.get("detail", value))
    return {"message": error} if isinstance(error, str) else as_object(error)


class RequestRefusedError(UpstreamError):
    """A request was refused.

    Attributes:
        sentence: The server's own words, never to be logged: they may quote what people wrote.
    """

    def __init__(self, error: UpstreamError, sentence: str) -> None:
        super().__init__(error.failure, may_retry=error.may_retry)
        self.sentence = sentence


def error_from_object(
    status: int, error: JsonObject, *, retry_after_s: float | None = None
) -> RequestRefusedError:
    """Return the error for a refusal.

    The detail is the server's code alone, because its sentence may quote what people wrote.
    """
    refused = status_error(
        status,
        reason=_reason(status, error),
        retry_after_s=retry_after_s,
        detail=loggable_code(error.get("code")) or loggable_code(error.get("type")),
    )
    return RequestRefusedError(refused, string(error.get("message")))


def error_in_stream(error: JsonObject) -> RequestRefusedError:
    """Return the error for an error object in a stream, whose code may be a status."""
    code = error.get("code")
    said = integer(code) or _as_status(string(code))
    if said is not None and 400 <= said < 600:
        return error_from_object(said, error)
    made_up = error_from_object(500, error)
    unknown = UpstreamError(replace(made_up.failure, status=None), may_retry=made_up.may_retry)
    return RequestRefusedError(unknown, made_up.sentence)


def _as_status(code: str) -> int | None:
    return int(code) if re.fullmatch(r"[45]\d\d", code) else None


def _reason(status: int, error: JsonObject) -> FailureReason | None:
    for word in (string(error.get("code")), string(error.get("type"))):
        if word in _CODES:
            return _CODES[word]
    if status in _MISREAD:
        return None
    sentence = string(error.get("message"))[:_SENTENCE_CHARS]
    found = (reason for reason, words in _SENTENCES if words.search(sentence))
    return next(found, None)
