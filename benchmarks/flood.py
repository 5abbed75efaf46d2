"""`make bench-flood`: hundreds of people at once, with Discord's real limits; prints what became.

Nobody may be left without an answer, a place in the queue or a notice, and Discord may have
nothing to refuse. In one channel Discord takes 50 new threads in five minutes and one message a
second, so a flood there takes minutes: a scene ends when all is answered, or after its time.
"""

import argparse
import asyncio
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.answers import make_answer, question
from benchmarks.ledger import Fate, Ledger, counted
from benchmarks.stage import BOBBIN, LIMITS, Staged, staged
from sandbox.world.entities import Channel, Person
from sandbox.world.world import World

_SEED = 5
_ANSWER_S = 0.3
_LOOKS_EVERY_S = 1.0
_SHARE = 0.8
"""So much of what Discord's limits allow has to be used, where people still wait at the end."""
_THREAD_LIMIT_S = 30.0
_LATE_NOTE = "Can't keep up"
"""discord.py says so, too, where Discord acknowledges a heartbeat before the library has noted that
it was sent; how late the event loop was is measured."""


@dataclass(frozen=True, slots=True)
class Flood:
    """Who sends how much where.

    Attributes:
        name: What the table calls it.
        people: How many people there are.
        channels: Over how many channels they are spread.
        messages: How many each person sends; more than one in a thread once it is open, unless
            all are mentions.
        are_mentions: Whether each message is a mention in the channel.
        within_s: They are sent within so many seconds.
        ends_after_s: So long it is looked at.
    """

    name: str
    people: int
    channels: int = 1
    messages: int = 1
    are_mentions: bool = True
    within_s: float = 1.0
    ends_after_s: float = 120.0

    def allowed(self, lasted_s: float) -> float:
        """Return how many answers Discord lets a bot show meanwhile, in threads and as replies."""
        threads, posts = LIMITS.create_thread, LIMITS.create_message
        if threads is None or posts is None:
            return self.people * self.messages
        each = threads.count + lasted_s * posts.count / posts.window_s
        return min(self.people * self.messages, self.channels * each)


FLOODS = (
    Flood("one channel", 500),
    Flood("50 channels", 500, channels=50),
    Flood("one person", 1, messages=200, are_mentions=False, ends_after_s=30.0),
    Flood("raid", 500, messages=4, within_s=5.0),
)


@dataclass(frozen=True, slots=True)
class Aftermath:
    """What became of a flood; times are in seconds from its first message."""

    flood: Flood
    fates: Mapping[Fate, int]
    wrong: int
    lasted_s: float
    last_answer_s: float
    requests: int
    refusals: int
    cpu_s: float
    idle_memory_mib: float
    peak_memory_mib: float
    loop_delay_ms: Mapping[str, float]
    complaints: Sequence[str]

    def violations(self) -> list[str]:
        """Name the laws that were broken."""
        fates = self.fates
        laws = {
            f"{fates[Fate.SILENT]} messages without an answer, a place or a notice": (
                fates[Fate.SILENT] == 0
            ),
            f"{fates[Fate.FAILED]} answers that are not complete": fates[Fate.FAILED] == 0,
            f"{self.wrong} answers shown otherwise than as stored": self.wrong == 0,
            f"{self.refusals} requests that Discord refused with 429": self.refusals == 0,
            f"{len(self.complaints)} warnings or errors in the log": not self.complaints,
        }
        return [words for words, holds in laws.items() if not holds]

    def idleness(self) -> list[str]:
        """Say by how much less was answered than Discord's limits allow, while people wait.

        That is a matter of the machine, too: no law, and nothing for a test.
        """
        answered, waiting = self.fates[Fate.ANSWERED], self.fates[Fate.WAITING]
        enough = _SHARE * self.flood.allowed(self.lasted_s)
        if waiting == 0 or answered >= enough:
            return []
        return [f"{answered} answers, where the limits allow {enough:.0f} and more"]


async def run(flood: Flood) -> Aftermath:
    """Let a flood come over a fresh bot, and see what becomes of it."""
    world = World()
    seats = _seats(world, flood)
    count = flood.people * flood.messages
    answers = {number: make_answer(number, _ANSWER_S, _SEED) for number in range(1, count + 1)}
    bobbin = replace(BOBBIN, settings=_own_bounds)
    with tempfile.TemporaryDirectory(prefix="bobbin-flood-") as folder:
        async with staged(world, bobbin, answers, Path(folder)) as stage:
            ledger = Ledger(world, stage.folder / "bobbin.db")
            before, cpu_s = len(stage.server.requests), stage.bot.cpu_s()
            earlier = len(stage.complaints())
            idle_mib = stage.bot.memory_mib()
            began_s = world.clock()
            await _send(flood, stage, ledger, seats)
            await _until_over(flood, ledger, world, began_s)
            lasted_s = world.clock() - began_s
            fates, wrong = counted(ledger.fates()), len(ledger.wrong())
            last_s = ledger.last_shown_s() - began_s
            made = stage.server.requests[before:]
            cpu_s, peak_mib = stage.bot.cpu_s() - cpu_s, stage.bot.peak_memory_mib()
            complaints = [it for it in stage.complaints()[earlier:] if _LATE_NOTE not in it]
        return Aftermath(
            flood,
            fates,
            wrong,
            lasted_s,
            last_s,
            len(made),
            sum(request.status == 429 for request in made),
            cpu_s,
            idle_mib,
            peak_mib,
            stage.loop_delay_ms(),
            complaints,
        )


