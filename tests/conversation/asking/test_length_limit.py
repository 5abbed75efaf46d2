"""How long an answer may become."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from conversation.asking.length_limit import THOUGHTS_PER_CHAR, LengthLimit
from conversation.entities import Failure, FailureReason, Outcome, ResumeState, Usage
from conversation.events import Finished, ReasoningDelta, StreamEvent, TextDelta

MOST = 10
CUT = Finished(Outcome.TRUNCATED, Failure(FailureReason.LENGTH_BOUND))
DONE = Finished(Outcome.COMPLETE)


def taken(*events: StreamEvent) -> list[StreamEvent]:
    """Return what a limit leaves of events, up to the first end."""
    limit = LengthLimit(MOST)
    left: list[StreamEvent] = []
    for event in events:
        left += limit.take(event)
        if isinstance(left[-1] if left else None, Finished):
            break
    return left


def text_of(events: Sequence[StreamEvent]) -> str:
    """Join the text."""
    return "".join(event.text for event in events if isinstance(event, TextDelta))


@given(st.lists(st.text(min_size=1, max_size=8), max_size=8))
def test_no_text_is_longer_and_none_is_shortened_without_need(texts: list[str]) -> None:
    """What is left is the beginning of what came; only where something is missing it is cut."""
    whole = "".join(texts)
    left = taken(*map(TextDelta, texts), DONE)
    assert text_of(left) == whole[:MOST]
    assert left[-1] == (CUT if len(whole) > MOST else DONE)


def test_a_last_word_that_is_too_long_is_cut_as_well() -> None:
    """The whole text that comes with an end is limited too; its thread is not gone on from."""
    resume = ResumeState("a", {"id": "1"})
    usage = Usage(1, 2)
    (end,) = taken(Finished(Outcome.COMPLETE, text="x" * 11, usage=usage, resume=resume))
    assert end == Finished(CUT.outcome, CUT.failure, usage=usage, text="x" * MOST)
    whole = Finished(Outcome.COMPLETE, text="x" * MOST, resume=resume)
    assert taken(whole) == [whole]


def test_thoughts_are_kept_as_long_as_an_answer() -> None:
    """More of them is let pass unheard, and the answer after it is whole."""
    thoughts = [ReasoningDelta("abcd")] * 5
    left = taken(*thoughts, TextDelta("yes"), DONE)
    kept = "".join(event.text for event in left if isinstance(event, ReasoningDelta))
    assert kept == "abcdabcdab"
    assert left[-2:] == [TextDelta("yes"), DONE]


def test_endless_thoughts_end() -> None:
    """A model that thinks many times as long as it may answer is cut."""
    pieces = MOST * THOUGHTS_PER_CHAR
    assert taken(*[ReasoningDelta("a")] * pieces, DONE)[-1] == DONE
    assert taken(*[ReasoningDelta("a")] * (pieces + 1), DONE)[-1] == CUT
