"""What the Ai2 Playground says while it answers, as values common to its dialects.

A dialect reads the objects of its wire into these; `PlaygroundReading` makes an answer of them.
"""

import logging
from dataclasses import dataclass, field

from conversation.entities import Failure, FailureReason, Outcome
from conversation.events import ReasoningDelta, TextDelta
from upstream.errors import UpstreamError
from upstream.wire.status_errors import code_word

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class AssistantText:
    """An assistant's message as a thread object shows it."""

    id: str
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class ThreadChunk:
    """The new messages of the thread: at first to name their ids, at last as they were stored."""

    root_id: str
    answers: tuple[AssistantText, ...]
    is_final: bool
    finish_reason: str = ""


@dataclass(frozen=True, slots=True)
class TextChunk:
    """More of the answer, verbatim."""

    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class ThoughtChunk:
    """More of what the model thinks."""

    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class ErrorChunk:
    """The server says that the answer failed; `reason` is its word for why."""

    reason: str


@dataclass(frozen=True, slots=True)
class EndChunk:
    """Nothing more comes."""


@dataclass(frozen=True, slots=True)
class OtherChunk:
    """A chunk that holds nothing for us; `kind` names it where it was not expected."""

    kind: str = ""


PlaygroundChunk = ThreadChunk | TextChunk | ThoughtChunk | ErrorChunk | EndChunk | OtherChunk

_FAILURES = {
    "model overloaded": (FailureReason.OVERLOADED, True),
    "grpc inference failed": (FailureReason.SERVER_ERROR, True),
    "Model http error": (FailureReason.SERVER_ERROR, True),
    "unclosed stream": (FailureReason.SERVER_ERROR, False),
    "aborted": (FailureReason.SERVER_ERROR, False),
}
"""By the word of the wire: the reason, and whether a second try may succeed. Any other word is a
server error that is not tried again."""


class PlaygroundReading:
    """The state of reading one answer; knows no bytes and no time."""

    def __init__(self) -> None:
        self._said: list[str] = []
        self._stored: dict[str, str] = {}
        self._error_reason: str | None = None
        self._finish_reason = ""
        self._unexpected: set[str] = set()
        self.root_id = ""
        self.answer_id = ""
        self.is_final = False
        """Whether the last thread object was final: the thread can be gone on from here."""
        self.is_over = False

    @property
    def has_failed(self) -> bool:
        """Whether the server has reported an error, after which little more comes."""
        return self._error_reason is not None

    def take(self, chunk: PlaygroundChunk) -> TextDelta | ReasoningDelta | None:
        """Take the next chunk and give what a person should see of it."""
        match chunk:
            case TextChunk(text) if text:
                self._said.append(text)
                return TextDelta(text)
            case ThoughtChunk(text) if text:
                return ReasoningDelta(text)
            case ThreadChunk():
                self._take_thread(chunk)
            case ErrorChunk(reason):
                self._error_reason = self._error_reason or reason or "unknown"
            case EndChunk():
                self.is_over = True
            case OtherChunk(kind) if kind and kind not in self._unexpected:
                self._unexpected.add(kind)
                log.warning("skipped a chunk of an unknown kind: %s", code_word(kind) or "?")
            case TextChunk() | ThoughtChunk() | OtherChunk():
                pass
        return None

    def _take_thread(self, chunk: ThreadChunk) -> None:
        self.root_id = chunk.root_id or self.root_id
        self.is_final = chunk.is_final
        if chunk.answers:
            self.answer_id = chunk.answers[-1].id
        if chunk.is_final:
            self._finish_reason = chunk.finish_reason
            self._stored.update((answer.id, answer.text) for answer in chunk.answers)

    def check(self) -> None:
        """Say whether the answer ended well.

        Raises:
            UpstreamError: What the server reported, else `CUT` if its last word is missing.
        """
        if self._error_reason is not None:
            raise self._failure(self._error_reason)
        if not (self.is_over and self.is_final):
            raise UpstreamError(Failure(FailureReason.CUT), may_retry=True)
        if self._finish_reason == "length" or self._finish_reason in _FAILURES:
            raise self._failure(self._finish_reason)

    def last_word(self) -> str | None:
        """Give the whole text as the server stored it, where it differs from what it said.

        An answer that was stored without text is no word on what came.
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
        return UpstreamError(Failure(said, detail=code_word(reason)), may_retry=may_retry)
