"""A courier and a surface on the sandbox's Discord: a client that is logged in, without gateway."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

import aiohttp
import discord

from conversation.entities import Part, Role, Turn
from conversation.errors import StoreError
from delivery.courier import Courier
from delivery.discord_api import Spot, Surface
from delivery.keeping import PartKeeping
from delivery.pacing.policy import Policy
from delivery.pacing.scheduler import Scheduler
from delivery.reply_lane import ReplyDisplay
from sandbox.discord_server import DiscordServer
from sandbox.rest.rate_limits import Limits
from sandbox.world.entities import Channel, Message
from sandbox.world.world import World
from startup.wiring import trace_of
from tests.sandbox.running_client import addressed


@dataclass(slots=True)
class Stage:
    """What a reply needs to be shown, and what Discord has of it."""

    server: DiscordServer
    channel: Channel
    courier: Courier
    surface: Surface
    kept: list[Part] = field(default_factory=list[Part])
    is_store_down: bool = False

    @property
    def spot(self) -> Spot:
        """The channel, as the place of a reply that answers no message."""
        return Spot(self.channel.id, self.channel.guild_id)

    @property
    def messages(self) -> list[Message]:
        """What the bot has posted and nobody deleted."""
        bot_id = self.server.world.bot.id
        return [each for each in self.server.messages(self.channel) if each.author_id == bot_id]

    @property
    def contents(self) -> list[str]:
        """The texts of these."""
        return [message.content for message in self.messages]

    def display(self, turn_id: int = 1) -> ReplyDisplay:
        """Give the display of an answer in the channel."""
        now = datetime.now(UTC)
        turn = Turn(turn_id, 1, None, Role.ASSISTANT, "", created_at=now, model="allenai/a")
        display = ReplyDisplay(self.courier, self.surface, turn, PartKeeping(1, self))
        display.go_to(self.spot)
        return display

    async def add_part(self, reply_id: int, part: Part) -> None:  # noqa: ARG002 - the port's
        """Keep a part, as a store does."""
        if self.is_store_down:
            raise StoreError
        self.kept.append(part)

    async def remove_part(self, reply_id: int, ordinal: int) -> None:  # noqa: ARG002 - the port's
        """Keep it no longer."""
        self.kept = [part for part in self.kept if part.ordinal != ordinal]


@asynccontextmanager
async def opened_stage(
    limits: Limits | None = None, policy: Policy | None = None
) -> AsyncGenerator[Stage, None]:
    """Open a stage; Discord's limits are off unless given."""
    world = World()
    guild = world.create_guild("Test")
    channel = world.create_text_channel(guild, "general")
    world.join(guild, world.bot)
    courier = Courier(Scheduler(policy))
    async with DiscordServer(world, limits=limits or Limits.off()) as server:
        client = discord.Client(intents=discord.Intents.none(), http_trace=trace_of(courier))
        with addressed(server):
            async with client:
                await client.login(world.bot.token)
                surface = Surface(
                    client.get_partial_messageable, client.fetch_channel, (aiohttp.ClientError,)
                )
                try:
                    yield Stage(server, channel, courier, surface)
                finally:
                    await courier.close()
