"""Plays one scene: the sandbox's Discord with real limits, a model, and a bot's process.

Everything is measured on this side of the wire, from what the sandbox's world tells and from the
times at which the model's pieces left.
"""

import asyncio
import json
import tempfile
from collections.abc import AsyncGenerator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.answers import Answer, question
from benchmarks.paced_model import MODEL, PacedModel
from benchmarks.processes import BotProcess, running
from benchmarks.scenes import Scene
from benchmarks.timeline import Reader, Sight, Stream
from sandbox.discord_server import DiscordServer
from sandbox.rest.rate_limits import Limits, Rate
from sandbox.world.entities import Channel, Message, MessageKind, Person
from sandbox.world.happenings import Happening, MessageChanged, MessageDeleted, MessagePosted
from sandbox.world.permissions import Permission
from sandbox.world.world import World

_FIRST_TOKEN_S = 0.4
_READY_LIMIT_S = 60.0
_LATE_LIMIT_S = 60.0
"""How long after the last piece a scene may go on."""
LIMITS = Limits().but(create_thread=Rate(50, 300.0, "shared"))
"""Discord's, with as many new threads in five minutes as it lets a channel have in fact."""


@dataclass(frozen=True, slots=True)
class Contestant:
    """A bot that is measured.

    Attributes:
        name: What the table calls it.
        program: Its file.
        is_ready: What it says when it is there.
        settings: What it is told of the model's address, besides what every bot is told.
    """

    name: str
    program: str
    is_ready: str
    settings: Callable[[str], Mapping[str, str]]


def _bobbins_settings(model_url: str) -> Mapping[str, str]:
    return {
        "PROVIDERS__BENCH__BASE_URL": model_url,
        "PROVIDERS__BENCH__MODELS": MODEL,
        "DEFAULT_MODEL": f"bench/{MODEL}",
        "ALLENAI_BASE_URL": model_url,
        "UPSTREAM_ATTEMPTS": "1",
        "MAX_STREAMS": "10000",
        "MAX_STREAMS_PER_PROVIDER": "10000",
    }


BOBBIN = Contestant("Bobbin", "bot.py", r"connected as", _bobbins_settings)
PLAIN_PACER = Contestant(
    "plain pacer", "benchmarks/plain_pacer.py", "connected", lambda url: {"MODEL_URL": url}
)


@dataclass(frozen=True, slots=True)
class Staged:
    """The servers and the bot's process while they run; what was measured can be read after."""

    server: DiscordServer
    model: PacedModel
    bot: BotProcess
    folder: Path
    """What the bot keeps, its database among it."""

    @property
    def delays(self) -> Path:
        """The file into which the probe writes when the bot ends."""
        return self.folder / "delays.json"

    def loop_delay_ms(self) -> Mapping[str, float]:
        """Return how late the bot's event loop was, once it has ended."""
        return json.loads(self.delays.read_text()) if self.delays.is_file() else {}

    def complaints(self) -> list[str]:
        """Return the lines of the bot's log that are warnings or worse."""
        lines = self.bot.said().splitlines()
        return [line for line in lines if " WARNING " in line or " ERROR " in line]


@asynccontextmanager
async def staged(
    world: World,
    contestant: Contestant,
    answers: Mapping[int, Answer],
    folder: Path,
    *,
    latency_s: float = 0.0,
) -> AsyncGenerator[Staged, None]:
    """Serve a world with Discord's limits and a model, and run a bot until the context is left.

    The latency is there from the bot's start on, as that of a network is.
    """
    discord = DiscordServer(world, limits=LIMITS)
    discord.faults.latency_s = latency_s
    async with (
        discord as server,
        PacedModel(answers, first_token_s=_FIRST_TOKEN_S) as model,
        running(
            ["-m", "benchmarks.probed", str(folder / "delays.json"), contestant.program],
            {
                "DISCORD_TOKEN": world.bot.token,
                "DISCORD_API_URL": server.api_url,
                "DATA_DIR": str(folder),
                **contestant.settings(model.base_url),
            },
            folder,
        ) as bot,
    ):
        await bot.until_said(contestant.is_ready, _READY_LIMIT_S)
        await server.until(lambda: server.gateway.is_connected, _READY_LIMIT_S)
        yield Staged(server, model, bot, folder)


@dataclass(frozen=True, slots=True)
class Play:
    """What happened in a scene: times are on one clock, of the process that measures.

    `loop_delay_ms` is how late the bot's event loop was: mean, p99, max; empty if not measured.
    """

    asked_at: Mapping[int, float]
    streams: Mapping[int, Stream]
    sights: Mapping[int, Sequence[Sight]]
    complete: frozenset[int]
    requests: Mapping[str, int]
    refusals: int
    cpu_s: float
    memory_mib: float
    peak_memory_mib: float
    loop_delay_ms: Mapping[str, float]
    complaints: Sequence[str]
    """The lines of the bot's log that are warnings or worse."""


