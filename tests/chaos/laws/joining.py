"""Compares what Discord shows with a text, by the tests' own idea of how a text is cut in pages.

Layout may do three things: trim white space at the borders of pages; close a block of code at the
end of a page and open it again, with its language, on the next; and close the block in which a text
ends. Everything else has to be there, in its order, once.
"""

import re
from collections.abc import Sequence

SMALL_PRINT = "-# "
CURSOR = "\u258c"
_FENCE = re.compile(r"^```[\w+.#-]*$", re.MULTILINE)


def without_small_print(contents: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return the pages less the lines of small print that end them, and those lines, in order."""
    lines = [line.split("\n") for line in contents]
    small: list[str] = []
    while lines and (not lines[-1] or lines[-1][-1].startswith(SMALL_PRINT)):
        if lines[-1]:
            small.insert(0, lines[-1].pop())
        else:
            lines.pop()
    return ["\n".join(page) for page in lines], small


def difference(pages: Sequence[str], text: str) -> str | None:
    """Return how pages differ from a text; None where they show it, all of it, once."""
    position = 0
    for number, page in enumerate(pages, 1):
        end = _end_of(page.strip(), text, position)
        if end is None:
            return f"page {number} of {len(pages)} is not what comes next"
        position = end
    rest = text[position:].strip()
    return f"{len(rest)} characters are missing at the end" if rest else None


def _end_of(page: str, text: str, position: int) -> int | None:
    """Return how far a page brings the text; None where it shows something else."""
    opening = _open_fence(text[:position])
    if opening is not None:
        first, _, page = page.partition("\n")
        if first != opening:
            return None
    start = len(text) - len(text[position:].lstrip())
    for said in (page, page.removesuffix("```")):
        end = start + len(said.strip())
        is_said = bool(said.strip()) and text.startswith(said.strip(), start)
        was_closed = said != page
        if is_said and was_closed is (_open_fence(text[:end]) is not None):
            return end
    return None


def _open_fence(text: str) -> str | None:
    """Return the line that opened the block of code in which a text ends; None outside of one."""
    fences = _FENCE.findall(text)
    return fences[-1] if len(fences) % 2 else None
