"""The laws about questions object to what they forbid: a check that cannot fail is none."""

from dataclasses import replace

import pytest

from sandbox.world.entities import ChannelKind
from tests.chaos.laws import questions
from tests.chaos.laws.book import violations
from tests.chaos.made_up import BEN, MadeUp, told_by


@pytest.mark.parametrize("kind", [ChannelKind.PUBLIC_THREAD, ChannelKind.DIRECT_MESSAGE])
def test_a_conversation_without_a_fault_breaks_no_law(kind: ChannelKind) -> None:
    """What is asked, stored and shown as it was said is as it should be."""
    made = MadeUp()
    place = made.place(kind)
    made.exchange(place, "q1q", "A1")
    made.exchange(place, "q2q", "A2")
    made.say(place, "q3q", is_meant=False)
    assert violations(made.record) == []


def test_what_was_for_others_is_not_taken() -> None:
    """A message for somebody else that is stored is found."""
    made = MadeUp()
    made.take(made.say(made.place(), "q1q", is_meant=False))
    assert "was for others" in told_by(questions.others_are_left_alone, made)


@pytest.mark.parametrize(
    ("state", "words"), [("waiting", "still waits"), ("withdrawn", "withdrawn by nobody")]
)
def test_what_is_taken_does_not_stay(state: str, words: str) -> None:
    """A message that waits when all is quiet, or that nobody deleted, is found."""
    made = MadeUp()
    made.take(made.say(made.place(), "q1q"), state)
    assert words in told_by(questions.nothing_waits, made)


def test_a_message_is_in_the_turn_it_became() -> None:
    """A message whose turn does not say it, or only quotes it, is found."""
    made = MadeUp()
    answer = made.exchange(made.place(), "q1q", "A1")
    made.change(made.record.stored.turns[answer.parent_id or 0], text="> hello q1q\n\nwhy")
    assert "not in the turn" in told_by(questions.nothing_waits, made)


def test_a_message_is_asked_once() -> None:
    """A message that became part of two questions is found."""
    made = MadeUp()
    place = made.place()
    made.exchange(place, "q1q", "A1")
    made.exchange(place, "q1q", "A2")
    assert "q1q was asked 2 times" in told_by(questions.nothing_is_asked_twice, made)


@pytest.mark.parametrize("is_shown", [False, True])
def test_a_question_has_one_answer_shown(*, is_shown: bool) -> None:
    """No answer shown is found, even with a notice in its place, and so are two."""
    made = MadeUp()
    place = made.place()
    answer = made.exchange(place, "q1q", "A1")
    if is_shown:
        made.answer(made.record.stored.turns[answer.parent_id or 0], "A2")
    else:
        made.record.stored.parts.clear()
        made.notice(made.say(place, "q2q"), "only_words", "I can only read words yet: no.")
    count = 2 if is_shown else 0
    assert f"has {count} answers shown" in told_by(questions.each_is_answered_once, made)


def test_questions_are_asked_in_the_order_of_their_messages() -> None:
    """An older message that was asked after a newer one is found."""
    made = MadeUp()
    place = made.place()
    first, second = made.say(place, "q1q"), made.say(place, "q2q")
    made.answer(made.question(second), "A1")
    made.answer(made.question(first), "A2")
    assert "was asked before" in told_by(questions.questions_keep_their_order, made)


def test_what_waited_together_is_asked_in_order() -> None:
    """A question that says its messages in another order than they were said is found."""
    made = MadeUp()
    place = made.place()
    first, second = made.say(place, "q1q"), made.say(place, "q2q", person=BEN)
    made.answer(made.question(second, first), "A1")
    assert "people said" in told_by(questions.questions_keep_their_order, made)


def test_answers_are_posted_in_the_order_of_their_questions() -> None:
    """An answer that was posted before the one it follows is found."""
    made = MadeUp()
    place = made.place()
    first = made.exchange(place, "q1q", "A1")
    second = made.exchange(place, "q2q", "A2")
    stored = made.record.stored
    one, other = stored.replies[first.id].id, stored.replies[second.id].id
    stored.parts[one], stored.parts[other] = stored.parts[other], stored.parts[one]
    assert "comes after one of" in told_by(questions.answers_keep_their_order, made)


def test_an_answer_is_posted_whole_before_the_next_begins() -> None:
    """A second page that was posted after the next answer's first message is found."""
    made = MadeUp()
    place = made.place()
    first = made.exchange(place, "q1q", "A1", text="A1 says: hi\fand more")
    made.exchange(place, "q2q", "A2")
    late = made.post(place.id, "and more")
    parts = made.record.stored.parts_of(first.id)
    parts[1] = replace(parts[1], message_id=late.id)
    assert "comes after one of" in told_by(questions.answers_keep_their_order, made)
