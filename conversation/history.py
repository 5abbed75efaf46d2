"""From a path of turns to the entries that a model is asked with (pure)."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby

from conversation.entities import SPEAKER_SEPARATOR, Turn
from conversation.ports.provider import Entry

CHARS_PER_TOKEN = 3
"""A cautious guess, good enough to leave out what cannot fit: English has about four to a token,
Russian and code about three. The service's own refusal decides where the guess was wrong."""

_ANSWER_TOKENS = 2048
"""Room kept for the answer where nobody set a maximum length."""

SEVERAL_PEOPLE = (
    "Several people take part in this conversation; what each one says begins with their name "
    "and a colon. Do not begin your own answers with a name."
)
"""Told to the model in front of everything else, only when it is true."""


def is_shared(path: Sequence[Turn]) -> bool:
    """Return whether more than one person speaks on this path."""
    return len({speaker.author_id for turn in path for speaker in turn.speakers}) > 1


def entries_of(path: Sequence[Turn]) -> tuple[Entry, ...]:
    """Return an entry for each turn of a path, oldest first, but for the blank ones.

    Where an answer came to nothing, two questions follow each other: see `alternating`. Names are
    put before what people say only where there are several.
    """
    shared = is_shared(path)
    return tuple(
        Entry(turn.role, _text_of(turn, named=shared), turn.resume)
        for turn in path
        if turn.text.strip()
    )


def alternating(entries: Sequence[Entry]) -> tuple[Entry, ...]:
    """Make one entry of those that follow each other in the same role, as a request wants them.

    This comes last, after what is too long was left out: a question that alone is too long for
    the model must not take the next one with it.
    """
    return tuple(_joined(entries))


def instructions(system_prompt: str, path: Sequence[Turn]) -> str:
    """Return the system prompt for a path, with the sentence about several people where needed."""
    wanted = [SEVERAL_PEOPLE] if is_shared(path) else []
    if system_prompt.strip():
        wanted.append(system_prompt)
    return "\n\n".join(wanted)


def shortened(
    entries: tuple[Entry, ...], system_prompt: str, context_tokens: int, answer_tokens: int | None
) -> tuple[Entry, ...]:
    """Leave out the oldest entries until the rest should fit; the new entry always stays.

    A service's memory of what is left out would be of no use, so where anything is left out no
    entry keeps its resume state.
    """
    room = context_tokens - min(answer_tokens or _ANSWER_TOKENS, context_tokens // 2)
    left_chars = room * CHARS_PER_TOKEN - len(system_prompt)
    kept = 0
    for entry in reversed(entries):
        left_chars -= len(entry.text)
        if left_chars < 0:
            break
        kept += 1
    return latest(entries, max(kept, 1))


def halved(entries: tuple[Entry, ...]) -> tuple[Entry, ...]:
    """Leave out the older half, for the service has said that all of it is too much."""
    return latest(entries, max(len(entries) // 2, 1))


def latest(entries: tuple[Entry, ...], count: int) -> tuple[Entry, ...]:
    """Return the newest entries without resume states; all of them, unchanged, if none is older."""
    if count >= len(entries):
        return entries
    return tuple(replace(entry, resume=None) for entry in entries[-count:])


def _text_of(turn: Turn, *, named: bool) -> str:
    if not named or not turn.speakers:
        return turn.text
    return SPEAKER_SEPARATOR.join(f"{name}: {text}" for name, text in _stretches(turn))


def _stretches(turn: Turn) -> Iterator[tuple[str, str]]:
    position = 0
    for speaker in turn.speakers:
        yield speaker.name, turn.text[position : position + speaker.length_chars]
        position += speaker.length_chars + len(SPEAKER_SEPARATOR)


def _joined(entries: Sequence[Entry]) -> Iterator[Entry]:
    for role, run in groupby(entries, key=lambda entry: entry.role):
        same = list(run)
        text = SPEAKER_SEPARATOR.join(entry.text for entry in same)
        yield Entry(role, text, same[-1].resume)
