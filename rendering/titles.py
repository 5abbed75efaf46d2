"""What a thread is called: after what was asked in it (pure)."""

import regex

LIMIT_CHARS = 80
"""Discord takes 100; a list of channels shows about half of that."""

_QUOTE = regex.compile(r"^>.*$", regex.MULTILINE)
_MARKUP = regex.compile(r"```[\w+.#-]*|[*_~|`]+|^#{1,3}\s+|^-#\s+", regex.MULTILINE)
_LINK = regex.compile(r"\[([^\]]+)\]\([^)]*\)")
_SPACE = regex.compile(r"\s+")


def thread_title(text: str, author_name: str) -> str:
    """Make a title from the first line that says something, cut at a word, at a grapheme at worst.

    `author_name` is used where nothing is left of the text.
    """
    plain = _MARKUP.sub("", _LINK.sub(r"\1", _QUOTE.sub("", text)))
    lines = (_SPACE.sub(" ", line).strip() for line in plain.splitlines())
    title = next((line for line in lines if any(map(str.isalnum, line))), "")
    if not title:
        return f"Chat with {author_name}"[:LIMIT_CHARS]
    if len(title) <= LIMIT_CHARS:
        return title
    return _cut(title) + "…"


def _cut(title: str) -> str:
    graphemes: list[str] = regex.findall(r"\X", title)
    kept = ""
    for grapheme in graphemes:
        if len(kept) + len(grapheme) >= LIMIT_CHARS:
            break
        kept += grapheme
    at_word = kept.rpartition(" ")[0]
    return (at_word if len(at_word) > LIMIT_CHARS // 2 else kept).rstrip(" ,;:-")
