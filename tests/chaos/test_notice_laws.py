"""The laws about notices object to what they forbid: a check that cannot fail is none."""

from dataclasses import replace
from typing import Any

import pytest

from tests.chaos.chronicle import Spoken
from tests.chaos.laws import notices
from tests.chaos.made_up import BEN, MadeUp, told_by

_ONLY_FILES = "I cannot read files yet, so I have not seen `a.txt`. The same goes for …"
_QUEUE_FULL = "10 messages are waiting for an answer here already, so I did not take this one."
_QUOTA_SPENT = "You have had your 3 answers for today, so I did not take this one."
_SLOW_DOWN = "Slow down, please: I take 5 messages of one person in 60 seconds."
_LATER = "I cannot store anything just now, so I could not take this message yet. I answer it …"


def _said(*, has_words: bool = True) -> tuple[MadeUp, Spoken]:
    made = MadeUp()
    return made, made.say(made.place(), "q1q", has_words=has_words)


def test_what_was_not_taken_is_told() -> None:
    """A message that is neither stored nor told of is lost."""
    made, _ = _said()
    assert "never taken" in told_by(notices.what_is_not_taken_is_told, made)


def test_an_unknown_reply_tells_nobody_anything() -> None:
    """A reply that is no stored notice does not count as one, and is found itself."""
    made, spoken = _said()
    made.post(spoken.channel.id, _SLOW_DOWN, spoken.message.id)
    assert "never taken" in told_by(notices.what_is_not_taken_is_told, made)
    assert "belongs to nothing" in told_by(notices.each_message_belongs_to_something, made)


def test_a_notice_counts_for_its_message() -> None:
    """A notice about one message does not tell of another, nor another person."""
    made, spoken = _said()
    other = made.say(spoken.channel, "q2q", person=BEN)
    made.notice(other, "slow_down", _SLOW_DOWN)
    broken = told_by(notices.what_is_not_taken_is_told, made)
    assert "q1q" in broken
    assert "q2q" not in broken


@pytest.mark.parametrize("kind", ["queue_full", "how_to", "only_words"])
def test_a_notice_counts_by_its_kind(kind: str) -> None:
    """A message with words was not taken because of its author's pace, or for no reason."""
    made, spoken = _said()
    made.notice(spoken, kind, "…")
    assert "never taken" in told_by(notices.what_is_not_taken_is_told, made)


@pytest.mark.parametrize(("kind", "is_right"), [("queue_full", True), ("slow_down", False)])
def test_a_refusal_is_told_by_the_right_notice(kind: str, *, is_right: bool) -> None:
    """A refused message is told of a full queue or a spent quota, and of nothing else."""
    made, spoken = _said()
    made.take(spoken, "refused")
    made.notice(spoken, kind, _QUEUE_FULL)
    assert ("refused without" not in told_by(notices.what_is_not_taken_is_told, made)) is is_right


@pytest.mark.parametrize("kind", ["queue_full", "quota_spent"])
def test_a_notice_covers_what_is_refused_after_it(kind: str) -> None:
    """A run of refused messages is told of once, with the first of them."""
    made, spoken = _said()
    later = made.say(spoken.channel, "q2q")
    for one in (spoken, later):
        made.take(one, "refused")
    made.notice(spoken, kind, _QUEUE_FULL)
    assert told_by(notices.what_is_not_taken_is_told, made) == ""


@pytest.mark.parametrize(("state", "is_covered"), [("answered", False), ("refused", True)])
def test_a_run_ends_with_what_is_taken(state: str, *, is_covered: bool) -> None:
    """What is refused after another message was taken is told of anew."""
    made, spoken = _said()
    between, later = made.say(spoken.channel, "q2q"), made.say(spoken.channel, "q3q")
    for one, what in ((spoken, "refused"), (between, state), (later, "refused")):
        made.take(one, what)
    made.notice(spoken, "queue_full", _QUEUE_FULL)
    assert ("q3q" not in told_by(notices.what_is_not_taken_is_told, made)) is is_covered


