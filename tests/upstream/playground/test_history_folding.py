"""History and instructions as one message."""

from hypothesis import given
from hypothesis import strategies as st

from conversation.entities import Role
from conversation.ports.provider import Entry
from upstream.playground.history_folding import fold


def entries(*texts: str) -> list[Entry]:
    """Make entries that alternate, the last a user's."""
    roles = [Role.USER, Role.ASSISTANT]
    return [Entry(roles[(len(texts) - 1 - index) % 2], text) for index, text in enumerate(texts)]


@given(st.text())
def test_alone_is_unchanged(text: str) -> None:
    """A message without history and instructions is sent as it is."""
    assert fold(entries(text)) == text


def test_history() -> None:
    """The history is told in order and by whom, the new message last."""
    assert fold(entries(" a\n", "b", "c"), system_prompt="Sing.") == (
        "Instructions for you, for this whole conversation:\n\nSing.\n\n"
        "This is our conversation so far:\n\nUser:  a\n\n\nAssistant: b\n\n"
        "Go on from there. My next message:\n\nc"
    )


def test_may_begin_with_an_answer() -> None:
    """A path that begins with an answer is told as well as any."""
    assert fold(entries("b", "c")).startswith(
        "This is our conversation so far:\n\nAssistant: b\n\nGo on"
    )


@given(st.lists(st.text(min_size=1), min_size=1, max_size=6))
def test_no_text_is_lost(texts: list[str]) -> None:
    """Every text is in the message, verbatim and in order."""
    folded, place = fold(entries(*texts)), 0
    for text in texts:
        place = folded.index(text, place) + len(text)
    assert folded.endswith(texts[-1])
