"""What a thread is called: after what was asked in it (pure)."""

import regex

from rendering.one_line import one_line

LIMIT_CHARS = 80
"""Discord takes 100; a list of channels shows about half of that."""

_READ_CHARS = 2000
_LINE_CHARS = 400
"""No more is looked at, of all and of a line: marks without a partner are searched for one to the
end of their line, so that the cost of a line grows with the square of its length."""

_QUOTED = regex.compile(r"(?:^[^\n>][^\n]*:\n)?(?:^>[^\n]*(?:\n|\Z))+", regex.MULTILINE)
"""Quoted lines, with the line before them that says whose they are."""
_QUOTE_MARK = regex.compile(r"^> ?", regex.MULTILINE)
_INTRODUCTION = regex.compile(r"^[^\n>][^\n]*:\n(?=>)", regex.MULTILINE)
_FENCE = regex.compile(r"```(?:[\w+.#-]*\n)?")
_LINE_MARK = regex.compile(r"^(?:#{1,3}|-#)\s+", regex.MULTILINE)
_PAIRED = regex.compile(r"(\*{1,3}|~~|\|\||`{1,2})(?=\S)([^\n]+?)(?<=\S)\1")
_UNDERLINED = regex.compile(r"(?<!\w)(_{1,3})(?=\S)([^\n]+?)(?<=\S)\1(?!\w)")
_LINK = regex.compile(r"\[([^\]\n]+)\]\([^)\n]*\)")


def thread_title(text: str, author_name: str) -> str:
    """Make a title from the first line that says something, cut at a word, at a grapheme at worst.

    What is quoted counts only where nothing else was said, and `author_name` is used where
    nothing is left of the text at all.
    """
    unquoted = _QUOTE_MARK.sub("", _INTRODUCTION.sub("", text))
    title = _first_line(_QUOTED.sub("", text)) or _first_line(unquoted)
    if len(title) > LIMIT_CHARS:
        title = _cut(title)
    return title or f"Chat with {author_name}"


def _first_line(text: str) -> str:
    """Return the first line with a letter or a digit, as Discord would show it; or nothing."""
    for line in _FENCE.sub("", text[:_READ_CHARS]).splitlines():
        plain = _LINE_MARK.sub("", _LINK.sub(r"\1", line[:_LINE_CHARS]))
        shown = one_line(_UNDERLINED.sub(r"\2", _PAIRED.sub(r"\2", plain)))
        if any(map(str.isalnum, shown)):
            return shown
    return ""


def _cut(title: str) -> str:
    """Cut what is too long; nothing is left where no letter or digit is within the limit."""
    graphemes: list[str] = regex.findall(r"\X", title)
    kept = ""
    for grapheme in graphemes:
        if len(kept) + len(grapheme) >= LIMIT_CHARS:
            break
        kept += grapheme
    at_word = kept.rpartition(" ")[0]
    kept = (at_word if len(at_word) > LIMIT_CHARS // 2 else kept).rstrip(" ,;:-")
    return f"{kept}…" if any(map(str.isalnum, kept)) else ""
