"""Text of people's own making that has to stay within a line: titles, names (pure)."""

import regex

_SPACE = regex.compile(r"\s+")
_UNSEEN = regex.compile(r"[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]+")
"""Control characters, and what turns the direction of the words around."""
_STACKED = regex.compile(r"(\p{M}{4})\p{M}+")
"""More marks on one letter than any script has: they run into the lines above and below."""


def one_line(text: str) -> str:
    """Leave out what would show outside of the line in which a text stands; blanks become one."""
    return _STACKED.sub(r"\1", _UNSEEN.sub("", _SPACE.sub(" ", text))).strip()
