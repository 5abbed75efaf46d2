"""Which buttons stand under an answer, and how they look."""

import re

import pytest

from conversation.entities import FailureReason, Outcome
from delivery.discord_api import Row, view_of
from rendering.buttons import (
    ASKING_MAY_HELP,
    NONE,
    Button,
    buttons_after,
    custom_id,
    custom_id_pattern,
)

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


def test_buttons_stand_in_one_row_in_a_fixed_order() -> None:
    """*Continue* comes before *Try again*, whatever the order in which they were named."""
    (row,) = view_of(Row(7, frozenset({Button.AGAIN, Button.CONTINUE}))).to_components()
    found = [(it["label"], it["custom_id"]) for it in row["components"]]
    assert found == [("Continue", "bobbin:continue:7"), ("Try again", "bobbin:again:7")]
