"""When a reader saw how much of an answer, and how late that is (pure)."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate


@dataclass(frozen=True, slots=True)
class Stream:
    """An answer as it left the model: each piece with its time."""

    pieces: Sequence[str]
    sent_at: Sequence[float]
    reaches: Sequence[int] = field(init=False)
    """How many characters there are with each piece."""

    def __post_init__(self) -> None:
        """Add up the pieces."""
        object.__setattr__(self, "reaches", list(accumulate(map(len, self.pieces))))

    @property
    def text(self) -> str:
        """The whole answer."""
        return "".join(self.pieces)

    def late_s(self, tokens_per_s: float) -> float:
        """Return how much later the last piece left than the model's pace has it."""
        return self.ended_at - self.began_at - (len(self.pieces) - 1) / tokens_per_s

    @property
    def began_at(self) -> float:
        """When the first piece left."""
        return self.sent_at[0]

    @property
    def ended_at(self) -> float:
        """When the last piece left."""
        return self.sent_at[-1]

    def chars_at(self, time_s: float) -> int:
        """Return how many characters had left by then."""
        count = bisect_right(self.sent_at, time_s)
        return self.reaches[count - 1] if count else 0

    def age_began_at(self, shown_chars: int) -> float:
        """Return when the first character left that is not among so many shown; 0 chars is none."""
        place = bisect_right(self.reaches, shown_chars)
        return self.sent_at[min(place, len(self.sent_at) - 1)]


@dataclass(frozen=True, slots=True)
class Sight:
    """From when on a reader saw so many characters; `is_final` where it was all, and no more."""

    time_s: float
    shown_chars: int
    is_final: bool = False


class Reader:
    """Looks at the messages of one answer, and notes how far their text reaches.

    What stands after the answer's own characters, such as a cursor, does not count. At the end
    nothing may stand there but small print (lines that begin with `-# `).
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self._messages: dict[int, str] = {}
        self.sights: list[Sight] = []

    @property
    def is_complete(self) -> bool:
        """Whether the messages, joined, are exactly the text now."""
        return bool(self.sights) and self.sights[-1].is_final

    def see(self, time_s: float, message_id: int, content: str | None) -> None:
        """Record a message's new content; None where it was deleted."""
        if content is None:
            self._messages.pop(message_id, None)
        else:
            self._messages[message_id] = content
        reach, rest = 0, ""
        for _, part in sorted(self._messages.items()):
            reach = _skip_blank(self._text, reach)
            same = _common(part, self._text, reach)
            rest = part[same:]
            reach += same
            if rest.strip():
                break
        is_whole = not self._text[reach:].strip()
        if is_whole:
            reach = len(self._text)
        is_final = is_whole and _is_small_print(rest)
        self.sights.append(Sight(time_s, reach, is_final))


@dataclass(frozen=True, slots=True)
class Lateness:
    """How late one answer was, in seconds.

    `first_s` is None if no word ever showed, `final_s` if it never became complete.
    """

    mean_s: float
    first_s: float | None
    final_s: float | None


def lateness(stream: Stream, sights: Sequence[Sight]) -> Lateness:
    """Measure an answer: `mean_s` is the age of the oldest hidden character, averaged over it."""
    first = next((sight.time_s for sight in sights if sight.shown_chars), None)
    return Lateness(
        mean_lag_s(stream, sights),
        None if first is None else max(0.0, first - stream.began_at),
        _final_lag_s(stream, sights),
    )


def mean_lag_s(stream: Stream, sights: Sequence[Sight]) -> float:
    """Average the age of the oldest hidden character from the first piece to the last.

    While all that left is shown the age is 0; a piece that leaves then starts a new age.
    """
    area, at, shown = 0.0, stream.began_at, 0
    for sight in [*sights, Sight(stream.ended_at, len(stream.text))]:
        until = min(max(sight.time_s, at), stream.ended_at)
        since = stream.age_began_at(shown)
        if shown < stream.reaches[-1] and until > since:
            area += ((until - since) ** 2 - max(0.0, at - since) ** 2) / 2
        at, shown = until, sight.shown_chars
    return area / (stream.ended_at - stream.began_at)


def _final_lag_s(stream: Stream, sights: Sequence[Sight]) -> float | None:
    """Return how long after the last piece the answer stood complete, to stay so."""
    final: float | None = None
    for sight in sights:
        if not sight.is_final:
            final = None
        elif final is None:
            final = sight.time_s
    return None if final is None else max(0.0, final - stream.ended_at)


def visible_at(sights: Mapping[int, Sequence[Sight]], time_s: float) -> int:
    """Return how many characters of all answers together were visible at a time."""
    shown = 0
    for each in sights.values():
        place = bisect_right(each, time_s, key=lambda sight: sight.time_s)
        shown += each[place - 1].shown_chars if place else 0
    return shown


def _common(part: str, text: str, start: int) -> int:
    """Count the characters that a message and the text from a place on have in common."""
    if text.startswith(part, start):
        return len(part)
    low, high = 0, min(len(part), len(text) - start)
    while low < high:
        middle = (low + high + 1) // 2
        if text.startswith(part[:middle], start):
            low = middle
        else:
            high = middle - 1
    return low


def _skip_blank(text: str, start: int) -> int:
    """Skip the white space at the border of two parts, which Discord trims."""
    while start < len(text) and text[start].isspace():
        start += 1
    return start


def _is_small_print(rest: str) -> bool:
    return all(line.startswith("-# ") for line in rest.splitlines() if line.strip())
