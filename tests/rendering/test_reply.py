"""What a reply looks like: while it streams, once it has ended, and as its rows say."""

from datetime import UTC, datetime
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conversation.entities import Outcome, ReplyState, Role, Spot, Turn
from conversation.events import Finished, Queued, TextDelta
from conversation.notices import Remark, RemarkKind
from rendering.buttons import NONE, STREAMING, Button
from rendering.cursor import CURSOR
from rendering.diff import WantedPart
from rendering.reply import StreamingReply, desired
from rendering.splitting.splitter import DISCORD_LIMIT_CHARS
from rendering.wording.sentences import Sentence, say

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
_BOTH = frozenset({Button.CONTINUE, Button.AGAIN})
_TEXTS = st.text(alphabet="ab *`_\n-[](#", max_size=60).map(lambda it: it * 50)
_OUTCOMES = st.sampled_from(Outcome)


def _turn(text: str, outcome: Outcome = Outcome.COMPLETE, *remarks: Remark) -> Turn:
    return Turn(
        2, 1, 1, Role.ASSISTANT, text, NOON, outcome=outcome, remarks=remarks, model="a/one"
    )


def _state(turn: Turn, *, is_newest: bool = True, replaced_text: str = "") -> ReplyState:
    return ReplyState(
        1, turn, Spot(5, 3), Spot(5, 3), is_newest=is_newest, replaced_text=replaced_text
    )


@given(_TEXTS, st.lists(st.integers(0, 3000), max_size=8), _OUTCOMES, st.booleans(), _TEXTS)
def test_an_answer_that_streamed_ends_as_its_rows_say(
    text: str,
    cuts: list[int],
    outcome: Outcome,
    is_newest: bool,  # noqa: FBT001 - drawn
    replaced_text: str,
) -> None:
    """However its text came, and however often it was looked at, it ends as from the store."""
    reply = StreamingReply(replaced_text)
    places = [0, *sorted(min(cut, len(text)) for cut in cuts), len(text)]
    for begin, end in pairwise(places):
        reply.feed(TextDelta(text[begin:end]))
        reply.parts()
    turn = _turn(text, outcome)
    reply.finish(turn, is_newest=is_newest)
    state = _state(turn, is_newest=is_newest, replaced_text=replaced_text)
    assert list(reply.parts()) == list(desired(state))


@given(_TEXTS, _OUTCOMES, st.booleans(), _TEXTS)
def test_no_message_is_longer_than_discord_takes(
    text: str,
    outcome: Outcome,
    is_newest: bool,  # noqa: FBT001 - drawn
    replaced_text: str,
) -> None:
    """Each message of a reply is one that Discord takes, with its small print."""
    state = _state(_turn(text, outcome), is_newest=is_newest, replaced_text=replaced_text)
    assert all(0 < len(part.content) <= DISCORD_LIMIT_CHARS for part in desired(state))


def test_while_it_streams_the_last_message_has_a_cursor_and_a_stop_button() -> None:
    """Only the last message can be stopped, and shows that more comes."""
    reply = StreamingReply()
    reply.feed(TextDelta("a word " * 400))
    first, last = reply.parts()
    assert (CURSOR in first.content, first.buttons) == (False, NONE)
    assert last.content.endswith(CURSOR)
    assert last.buttons == STREAMING


def test_the_place_in_line_is_shown_until_text_comes() -> None:
    """Who waits sees how many are before them, and nothing of that once the answer begins."""
    reply = StreamingReply()
    reply.feed(Queued(2))
    assert reply.parts() == [WantedPart(say(Sentence.QUEUED, number=3), STREAMING)]
    reply.feed(TextDelta("Here"))
    assert [part.content for part in reply.parts()] == ["Here" + CURSOR]


def test_the_services_last_word_is_the_text() -> None:
    """Where the last word differs from what streamed, it takes its place."""
    reply = StreamingReply()
    reply.feed(TextDelta("wrong"))
    reply.feed(Finished(Outcome.COMPLETE, text="right"))
    reply.finish(_turn("right"), is_newest=True)
    assert reply.parts() == [WantedPart("right")]


def test_an_answer_cut_short_says_so_and_offers_to_go_on() -> None:
    """Under its last message stand the words, and the buttons that they name."""
    parts = desired(_state(_turn("text", Outcome.INTERRUPTED)))
    assert parts == [WantedPart(f"text\n{Sentence.INTERRUPTED}", _BOTH)]


def test_where_the_conversation_has_gone_on_there_are_no_buttons() -> None:
    """An answer that is not the newest has other words and nothing to press."""
    parts = desired(_state(_turn("text", Outcome.INTERRUPTED), is_newest=False))
    assert parts == [WantedPart(f"text\n{Sentence.INTERRUPTED_OVERTAKEN}")]


def test_an_answer_without_text_is_its_notice() -> None:
    """What ended before the first word is shown as how it ended."""
    (part,) = desired(_state(_turn("", Outcome.STOPPED)))
    assert part.content == Sentence.STOPPED_UNSAID


def test_a_complete_answer_without_a_word_shows_nothing() -> None:
    """There is no message without a character in it."""
    assert list(desired(_state(_turn(" \n", Outcome.COMPLETE)))) == []


def test_remarks_stand_below_an_answer() -> None:
    """What is to be said beside an answer stands under its text."""
    turn = _turn("text", Outcome.COMPLETE, Remark(RemarkKind.SHORTENED))
    assert desired(_state(turn)) == [WantedPart(f"text\n{Sentence.SHORTENED}")]


def test_an_earlier_attempt_stays_where_nothing_new_came() -> None:
    """A sibling without text leaves what its reply showed, and says that it is not remembered."""
    state = _state(_turn("", Outcome.STOPPED), replaced_text="before")
    (part,) = desired(state)
    assert part.content.split("\n") == [
        "before",
        Sentence.REPLACED_STAYS,
        Sentence.STOPPED_UNSAID,
    ]


def test_an_earlier_attempt_goes_where_text_came() -> None:
    """A sibling with text takes the place of the text before."""
    assert desired(_state(_turn("after"), replaced_text="before")) == [WantedPart("after")]


@pytest.mark.parametrize("text", ["", "  "])
def test_the_line_stands_below_an_earlier_attempt(text: str) -> None:
    """Who asks again and waits still sees what there was."""
    reply = StreamingReply("before")
    if text:
        reply.feed(TextDelta(text))
    reply.feed(Queued(0))
    (part,) = reply.parts()
    assert part.content.startswith("before\n")
    assert part.content.endswith(say(Sentence.QUEUED, number=1))
