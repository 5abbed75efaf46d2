"""From a path of turns to what a model is asked with (pure)."""

from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from conversation import history
from conversation.entities import SPEAKER_SEPARATOR, Outcome, ResumeState, Role, Speaker, Turn
from conversation.ports.provider import Entry

NOON = datetime(2031, 5, 6, 12, tzinfo=UTC)
STATE = ResumeState("p", {"parent": "x"})
ANN, BEN = (1, "ann"), (2, "ben")


def question(*said: tuple[tuple[int, str], str]) -> Turn:
    """Make a user turn of what people said."""
    return Turn(
        1,
        1,
        None,
        Role.USER,
        SPEAKER_SEPARATOR.join(text for _, text in said),
        NOON,
        speakers=tuple(Speaker(*person, len(text)) for person, text in said),
    )


def answer(text: str, resume: ResumeState | None = None) -> Turn:
    """Make an assistant turn."""
    outcome = Outcome.COMPLETE if text else Outcome.FAILED
    return Turn(2, 1, 1, Role.ASSISTANT, text, NOON, outcome=outcome, resume=resume)


def user(text: str) -> Entry:
    """Make a user's entry."""
    return Entry(Role.USER, text)


def test_one_person_is_not_named() -> None:
    """With one person the model is not told needlessly who speaks."""
    path = [question((ANN, "one"), (ANN, "two")), answer("A", STATE), question((ANN, "three"))]
    assert history.entries_of(path) == (
        user("one\n\ntwo"),
        Entry(Role.ASSISTANT, "A", STATE),
        user("three"),
    )
    assert history.instructions("", path) == ""
    assert history.instructions("Be kind.", path) == "Be kind."


def test_several_people_are_named() -> None:
    """When several people talk, each is named from the first on, and the model is told why."""
    path = [question((ANN, "one")), answer("A"), question((BEN, "two"), (ANN, "three"))]
    assert [entry.text for entry in history.entries_of(path)] == [
        "ann: one",
        "A",
        "ben: two\n\nann: three",
    ]
    assert history.instructions("", path) == history.SEVERAL_PEOPLE
    told = history.instructions("Be kind.", path)
    assert told == f"{history.SEVERAL_PEOPLE}\n\nBe kind."


def test_separators_within_what_is_said_do_not_mislead() -> None:
    """Who said what goes by lengths: blank lines in a message are its own."""
    path = [question((ANN, "one\n\nben: not me"), (BEN, "two"))]
    (entry,) = history.entries_of(path)
    assert entry.text == "ann: one\n\nben: not me\n\nben: two"


def test_answers_that_came_to_nothing_are_left_out() -> None:
    """A blank answer is left out, and the questions around it become one entry."""
    path = [question((ANN, "one")), answer(" \n"), question((ANN, "two"))]
    assert history.alternating(history.entries_of(path)) == (user("one\n\ntwo"),)


def test_limit_of_the_model() -> None:
    """The oldest entries go until question, instructions and room for the answer fit."""
    entries = (user("a" * 300), Entry(Role.ASSISTANT, "b" * 30, STATE), user("c" * 30))
    limit = history.CHARS_PER_TOKEN
    everything = 360 // limit
    assert history.shortened(entries, "", everything + 10, 10) == entries
    left = history.shortened(entries, "", everything + 9, 10)
    assert left == (Entry(Role.ASSISTANT, "b" * 30), user("c" * 30))
    assert len(history.shortened(entries, "x" * 300, everything + 10, 10)) == 2
    assert history.shortened(entries, "", 1, None) == (user("c" * 30),)


def asked_by(said: Sequence[tuple[tuple[int, str], str]]) -> Turn:
    """Make a user turn of what hypothesis lets people say."""
    return question(*said)


SAID = st.lists(st.tuples(st.sampled_from([ANN, BEN]), st.text()), min_size=1, max_size=3)
ANSWERS = st.builds(answer, st.text(), st.sampled_from([None, STATE]))
TURNS = st.lists(st.one_of(st.builds(asked_by, SAID), ANSWERS), max_size=12).map(
    lambda path: [*path, question((ANN, "the new one"))]
)


@given(TURNS)
def test_request_alternates(path: Sequence[Turn]) -> None:
    """Whatever the path, roles alternate, nothing is blank, and the new question is last."""
    entries = history.alternating(history.entries_of(path))
    assert all(one.role is not other.role for one, other in pairwise(entries))
    assert all(entry.text.strip() for entry in entries)
    assert entries[-1].role is Role.USER
    assert entries[-1].text.endswith("the new one")


@given(TURNS, st.integers(1, 2000), st.one_of(st.none(), st.integers(1, 2000)))
def test_shortening_keeps_the_newest(
    path: Sequence[Turn], context_tokens: int, answer_tokens: int | None
) -> None:
    """What is left is the end of the path, and without a memory that begins before it."""
    entries = history.entries_of(path)
    for left in (
        history.shortened(entries, "", context_tokens, answer_tokens),
        history.halved(entries),
    ):
        kept = entries[len(entries) - len(left) :]
        assert [entry.text for entry in left] == [entry.text for entry in kept]
        assert left[-1].text == entries[-1].text
        assert left == entries or all(entry.resume is None for entry in left)


@given(TURNS)
def test_halving_ends(path: Sequence[Turn]) -> None:
    """Halving again and again comes down to the new question alone."""
    left = history.entries_of(path)
    for _ in path:
        shorter = history.halved(left)
        assert len(shorter) < len(left) or len(left) == 1
        left = shorter
    assert [entry.text.endswith("the new one") for entry in left] == [True]
