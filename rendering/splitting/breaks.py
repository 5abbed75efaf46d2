"""Choose where a text that is too long for one Discord message is broken.

A paragraph's end is best, then a line's, a sentence's, a word's. Code, links, mentions, marked-up
spans and graphemes are kept whole where that is possible at all.
"""

import enum
import re
from collections.abc import Iterator
from dataclasses import dataclass

import regex

from rendering.splitting.fences import Fence, fence_at, scan_fences
from rendering.splitting.spans import Span, find_unfinished_piece, scan_spans

_SPACE = re.compile(r"[^\S\u00a0\u202f\u2007]+|(?<=[\u3002\uff01\uff1f])")
_NEWLINE = re.compile(r"[\r\n]")
_BLANK_LINE = re.compile(r"\n[^\S\n]*\r?\n")
_SENTENCE_END = re.compile(r"[.!?:;\u2026\u3002\uff01\uff1f][\"'\u201d\u2019\u00bb)\]*_]{0,3}\Z")
_HEADING = re.compile(r"(?:> )?#{1,3} [^\n]*\Z")
_MARK = r"(?:[-*+\u2022]|-#|#{1,3}|\d{1,4}[.)])(?=[ \t])"
_LINE_START = re.compile(rf"^[ \t]*((?:>{{1,3}} ?)+(?:{_MARK})?|{_MARK})[ \t]*\S", re.MULTILINE)
_LINE_PREFIX = re.compile(r"(?:(?:> ){1,3})?(?:-# |#{1,3} )?")
_LONG_QUOTE = re.compile(r"^>>> ", re.MULTILINE)
_LONGEST_LINE_PREFIX = 8


class _Rank(enum.IntEnum):
    """How natural a break is, the best first; INDENTED would lose indentation that means it."""

    PARAGRAPH = 0
    LINE = 1
    SENTENCE = 2
    CODE_LINE = 3
    WORD = 4
    INDENTED = 5


@dataclass(frozen=True, slots=True)
class Break:
    """Where a part ends and how the next begins.

    The part is ``text[:end]`` and ``closed``; the next is ``opened`` and ``text[resume:]``. What
    lies between ``end`` and ``resume`` is white space.
    """

    end: int
    resume: int
    closed: str
    opened: str


def find_break(text: str, limit: int, opened: int) -> Break:
    """Return the best break of ``text`` that leaves at most ``limit`` characters before it.

    ``text`` reaches a few characters beyond the limit, so that what straddles it is seen. Its
    first ``opened`` characters were put there by the break before, and no break falls into them.
    """
    return _BreakFinder(text, limit, opened).find()