@dataclass(slots=True)
class _Audience:
    """Watches a world, and gives each message of the bot to the reader of its answer."""

    world: World
    readers: Mapping[int, Reader]
    number_of: dict[int, int] = field(default_factory=dict[int, int])
    """The question by its message's id, which is its thread's id too, and by the bot's messages."""
    _number_of_turn: dict[str, int] = field(default_factory=dict[str, int])

    def hear(self, happening: Happening) -> None:
        """Note what the bot posts, edits and deletes."""
        match happening:
            case MessagePosted(message) if self._is_bots(message):
                number = self._find(message)
                if number is not None:
                    self.number_of[message.id] = number
                self._see(message, message.content)
            case MessageChanged(message) if self._is_bots(message):
                self._see(message, message.content)
            case MessageDeleted(message):
                self._see(message, None)
            case _:
                return

    def _see(self, message: Message, content: str | None) -> None:
        number = self.number_of.get(message.id)
        if number is not None:
            self.readers[number].see(self.world.clock(), message.id, content)

    def _is_bots(self, message: Message) -> bool:
        is_said = message.kind in (MessageKind.DEFAULT, MessageKind.REPLY)
        return is_said and message.author_id == self.world.bot.id

    def _find(self, message: Message) -> int | None:
        """Return whose answer a new message is part of: by its place, its reference or its turn."""
        number = self.number_of.get(message.channel_id)
        if number is None and message.reference is not None:
            number = self.number_of.get(message.reference.message_id or 0)
        turn = str(message.nonce or "").partition(".")[0]
        if number is None:
            return self._number_of_turn.get(turn)
        self._number_of_turn[turn] = number
        return number


async def play(
    scene: Scene, contestant: Contestant, *, latency_s: float = 0.0, seed: int = 7
) -> Play:
    """Play a scene with a bot; the process is fresh, and so are Discord's buckets.

    Args:
        scene: What is asked.
        contestant: Who answers.
        latency_s: How long a request and its answer take, there and back; half of it each way.
        seed: Makes the workload.
    """
    answers = scene.answers(seed)
    world = World()
    seats = _seats(world, scene)
    readers = {number: Reader(answer.text) for number, answer in answers.items()}
    audience = _Audience(world, readers)
    with tempfile.TemporaryDirectory(prefix="bobbin-bench-") as folder:
        async with staged(world, contestant, answers, Path(folder), latency_s=latency_s) as stage:
            server, model, bot = stage.server, stage.model, stage.bot
            world.subscribe(audience.hear)
            before, began_s = len(server.requests), bot.cpu_s()
            asked_at = await _ask(server, audience, seats, scene.asked_after_s(seed))
            await _until_complete(bot, model, readers)
            cpu_s, memory_mib, peak_mib = (
                bot.cpu_s() - began_s,
                bot.memory_mib(),
                bot.peak_memory_mib(),
            )
        made = server.requests[before:]
        return Play(
            asked_at,
            _streams(answers, model),
            {number: reader.sights for number, reader in readers.items()},
            frozenset(number for number, reader in readers.items() if reader.is_complete),
            counted(f"{each.method} {each.template}" for each in made),
            sum(each.status == 429 for each in made),
            cpu_s,
            memory_mib,
            peak_mib,
            stage.loop_delay_ms(),
            stage.complaints(),
        )


def _seats(world: World, scene: Scene) -> list[tuple[Person, Channel]]:
    """Furnish the world: a person and a channel for each question."""
    guild = world.create_guild("Benchmark")
    world.join(guild, world.bot)
    channels = [
        world.create_text_channel(guild, f"channel-{number}")
        for number in range(1 if scene.in_one_channel else scene.count)
    ]
    if not scene.may_open_threads:
        for channel in channels:
            world.set_permissions(channel, world.bot, deny=Permission.CREATE_PUBLIC_THREADS)
    seats: list[tuple[Person, Channel]] = []
    for number in range(scene.count):
        person = world.create_person(f"person-{number}")
        world.join(guild, person)
        seats.append((person, channels[number % len(channels)]))
    return seats


async def _ask(
    server: DiscordServer,
    audience: _Audience,
    seats: Sequence[tuple[Person, Channel]],
    after_s: Sequence[float],
) -> dict[int, float]:
    """Let everybody ask at their time; gives when they did."""
    began = server.world.clock()
    asked_at: dict[int, float] = {}
    for number, ((person, channel), due_s) in enumerate(zip(seats, after_s, strict=True), start=1):
        await asyncio.sleep(max(0.0, began + due_s - server.world.clock()))
        said = f"{server.world.bot.mention} {question(number)}"
        message = server.person(person).say(channel, said)
        audience.number_of[message.id] = number
        asked_at[number] = server.world.clock()
    return asked_at


async def _until_complete(
    bot: BotProcess, model: PacedModel, readers: Mapping[int, Reader]
) -> None:
    """Wait until every answer is complete; in vain no longer than there is hope."""
    last_at = asyncio.get_running_loop().time()
    while not all(reader.is_complete for reader in readers.values()) and not bot.has_ended:
        now = asyncio.get_running_loop().time()
        last_at = max([last_at, *(times[-1] for times in model.sent_at.values() if times)])
        if now > last_at + _LATE_LIMIT_S:
            return
        await asyncio.sleep(0.1)


def _streams(answers: Mapping[int, Answer], model: PacedModel) -> dict[int, Stream]:
    """Return the answers that left the model whole."""
    return {
        number: Stream(answers[number].pieces, sent_at)
        for number, sent_at in model.sent_at.items()
        if len(sent_at) == len(answers[number].pieces)
    }


def counted(names: Iterable[str]) -> dict[str, int]:
    """Count each name."""
    counts: dict[str, int] = {}
    for name in names:
        counts[name] = counts.get(name, 0) + 1
    return counts
