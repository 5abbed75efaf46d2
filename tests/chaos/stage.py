"""Where a run takes place: the sandbox's servers, ten places, several people, and the bot."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random

from sandbox.discord_server import DiscordServer
from sandbox.models.playground.server import PlaygroundServer
from sandbox.models.script import Script
from sandbox.rest.rate_limits import Limits, Rate
from sandbox.world.entities import Channel, Message, MessageKind, Person
from sandbox.world.world import World
from tests.chaos.chronicle import Chronicle
from tests.chaos.life import Lives, environment
from tests.chaos.talker import Talker

LIMITS = Limits().but(create_thread=Rate(500, 300.0, "shared"))
"""Discord's own, but that a run may open more threads than a channel has in five minutes."""

_PEOPLE = ("ann", "ben", "cleo", "dan", "eve")
_CHANNELS = 3
_DIRECT = 3
_CONNECT_LIMIT_S = 30.0


@dataclass(slots=True)
class Stage:
    """All that a run needs; the places are filled once the bot lives."""

    world: World
    discord: DiscordServer
    script: Script
    playground: PlaygroundServer
    talker: Talker
    lives: Lives
    chronicle: Chronicle
    random: Random
    database: Path
    people: list[Person]
    channels: list[Channel]
    """Text channels."""
    forum: Channel
    direct: list[tuple[Channel, Person]]
    threads: list[Channel]
    """Forum posts and threads in which the bot listens."""

    @property
    def own_id(self) -> int:
        """The bot's id."""
        return self.world.bot.id

    def from_bot(self) -> list[Message]:
        """Give all that the bot shows to everybody, in all places."""
        return [
            message
            for channel in list(self.world.channels.values())
            for message in self.discord.messages(channel)
            if message.author_id == self.own_id
            and message.kind in (MessageKind.DEFAULT, MessageKind.REPLY)
            and not message.is_ephemeral
            and not message.interaction
        ]

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
    random = Random(seed)
    world = World()
    guild = world.create_guild("Chaos")
    people = [world.create_person(name) for name in _PEOPLE]
    for somebody in (*people, world.bot):
        world.join(guild, somebody)
    channels = [world.create_text_channel(guild, f"room-{n}") for n in range(_CHANNELS)]
    forum = world.create_forum(guild, "forum")
    talker = Talker(Random(seed + 1))
    script = Script(default=talker)
    async with (
        DiscordServer(world, limits=LIMITS) as discord_server,
        PlaygroundServer(script) as playground,
    ):
        direct = [
            (discord_server.person(person).open_direct_message(), person)
            for person in people[:_DIRECT]
        ]
        lives = Lives(folder, environment(**_settings(world, discord_server, playground, folder)))
        stage = Stage(
            world=world,
            discord=discord_server,
            script=script,
            playground=playground,
            talker=talker,
            lives=lives,
            chronicle=Chronicle(),
            random=random,
            database=folder / "bobbin.db",
            people=people,
            channels=channels,
            forum=forum,
            direct=direct,
            threads=[],
        )
        try:
            yield stage
        finally:
            await asyncio.shield(lives.kill())


def _settings(
    world: World, discord_server: DiscordServer, playground: PlaygroundServer, folder: Path
) -> dict[str, str]:
    """Give the bot's settings: its waits are short, and a few people may say as much as many."""
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
