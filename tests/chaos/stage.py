"""Where a run takes place: the sandbox's servers, many places, several people, and the bot."""

import asyncio
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from random import Random

from sandbox.discord_server import DiscordServer
from sandbox.models.openai.server import OpenAIServer
from sandbox.models.playground.server import PlaygroundServer
from sandbox.models.script import Script
from sandbox.models.server import ModelServer
from sandbox.rest.rate_limits import Limits, Rate
from sandbox.world.entities import Channel, Message, MessageKind, Person
from sandbox.world.world import World
from tests.chaos.chronicle import Chronicle
from tests.chaos.life import Lives, environment
from tests.chaos.record import Record, Told
from tests.chaos.stored import read
from tests.chaos.talker import Talker

LIMITS = Limits().but(create_thread=Rate(500, 300.0, "shared"))
"""Discord's own, but that a run may open more threads than a channel has in five minutes."""
OTHER_MODEL = "other/second-best"
"""Which another service has."""

_PEOPLE = ("ann", "ben", "cleo", "dan", "eve", "fay", "gus", "hal")
_CHANNELS = 6
_PRIVATE_THREADS = 2
_SHORTENED_WITHIN_S = 10.0
"""So soon after a request that was too long a shorter one comes."""
_CONNECT_LIMIT_S = 60.0
_API_KEY = "sk-of-the-other-service"


@dataclass(slots=True)
class Stage:
    """All that a run needs; the places are filled once the bot lives."""

    world: World
    discord: DiscordServer
    script: Script
    playground: PlaygroundServer
    other: OpenAIServer
    """Of another service."""
    talker: Talker
    lives: Lives
    chronicle: Chronicle
    random: Random
    database: Path
    people: list[Person]
    channels: list[Channel]
    """Text channels."""
    forum: Channel
    alone: list[tuple[Channel, Person]]
    """Direct messages and private threads, each with the one who talks there."""
    threads: list[Channel]
    """Forum posts and threads in which the bot listens."""

    @property
    def own_id(self) -> int:
        """The bot's id."""
        return self.world.bot.id

    def from_bot(self) -> list[Message]:
        """Return all that the bot shows to everybody, in all places."""
        return [
            message
            for channel in list(self.world.channels.values())
            for message in self.discord.messages(channel)
            if message.author_id == self.own_id
            and message.kind in (MessageKind.DEFAULT, MessageKind.REPLY)
            and not message.is_ephemeral
            and not message.interaction
        ]

    def record(self) -> Record:
        """Return all that the laws judge, as it is now.

        Raises:
            sqlite3.OperationalError: The database cannot be read.
        """
        stored = read(self.database)
        users = {turn.resume_user for turn in stored.turns.values()}
        users |= {message.creator for message in self.playground.messages}
        return Record(
            own_id=self.own_id,
            stored=stored,
            spoken=self.chronicle.spoken,
            messages={message.id: message for message in self.from_bot()},
            channels=self.world.channels,
            speeches=self.talker.speeches,
            told=[*_told(self.playground), *_told(self.other)],
            requests=self.discord.requests,
            lives=self.lives.spans,
            log=self.lives.log(),
            secrets=frozenset({self.world.bot.token, _API_KEY, *filter(None, users)}),
        )

    async def live(self) -> None:
        """Have a bot live and be connected, as a supervisor would: one that ends is begun anew.

        Raises:
            TimeoutError: It does not connect.
        """
        gateway = self.discord.gateway
        async with asyncio.timeout(_CONNECT_LIMIT_S):
            while not (self.lives.is_running and gateway.is_connected):
                if not self.lives.is_running:
                    await self.lives.begin()
                    self.chronicle.note(f"life {self.lives.count} begins")
                await self.discord.until(
                    lambda: gateway.is_connected or not self.lives.is_running, _CONNECT_LIMIT_S
                )


@asynccontextmanager
async def opened_stage(folder: Path, seed: int) -> AsyncGenerator[Stage, None]:
    """Open the servers and make the people and the channels; the bot does not live yet."""
    random, world = Random(seed), World()
    guild = world.create_guild("Chaos")
    people = [world.create_person(name) for name in _PEOPLE]
    for somebody in (*people, world.bot):
        world.join(guild, somebody)
    channels = [world.create_text_channel(guild, f"room-{n}") for n in range(_CHANNELS)]
    talker = Talker(Random(seed + 1), people[0].id)
    script = Script(default=talker)
    async with (
        DiscordServer(world, limits=LIMITS) as discord_server,
        PlaygroundServer(script) as playground,
        OpenAIServer(script, models=[OTHER_MODEL.partition("/")[2]], api_key=_API_KEY) as other,
    ):
        settings = _settings(world, discord_server, playground, folder)
        settings |= {
            "PROVIDERS__OTHER__BASE_URL": other.base_url,
            "PROVIDERS__OTHER__API_KEY": _API_KEY,
            "PROVIDERS__OTHER__MODELS": OTHER_MODEL.partition("/")[2],
        }
        stage = Stage(
            world=world,
            discord=discord_server,
            script=script,
            playground=playground,
            other=other,
            talker=talker,
            lives=Lives(folder, environment(**settings)),
            chronicle=Chronicle(),
            random=random,
            database=folder / "bobbin.db",
            people=people,
            channels=channels,
            forum=world.create_forum(guild, "forum"),
            alone=_private_places(discord_server, people, channels[0]),
            threads=[],
        )
        try:
            yield stage
        finally:
            await asyncio.shield(stage.lives.kill())


def _told(server: ModelServer) -> Iterator[Told]:
    """Return what a service's models were told."""
    refused_s = float("-inf")
    for request in server.requests:
        if request.status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
            refused_s = request.time_s
        if request.asked is not None:
            yield Told(request.asked, request.time_s - refused_s < _SHORTENED_WITHIN_S)


def _private_places(
    server: DiscordServer, people: list[Person], channel: Channel
) -> list[tuple[Channel, Person]]:
    """Open the direct messages of everybody, and private threads of some with the bot."""
    places = [(server.person(person).open_direct_message(), person) for person in people]
    for person in people[:_PRIVATE_THREADS]:
        actor = server.person(person)
        thread = actor.start_thread(channel, f"{person.name}'s own", is_private=True)
        actor.add_to_thread(thread, server.world.bot)
        places.append((thread, person))
    return places


def _settings(
    world: World, discord_server: DiscordServer, playground: PlaygroundServer, folder: Path
) -> dict[str, str]:
    """Return the bot's settings: its waits are short, and few people may say as much as many."""
    return {
        "DISCORD_TOKEN": world.bot.token,
        "DISCORD_API_URL": discord_server.api_url,
        "ALLENAI_BASE_URL": playground.base_url,
        "DATA_DIR": str(folder),
        "SHUTDOWN_GRACE_S": "1",
        "UPSTREAM_FIRST_TOKEN_TIMEOUT_S": "1",
        "UPSTREAM_CHUNK_TIMEOUT_S": "1",
        "UPSTREAM_ATTEMPTS": "2",
        "UPSTREAM_PAUSE_S": "1",
        "COOLDOWN_MESSAGES": "0",
    }
