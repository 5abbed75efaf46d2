"""The words under an answer: how it ended, and its remarks."""

from datetime import UTC, datetime, timedelta

import pytest

from conversation.entities import Failure, FailureReason, Outcome, Role, Turn
from conversation.notices import Field, Remark, RemarkKind
from rendering.buttons import Button
from rendering.reply import buttons_under
from rendering.wording.outcomes import how_it_ended, remark, small_print
from rendering.wording.sentences import Sentence

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
FIELDS: dict[RemarkKind, dict[str, Field]] = {
    RemarkKind.SWITCHED: {"model": "a/one", "chosen": "b/two", "reason": "overloaded"},
    RemarkKind.SHORTENED: {},
    RemarkKind.UNREAD_FILES: {"names": ("one.png", "two.pdf")},
    RemarkKind.WAS_AWAY: {"when": NOON.timestamp()},
    RemarkKind.QUOTA_NEAR: {"left": 2, "limit": 10, "when": NOON.timestamp()},
    RemarkKind.NO_THREAD_KIND: {},
    RemarkKind.NO_THREAD_PERMISSIONS: {"names": ("Create Public Threads",)},
    RemarkKind.NO_THREAD_REFUSED: {},
    RemarkKind.NO_THREAD_FAILED: {},
    RemarkKind.NO_THREAD_BUSY: {},
}


def _turn(
    outcome: Outcome | None,
    failure: Failure | None = None,
    *,
    text: str = "text",
    remarks: tuple[Remark, ...] = (),
) -> Turn:
    return Turn(
        id=2,
        conversation_id=1,
        parent_id=1,
        role=Role.ASSISTANT,
        text=text,
        created_at=NOON,
        outcome=outcome,
        failure=failure,
        remarks=remarks,
        model="a/one",
        finished_at=NOON + timedelta(minutes=1),
    )


_ENDS = [
    (Outcome.STOPPED, None),
    (Outcome.INTERRUPTED, None),
    (None, None),
    (Outcome.TRUNCATED, None),
    *((Outcome.TRUNCATED, reason) for reason in (FailureReason.LENGTH, FailureReason.LENGTH_BOUND)),
    (Outcome.TRUNCATED, FailureReason.UNSAFE),
    (Outcome.FAILED, None),
    *((Outcome.FAILED, reason) for reason in FailureReason),
]


@pytest.mark.parametrize("is_newest", [True, False])
@pytest.mark.parametrize("text", ["text", ""])
@pytest.mark.parametrize(("outcome", "reason"), _ENDS)
def test_every_end_but_a_whole_answer_has_words(
    outcome: Outcome | None, reason: FailureReason | None, text: str, *, is_newest: bool
) -> None:
    """Whatever cut an answer short is said in small print, and what to do now."""
    failure = None if reason is None else Failure(reason)
    words = how_it_ended(_turn(outcome, failure, text=text), is_newest=is_newest)
    assert words.startswith("-# ")
    assert "{" not in words


def test_a_whole_answer_needs_no_words() -> None:
    """What is complete says nothing more."""
    assert how_it_ended(_turn(Outcome.COMPLETE), is_newest=True) == ""


@pytest.mark.parametrize("is_newest", [True, False])
@pytest.mark.parametrize("text", ["text", ""])
@pytest.mark.parametrize(("outcome", "reason"), _ENDS)
def test_no_button_is_named_that_is_not_there(
    outcome: Outcome | None, reason: FailureReason | None, text: str, *, is_newest: bool
) -> None:
    """*Continue* and *Try again* are spoken of only where they can be pressed."""
    turn = _turn(outcome, None if reason is None else Failure(reason), text=text)
    words = how_it_ended(turn, is_newest=is_newest)
    offered = buttons_under(turn, is_newest=is_newest)
    assert "*Continue*" not in words or Button.CONTINUE in offered
    assert "*Try again*" not in words or Button.AGAIN in offered


def test_when_to_come_back_counts_from_the_answers_end() -> None:
    """A service that asks for a pause is waited for from when it did so, on the reader's clock."""
    turn = _turn(Outcome.FAILED, Failure(FailureReason.RATE_LIMITED, retry_after_s=90.0))
    until_s = (NOON + timedelta(minutes=1)).timestamp() + 90
    assert f"<t:{int(until_s)}:R>" in how_it_ended(turn, is_newest=True)


def test_an_unknown_model_is_named_with_those_like_it() -> None:
    """Who mistyped a model sees what they may have meant, and nothing in a name is markup."""
    failure = Failure(FailureReason.UNKNOWN_MODEL, nearest=("a/`on`e", "a/ones"))
    words = how_it_ended(_turn(Outcome.FAILED, failure), is_newest=True)
    assert "`a/one`" in words
    assert "`a/one` or `a/ones`" in words


def test_every_kind_of_remark_is_tried_here() -> None:
    """A new kind of remark needs its fields in this test."""
    assert FIELDS.keys() == set(RemarkKind)


@pytest.mark.parametrize("kind", RemarkKind)
def test_every_remark_has_words_with_all_its_fields(kind: RemarkKind) -> None:
    """Each is one line of small print in which every field is seen."""
    fields = FIELDS[kind]
    words = remark(Remark(kind, fields))
    assert words.startswith("-# ")
    assert "\n" not in words
    seen = [
        it for value in fields.values() for it in (value if isinstance(value, tuple) else (value,))
    ]
    for value in seen:
        expected = f"{int(value)}" if isinstance(value, float) else str(value)
        assert expected in words


@pytest.mark.parametrize("reason", FailureReason)
def test_every_reason_for_another_model_has_words(reason: FailureReason) -> None:
    """That another model answered is said whatever the chosen one failed of."""
    fields = {"model": "a/one", "chosen": "b/two", "reason": reason.value}
    words = remark(Remark(RemarkKind.SWITCHED, fields))
    assert "`a/one`" in words
    assert "`b/two`" in words


def test_a_long_list_of_files_is_cut() -> None:
    """Small print names five files, each so far, and how many more there are."""
    names = ("x" * 500, *(f"{number}.png" for number in range(1, 8)))
    words = remark(Remark(RemarkKind.UNREAD_FILES, {"names": names}))
    assert "3 more" in words
    assert len(words) < 300


def test_how_it_ended_comes_before_the_remarks() -> None:
    """What is cut short is said first, each remark on a line of its own after it."""
    remarks = (Remark(RemarkKind.SHORTENED), Remark(RemarkKind.NO_THREAD_KIND))
    words = small_print(_turn(Outcome.STOPPED, remarks=remarks), is_newest=True)
    assert words.split("\n") == [Sentence.STOPPED, Sentence.SHORTENED, Sentence.NO_THREAD_KIND]
