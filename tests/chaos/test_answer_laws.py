"""The laws about answers object to what they forbid: a check that cannot fail is none."""

from dataclasses import replace
from typing import Any

import pytest

from tests.chaos.laws import answers
from tests.chaos.laws.joining import difference
from tests.chaos.made_up import MadeUp, told_by
from tests.chaos.stored import StoredTurn

_PAGES = "A1 says: A1w0\fA1w1 A1w2\fA1w3"
_INTERRUPTED = "-# ⚠️ Interrupted: the bot had to stop. *Try again* brings a whole answer."


def _answered(**changed: Any) -> tuple[MadeUp, StoredTurn]:
    made = MadeUp()
    return made, made.exchange(made.place(), "q1q", "A1", **changed)


def test_an_answer_has_ended() -> None:
    """A turn without an outcome is found when all is quiet."""
    made, _ = _answered(outcome=None)
    assert "still streams" in told_by(answers.nothing_streams, made)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"text": ""}, "complete and empty"),
        ({"text": "A1 says"}, "is not what was said"),
        ({"text": "A1 says: ho", "outcome": "stopped"}, "not the beginning"),
        ({"text": "A9 says: hi"}, "never said"),
        ({"text": "A9 says", "outcome": "stopped"}, "never said"),
    ],
)
def test_an_answer_is_what_was_said(changed: dict[str, str], words: str) -> None:
    """An answer that is stored otherwise than the model said it is found."""
    made, turn = _answered()
    made.change(turn, **changed)
    assert words in told_by(answers.answers_are_what_was_said, made)


def test_an_answer_was_said_to_its_question() -> None:
    """An answer under a question that the model was not asked is found."""
    made, turn = _answered()
    question = made.record.stored.turns[turn.parent_id or 0]
    made.change(question, text="hello q7q")
    assert "to something else" in told_by(answers.answers_are_what_was_said, made)


def test_an_answer_is_shown() -> None:
    """An answer without messages is found, and one whose message is gone."""
    made, turn = _answered()
    made.messages.clear()
    assert "part 0 of answer" in told_by(answers.every_answer_is_shown, made)
    made.record.stored.parts.clear()
    assert f"answer {turn.id} (complete) is shown nowhere" in told_by(
        answers.every_answer_is_shown, made
    )


def test_an_answer_is_shown_in_its_place_alone() -> None:
    """An answer in somebody else's place is found."""
    made, turn = _answered()
    elsewhere = made.place()
    made.messages_of(turn)[0].channel_id = elsewhere.id
    assert "not where its conversation is" in told_by(answers.parts_are_where_they_belong, made)


@pytest.mark.parametrize("ordinals", [(0, 2, 3), (1, 0, 2), (1, 2, 3), (0, 1, 1)])
def test_parts_are_numbered_without_a_gap(ordinals: tuple[int, ...]) -> None:
    """A part too few, and parts in another order, are found."""
    made, turn = _answered(text=_PAGES)
    parts = made.record.stored.parts_of(turn.id)
    parts[:] = [replace(part, ordinal=it) for part, it in zip(parts, ordinals, strict=True)]
    assert "has parts" in told_by(answers.parts_are_where_they_belong, made)


def test_parts_were_posted_in_their_order() -> None:
    """A first part that was posted after the second is found."""
    made, turn = _answered(text=_PAGES)
    parts = made.record.stored.parts_of(turn.id)
    first, second = parts[0].message_id, parts[1].message_id
    parts[0], parts[1] = replace(parts[0], message_id=second), replace(parts[1], message_id=first)
    assert "posted in another order" in told_by(answers.parts_are_where_they_belong, made)


@pytest.mark.parametrize(
    "pages",
    [
        ["", "", ""],
        ["A1 says: A1w0"],
        ["A1 says: A1w0", "A1w1 A1w2", "A1w1 A1w2", "A1w3"],
        ["A1 says: A1w0", "A1w1 A1w2", "A1w3", "A1w3"],
        ["A1 says: A1w0", "A2w1 A2w2", "A1w3"],
        ["A1w1 A1w2", "A1 says: A1w0", "A1w3"],
        ["A1 says: A1w0", "A1w1A1w2", "A1w3"],
    ],
)
@pytest.mark.parametrize("outcome", ["complete", "interrupted"])
def test_what_is_shown_is_what_is_stored(pages: list[str], outcome: str) -> None:
    """Nothing shown, a page too few or too many, a wrong one: each is found, however it ended."""
    made, turn = _answered(text=_PAGES, outcome=outcome)
    small_print = [] if outcome == "complete" else [_INTERRUPTED]
    made.show(turn, *pages[:-1], "\n".join([pages[-1], *small_print]))
    assert "shown otherwise than stored" in told_by(answers.shown_is_stored, made)


