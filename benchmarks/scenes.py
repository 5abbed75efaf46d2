"""The scenes of the streaming benchmark: who asks where, and how long the answers are (pure)."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field

from benchmarks.answers import Answer, make_answer, make_dense_answer, make_long_answer

_FIRST_ANSWER_S = 6.0
_LAST_ANSWER_S = 16.0


@dataclass(frozen=True, slots=True)
class Scene:
    """What is asked.

    Attributes:
        name: What the table calls it.
        count: How many people ask.
        in_one_channel: Whether all of them ask in the same channel, or each in one of their own.
        may_open_threads: Whether the bot has the permission.
        within_s: The questions come within so many seconds.
        shortest_s: The shortest answer streams for so long.
        longest_s: The longest.
        is_dense: Whether a piece is a character: then every answer fits into one message.
        size_chars: The size of every answer instead, where it is given.
        is_for_pacer: Whether the plain pacer is run in it, too.
    """

    name: str
    count: int
    in_one_channel: bool = False
    may_open_threads: bool = True
    within_s: float = 1.0
    shortest_s: float = _FIRST_ANSWER_S
    longest_s: float = _LAST_ANSWER_S
    is_dense: bool = False
    size_chars: int | None = None
    is_for_pacer: bool = True
    numbers: range = field(init=False)

    def __post_init__(self) -> None:
        """Number the questions."""
        object.__setattr__(self, "numbers", range(1, self.count + 1))

    def answers(self, seed: int) -> dict[int, Answer]:
        """Make the answers; the same seed makes the same."""
        chance = random.Random(seed)  # noqa: S311 - a workload, not a secret
        answers: dict[int, Answer] = {}
        for number in self.numbers:
            lasts_s = chance.uniform(self.shortest_s, self.longest_s)
            if self.size_chars is not None:
                answers[number] = make_long_answer(number, self.size_chars, seed)
            elif self.is_dense:
                answers[number] = make_dense_answer(number, lasts_s, seed)
            else:
                answers[number] = make_answer(number, lasts_s, seed)
        return answers

    def asked_after_s(self, seed: int) -> Sequence[float]:
        """Return when each question comes, in seconds from the start, in order."""
        chance = random.Random(seed + 1)  # noqa: S311 - a workload, not a secret
        return sorted(chance.random() * self.within_s for _ in self.numbers)


_ONE = Scene("N = 1", 1, within_s=0.0)
_QUICK = (
    _ONE,
    Scene("N = 10", 10),
    Scene("N = 50", 50),
    Scene("10 in one channel, threads", 10, in_one_channel=True),
    Scene("10 in one channel, no threads", 10, in_one_channel=True, may_open_threads=False),
    Scene("6,600 characters", 1, within_s=0.0, size_chars=6600),
    Scene(
        "60 mentions in one channel",
        60,
        in_one_channel=True,
        within_s=0.0,
        shortest_s=4.0,
        longest_s=8.0,
        is_for_pacer=False,
    ),
)
_ONE_MESSAGE_EACH = tuple(
    Scene(f"N = {count}, one message each", count, shortest_s=20.0, longest_s=30.0, is_dense=True)
    for count in (50, 200)
)
CROWD = Scene("N = 200", 200)
ALL_SCENES = (*_QUICK[:3], CROWD, *_ONE_MESSAGE_EACH, *_QUICK[3:])


def chosen_scenes(words: Sequence[str]) -> list[Scene]:
    """Return the scenes whose name contains any of the words; all where there are no words."""
    return [scene for scene in ALL_SCENES if not words or any(word in scene.name for word in words)]
