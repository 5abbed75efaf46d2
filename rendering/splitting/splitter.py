"""Split a streaming text into parts, each of which is one Discord message.

Whatever the chunks, the parts are the same: a part is sealed as soon as the text is known to be
too long for it by a few visible characters, and its end depends on nothing but these characters.
"""

import re
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from rendering.splitting.breaks import find_break
from rendering.splitting.tables import Piece, TableFencer
from rendering.splitting.tail import find_final_closing, find_visible_tail

DISCORD_LIMIT_CHARS = 2000
"""Code points that Discord allows in a message, its ends trimmed."""

SMALLEST_LIMIT_CHARS = 64
"""Below this the fences and marks that a break repeats could fill a part."""

_LOOKAHEAD_CHARS = 3  # shows a whole fence that straddles the limit
_VISIBLE = re.compile(r"\S")
_BORDER = re.compile(r"\s+")
_LINE_ENDS = re.compile(r"[\r\n]+")


@dataclass(frozen=True, slots=True)
class Part:
    """One Discord message of a longer text.

    ``content`` is what is sent, its ends trimmed. ``text`` is the upstream text that it covers,
    verbatim; the texts of all parts, joined, are the upstream text (less white space at its end).
    ``opened`` and ``closed`` are what ``content`` begins and ends with that is not upstream text:
    fences and marks opened again and closed, a notice, a cursor. ``added`` are the stretches
    (start, end) between them that are not: the fences of tables.
    """

    content: str
    text: str
    opened: str = ""
    closed: str = ""
    added: tuple[tuple[int, int], ...] = ()

    @property
    def upstream(self) -> str:
        """The content less what the splitter added."""
        kept = self.content[: len(self.content) - len(self.closed)]
        return _cut_out(kept, ((0, len(self.opened)), *self.added))


def rejoin(parts: Sequence[Part]) -> str:
    """Return the upstream text of ``parts`` but for white space at their borders."""
    return "".join(part.upstream for part in parts)


