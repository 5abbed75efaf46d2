"""Guilds that come and go while an unmodified discord.py client is connected."""

from collections.abc import AsyncIterator

import discord
import pytest

from sandbox.discord_server import DiscordServer
from sandbox.rest.rate_limits import Limits
from sandbox.world.entities import Channel, Guild
from sandbox.world.permissions import Permission
from sandbox.world.world import World
from tests.sandbox.running_client import running


class _Witness(discord.Client):
    """Writes down what becomes of guilds and threads."""

    def __init__(self) -> None:
        super().__init__(intents=discord.Intents.all(), guild_ready_timeout=0.1)
        self.told: list[str] = []

    async def on_guild_join(self, guild: discord.Guild) -> None:
        """Note that it was let in."""
        self.told.append(f"join {guild.name}")

    async def on_guild_remove(self, guild: discord.Guild) -> None:
        """Note that it was kicked."""
        self.told.append(f"remove {guild.name}")

    async def on_guild_unavailable(self, guild: discord.Guild) -> None:
        """Note an outage."""
        self.told.append(f"unavailable {guild.name}")

    async def on_guild_available(self, guild: discord.Guild) -> None:
        """Note an outage's end."""
        self.told.append(f"available {guild.name}")

    async def on_message(self, message: discord.Message) -> None:
        """Note a message."""
        self.told.append(message.content)


@pytest.fixture
async def server() -> AsyncIterator[DiscordServer]:
    """Serve a world with a guild that the bot is in."""
    async with DiscordServer(World(), limits=Limits.off()) as server:
        yield server


@pytest.fixture
def guild(server: DiscordServer) -> Guild:
    """Make a guild that the bot is in."""
    guild = server.world.create_guild("Weavers")
    server.world.join(guild, server.world.bot)
    return guild


@pytest.fixture
def channel(server: DiscordServer, guild: Guild) -> Channel:
    """Make a channel of the guild."""
    return server.world.create_text_channel(guild, "loom")


async def test_a_kicked_bot_that_is_let_in_again_gets_the_guild_whole(
    server: DiscordServer, guild: Guild, channel: Channel
) -> None:
    """GUILD_DELETE without a word of an outage, then GUILD_CREATE: channels, threads, members."""
    world = server.world
    thread = world.start_thread(world.bot, channel, "talk")
    async with running(server, _Witness()) as client:
        world.leave(guild, world.bot)
        await server.until(lambda: client.told[-1:] == ["remove Weavers"])
        assert client.get_channel(channel.id) is None
        world.join(guild, world.bot)
        await server.until(lambda: client.told[-1:] == ["join Weavers"])
        assert isinstance(client.get_channel(channel.id), discord.TextChannel)
        assert isinstance(client.get_channel(thread.id), discord.Thread)
        assert server.gateway.identify_count == 1


async def test_a_kick_takes_the_bots_role_and_its_threads(
    server: DiscordServer, guild: Guild, channel: Channel
) -> None:
    """What the bot's role was allowed and the private threads it was in are gone with it."""
    world = server.world
    (role,) = [each for each in world.roles_of(guild) if each.bot_id is not None]
    world.set_permissions(channel, role, allow=Permission.MANAGE_MESSAGES)
    thread = world.start_thread(world.bot, channel, "secret", is_private=True)
    world.leave(guild, world.bot)
    world.join(guild, world.bot)
    (new,) = [each for each in world.roles_of(guild) if each.bot_id is not None]
    assert new.id != role.id
    assert channel.overwrites == []
    assert not world.permissions_in(world.bot.id, thread)


async def test_a_guild_can_be_unavailable_for_a_while(
    server: DiscordServer, guild: Guild, channel: Channel
) -> None:
    """During an outage of a guild nothing is told of it; at its end it comes back whole."""
    async with running(server, _Witness()) as client:
        ann = server.person(server.world.people[guild.owner_id])
        server.gateway.guild_outages.begin(guild)
        ann.say(channel, "unheard")
        server.gateway.guild_outages.end(guild)
        ann.say(channel, "heard")
        await server.until(lambda: "heard" in client.told)
        assert client.told[-3:] == ["unavailable Weavers", "available Weavers", "heard"]


async def test_a_guild_that_is_out_when_a_session_begins_follows_later(
    server: DiscordServer, guild: Guild
) -> None:
    """READY names it, and GUILD_CREATE comes when the outage is over."""
    server.gateway.guild_outages.begin(guild)
    async with running(server, _Witness()) as client:
        found = client.get_guild(guild.id)
        assert found is None or found.unavailable
        server.gateway.guild_outages.end(guild)
        await server.until(lambda: client.told[-1:] == ["available Weavers"])
        assert client.get_guild(guild.id) is not None
