"""Find what must stay in one piece on a line of prose: links, mentions, and marked-up spans.

The reading is a careful subset of Discord's: a marker opens only at a word's start and before a
visible character, so that ``2 * 3``, list bullets and ``snake_case`` open nothing.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_LABEL = r"\[[^\[\]\n]{1,200}\]"
_TARGET = r"\((?:[^()\s]|\([^()\s]{0,200}\)){1,1000}(?:[ ]\"[^\"\n]{0,200}\")?\)"
_MENTION = r"<(?:@[!&]?\d+|\#\d+|a?:\w+:\d+|t:-?\d+(?::[A-Za-z])?|/[^<>\n]{1,100}:\d+|id:\w+)>"
_URL = r"<?https?://[^\s<>]*[^\s<>.,:;\"'\]*_~|`)]>?"
_TOKEN = re.compile(
    rf"""
    (?P<paragraph>\n[^\S\n]*\n)
    |(?P<escape>\\[^\w\s])
    |(?P<piece>{_LABEL}{_TARGET}|{_MENTION}|{_URL})
    |(?P<code>(?<!`)(?P<ticks>`{{1,2}})(?!`)
        (?:[^`\n]|\n(?![^\S\n]*\n)|(?<!`)`(?!`))+?(?P=ticks)(?!`))
    |(?P<marker>`+|\*{{1,3}}|_{{1,3}}|~~|\|\|)
    """,
    re.VERBOSE,
)
HALF_MARKERS = "*_~|`[<\\\u200d"
"""What may become a marker, a link or a mention."""
_UNFINISHED_PIECE = (
    r"(?>\[[^\[\]\n]{0,200}(?:\](?:\((?:[^()\s]|\([^()\s]{0,200}\)?){0,1000})?)?"
    r"|<(?:[@#:/A-Za-z][^\s<>]{0,80})?)"
)
_UNFINISHED = re.compile(rf"{_UNFINISHED_PIECE}\Z")
_UNFINISHED_RUN = re.compile(
    rf"{_UNFINISHED_PIECE}(?>{_UNFINISHED_PIECE}|[\s{re.escape(HALF_MARKERS)}])*+\Z"
)
_LONGEST_UNFINISHED_PIECE = 1300
_LONGEST_MARKER = 3


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of prose from ``start`` up to ``end``.

    ``marker`` is what opens and closes it, or empty for a link or a mention, which can never be
    closed and opened again. An open span has not met its closing marker: ``end`` is then where
    its paragraph or the text ends.
    """

    start: int
    end: int
    marker: str
    is_open: bool


def scan_spans(text: str, start: int, end: int) -> list[Span]:
    """Return the spans of the prose ``text[start:end]``, ordered by where they end.

    Spans do not reach over a blank line. The prose must hold no fenced code.
    """
    spans: list[Span] = []
    stack: list[tuple[int, str]] = []
    for token in _TOKEN.finditer(text, start, end):
        kind = token.lastgroup
        if kind == "paragraph":
            spans.extend(_abandon(stack, token.start()))
        elif kind == "piece":
            spans.append(Span(token.start(), token.end(), "", is_open=False))
        elif _inside_ticks(stack):
            continue
        elif kind == "code":
            spans.append(Span(token.start(), token.end(), token["ticks"], is_open=False))
        elif kind == "marker":
            spans.extend(_read_marker(text, token, stack))
    spans.extend(_abandon(stack, end))
    return spans


def find_unfinished_piece(text: str, start: int) -> int:
    """Return where a link or mention begins that ``text`` breaks off in, or the text's length."""
    return _find_end(_UNFINISHED, text, start)


def find_unfinished_run(text: str, start: int) -> int:
    """Return where the unfinished pieces begin that ``text`` ends with, or the text's length.

    They may be many: to look for each costs a search, and a model that writes ``<@`` a thousand
    times would hold everybody up.
    """
    return _find_end(_UNFINISHED_RUN, text, start)


def _find_end(pattern: re.Pattern[str], text: str, start: int) -> int:
    start = max(start, len(text) - _LONGEST_UNFINISHED_PIECE)
    match = pattern.search(text, start)
    return match.start() if match else len(text)


def _abandon(stack: list[tuple[int, str]], end: int) -> Iterator[Span]:
    while stack:
        start, marker = stack.pop()
        yield Span(start, end, marker, is_open=True)


def _inside_ticks(stack: list[tuple[int, str]]) -> bool:
    return bool(stack) and stack[-1][1].startswith("`")


def _read_marker(text: str, token: re.Match[str], stack: list[tuple[int, str]]) -> Iterator[Span]:
    marker = token.group()
    before = text[token.start() - 1 : token.start()]
    after = text[token.end() : token.end() + 1]
    is_on_stack = any(marker == known for _, known in stack)
    if is_on_stack and (len(marker) > 1 or not before.isspace()):
        yield from _close(marker, token.end(), stack)
    elif not is_on_stack and len(marker) <= _LONGEST_MARKER and _can_open(before, after):
        stack.append((token.start(), marker))


def _can_open(before: str, after: str) -> bool:
    return bool(after) and not after.isspace() and not before.isalnum()


def _close(marker: str, end: int, stack: list[tuple[int, str]]) -> Iterator[Span]:
    while stack:
        start, known = stack.pop()
        if known == marker:
            yield Span(start, end, marker, is_open=False)
            return
