"""The model of a run: it says texts that are all different, and remembers what it was asked."""

from collections import deque
from dataclasses import dataclass
from random import Random

from sandbox.models.script import (
    Answer,
    AskedConversation,
    Cut,
    Fault,
    HangUp,
    Http,
    Pace,
    Reason,
    Refuse,
    Stall,
    tokens,
)

_LASTS_S = (0.2, 1.0, 2.5)
"""How long an answer takes, whatever its length."""
_REASONS = (
    "length",
    "unclosed stream",
    "aborted",
    "model overloaded",
    "grpc inference failed",
    "finalization failure",
)


@dataclass(frozen=True, slots=True)
class Speech:
    """One answer as it was to be said, and the question it was for."""

    question: str
    text: str


class Talker:
    """Answers with numbered words, each of which says which answer it belongs to.

    Args:
        random: Decides what is said.
        pinged_id: Whom some answers mention.

    Attributes:
        speeches: What was said, by the word that begins each text.
        faults: How the next answers fail, one each.
    """

    def __init__(self, random: Random, pinged_id: int = 0) -> None:
        self._random = random
        self._pinged_id = pinged_id
        self.speeches: dict[str, Speech] = {}
        self.faults: deque[Fault] = deque()

    def __call__(self, asked: AskedConversation) -> Answer:
        """Answer a question; see `sandbox.models.script.Answerer`."""
        name = f"A{len(self.speeches) + 1}"
        text = self._text(name)
        lasts_s = self._random.choice(_LASTS_S)
        self.speeches[name] = Speech(asked.messages[-1].text, text)
        return Answer(
            text,
            pace=Pace(len(tokens(text)) / lasts_s, self._random.uniform(0.0, 0.3)),
            fault=self.faults.popleft() if self.faults else None,
            write_sizes=self._random.choice((None, None, (7, 1, 40))),
        )

    def fault(self) -> Fault:
        """Return a way in which an answer can fail."""
        after = self._random.choice((0, 5, 400, 2500))
        return self._random.choice(
            (
                Http(502),
                Http(413),
                Http(429, headers={"Retry-After": "1"}),
                Refuse("inappropriate_prompt"),
                HangUp(),
                Cut(after, torn_bytes=self._random.choice((0, 3))),
                Cut(None),
                Stall(after),
                Reason(self._random.choice(_REASONS), after),
            )
        )

    def _text(self, name: str) -> str:
        """Return a short or long text, or one with code; no two lines of all texts are the same.

        Some would ping everybody if they might.
        """
        count = self._random.choice((1, 5, 5, 40, 40, 150, 700))
        words = [f"{name}w{number}" for number in range(count)]
        if count == 40 and self._random.random() < 0.5:
            code = "\n".join(f"{word} = 1" for word in words)
            return f"{name} shows:\n```python\n{code}\n```\nand {name} ends."
        if count == 5 and self._random.random() < 0.5:
            words.append(f"@everyone <@{self._pinged_id}> **{name}**")
        lines = [" ".join(words[at : at + 12]) for at in range(0, count, 12)]
        return f"{name} says: " + "\n".join(lines)