class _BreakFinder:
    def __init__(self, text: str, limit: int, opened: int) -> None:
        self._text = text
        self._limit = limit
        self._opened = opened
        self._fences = scan_fences(text)
        self._spans = [
            span for span in _scan_prose(text, self._fences) if _may_close(span, len(text))
        ]
        self._ticks = self._cover_ticks()
        self._graphemes = bytearray(self._ticks)
        for grapheme in regex.finditer(r"\X", text):
            self._cover(self._graphemes, grapheme.start(), grapheme.end())
        self._blocked = self._cover_pieces()

    def find(self) -> Break:
        """Return the last break of the best rank in the second half, else the last of all.

        A table that does not fit any more goes to the next part whole, if a quarter is filled.
        """
        before_table = self._break_before_table()
        if before_table is not None:
            return before_table
        best: tuple[_Rank, Break] | None = None
        indented: Break | None = None
        for space in reversed(list(_SPACE.finditer(self._text, self._opened + 1))):
            if best and (best[0] is _Rank.PARAGRAPH or space.start() < self._limit // 2):
                break
            rank, candidate = self._weigh(space, best[0] if best else None)
            if candidate is None:
                continue
            if rank is _Rank.INDENTED:
                indented = indented or candidate
            else:
                best = (rank, candidate)
        return best[1] if best else indented or self._force()

    def _break_before_table(self) -> Break | None:
        for fence in self._fences:
            is_table = not fence.language and self._text[fence.first_code - 1] == "|"
            if is_table and fence.start < self._limit < fence.end:
                end = len(self._text[: fence.start].rstrip())
                return self._break_at(end, fence.start) if end >= self._limit // 4 else None
        return None

    def _weigh(self, space: re.Match[str], known: _Rank | None) -> tuple[_Rank, Break | None]:
        """Return the break at this white space, if it is possible and better than ``known``."""
        rank, end, resume = self._locate(space)
        is_better = known is None or rank < known
        if not is_better or self._blocked[end] or self._blocked[resume]:
            return rank, None
        return rank, self._break_at(end, resume)

    def _locate(self, space: re.Match[str]) -> tuple[_Rank, int, int]:
        """Return the rank, end and resumption of a break at this white space."""
        fence = fence_at(self._fences, space.start())
        if fence is None:
            return self._rank_prose(space), space.start(), space.end()
        newlines = [newline.end() for newline in _NEWLINE.finditer(space.group())]
        if newlines:
            rank = _Rank.SENTENCE if _BLANK_LINE.search(space.group()) else _Rank.CODE_LINE
            return rank, space.start(), space.start() + newlines[-1]
        return _Rank.WORD, space.end(), space.end()

    def _rank_prose(self, space: re.Match[str]) -> _Rank:
        gap = space.group()
        line = self._text.rfind("\n", 0, space.start()) + 1
        if "\n" not in gap:
            before = self._text[max(0, space.start() - 4) : space.start()]
            if self._text[line : space.start()].isspace():
                return _Rank.INDENTED
            return _Rank.SENTENCE if _SENTENCE_END.search(before) else _Rank.WORD
        if not gap.endswith("\n"):
            return _Rank.INDENTED
        if _HEADING.match(self._text, line, space.start()):
            return _Rank.WORD
        return _Rank.PARAGRAPH if _BLANK_LINE.search(gap) else _Rank.LINE

    def _break_at(self, end: int, resume: int) -> Break | None:
        """Return the break with what it closes and opens again, if that fits the limit."""
        if end <= self._opened:
            return None
        fence = fence_at(self._fences, end)
        if fence is not None:
            closed = fence.closing
            opened = fence.opening if fence.quote else self._long_quote(end) + fence.opening
        else:
            closed, markers = self._carry_markers(end, resume)
            opened = self._line_prefix(end, resume) + markers
        if end + len(closed) > self._limit:
            return None
        return Break(end, resume, closed, opened)

    def _carry_markers(self, end: int, resume: int) -> tuple[str, str]:
        """Return the markers that close the spans open at ``end``, and open them again.

        They are left out where they would run together with the same character of the text and
        so become another marker.
        """
        markers = [
            span.marker for span in self._spans if span.marker and span.start < end < span.end
        ]
        closed, opened = "".join(markers), "".join(reversed(markers))
        before, after = self._text[end - 1], self._text[resume:].lstrip()[:1]
        if not after or closed.startswith(before) or opened.endswith(after):
            return "", ""
        return closed, opened

    def _line_prefix(self, end: int, resume: int) -> str:
        """Return the quote, heading or subtext mark that the rest of a broken line needs."""
        long_quote = self._long_quote(end)
        if long_quote:
            return long_quote
        if "\n" in self._text[end:resume]:
            return ""
        line = self._text.rfind("\n", 0, end) + 1
        prefix = _LINE_PREFIX.match(self._text, line, min(end, line + _LONGEST_LINE_PREFIX))
        return prefix.group() if prefix else ""

    def _long_quote(self, end: int) -> str:
        """Return the mark of a quote that began before ``end`` and lasts as long as the text."""
        for quote in _LONG_QUOTE.finditer(self._text, 0, end):
            if fence_at(self._fences, quote.end()) is None:
                return quote.group()
        return ""

    def _force(self) -> Break:
        """Return the latest break that harms least where there is no natural one."""
        for mask in (self._blocked, self._graphemes, self._ticks):
            for end in range(min(self._limit, len(self._text)), self._opened, -1):
                if not mask[end]:
                    candidate = self._break_at(end, end)
                    if candidate is not None:
                        return candidate
        raise AssertionError("a part of code and marks only cannot fill the smallest limit")

    def _cover(self, mask: bytearray, start: int, end: int) -> None:
        """Forbid in ``mask`` every break strictly between ``start`` and ``end``."""
        if end - start > 1:
            mask[start + 1 : end] = b"\1" * (end - start - 1)

    def _cover_ticks(self) -> bytearray:
        mask = bytearray(len(self._text) + 1)
        for fence in self._fences:
            self._cover(mask, fence.start, fence.start + 3)
            self._cover(mask, fence.close - 1, fence.end)
        return mask

    def _cover_pieces(self) -> bytearray:
        mask = bytearray(self._graphemes)
        for mark in _LINE_START.finditer(self._text):
            self._cover(mask, mark.start(1), mark.end())
        for fence in self._fences:
            self._cover(mask, fence.start, fence.first_code)
            if not fence.is_open:
                self._cover(mask, fence.last_code - 1, fence.end)
        for span in self._spans:
            if not span.marker or span.end - span.start <= self._limit // 2:
                self._cover(mask, span.start, span.end)
            else:
                self._cover(mask, span.start, span.start + len(span.marker) + 1)
                self._cover(mask, span.end - len(span.marker) - 1, span.end)
        prose = self._fences[-1].end if self._fences else 0
        self._cover(mask, find_unfinished_piece(self._text, prose), len(self._text))
        return mask


def _scan_prose(text: str, fences: list[Fence]) -> Iterator[Span]:
    start = 0
    for fence in fences:
        yield from scan_spans(text, start, fence.start)
        start = fence.end
    yield from scan_spans(text, start, len(text))


def _may_close(span: Span, length: int) -> bool:
    """Whether the span is closed, or could be by text that is still to come."""
    return not span.is_open or span.end == length
