"""The buttons under a reply: which there are, and what they are offered for (pure)."""

from collections.abc import Mapping
from enum import StrEnum

from conversation.entities import FailureReason, Outcome

_PREFIX = "bobbin"


class Button(StrEnum):
    """What a button does; the value stays in the custom ids of messages on Discord for good."""

    STOP = "stop"
    """Under an answer that streams."""
    CONTINUE = "continue"
    """Have the model go on where an answer ended."""
    AGAIN = "again"
    """Have the question asked again; the new answer takes the place of this one."""


Buttons = frozenset[Button]

NONE: Buttons = frozenset()
STREAMING: Buttons = frozenset({Button.STOP})

ASKING_MAY_HELP: Mapping[FailureReason, bool] = {
    FailureReason.UNREACHABLE: True,
    FailureReason.NO_FIRST_TOKEN: True,
    FailureReason.STALLED: True,
    FailureReason.CUT: True,
    FailureReason.GARBAGE: True,
    FailureReason.OVERLOADED: True,
    FailureReason.RATE_LIMITED: True,
    FailureReason.SERVER_ERROR: True,
    FailureReason.EMPTY: True,
    FailureReason.LENGTH: True,
    FailureReason.LENGTH_BOUND: True,
    FailureReason.INTERNAL: True,
    # The same request to the same service would end in the same way.
    FailureReason.UNAUTHORIZED: False,
    FailureReason.FORBIDDEN: False,
    FailureReason.CAPTCHA: False,
    FailureReason.UNSAFE: False,
    FailureReason.TOO_LONG: False,
    FailureReason.UNKNOWN_MODEL: False,
    FailureReason.INVALID: False,
}
"""Whether a model may do better when it is asked once more, after each reason there is."""


def buttons_after(
    outcome: Outcome, reason: FailureReason | None = None, *, has_text: bool
) -> Buttons:
    """Return the buttons under an answer that has ended; a blank text is none."""
    match outcome:
        case Outcome.COMPLETE | Outcome.STOPPED:
            return NONE
        case Outcome.INTERRUPTED:
            may_help = True
        case Outcome.TRUNCATED | Outcome.FAILED:
            may_help = reason is None or ASKING_MAY_HELP[reason]
    if not may_help:
        return NONE
    return frozenset({Button.CONTINUE, Button.AGAIN} if has_text else {Button.AGAIN})


def custom_id(button: Button, turn_id: int) -> str:
    """Return the custom id of a turn's button, by which a click finds its way after a restart."""
    return f"{_PREFIX}:{button}:{turn_id}"


def custom_id_pattern(button: Button) -> str:
    """Return the regular expression of a button's custom ids; its group `turn_id` is the turn's."""
    return rf"{_PREFIX}:{button}:(?P<turn_id>\d+)"