def _own_bounds(model_url: str) -> Mapping[str, str]:
    """Return the settings of a bot that keeps its own bounds, which measuring streams lifts."""
    settings = BOBBIN.settings(model_url)
    return {name: value for name, value in settings.items() if not name.startswith("MAX_")}


def _seats(world: World, flood: Flood) -> list[tuple[Person, Channel]]:
    guild = world.create_guild("Flood")
    world.join(guild, world.bot)
    channels = [world.create_text_channel(guild, f"room-{n}") for n in range(flood.channels)]
    seats: list[tuple[Person, Channel]] = []
    for number in range(flood.people):
        person = world.create_person(f"person-{number}")
        world.join(guild, person)
        seats.append((person, channels[number % len(channels)]))
    return seats


async def _send(
    flood: Flood, stage: Staged, ledger: Ledger, seats: Sequence[tuple[Person, Channel]]
) -> None:
    """Let everybody send what they send, one message of each after another."""
    world, server = stage.server.world, stage.server
    pause_s = flood.within_s / (flood.people * flood.messages)
    began_s = world.clock()
    for sent in range(flood.people * flood.messages):
        person, channel = seats[sent % len(seats)]
        text = question(sent + 1)
        if flood.are_mentions or sent == 0:
            text = f"{world.bot.mention} {text}"
        else:
            channel = world.channels[next(iter(ledger.said))]
        message = server.person(person).say(channel, text)
        ledger.said[message.id] = person.id
        if not flood.are_mentions and sent == 0:
            await server.until(lambda opened=message.id: opened in world.channels, _THREAD_LIMIT_S)
        await asyncio.sleep(max(0.0, began_s + (sent + 1) * pause_s - world.clock()))


async def _until_over(flood: Flood, ledger: Ledger, world: World, began_s: float) -> None:
    """Wait until nothing waits and nobody is left to be told, or the time is over."""
    while world.clock() < began_s + flood.ends_after_s:
        fates = ledger.fates().values()
        if Fate.WAITING not in fates and Fate.SILENT not in fates:
            return
        await asyncio.sleep(_LOOKS_EVERY_S)


_HEADINGS = (
    "flood",
    "messages",
    *(fate.value for fate in Fate),
    "allowed",
    "lasted s",
    "last answer s",
    "requests",
    "429s",
    "CPU s",
    "MiB before, peak",
    "loop late ms p99 max",
)


def table_of(rows: Sequence[Aftermath]) -> Table:
    """Make the table."""
    table = Table(title="Floods: what became of each message")
    for heading in _HEADINGS:
        table.add_column(heading, justify="left" if heading == _HEADINGS[0] else "right")
    for row in rows:
        delay = row.loop_delay_ms
        table.add_row(
            row.flood.name,
            str(sum(row.fates.values())),
            *(str(row.fates[fate]) for fate in Fate),
            f"{row.flood.allowed(row.lasted_s):.0f}",
            f"{row.lasted_s:.0f}",
            f"{row.last_answer_s:.0f}",
            str(row.requests),
            str(row.refusals),
            f"{row.cpu_s:.1f}",
            f"{row.idle_memory_mib:.0f} {row.peak_memory_mib:.0f}",
            f"{delay['p99_ms']:.0f} {delay['max_ms']:.0f}" if delay else "",
        )
    return table


def main(arguments: Sequence[str]) -> int:
    """Run the floods and print the table; 1 where a law was broken."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.flood", description=__doc__)
    parser.add_argument("flood", nargs="*", help="only floods with this in their name")
    parser.add_argument("--seconds", type=float, help="how long each is looked at")
    chosen = parser.parse_args(arguments)
    console = Console(width=None if sys.stdout.isatty() else 200)
    rows: list[Aftermath] = []
    for flood in FLOODS:
        if chosen.flood and not any(word in flood.name for word in chosen.flood):
            continue
        row = asyncio.run(run(replace(flood, ends_after_s=chosen.seconds or flood.ends_after_s)))
        rows.append(row)
        for words in (*row.violations(), *row.idleness()):
            console.print(f"{flood.name}: {words}", style="red", markup=False)
        for line in row.complaints[:5]:
            console.print(f"  {line}", style="dim", markup=False)
    console.print(table_of(rows))
    return 1 if any(row.violations() or row.idleness() for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
