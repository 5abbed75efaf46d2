"""Texts that came at once are told at once."""

import itertools
from collections.abc import Generator, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conversation.entities import Outcome
from conversation.events import Finished, ReasoningDelta, StreamEvent, TextDelta
from upstream.errors import UpstreamError, garbage_error
from upstream.wire.delta_merging import merge_deltas

END = Finished(Outcome.COMPLETE)
EVENTS = st.lists(
    st.builds(TextDelta, st.text(min_size=1, max_size=3))
    | st.builds(ReasoningDelta, st.text(min_size=1, max_size=3))
)


def letters(events: Sequence[StreamEvent]) -> list[StreamEvent]:
    """Cut the deltas into single characters: what they say in which order, however cut."""
    return [
        type(event)(letter)
        for event in events
        if isinstance(event, TextDelta | ReasoningDelta)
        for letter in event.text
    ]


@given(EVENTS)
def test_nothing_is_lost_and_the_order_is_kept(events: list[StreamEvent]) -> None:
    """All words come in their order, no text follows a text, and the end is last."""
    told = list(merge_deltas([*events, END]))
    assert letters(told) == letters(events)
    assert told[-1] == END
    is_text = [isinstance(event, TextDelta) for event in told]
    assert (True, True) not in itertools.pairwise(is_text)


def test_what_came_before_an_error_is_told() -> None:
    """An error in the middle of a read takes nothing away of what came before it."""

    def broken() -> Generator[StreamEvent, None, None]:
        yield TextDelta("one ")
        yield TextDelta("two")
        raise garbage_error("nonsense")

    events = merge_deltas(broken())
    assert next(events) == TextDelta("one two")
    with pytest.raises(UpstreamError):
        next(events)
