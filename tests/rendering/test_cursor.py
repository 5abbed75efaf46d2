"""The mark at the end of a text that still goes on."""

import pytest

from rendering.cursor import CURSOR, without_cursor
from rendering.splitting.splitter import Splitter


@pytest.mark.parametrize("text", ["plain words", "**bold and", "```py\ncode", "a ▌ in it", ""])
def test_a_text_without_its_cursor_is_the_text_as_it_was_shown(text: str) -> None:
    """The cursor that the splitter put anywhere is found again and taken off."""
    splitter = Splitter()
    splitter.feed(text)
    shown, plain = splitter.tail(CURSOR), splitter.tail()
    if shown is None or plain is None:
        assert shown is plain is None
        assert without_cursor(text) == text
    else:
        assert without_cursor(shown.content) == plain.content
        assert without_cursor(plain.content) == plain.content
