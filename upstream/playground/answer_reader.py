"""The state of reading one answer of the Playground, and how it ended."""

import logging

from conversation.entities import Failure, FailureReason, Outcome
from conversation.events import ReasoningDelta, TextDelta
from upstream.errors import UpstreamError
from upstream.playground.dialects.chunks import (
    Chunk,
    EndChunk,
    ErrorChunk,
    OtherChunk,
    StoredChunk,
    TextChunk,
    ThoughtChunk,
)
from upstream.wire.status_errors import loggable_code

log = logging.getLogger(__name__)

_FAILURES = {
    "model overloaded": (FailureReason.OVERLOADED, True),
    "grpc inference failed": (FailureReason.SERVER_ERROR, True),
    "Model http error": (FailureReason.SERVER_ERROR, True),
    "unclosed stream": (FailureReason.SERVER_ERROR, False),
    "aborted": (FailureReason.SERVER_ERROR, False),
}
"""The wire's word for an error: our reason, and whether a second try may succeed. Any other word is
a server error that is not tried again."""


class AnswerReader:
    """Turn the chunks of one answer into events, and judge its end; knows no bytes and no time."""

    def __init__(self) -> None:
        self._said: list[str] = []
        self._stored: dict[str, str] = {}
        self._error_reason: str | None = None
        self._finish_reason = ""
        self._unexpected: set[str] = set()
        self.root_id = ""
        self.answer_id = ""
        self.is_final = False
        """Whether the last stored entries were final; only then can the answer be continued."""
        self.is_over = False

    @property
    def has_failed(self) -> bool:
        """Whether the service has reported an error, after which little more comes."""
        return self._error_reason is not None

    def take(self, chunk: Chunk) -> TextDelta | ReasoningDelta | None:
        """Record the next chunk, and return the event that it makes."""
        match chunk:
            case TextChunk(text) if text:
                self._said.append(text)
                return TextDelta(text)
            case ThoughtChunk(text) if text:
                return ReasoningDelta(text)
            case StoredChunk():
                self._take_stored(chunk)
            case ErrorChunk(reason):
                self._error_reason = self._error_reason or reason or "unknown"
            case EndChunk():
                self.is_over = True
            case OtherChunk(kind) if kind and kind not in self._unexpected:
                self._unexpected.add(kind)
                log.warning("skipped a chunk of an unknown kind: %s", loggable_code(kind) or "?")
            case TextChunk() | ThoughtChunk() | OtherChunk():
                pass
        return None

    def _take_stored(self, chunk: StoredChunk) -> None:
        self.root_id = chunk.root_id or self.root_id
        self.is_final = chunk.is_final
        if chunk.answers:
            self.answer_id = chunk.answers[-1].id
        if chunk.is_final:
            self._finish_reason = chunk.finish_reason
            self._stored.update((answer.id, answer.text) for answer in chunk.answers)

    def check(self) -> None:
        """Raise unless the answer ended well.

        Raises:
            UpstreamError: What the service reported, else `CUT` where its last object is missing.
        """
        if self._error_reason is not None:
            raise self._failure(self._error_reason)
        if not (self.is_over and self.is_final):
            raise UpstreamError(Failure(FailureReason.CUT), may_retry=True)
        if self._finish_reason == "length" or self._finish_reason in _FAILURES:
            raise self._failure(self._finish_reason)

    def corrected_text(self) -> str | None:
        """Return the whole text as the service stored it, where that differs from the deltas.

        A stored answer without text is ignored.
        """
        stored = "".join(self._stored.values())
        return stored if stored.strip() and stored != "".join(self._said) else None

    def _failure(self, reason: str) -> UpstreamError:
        if reason == "length":
            if "".join(self._said).strip():
                failure = Failure(FailureReason.LENGTH, detail=reason)
                return UpstreamError(failure, outcome=Outcome.TRUNCATED)
            return UpstreamError(Failure(FailureReason.TOO_LONG, detail=reason))
        said, may_retry = _FAILURES.get(reason, (FailureReason.SERVER_ERROR, False))
        return UpstreamError(Failure(said, detail=loggable_code(reason)), may_retry=may_retry)
