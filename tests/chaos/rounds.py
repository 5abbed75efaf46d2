"""Runs the rounds: a burst of talk and trouble, then quiet, in which the laws have to hold."""

import asyncio
import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from statistics import median

from tests.chaos.laws.book import violations
from tests.chaos.laws.violation import Violation
from tests.chaos.people import Act, People, carried_out
from tests.chaos.stage import OTHER_MODEL, Stage
from tests.chaos.stored import damage, is_at_rest, read
from tests.chaos.trouble import Severity, Trouble

_BURST_S = 1.5
_QUIET_LIMIT_S = 60.0
_SURE_S = 20.0
"""What is at rest for so long, with nothing owed, is not waited for any longer."""
_RECHECK_S = 0.25
"""The store tells nobody of its changes, so that it is asked again and again."""
_TOLD_ROUNDS = 10
_GROWTH_LIMIT_MIB = 40.0
"""A quiet bot may hold so much more than when it was quiet first: caches fill, heaps fragment."""
_OWN_SETTINGS_CHANCE = 0.3
"""In how many lives a cooldown, a quota or fallback models are set."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run is like.

    In the rounds `spared` nobody ends the bot, so that memory has time to grow; in all others it is
    killed. `threads` are there before the first round.
    """

    threads: int = 4
    spared: frozenset[int] = frozenset()
    severity: Severity = field(default_factory=Severity)

    @classmethod
    def of_long_run(cls, rounds: int) -> "Plan":
        """Return what `make chaos` does: in ever more places, with two long standstills."""
        middle = rounds // 2
        frozen_long_in = frozenset({rounds // 4, rounds * 3 // 4} - {0})
        return cls(
            threads=60,
            spared=frozenset(range(middle, middle + rounds // 10)),
            severity=Severity(frozen_long_in=frozen_long_in),
        )


@dataclass(slots=True)
class Figures:
    """What a run came to."""

    seed: int
    rounds: int = 0
    kills: int = 0
    ends: int = 0
    troubles: Counter[str] = field(default_factory=Counter[str])
    messages: int = 0
    answers: int = 0
    places: int = 0
    lives: int = 0
    seconds: float = 0.0
    growth_mib: float = 0.0
    violations: list[Violation] = field(default_factory=list[Violation])

    def __str__(self) -> str:
        """Return them on one line, and the troubles on another."""
        troubles = ", ".join(f"{count} {name}" for name, count in self.troubles.most_common())
        return (
            f"seed {self.seed}: {self.rounds} rounds in {self.seconds:.0f} s, "
            f"{self.kills} kills, {self.ends} proper ends, {self.lives} lives, "
            f"{self.messages} messages for the bot in {self.places} places, "
            f"{self.answers} answers, memory grew by {self.growth_mib:.0f} MiB at most, "
            f"{len(self.violations)} violations\n{troubles}"
        )


class Rounds:
    """A run.

    Args:
        stage: Where it takes place.
        seed: For the figures; what is done follows from it, but not the instants.
        tell: Takes each line that is for whoever watches.
        plan: What it is like.
    """

    def __init__(self, stage: Stage, seed: int, tell: Callable[[str], None], plan: Plan) -> None:
        self._stage = stage
        self._tell = tell
        self._plan = plan
        self._people = People(stage)
        self._trouble = Trouble(stage, self._people.talk, self._mention, plan.severity)
        self._random = stage.random
        self._known: set[str] = set()
        self.figures = Figures(seed)

    async def run(self, rounds: int) -> Figures:
        """Do so many rounds, end the bot, and return the figures."""
        began = time.monotonic()
        await self._stage.live()
        self._people.warm_up(self._plan.threads)
        await self._settle()
        for number in range(1, rounds + 1):
            self._stage.chronicle.round_number = number
            await self._burst(number)
            self._trouble.end()
            began_s = time.monotonic()
            await self._settle()
            self._stage.chronicle.note(f"quiet after {time.monotonic() - began_s:.1f} s")
            self.figures.rounds = number
            if number % _TOLD_ROUNDS == 0:
                self._tell(f"round {number}, {time.monotonic() - began:.0f} s")
        await self._end()
        self._judge([*self._left_behind(), *self._broken()])
        self._count(time.monotonic() - began)
        return self.figures

    async def _burst(self, number: int) -> None:
        """Let people talk while things go wrong."""
        self._people.adopt_threads()
        troubles = self._trouble.some(number)
        self.figures.troubles.update(it.__name__.strip("_") for it in troubles)
        acts: list[Act] = [*self._people.some_acts(), *troubles]
        if number not in self._plan.spared:
            acts.append(self._kill)
        async with asyncio.TaskGroup() as group:
            for act in acts:
                at_s = self._random.uniform(0.0, _BURST_S)
                group.create_task(_later(at_s, act), name=f"{act.__name__}")

    async def _mention(self) -> None:
        self._people.mention(self._random.choice(self._stage.channels))

    async def _kill(self) -> None:
        """Kill the bot and start it again after a while; now and then it ends once more before."""
        match self._random.choice(("end", "kill", "", "", "")):
            case "end":
                await self._end()
                await self._live_again("was ended")
            case "kill":
                await self._kill_now()
            case _:
                pass
        await self._kill_now()

    async def _kill_now(self) -> None:
        await self._stage.lives.kill()
        self.figures.kills += 1
        await self._live_again("is killed")

    async def _end(self) -> None:
        """End the bot as an operator does; before it has connected nobody hears a signal."""
        if not self._stage.lives.has_connected:
            await self._stage.lives.kill()
            return
        code = await self._stage.lives.end()
        self.figures.ends += 1
        if code:
            self._judge([Violation(f"SIGTERM ended life {self._stage.lives.count} with {code}")])

    async def _live_again(self, how: str) -> None:
        self._stage.chronicle.note(f"the bot {how}")
        self._judge(self._complaints())
        await asyncio.sleep(self._random.uniform(0.0, 1.0))
        self._stage.lives.settings = self._some_settings()
        await self._stage.lives.begin()
        told = dict(self._stage.lives.settings)
        self._stage.chronicle.note(f"life {self._stage.lives.count} begins, with {told}")
        await asyncio.sleep(self._random.uniform(0.0, 2.0))

    def _some_settings(self) -> Mapping[str, str]:
        """Return what the next life has set: as a rule nothing."""
        if self._random.random() >= _OWN_SETTINGS_CHANCE:
            return {}
        used = Counter(it.person.id for it in self._stage.chronicle.spoken.values() if it.is_meant)
        quota = round(median(used.values())) if used else 1
        return self._random.choice(
            (
                {"COOLDOWN_MESSAGES": "2", "COOLDOWN_S": "5"},
                {"TURNS_PER_PERSON_PER_DAY": str(max(1, quota))},
                {"FALLBACK_MODELS": OTHER_MODEL},
            )
        )

    async def _settle(self) -> None:
        """Wait until all is quiet and the laws hold; what still does not hold is a violation."""
        ends_at = time.monotonic() + _QUIET_LIMIT_S
        sure_at = ends_at
        requests, calm = -1, 0
        broken: list[Violation] = []
        while calm < 2 and time.monotonic() < min(ends_at, sure_at):
            if not self._stage.lives.is_running and self._stage.lives.has_connected:
                self._judge([Violation("the bot has ended by itself"), *self._complaints()])
            await self._stage.live()
            count = len(self._stage.discord.requests)
            is_calm = count == requests and self._is_at_rest()
            broken = self._broken() if is_calm else broken
            calm = calm + 1 if is_calm and not broken else 0
            if not is_calm:
                sure_at = time.monotonic() + _SURE_S
            requests = count
            await asyncio.sleep(_RECHECK_S)
        if calm < 2:
            self._tell("not quiet, or not as it should be, in time")
            broken = self._broken()
        self._stage.lives.measure()
        self._judge([*broken, *self._complaints()])

    def _is_at_rest(self) -> bool:
        try:
            return is_at_rest(self._stage.database)
        except sqlite3.OperationalError:
            return False

    def _broken(self) -> list[Violation]:
        try:
            record = self._stage.record()
        except sqlite3.OperationalError as error:
            return [Violation(f"the database cannot be read: {error}")]
        return [it for it in violations(record) if it.words.split("\n")[0] not in self._known]

    def _complaints(self) -> list[Violation]:
        return [Violation(f"the log says: {text}") for text in self._stage.lives.complaints()]

    def _left_behind(self) -> list[Violation]:
        """Look at what a bot that was ended leaves."""
        found = [Violation(f"the database: {text}") for text in damage(self._stage.database)]
        growth_mib = self._stage.lives.largest_growth_mib
        if growth_mib > _GROWTH_LIMIT_MIB:
            found.append(Violation(f"memory has grown by {growth_mib:.0f} MiB"))
        return [*found, *self._complaints()]

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
        meant = [it for it in self._stage.chronicle.spoken.values() if it.is_meant]
        figures.messages = len(meant)
        figures.places = len({it.channel.id for it in meant})
        figures.answers = sum(turn.outcome == "complete" for turn in stored.turns.values())
        figures.growth_mib = self._stage.lives.largest_growth_mib


async def _later(delay_s: float, act: Act) -> None:
    await asyncio.sleep(delay_s)
    await carried_out(act)
