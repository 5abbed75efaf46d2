"""Which buttons stand under an answer, and how they look."""

import re

import pytest

from conversation.entities import Failure, FailureReason, Outcome
from delivery.discord_api import Row, view_of
from delivery.pacing.policy import Call
from rendering.buttons import (
    ASKING_MAY_HELP,
    NONE,
    Button,
    buttons_after,
    custom_id,
    custom_id_pattern,
    has_stop,
)
from rendering.diff import ShownParts, WantedPart
from rendering.wording.english import outcome_notice

_BOTH = frozenset({Button.CONTINUE, Button.AGAIN})
_AGAIN = frozenset({Button.AGAIN})


def test_every_reason_says_whether_asking_may_help() -> None:
    """No reason for a failure is without a row."""
    assert ASKING_MAY_HELP.keys() == set(FailureReason)


@pytest.mark.parametrize("outcome", [Outcome.COMPLETE, Outcome.STOPPED])
def test_whole_and_stopped_answers_have_no_buttons(outcome: Outcome) -> None:
    """What is as it was meant to be needs none."""
    assert buttons_after(outcome, has_text=True) == NONE


@pytest.mark.parametrize(
    ("outcome", "reason"),
    [
        (Outcome.INTERRUPTED, None),
        (Outcome.TRUNCATED, FailureReason.LENGTH),
        (Outcome.TRUNCATED, None),
        *((Outcome.FAILED, reason) for reason, helps in ASKING_MAY_HELP.items() if helps),
    ],
)
def test_what_may_go_better_is_offered(outcome: Outcome, reason: FailureReason | None) -> None:
    """With text an answer can be gone on with or asked for again, without only the latter."""
    assert buttons_after(outcome, reason, has_text=True) == _BOTH
    assert buttons_after(outcome, reason, has_text=False) == _AGAIN


@pytest.mark.parametrize(
    "reason", [reason for reason, helps in ASKING_MAY_HELP.items() if not helps]
)
@pytest.mark.parametrize("outcome", [Outcome.FAILED, Outcome.TRUNCATED])
def test_what_would_fail_again_is_not_offered(outcome: Outcome, reason: FailureReason) -> None:
    """Where the same request would end in the same way there is no button, text or not."""
    assert buttons_after(outcome, reason, has_text=True) == NONE
    assert buttons_after(outcome, reason, has_text=False) == NONE


@pytest.mark.parametrize("button", Button)
def test_a_click_finds_its_turn(button: Button) -> None:
    """A custom id is recognised by its own button only, and gives the turn."""
    made = custom_id(button, 42)
    for other in Button:
        match = re.fullmatch(custom_id_pattern(other), made)
        assert (match is not None) is (other is button)
        if match is not None:
            assert match["turn_id"] == "42"
    assert has_stop([made]) is (button is Button.STOP)


def test_buttons_stand_in_one_row_in_a_fixed_order() -> None:
    """*Continue* comes before *Try again*, whatever the order in which they were named."""
    (row,) = view_of(Row(7, frozenset({Button.AGAIN, Button.CONTINUE}))).to_components()
    found = [(it["label"], it["custom_id"]) for it in row["components"]]
    assert found == [("Continue", "bobbin:continue:7"), ("Try again", "bobbin:again:7")]


@pytest.mark.parametrize(
    ("outcome", "reason"),
    [
        *((Outcome.FAILED, reason) for reason in FailureReason),
        (Outcome.TRUNCATED, FailureReason.LENGTH),
        (Outcome.TRUNCATED, FailureReason.LENGTH_BOUND),
        (Outcome.TRUNCATED, FailureReason.UNSAFE),
    ],
)
def test_a_notice_names_no_button_that_is_not_there(
    outcome: Outcome, reason: FailureReason
) -> None:
    """*Continue* is spoken of only where it can be pressed."""
    for has_text in (True, False):
        notice = outcome_notice(outcome, Failure(reason), has_text=has_text)
        offered = buttons_after(outcome, reason, has_text=has_text)
        assert "*Continue*" not in notice or Button.CONTINUE in offered


def test_a_message_whose_text_is_known_is_left_alone() -> None:
    """Of a reply gone on from only the last message is edited, and what is over is deleted."""
    shown = ShownParts((10, 11, 12), contents=("one",))
    wanted = [WantedPart("one"), WantedPart("two")]
    edit = shown.next_change(wanted, is_all=True)
    assert edit is not None
    assert (edit.call, edit.message_id, edit.wanted) == (Call.EDIT, 11, wanted[1])
    shown.made(edit, None)
    deletion = shown.next_change(wanted, is_all=True)
    assert deletion is not None
    assert (deletion.call, deletion.message_id) == (Call.OTHER, 12)
    shown.made(deletion, None)
    assert shown.next_change(wanted, is_all=True) is None


def test_other_buttons_are_a_change() -> None:
    """A message that says what it should is edited when its buttons are to be others."""
    shown = ShownParts((10,), contents=("one",))
    wanted = [WantedPart("one", _BOTH)]
    edit = shown.next_change(wanted, is_all=True)
    assert edit is not None
    shown.made(edit, None)
    assert shown.next_change(wanted, is_all=True) is None
