"""Make the unfinished end of a streaming text fit to be shown.

What is open is closed, and what cannot be read yet (half a marker, a link that breaks off) is
held back; both for display only. As it streams on, the shown text only ever grows.
"""

import re
from dataclasses import dataclass

from rendering.splitting.fences import is_undecided, scan_fences
from rendering.splitting.spans import HALF_MARKERS, find_unfinished_run, scan_spans

_LINE_MARK = r"[^\S\n]*(?:> ?){0,3}(?:#{1,3}|-#?|[+\u2022]|>{1,3}|\d{1,4}[.)]?)?"
_LINE_MARKS = re.compile(rf"(?>(?:\A|\n){_LINE_MARK})(?>\n{_LINE_MARK})*+\Z")
_LONGEST_LINE_MARKS = 400
_HALF_FENCE = "` \t\r\n"


@dataclass(frozen=True, slots=True)
class VisibleTail:
    """What is shown of a text: its first ``length`` characters, then ``closed``."""

    length: int
    closed: str


def find_visible_tail(text: str) -> VisibleTail:
    """Return how much of ``text`` can be shown while more of it may come."""
    fences = scan_fences(text)
    prose = 0
    if fences:
        fence = fences[-1]
        if fence.is_open and not is_undecided(text, fence):
            shown = text[fence.first_code :].rstrip(_HALF_FENCE).rstrip()
            return VisibleTail(fence.first_code + len(shown), fence.closing)
        if fence.is_open:
            text = text[: fence.start]
            prose = fences[-2].end if len(fences) > 1 else 0
        else:
            prose = fence.end
    return _close_prose(text, prose)


def find_final_closing(text: str, opened: int) -> str:
    """Return what closes the end of a finished ``text``.

    That is open code, and of other marks only those that a break opened again: they lie in the
    first ``opened`` characters.
    """
    fences = scan_fences(text)
    if fences and fences[-1].is_open:
        return fences[-1].closing
    if fences and opened:
        return ""
    closing = "".join(
        span.marker
        for span in scan_spans(text, 0, len(text))
        if span.is_open and span.start < opened and span.end == len(text)
    )
    return "" if closing.startswith(text[-1:]) else closing


def _close_prose(text: str, prose: int) -> VisibleTail:
    """Hold back and close what is open in the last stretch of prose, ``text[prose:]``."""
    while True:
        length = _hold_back(text, prose)
        open_spans = [
            span for span in scan_spans(text, prose, length) if span.is_open and span.end == length
        ]
        bare = [span for span in open_spans if span.start + len(span.marker) >= length]
        if not bare:
            return VisibleTail(length, "".join(span.marker for span in open_spans))
        text = text[: min(span.start for span in bare)]


def _hold_back(text: str, prose: int) -> int:
    length = len(text)
    while True:
        kept = prose + len(_without_half_markers(text[prose:length]))
        kept = find_unfinished_run(text[:kept], prose)
        mark = _LINE_MARKS.search(text, max(prose, kept - _LONGEST_LINE_MARKS), kept)
        if mark is not None:
            kept = mark.start()
        if kept == length:
            return length
        length = kept


def _without_half_markers(text: str) -> str:
    """Return ``text`` without the white space and the half markers that it ends with."""
    while (shown := text.rstrip().rstrip(HALF_MARKERS)) != text:
        text = shown
    return text
