"""A whole scene for end-to-end tests: the sandbox's servers, and the real bot run against them.

The bot is the one that `python bot.py` runs (`startup/serving.py`), in this process, over real HTTP
and WebSocket. Nothing of it is replaced.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import discord.gateway
import discord.http

from config.loading import load_settings
from sandbox.discord_server import DiscordServer
from sandbox.models.playground.server import PlaygroundServer
from sandbox.models.script import Script
from sandbox.people.person import PersonActor
from sandbox.rest.rate_limits import Limits
from sandbox.world.entities import Channel, Guild, Message, MessageKind, Person
from sandbox.world.world import World
from startup.serving import serve

_Found = TypeVar("_Found")

_STOP_LIMIT_S = 15.0


@dataclass(slots=True)
class Scene:
    """A guild with one channel and two people, a Playground, and as many bots' lives as wanted."""

    world: World
    discord: DiscordServer
    script: Script
    playground: PlaygroundServer
    guild: Guild
    channel: Channel
    ann: Person
    ben: Person
    folder: Path
    settings: dict[str, str] = field(default_factory=dict[str, str])
    """Settings of every bot that is started, on top of the scene's own."""

    @asynccontextmanager
    async def bot(self, **settings: str) -> AsyncGenerator[None, None]:
        """Run the bot until the context is left, which is what SIGTERM does to it."""
        environ = {
            "DISCORD_TOKEN": self.world.bot.token,
            "DISCORD_API_URL": self.discord.api_url,
            "ALLENAI_BASE_URL": self.playground.base_url,
            "DATA_DIR": str(self.folder),
            "SHUTDOWN_GRACE_S": "0.2",
            **self.settings,
            **settings,
        }
        stop = asyncio.Event()
        running = asyncio.create_task(serve(load_settings(environ, None), stop), name="the bot")
        try:
            ready = asyncio.create_task(self._until_connected())
            await asyncio.wait({running, ready}, return_when=asyncio.FIRST_COMPLETED)
            if running.done():
                ready.cancel()
                await running
            await ready
            yield
        finally:
            stop.set()
            async with asyncio.timeout(_STOP_LIMIT_S):
                await running

    def mention(self, text: str) -> str:
        """Write a message that mentions the bot."""
        return f"{self.world.bot.mention} {text}"

    def actor(self, person: Person) -> PersonActor:
        """Return the hands of a person."""
        return self.discord.person(person)

    def from_bot(self, channel: Channel) -> list[Message]:
        """Return what the bot said in a place, oldest first; not the line that opens a thread."""
        return [
            message
            for message in self.discord.messages(channel)
            if message.author_id == self.world.bot.id
            and message.kind is not MessageKind.THREAD_STARTER_MESSAGE
        ]

    def finished(self, channel: Channel) -> list[Message]:
        """Return the bot's messages in a place that cannot be stopped (any more)."""
        return [message for message in self.from_bot(channel) if "Stop" not in labels_of(message)]

    async def until(self, condition: Callable[[], _Found], timeout_s: float = 10.0) -> _Found:
        """Wait for a condition on what Discord has, and give what it gave."""
        return await self.discord.until(condition, timeout_s)

    async def thread_of(self, message: Message) -> Channel:
        """Wait for the thread that the bot opens from a message."""
        await self.until(lambda: message.id in self.world.channels)
        return self.world.channels[message.id]

    async def answer_in(self, channel: Channel, count: int = 1) -> Message:
        """Wait until the bot has that many finished messages in a place; give the last of them."""
        await self.until(lambda: len(self.finished(channel)) >= count)
        return self.finished(channel)[count - 1]

    async def ask(self, text: str, person: Person | None = None) -> tuple[Channel, Message]:
        """Mention the bot in the channel; give the thread and the finished answer."""
        question = self.actor(person or self.ann).say(self.channel, self.mention(text))
        thread = await self.thread_of(question)
        return thread, await self.answer_in(thread)

    async def _until_connected(self) -> None:
        await self.discord.until(lambda: self.discord.gateway.is_connected, 10.0)


def labels_of(message: Message) -> list[str]:
    """Return what the buttons under a message say, in their order."""
    return [button["label"] for row in message.components for button in row["components"]]


@asynccontextmanager
async def opened_scene(folder: Path, limits: Limits | None = None) -> AsyncGenerator[Scene, None]:
    """Open a scene; Discord's limits are off unless given, so that tests need not wait."""
    base, gateway = discord.http.Route.BASE, discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY
    world = World()
    guild = world.create_guild("Test")
    channel = world.create_text_channel(guild, "general")
    ann, ben = world.create_person("ann"), world.create_person("ben")
    for somebody in (ann, ben, world.bot):
        world.join(guild, somebody)
    script = Script()
    try:
        async with (
            DiscordServer(world, limits=limits or Limits.off()) as server,
            PlaygroundServer(script) as playground,
        ):
            yield Scene(world, server, script, playground, guild, channel, ann, ben, folder)
            assert server.unknown_routes == []
    finally:
        discord.http.Route.BASE = base
        discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY = gateway
