"""How long an answer may become, whatever a model sends (pure)."""

from collections.abc import Sequence
from dataclasses import replace

from conversation.entities import Failure, FailureReason, Outcome
from conversation.events import Finished, ReasoningDelta, StreamEvent, TextDelta

THOUGHTS_PER_CHAR = 8
"""A model may think this many times longer than its answer may be. Its thoughts are kept no longer
than an answer."""

_TOO_LONG = Finished(Outcome.TRUNCATED, Failure(FailureReason.LENGTH_BOUND))


class LengthLimit:
    """Cut one answer at its limit.

    Args:
        most_chars: How long its text may become.
    """

    def __init__(self, most_chars: int) -> None:
        self._most_chars = most_chars
        self._text_chars = 0
        self._thought_chars = 0

    def take(self, event: StreamEvent) -> Sequence[StreamEvent]:
        """Return what is left of an event, with an end after it where it went past the limit."""
        match event:
            case TextDelta():
                return self._take_text(event)
            case ReasoningDelta():
                return self._take_thought(event)
            case Finished(text=str(whole)) if len(whole) > self._most_chars:
                return (replace(_TOO_LONG, text=whole[: self._most_chars], usage=event.usage),)
            case Finished():
                return (event,)

    def _take_text(self, event: TextDelta) -> Sequence[StreamEvent]:
        left = self._most_chars - self._text_chars
        length = len(event.text)
        self._text_chars += length
        if length <= left:
            return (event,)
        return (TextDelta(event.text[:left]), _TOO_LONG) if left else (_TOO_LONG,)

    def _take_thought(self, event: ReasoningDelta) -> Sequence[StreamEvent]:
        left = max(self._most_chars - self._thought_chars, 0)
        text = event.text
        self._thought_chars += len(text)
        if self._thought_chars > self._most_chars * THOUGHTS_PER_CHAR:
            return (_TOO_LONG,)
        if len(text) <= left:
            return (event,)
        return (ReasoningDelta(text[:left]),) if left else ()