class Splitter:
    """Turns chunks of text into parts of at most ``limit_chars`` code points.

    ``sealed`` grows at its end and its parts never change. Feeding costs as much as the chunk is
    long, and a sealed part costs one reading of its own text; neither depends on the length of
    the answer.

    Raises:
        ValueError: ``limit_chars`` is below ``SMALLEST_LIMIT_CHARS``.
    """

    def __init__(self, limit_chars: int = DISCORD_LIMIT_CHARS) -> None:
        if limit_chars < SMALLEST_LIMIT_CHARS:
            raise ValueError(f"a part needs {SMALLEST_LIMIT_CHARS} characters, not {limit_chars}")
        self.scanned_chars = 0
        """Characters read so far other than by appending them: the measure of work."""
        self._limit = limit_chars
        self._sealed: list[Part] = []
        self._tables = TableFencer()
        self._added: deque[tuple[int, int]] = deque()  # by the tables, positions in all text
        self._taken = 0  # characters of all text, with what was added
        self._covered = 0  # of these, what the sealed parts cover
        self._opened = ""
        self._border: list[str] = []  # white space before the part that is being filled
        self._chunks: list[str] = []
        self._length = 0  # of the chunks
        self._is_finished = False

    @property
    def sealed(self) -> Sequence[Part]:
        """The full parts so far, and after the end all parts."""
        return self._sealed

    @property
    def parts(self) -> Sequence[Part]:
        """All parts, once the text is finished.

        Raises:
            RuntimeError: the text is not finished.
        """
        if not self._is_finished:
            raise RuntimeError("the text is not finished")
        return self._sealed

    @property
    def room_chars(self) -> int:
        """How many more characters the part that is being filled takes at most, about."""
        return self._limit + _LOOKAHEAD_CHARS - len(self._opened) - self._length

    def feed(self, chunk: str) -> None:
        """Append ``chunk`` to the text.

        Raises:
            RuntimeError: the text is finished.
        """
        if self._is_finished:
            raise RuntimeError("the text is finished")
        for piece in self._tables.feed(chunk):
            self._take(piece)

    def finish(self, notice: str = "") -> None:
        """End the text; ``notice`` goes below it, in a part of its own if it does not fit.

        Raises:
            RuntimeError: the text is finished already.
        """
        if self._is_finished:
            raise RuntimeError("the text is finished")
        for piece in self._tables.finish():
            self._take(piece)
        last = self._finish_text()
        self._is_finished = True
        notice = notice.strip()[: self._limit]
        if not notice:
            return
        if last is not None and len(last.content) + 1 + len(notice) <= self._limit:
            self._sealed[-1] = replace(
                last, content=f"{last.content}\n{notice}", closed=f"{last.closed}\n{notice}"
            )
        else:
            self._sealed.append(Part(notice, "", closed=notice))

    def tail(self, cursor: str = "") -> Part | None:
        """Return the unfinished last part as it can be shown now, or None if nothing can.

        What is open is closed and half a marker held back, for display only. ``cursor`` is put
        where the text goes on, inside the limit. Costs one reading of the unfinished part.
        """
        if self._is_finished or not self._length:
            return None
        rest = self._join()
        shown = self._opened + rest
        length = min(len(shown), self._limit - len(cursor))
        while True:
            visible = find_visible_tail(shown[:length])
            if visible.length + len(visible.closed) + len(cursor) <= self._limit:
                break
            length = min(length - 1, visible.length + 2)
        core = shown[len(self._opened) : visible.length]
        if not core.strip():
            return None
        is_code = visible.closed.startswith("\n")
        closed = cursor + visible.closed if is_code else visible.closed + cursor
        return self._make_part(shown[: visible.length], closed, core)

    def _take(self, piece: Piece) -> None:
        """Append a piece to the part that is being filled, and seal it if it is full."""
        if piece.is_added:
            self._added.append((self._taken, self._taken + len(piece.text)))
        self._taken += len(piece.text)
        text = piece.text if self._length else piece.text[self._skip_border(piece.text, 0) :]
        if not text:
            return
        self._chunks.append(text)
        self._length += len(text)
        excess = len(self._opened) + self._length - self._limit
        if excess > self._limit or (excess > 0 and not text.isspace()):
            self._seal()

    def _seal(self) -> None:
        """Seal every part that is known to be full."""
        rest = self._join()
        position = 0
        while (window := self._find_window(rest, position)) is not None and window.is_certain:
            position = self._seal_part(rest, position, window.text)
        self._keep(rest[position:])

    def _finish_text(self) -> Part | None:
        """Seal all that is left; return the part that was not full, if there is one."""
        rest = self._join()
        position = 0
        while rest[position:].strip():
            window = self._find_window(rest, position)
            shown = window.text if window else (self._opened + rest[position:]).rstrip()
            if window is None:
                closed = find_final_closing(shown, len(self._opened))
                if len(shown) + len(closed) <= self._limit:
                    self._append(shown, closed, rest[position:])
                    return self._sealed[-1]
            position = self._seal_part(rest, position, shown)
        return None

    def _find_window(self, rest: str, position: int) -> "_Window | None":
        """Return what decides the end of the part that begins at ``position``, if it is too long.

        That is the text up to a few characters after the first visible one beyond the limit. A
        run of white space longer than a part counts as visible, so that the reading is bounded.
        """
        longest = 2 * self._limit
        shown = self._opened + rest[position : position + longest + _LOOKAHEAD_CHARS]
        visible = _VISIBLE.search(shown, self._limit, longest)
        if visible is None and len(shown) <= longest:
            return None
        end = (visible.start() if visible else longest) + _LOOKAHEAD_CHARS
        return _Window(shown[:end], is_certain=len(shown) >= end)

    def _seal_part(self, rest: str, position: int, window: str) -> int:
        """Seal the part that begins at ``position`` and return where the next begins."""
        self.scanned_chars += len(window)
        found = find_break(window, self._limit, len(self._opened))
        resume = position + found.resume - len(self._opened)
        self._append(window[: found.end].rstrip(), found.closed, rest[position:resume])
        self._opened = found.opened
        return self._skip_border(rest, resume)

    def _append(self, shown: str, closed: str, text: str) -> None:
        """Seal a part, unless it would show nothing of the text."""
        if len(shown) <= len(self._opened):
            self._border.append(text)
            return
        self._sealed.append(self._make_part(shown, closed, text))
        self._covered += sum(map(len, self._border)) + len(text)
        self._border.clear()
        while self._added and self._added[0][1] <= self._covered:
            self._added.popleft()

    def _make_part(self, shown: str, closed: str, text: str) -> Part:
        """Return the part that shows ``shown`` and ``closed`` and covers the border and ``text``.

        Without what was opened again, ``shown`` is a prefix of ``text``.
        """
        border = "".join(self._border)
        covers = _shift(self._added, -self._covered, len(border) + len(text))
        offset = len(self._opened) - len(border) - self._covered
        added = tuple(
            (max(start, len(self._opened)), end)
            for start, end in _shift(self._added, offset, len(shown))
            if end > len(self._opened)
        )
        upstream = _cut_out(border + text, covers)
        return Part(shown + closed, upstream, self._opened, closed, added)

    def _skip_border(self, rest: str, position: int) -> int:
        """Pass over the white space that Discord would trim or that code ignores."""
        border = (_LINE_ENDS if self._opened.endswith("\n") else _BORDER).match(rest, position)
        if border is None:
            return position
        self._border.append(border.group())
        return border.end()

    def _join(self) -> str:
        rest = "".join(self._chunks)
        self.scanned_chars += len(rest)
        self._keep(rest)
        return rest

    def _keep(self, rest: str) -> None:
        self._chunks = [rest] if rest else []
        self._length = len(rest)


@dataclass(frozen=True, slots=True)
class _Window:
    """The text that decides a break; certain when all of it has come."""

    text: str
    is_certain: bool


def _shift(ranges: Iterable[tuple[int, int]], offset: int, end: int) -> list[tuple[int, int]]:
    """Return ``ranges`` moved by ``offset`` and clipped to begin at 0 and end at ``end``."""
    moved = ((max(0, start + offset), min(end, stop + offset)) for start, stop in ranges)
    return [(start, stop) for start, stop in moved if start < stop]


def _cut_out(text: str, ranges: Iterable[tuple[int, int]]) -> str:
    """Return ``text`` without the ``ranges``, which are in order."""
    kept: list[str] = []
    position = 0
    for start, end in ranges:
        kept.append(text[position:start])
        position = end
    return "".join([*kept, text[position:]])
