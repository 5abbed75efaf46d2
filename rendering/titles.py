"""What a thread is called: after what was asked in it (pure)."""

import regex

LIMIT_CHARS = 80
"""Discord takes 100; a list of channels shows about half of that."""

_QUOTED = regex.compile(r"(?:^[^\n>][^\n]*:\n)?(?:^>[^\n]*(?:\n|\Z))+", regex.MULTILINE)
"""Quoted lines, with the line before them that says whose they are."""
_QUOTE_MARK = regex.compile(r"^> ?", regex.MULTILINE)
_INTRODUCTION = regex.compile(r"^[^\n>][^\n]*:\n(?=>)", regex.MULTILINE)
_FENCE = regex.compile(r"```(?:[\w+.#-]*\n)?")
_LINE_MARK = regex.compile(r"^(?:#{1,3}|-#)\s+", regex.MULTILINE)
_PAIRED = regex.compile(r"(\*{1,3}|~~|\|\||`{1,2})(?=\S)([^\n]+?)(?<=\S)\1")
_UNDERLINED = regex.compile(r"(?<!\w)(_{1,3})(?=\S)([^\n]+?)(?<=\S)\1(?!\w)")
_LINK = regex.compile(r"\[([^\]\n]+)\]\([^)\n]*\)")
_SPACE = regex.compile(r"\s+")


def thread_title(text: str, author_name: str) -> str:
    """Make a title from the first line that says something, cut at a word, at a grapheme at worst.

    What is quoted counts only where nothing else was said, and `author_name` is used where
    nothing is left of the text at all.
    """
    unquoted = _QUOTE_MARK.sub("", _INTRODUCTION.sub("", text))
    title = _first_line(_QUOTED.sub("", text)) or _first_line(unquoted)
    if not title:
        title = f"Chat with {author_name}"
    if len(title) <= LIMIT_CHARS:
        return title
    return _cut(title) + "…"


def _first_line(text: str) -> str:
    """Give the first line with a letter or a digit, as Discord would show it; or nothing."""
    plain = _LINE_MARK.sub("", _FENCE.sub("", _LINK.sub(r"\1", text)))
    plain = _UNDERLINED.sub(r"\2", _PAIRED.sub(r"\2", plain))
    lines = (_SPACE.sub(" ", line).strip() for line in plain.splitlines())
    return next((line for line in lines if any(map(str.isalnum, line))), "")


def _cut(title: str) -> str:
    graphemes: list[str] = regex.findall(r"\X", title)
    kept = ""
    for grapheme in graphemes:
        if len(kept) + len(grapheme) >= LIMIT_CHARS:
            break
        kept += grapheme
    at_word = kept.rpartition(" ")[0]
    return (at_word if len(at_word) > LIMIT_CHARS // 2 else kept).rstrip(" ,;:-")
