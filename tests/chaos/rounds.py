"""Runs the rounds: a burst of talk and trouble, then quiet, in which the laws have to hold."""

import asyncio
import sqlite3
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.chaos.laws import Laws, Violation
from tests.chaos.people import Act, People, carried_out
from tests.chaos.stage import Stage
from tests.chaos.stored import damage, read
from tests.chaos.trouble import Trouble

_BURST_S = 1.5
_QUIET_LIMIT_S = 45.0
_RECHECK_S = 0.25
"""The store tells nobody of its changes, so that it is asked again and again."""
_TOLD_ROUNDS = 10
_LONG_LIFE_ROUNDS = 20
"""In every other stretch of so many rounds nobody is killed, so that memory has time to grow."""
KILL_CHANCE = 0.4
"""In how many of the other rounds the bot is killed, once or twice."""
_GROWTH_LIMIT_MIB = 40.0
"""A quiet bot may hold so much more than when it was quiet first: caches fill, heaps fragment."""


@dataclass(slots=True)
class Figures:
    """What a run came to."""

    seed: int
    rounds: int = 0
    kills: int = 0
    troubles: int = 0
    messages: int = 0
    answers: int = 0
    lives: int = 0
    seconds: float = 0.0
    growth_mib: float = 0.0
    violations: list[Violation] = field(default_factory=list[Violation])

    def __str__(self) -> str:
        """Write them on one line."""
        return (
            f"seed {self.seed}: {self.rounds} rounds in {self.seconds:.0f} s, "
            f"{self.kills} kills, {self.lives} lives, {self.troubles} troubles, "
            f"{self.messages} messages for the bot, {self.answers} answers, "
            f"memory grew by {self.growth_mib:.0f} MiB at most, "
            f"{len(self.violations)} violations"
        )


class Rounds:
    """A run.

    Args:
        stage: Where it takes place.
        seed: For the figures; what is done follows from it, but not the instants.
        tell: Takes each line that is for whoever watches.
        kill_chance: See `KILL_CHANCE`.
    """

    def __init__(
        self,
        stage: Stage,
        seed: int,
        tell: Callable[[str], None],
        *,
        kill_chance: float = KILL_CHANCE,
    ) -> None:
        self._stage = stage
        self._tell = tell
        self._kill_chance = kill_chance
        self._people = People(stage)
        self._trouble = Trouble(stage, self._talk)
        self._random = stage.random
        self._known: set[str] = set()
        self.figures = Figures(seed)

    async def run(self, rounds: int) -> Figures:
        """Do so many rounds, end the bot, and give the figures."""
        began = time.monotonic()
        await self._stage.live()
        self._people.warm_up()
        await self._settle()
        for number in range(1, rounds + 1):
            self._stage.chronicle.round_number = number
            await self._burst(may_kill=number // _LONG_LIFE_ROUNDS % 2 == 0)
            self._trouble.end()
            began_s = time.monotonic()
            await self._settle()
            self._stage.chronicle.note(f"quiet after {time.monotonic() - began_s:.1f} s")
            self.figures.rounds = number
            if number % _TOLD_ROUNDS == 0:
                self._tell(f"round {number}, {time.monotonic() - began:.0f} s")
        self._judge(await self._ended())
        self._count(time.monotonic() - began)
        return self.figures

    async def _burst(self, *, may_kill: bool) -> None:
        """Let people talk while things go wrong."""
        self._people.adopt_threads()
        troubles = self._trouble.some()
        self.figures.troubles += len(troubles)
        acts: list[Act] = [*self._people.some_acts(), *troubles]
        if may_kill and self._random.random() < self._kill_chance:
            acts.append(self._kill)
        async with asyncio.TaskGroup() as group:
            for act in acts:
                at_s = self._random.uniform(0.0, _BURST_S)
                group.create_task(_later(at_s, act), name=f"{act.__name__}")

    async def _talk(self) -> None:
        self._people.mention(self._random.choice(self._stage.channels))

    async def _kill(self) -> None:
        """Kill the bot, once or twice, and start it again after a while."""
        for _ in range(self._random.choice((1, 1, 2))):
            await self._stage.lives.kill()
            self.figures.kills += 1
            self._stage.chronicle.note("the bot is killed")
            self._judge(self._complaints())
            await asyncio.sleep(self._random.uniform(0.0, 1.0))
            await self._stage.lives.begin()
            self._stage.chronicle.note(f"life {self._stage.lives.count} begins")
            await asyncio.sleep(self._random.uniform(0.0, 2.0))

    async def _settle(self) -> None:
        """Wait until all is quiet and the laws hold; what still does not hold is a violation."""
        ends_at = time.monotonic() + _QUIET_LIMIT_S
        requests, calm = -1, 0
        broken: list[Violation] = []
        while calm < 2 and time.monotonic() < ends_at:
            if not self._stage.lives.is_running and self._stage.lives.has_connected:
                self._judge([Violation("the bot has ended by itself"), *self._complaints()])
            await self._stage.live()
            broken = self._broken()
            count = len(self._stage.discord.requests)
            calm = calm + 1 if count == requests and not broken else 0
            requests = count
            await asyncio.sleep(_RECHECK_S)
        if broken:
            self._tell(f"not quiet within {_QUIET_LIMIT_S:.0f} s")
        self._stage.lives.measure()
        self._judge([*broken, *self._complaints()])

    def _broken(self) -> list[Violation]:
        try:
            violations = Laws(self._stage, read(self._stage.database)).violations()
        except sqlite3.OperationalError as error:
            return [Violation(f"the database cannot be read: {error}")]
        return [it for it in violations if it.words.split("\n")[0] not in self._known]

    def _complaints(self) -> list[Violation]:
        return [Violation(f"the log says: {text}") for text in self._stage.lives.complaints()]

    async def _ended(self) -> list[Violation]:
        """End the bot as an operator does, and look at what it leaves."""
        code = await self._stage.lives.end()
        found = [Violation(f"SIGTERM ended it with {code}")] if code else []
        found += [Violation(f"the database: {text}") for text in damage(self._stage.database)]
        growth_mib = self._stage.lives.largest_growth_mib
        if growth_mib > _GROWTH_LIMIT_MIB:
            found.append(Violation(f"memory has grown by {growth_mib:.0f} MiB"))
        return [*found, *self._broken(), *self._complaints()]

    def _judge(self, found: list[Violation]) -> None:
        """Note the violations that are new, and tell their stories."""
        for violation in found:
            headline = violation.words.split("\n")[0]
            if headline in self._known:
                continue
            self._known.add(headline)
            self.figures.violations.append(violation)
            number = self._stage.chronicle.round_number
            self._tell(f"VIOLATION (seed {self.figures.seed}, round {number}): {violation.words}")
            for line in self._stage.chronicle.story(set(violation.channel_ids)):
                self._tell(line)

    def _count(self, seconds: float) -> None:
        figures = self.figures
        stored = read(self._stage.database)
        figures.seconds = seconds
        figures.lives = self._stage.lives.count
        figures.messages = sum(it.is_meant for it in self._stage.chronicle.spoken.values())
        figures.answers = sum(turn.outcome == "complete" for turn in stored.turns.values())
        figures.growth_mib = self._stage.lives.largest_growth_mib


async def _later(delay_s: float, act: Act) -> None:
    await asyncio.sleep(delay_s)
    await carried_out(act)
