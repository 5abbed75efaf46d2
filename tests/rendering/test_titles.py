"""What threads are called."""

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from rendering.titles import LIMIT_CHARS, thread_title


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("what is a bobbin?", "what is a bobbin?"),
        ("\n\n  what \t is it?\nI wonder", "what is it?"),
        ("**what** is ~~this~~ ||secret|| `x`?", "what is this secret x?"),
        ("# Weaving\nhow?", "Weaving"),
        ("_what_ does my_own_function do?", "what does my_own_function do?"),
        ("is 2 * 3 | 4 right?", "is 2 * 3 | 4 right?"),
        ("```python\nprint(1)\n```\nwhy?", "print(1)"),
        ("see [the loom](https://example.org/loom) there", "see the loom there"),
        ("!!!\n???\nwell?", "well?"),
        ("что такое шпулька?", "что такое шпулька?"),
    ],
)
def test_a_thread_is_named_after_the_first_line_that_says_something(text: str, title: str) -> None:
    """A thread is named after what was asked, as Discord would show it."""
    assert thread_title(text, "ann") == title


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("ben wrote:\n> felt is pressed\n> it is\n\nis that so?", "is that so?"),
        ("is that so?\n> felt is pressed", "is that so?"),
        ("ben wrote:\n> felt is pressed", "felt is pressed"),
        ("Forwarded message:\n> felt\n> is pressed", "felt"),
        ("the list:\nfelt, silk", "the list:"),
    ],
)
def test_what_is_quoted_names_the_thread_only_where_nothing_else_is_said(
    text: str, title: str
) -> None:
    """A quote is not what was asked, unless it is all there is."""
    assert thread_title(text, "ann") == title


@pytest.mark.parametrize("text", ["", "   \n", "🧵🧶", "> "])
def test_where_nothing_is_said_the_thread_is_named_after_the_person(text: str) -> None:
    """A question without a letter or a digit gives no title."""
    assert thread_title(text, "ann") == "Chat with ann"


def test_a_long_title_is_cut_at_a_word() -> None:
    """A title that is too long ends with a whole word and an ellipsis."""
    title = thread_title("weaving " * 30, "ann")
    assert title == "weaving " * 8 + "weaving…"


def test_a_title_without_spaces_is_cut_between_graphemes() -> None:
    """No grapheme is torn apart."""
    family = "👩‍👩‍👧"
    title = thread_title("a" * (LIMIT_CHARS - 3) + family + "b", "ann")
    assert title == "a" * (LIMIT_CHARS - 3) + "…"


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("\u202efelt\u202c \u2066silk\u2069?", "felt silk?"),
        ("\x1b[31mfelt\x07\x00", "[31mfelt"),
        ("fe" + "\u0301" * 60 + "lt", "fe" + "\u0301" * 4 + "lt"),
        ("\u200b \u200c\u200d\ufeff", "Chat with ann"),
        ("👩" + "\u200d👩" * 60 + "a", "Chat with ann"),
    ],
    ids=["turned", "controls", "stacked", "unseen", "endless"],
)
def test_a_title_stays_within_its_line(text: str, title: str) -> None:
    """What would turn or overwrite the words around a title is left out of it."""
    assert thread_title(text, "ann") == title


@given(st.text(), st.text(min_size=1, max_size=40))
def test_any_text_gives_a_title_that_discord_takes(text: str, name: str) -> None:
    """A title has a visible character, one line, and at most the limit's characters."""
    title = thread_title(text, name)
    assert 0 < len(title) <= LIMIT_CHARS
    assert len(regex.sub(r"[\n\r]", "", title)) == len(title) or name in title