@pytest.mark.parametrize(
    ("pages", "text"),
    [
        (["one\ntwo"], "one\ntwo\n"),
        (["one", "two"], "one\n\ntwo"),
        (["a:\n```py\nx\n```", "```py\ny\n```\nz"], "a:\n```py\nx\ny\n```\nz"),
        (["a:\n```py\nx\n```"], "a:\n```py\nx"),
        (["a:\n```py\nx\n```", "z"], "a:\n```py\nx\n```\nz"),
    ],
)
def test_layout_may_close_and_reopen_code(pages: list[str], text: str) -> None:
    """White space between pages, and fences that layout closes and opens again, are no fault."""
    assert difference(pages, text) is None


@pytest.mark.parametrize(
    "pages",
    [
        ["a:\n```py\nx", "y\n```\nz"],
        ["a:\n```py\nx\n```", "y\n```\nz"],
        ["a:\n```py\nx\n```", "```js\ny\n```\nz"],
        ["a:\n```py\nx\n```", "```py\ny\n```"],
    ],
)
def test_code_that_falls_apart_is_found(pages: list[str]) -> None:
    """A fence that is not closed, not opened again, or in another language is a fault."""
    assert difference(pages, "a:\n```py\nx\ny\n```\nz") is not None


@pytest.mark.parametrize(
    ("changed", "small_print"),
    [
        ({}, ["-# ⏹️ Stopped."]),
        ({}, ["-# I cannot read files yet, so I have not seen `a`."]),
        ({"outcome": "stopped"}, []),
        ({"outcome": "stopped"}, [_INTERRUPTED]),
        ({"outcome": "interrupted"}, ["-# I was away for a while"]),
        ({"outcome": "interrupted"}, [_INTERRUPTED, _INTERRUPTED]),
        ({"outcome": "failed", "failure": "cut"}, ["-# ⚠️ The model's service failed."]),
        ({"outcome": "truncated", "failure": "length"}, []),
        ({"remarks": ("switched",)}, []),
    ],
)
def test_how_an_answer_ended_is_told(changed: dict[str, Any], small_print: list[str]) -> None:
    """An ending that is not told, is another's, is told twice, or of a complete one is found."""
    made, turn = _answered(**changed)
    made.show(turn, "\n".join(["A1 says: hi", *small_print]))
    assert " ends: " in told_by(answers.ends_are_told, made)


@pytest.mark.parametrize(
    ("changed", "small_print"),
    [
        ({}, []),
        ({"outcome": "interrupted"}, [_INTERRUPTED]),
        (
            {"outcome": "failed", "failure": "cut", "remarks": ("was_away", "quota_near")},
            [
                "-# ⚠️ Cut short: the connection to the model was lost. *Continue* …",
                "-# I was away for a while: …",
                "-# 2 of your 3 answers for today are left; …",
            ],
        ),
    ],
)
def test_an_ending_that_is_told_is_no_fault(
    changed: dict[str, Any], small_print: list[str]
) -> None:
    """The words of the outcome and of each remark, in that order, are as they should be."""
    made, turn = _answered(**changed)
    made.show(turn, "\n".join(["A1 says: hi", *small_print]))
    assert told_by(answers.ends_are_told, made) == ""
    assert told_by(answers.shown_is_stored, made) == ""


def test_an_end_in_a_message_of_its_own_is_no_fault() -> None:
    """Small print that has no room under the last page may stand alone."""
    made, turn = _answered(outcome="interrupted")
    made.show(turn, "A1 says: hi", _INTERRUPTED)
    assert told_by(answers.ends_are_told, made) == ""
    assert told_by(answers.shown_is_stored, made) == ""


def test_what_stands_from_the_attempt_before_is_told() -> None:
    """An attempt without text shows the text of the one before, and says so."""
    made = MadeUp()
    question = made.question(made.say(made.place(), "q1q"))
    made.answer(question, "A1", outcome="interrupted")
    second = made.answer(question, "A2", text="", outcome="interrupted")
    stays = "-# What stands above is from the attempt before, which I do not remember."
    made.show(second, f"A1 says: hi\n{stays}\n{_INTERRUPTED}")
    assert f"answer {second.id}" not in told_by(answers.ends_are_told, made)
    assert f"answer {second.id}" not in told_by(answers.shown_is_stored, made)
    made.show(second, f"A1 says: hi\n{_INTERRUPTED}")
    assert f"answer {second.id}" in told_by(answers.ends_are_told, made)


@pytest.mark.parametrize("content", ["A1 says: \u258c", "-# ⏳ Many answers are being written"])
def test_nothing_looks_as_if_it_went_on(content: str) -> None:
    """A cursor, or a place in line, that stays when all is quiet is found."""
    made = MadeUp()
    made.post(made.place().id, content)
    assert "looks open" in told_by(answers.nothing_looks_open, made)
