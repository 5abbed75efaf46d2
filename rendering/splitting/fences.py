"""Find fenced code by Discord's own rule, which is not CommonMark's.

Three backticks anywhere open code; letters, digits and ``_+-.#`` up to the line's end are its
language; the next three backticks end it. There are no tilde fences, no indented code, and four
backticks nest nothing.
"""

import re
from dataclasses import dataclass

TICKS = "```"
LONGEST_LANGUAGE = 20
"""Characters of a language that is worth repeating when its code goes on in another message."""

_HEADER = re.compile(r"```(?:([A-Za-z0-9_+\-.#]+)\n)?")
_FIRST_CODE = re.compile(r"\s*\S")
_FIRST_CODE_ON_FENCE_LINE = re.compile(r"[A-Za-z0-9_+\-.#]*\s*\S")
_QUOTE_BEFORE = re.compile(r"(?:\A|\n)((?:> ?){1,3})\Z")
_LONGEST_QUOTE = 6
_UNDECIDED = re.compile(r"```[A-Za-z0-9_+\-.#]*\s*`{0,2}\Z")


@dataclass(frozen=True, slots=True)
class Fence:
    """One stretch of code in a text, its backticks included.

    Positions are indexes into the text that was scanned. ``end`` and ``close`` are the text's
    length while the code is open. Breaks are meaningful between ``first_code`` (after the first
    visible character of code) and ``last_code`` (after the last one).
    """

    start: int
    first_code: int
    last_code: int
    close: int
    end: int
    is_open: bool
    language: str
    quote: str

    @property
    def opening(self) -> str:
        """What opens this code again in another message."""
        language = self.language if len(self.language) <= LONGEST_LANGUAGE else ""
        return f"{self.quote}{TICKS}{language}\n"

    @property
    def closing(self) -> str:
        """What closes this code at a break."""
        return f"\n{self.quote}{TICKS}"


def scan_fences(text: str) -> list[Fence]:
    """Return every stretch of code in ``text`` in order; only the last one can be open."""
    fences: list[Fence] = []
    start = text.find(TICKS)
    while start >= 0:
        fence = _read_fence(text, start)
        fences.append(fence)
        start = text.find(TICKS, fence.end)
    return fences


def is_undecided(text: str, fence: Fence) -> bool:
    """Whether an open fence has shown no code yet: what stands there may be its language."""
    return fence.is_open and _UNDECIDED.match(text, fence.start) is not None


def fence_at(fences: list[Fence], position: int) -> Fence | None:
    """Return the fence that a cut at ``position`` would go through."""
    for fence in fences:
        if fence.start < position < fence.end or (fence.is_open and position > fence.start):
            return fence
    return None


def _read_fence(text: str, start: int) -> Fence:
    header = _HEADER.match(text, start)
    language = (header.group(1) or "") if header else ""
    body = header.end() if header else start + len(TICKS)
    close = text.find(TICKS, body)
    is_open = close < 0
    close = len(text) if is_open else close
    first = (_FIRST_CODE if language else _FIRST_CODE_ON_FENCE_LINE).match(text, body, close)
    quote = _QUOTE_BEFORE.search(text, max(0, start - _LONGEST_QUOTE - 1), start)
    return Fence(
        start=start,
        first_code=first.end() if first else close,
        last_code=body + len(text[body:close].rstrip()),
        close=close,
        end=close if is_open else close + len(TICKS),
        is_open=is_open,
        language=language,
        quote=quote.group(1) if quote else "",
    )