def test_an_old_notice_covers_no_file_after_words() -> None:
    """What is sent without words after something that was taken is told of anew."""
    made, first = _said(has_words=False)
    made.notice(first, "only_files", _ONLY_FILES)
    second = made.say(first.channel, "q2q", has_words=False)
    assert told_by(notices.what_is_not_taken_is_told, made) == ""
    made.take(made.say(first.channel, "q3q"))
    made.say(first.channel, "q4q", has_words=False)
    made.say(first.channel, "q5q", person=BEN, has_words=False)
    broken = told_by(notices.what_is_not_taken_is_told, made)
    assert second.tag not in broken
    assert "q4q" in broken
    assert "q5q" in broken


def test_somebody_too_fast_is_covered_until_they_may_go_on() -> None:
    """What is said after the moment that a notice names is not covered by it."""
    made, first = _said()
    second, third = made.say(first.channel, "q2q"), made.say(first.channel, "q3q")
    made.notice(first, "slow_down", _SLOW_DOWN, covers_until_id=second.message.id)
    broken = told_by(notices.what_is_not_taken_is_told, made)
    assert second.tag not in broken
    assert third.tag in broken


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"answers_message_id": 1}, "replies to another message"),
        ({"kind": "quota_spent"}, "is no notice quota_spent"),
        ({"message_id": 1}, "belongs to nothing"),
    ],
)
def test_a_message_is_its_notice(changed: dict[str, Any], words: str) -> None:
    """A message that says something else, or to another message, than its notice is found."""
    made, spoken = _said()
    notice = made.notice(spoken, "queue_full", _QUEUE_FULL)
    made.record.stored.notices[:] = [replace(notice, **changed)]
    assert words in told_by(notices.each_message_belongs_to_something, made)


def test_a_message_for_nothing_is_found() -> None:
    """A message of the bot that is neither part nor notice is found: a post made twice, say."""
    made, spoken = _said()
    made.post(spoken.channel.id, "A1 says: hi")
    assert "belongs to nothing" in told_by(notices.each_message_belongs_to_something, made)


def test_a_notice_that_was_posted_is_there() -> None:
    """A notice whose message is in another place, or is for another person, is found."""
    made, spoken = _said()
    notice = made.notice(spoken, "queue_full", _QUEUE_FULL, author_id=BEN.id)
    assert "for somebody else" in told_by(notices.each_notice_is_there, made)
    made.messages[notice.message_id or 0].channel_id = made.place().id
    assert "not where it belongs" in told_by(notices.each_notice_is_there, made)


@pytest.mark.parametrize("is_taken", [False, True])
def test_later_is_a_promise(*, is_taken: bool) -> None:
    """Somebody who was told that they are answered later, and is not, is found."""
    made, spoken = _said()
    made.post(spoken.channel.id, _LATER, spoken.message.id)
    if is_taken:
        made.take(spoken)
    assert ("answered later" in told_by(notices.later_comes, made)) is not is_taken
    assert told_by(notices.each_message_belongs_to_something, made) == ""


@pytest.mark.parametrize("content", [_QUEUE_FULL, _LATER])
def test_nobody_is_told_twice(content: str) -> None:
    """The same kind of notice twice to one message is found, whatever else it says."""
    made, spoken = _said()
    made.post(spoken.channel.id, content, spoken.message.id)
    made.post(spoken.channel.id, f"{content} (again)", spoken.message.id)
    assert "2 times" in told_by(notices.nobody_is_told_twice, made)


def test_a_key_has_one_row_and_a_nonce_one_message() -> None:
    """A notice that is stored twice is found, and so is a post that was made twice."""
    made, spoken = _said()
    notice = made.notice(spoken, "quota_spent", _QUOTA_SPENT)
    made.record.stored.notices.append(replace(notice, message_id=None))
    for _ in range(2):
        made.post(spoken.channel.id, "A1 says: hi").nonce = "2.0"
    broken = told_by(notices.nobody_is_told_twice, made)
    assert "is stored 2 times" in broken
    assert "nonce 2.0 was posted 2 times" in broken
