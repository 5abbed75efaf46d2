"""What the stand-in model says in the benchmarks: texts of plain words, each answer its own."""

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass

TOKENS_PER_S = 60.0
_WORDS = re.findall(
    r"\w+",
    "a as in of the and for one two time line word keep show move part text note plan water "
    "north light paper river stone early again under letter window garden morning evening "
    "measure between question mountain",
)
_SENTENCE_WORDS = 11
_PARAGRAPH_SENTENCES = 6
_QUESTION = re.compile(r"question (\d+)")


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer: the pieces in which it comes, each about a token."""

    pieces: Sequence[str]

    @property
    def text(self) -> str:
        """The whole text."""
        return "".join(self.pieces)

    @property
    def lasts_s(self) -> float:
        """How long the pieces take, from the first to the last."""
        return (len(self.pieces) - 1) / TOKENS_PER_S


def make_answer(number: int, lasts_s: float, seed: int) -> Answer:
    """Make the answer to a question: words, sentences and paragraphs, no markdown.

    Args:
        number: The question's; the text begins with it.
        lasts_s: How long it streams.
        seed: The same seed and number make the same text.
    """
    chance = random.Random(f"{seed}.{number}")  # noqa: S311 - a workload, not a secret
    count = max(2, round(lasts_s * TOKENS_PER_S) + 1)
    pieces = [f"Answer {number}: "]
    while len(pieces) < count:
        place = len(pieces)
        word = chance.choice(_WORDS)
        if place % _SENTENCE_WORDS:
            pieces.append(f"{word} ")
        elif place % (_SENTENCE_WORDS * _PARAGRAPH_SENTENCES):
            pieces.append(f"{word}. ")
        else:
            pieces.append(f"{word}.\n\n")
    pieces[-1] = pieces[-1].rstrip() + "!"
    return Answer(pieces)


def make_long_answer(number: int, size_chars: int, seed: int) -> Answer:
    """Make an answer of at least so many characters."""
    lasts_s = size_chars / 5 / TOKENS_PER_S
    while len((answer := make_answer(number, lasts_s, seed)).text) < size_chars:
        lasts_s += 0.5
    return answer


def make_dense_answer(number: int, lasts_s: float, seed: int) -> Answer:
    """Make an answer of which each piece is a character, as in scripts without spaces.

    Half a minute of it fits into one message.
    """
    head, *_ = words = make_answer(number, lasts_s, seed).pieces
    text = "".join(words[1:]).replace("\n\n", "")
    count = max(2, round(lasts_s * TOKENS_PER_S) + 1)
    return Answer([head, *text[: count - 2].rstrip(), "!"])


def question(number: int) -> str:
    """Write the question with a number."""
    return f"question {number}"


def number_in(text: str) -> int | None:
    """Return the number of the last question in a text; None where there is none."""
    found = _QUESTION.findall(text)
    return int(found[-1]) if found else None
