"""Wrap tables in fences, because Discord shows a table's source in a proportional font.

A table is a line that begins with a bar, a delimiter row below it, and the lines that begin with
a bar from there on. Nothing in it is realigned: less the fences, the text is as it was.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from rendering.splitting.fences import TICKS

_DELIMITER_ROW = re.compile(r"[ \t]*\|(?:[ \t]*:?-+:?[ \t]*\|)*(?:[ \t]*:?-+:?)?[ \t\r]*\n?\Z")
_LINES = re.compile(r"[^\n]*\n|[^\n]+")
_LONGEST_ROW = 1000
_SPOILER = "||"


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of the text, or of what was added to it."""

    text: str
    is_added: bool = False


class TableFencer:
    """Passes chunks of text on, with a fence before and after each table.

    A line that begins with a bar is held until its end shows what it is, and no longer than
    1,000 characters; all other text is passed on at once. ``finish`` passes on what is held.
    """

    def __init__(self) -> None:
        self._line = ""  # what is held of the present line
        self._header = ""  # the line before it, while that may head a table
        self._is_passing = False  # the present line is no row: it is passed on as it comes
        self._is_table = False
        self._is_code = False
        self._ticks = 0  # at the end of what was passed on

    def feed(self, chunk: str) -> Iterator[Piece]:
        """Take ``chunk`` and yield what can be passed on."""
        for line in _LINES.findall(chunk):
            if self._is_passing:
                yield self._pass(line)
                continue
            self._line += line
            if not _may_be_row(self._line) or self._is_code:
                yield from self._leave_table()
            elif self._line.endswith("\n"):
                yield from self._take_row()

    def finish(self) -> Iterator[Piece]:
        """Yield what is held, and the fence after a table that the text ends with."""
        if self._line:
            yield from self._take_row()
        if self._header:
            yield self._pass(self._header)
        if self._is_table:
            yield Piece(f"\n{TICKS}" if self._is_passing else TICKS, is_added=True)

    def _take_row(self) -> Iterator[Piece]:
        """Decide about a whole line that begins with a bar."""
        row, self._line = self._line, ""
        if not row.strip():
            self._line = row
            yield from self._leave_table()
        elif self._is_table:
            yield self._pass(row)
        elif self._header and "-" in row and _DELIMITER_ROW.match(row):
            yield Piece(f"{TICKS}\n", is_added=True)
            self._is_table = True
            header, self._header = self._header, ""
            yield self._pass(header + row)
        else:
            if self._header:
                yield self._pass(self._header)
            self._header = row

    def _leave_table(self) -> Iterator[Piece]:
        """Pass on what is held, which is no table or ends one."""
        if self._is_table:
            yield Piece(f"{TICKS}\n", is_added=True)
            self._is_table = False
        held, self._header, self._line = self._header + self._line, "", ""
        yield self._pass(held)

    def _pass(self, text: str) -> Piece:
        """Count the backticks of ``text``, which begin and end code by threes."""
        self._is_passing = not text.endswith("\n")
        if "`" not in text:
            self._ticks = 0
            return Piece(text)
        for character in text:
            self._ticks = self._ticks + 1 if character == "`" else 0
            if self._ticks == len(TICKS):
                self._is_code = not self._is_code
                self._ticks = 0
        return Piece(text)


def _may_be_row(line: str) -> bool:
    """Whether a line, not yet whole perhaps, is or may become a row of a table."""
    start = line.lstrip(" \t")
    if len(line) > _LONGEST_ROW or TICKS in line or start.startswith(_SPOILER):
        return False
    return not start or start.startswith("|")
