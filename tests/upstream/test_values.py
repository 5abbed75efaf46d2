"""Pure values: folding, parameters, headers, and text out of JSON."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conversation.entities import Parameters, Role
from conversation.ports import Bound, Entry
from upstream.parameters import nearest, nearest_allowed
from upstream.playground.documented_models import BOUNDS
from upstream.playground.history_folding import fold
from upstream.wire.decoders.json_objects import integer, number, string
from upstream.wire.status_errors import loggable_code
from upstream.wire.transport import read_retry_after_s


def entries(*texts: str) -> list[Entry]:
    """Make entries that alternate, the last a user's."""
    roles = [Role.USER, Role.ASSISTANT]
    return [Entry(roles[(len(texts) - 1 - index) % 2], text) for index, text in enumerate(texts)]


class TestFolding:
    """History and instructions as one message."""

    @given(st.text())
    def test_alone_is_unchanged(self, text: str) -> None:
        """A message without history and instructions is sent as it is."""
        assert fold(entries(text)) == text

    def test_history(self) -> None:
        """The history is told in order and by whom, the new message last."""
        assert fold(entries(" a\n", "b", "c"), system_prompt="Sing.") == (
            "Instructions for you, for this whole conversation:\n\nSing.\n\n"
            "This is our conversation so far:\n\nUser:  a\n\n\nAssistant: b\n\n"
            "Go on from there. My next message:\n\nc"
        )

    def test_may_begin_with_an_answer(self) -> None:
        """A path that begins with an answer is told as well as any."""
        assert fold(entries("b", "c")).startswith(
            "This is our conversation so far:\n\nAssistant: b\n\nGo on"
        )

    @given(st.lists(st.text(min_size=1), min_size=1, max_size=6))
    def test_no_text_is_lost(self, texts: list[str]) -> None:
        """Every text is in the message, verbatim and in order."""
        folded, place = fold(entries(*texts)), 0
        for text in texts:
            place = folded.index(text, place) + len(text)
        assert folded.endswith(texts[-1])


class TestParameters:
    """The nearest values that are allowed."""

    @given(st.floats(allow_nan=False, allow_infinity=False, width=32))
    def test_lies_on_the_grid(self, value: float) -> None:
        """Any number becomes one within the bounds and, written down, on the grid."""
        found = nearest(value, BOUNDS.top_p)
        assert 0.01 <= found <= 1.0
        assert f"{found:.12g}" == f"{round(found, 2):.12g}"

    @given(st.integers(0, 100))
    def test_allowed_values_stay(self, hundredths: int) -> None:
        """What is allowed is not changed."""
        value = hundredths / 100
        assert nearest(value, BOUNDS.temperature) == value

    def test_none_stays_none(self) -> None:
        """What nobody set is not set."""
        assert nearest_allowed(Parameters(), BOUNDS) == Parameters()

    def test_no_grid(self) -> None:
        """Without a grid any value within is allowed."""
        assert nearest(0.123, Bound(0, 2)) == 0.123


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("7", 7.0),
        ("0.5", 0.5),
        ("Sun, 01 Mar 2026 12:00:30 GMT", 30.0),
        ("Sun, 01 Mar 2026 11:00:00 GMT", 0.0),
        ("", None),
        ("soon", None),
        ("-3", None),
        ("9" * 400, 604_800.0),
        ("1e9999", None),
        ("²", None),
    ],
)
def test_retry_after(value: str, seconds: float | None) -> None:
    """`Retry-After` is read as seconds or as a date, and nonsense as absence."""
    headers = {"Retry-After": value, "Date": "Sun, 01 Mar 2026 12:00:00 GMT"}
    assert read_retry_after_s(headers) == seconds


def test_values_out_of_json() -> None:
    """A value of the wrong type is absent, and half of a surrogate pair does no harm."""
    assert string("a\ud83d b").encode() == "a\ufffd b".encode()
    assert string("🧵\ufeff") == "🧵\ufeff"
    assert string(None) == ""
    assert integer(True) is None  # noqa: FBT003 - a value of JSON
    assert number(True) is None  # noqa: FBT003 - a value of JSON


@pytest.mark.parametrize("value", ["what the person wrote? all of it!", None, True, {}, "x" * 99])
def test_code_is_no_text(value: object) -> None:
    """What does not look like a code is not logged as one."""
    assert loggable_code(value) == ""
