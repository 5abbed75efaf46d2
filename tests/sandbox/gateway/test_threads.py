"""Threads that an unmodified discord.py client is brought into, and taken out of."""

from collections.abc import AsyncIterator

import discord
import pytest

from sandbox.discord_server import DiscordServer
from sandbox.rest.rate_limits import Limits
from sandbox.world.entities import Channel, Guild, Person
from sandbox.world.world import World
from tests.sandbox.events import recorded_events
from tests.sandbox.running_client import running


class _Witness(discord.Client):
    """Writes down what becomes of threads."""

    def __init__(self) -> None:
        super().__init__(intents=discord.Intents.default(), guild_ready_timeout=0.1)
        self.told: list[str] = []

    async def on_thread_join(self, thread: discord.Thread) -> None:
        """Note that it is in a thread."""
        self.told.append(f"join {thread.name}")

    async def on_thread_remove(self, thread: discord.Thread) -> None:
        """Note that it is not in a thread any more."""
        self.told.append(f"remove {thread.name}")

    async def on_thread_member_join(self, member: discord.ThreadMember) -> None:
        """Note that somebody else is in a thread."""
        self.told.append(f"member {member.id}")


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


@pytest.fixture
def ann(server: DiscordServer, guild: Guild) -> Person:
    """Make a member of the guild."""
    ann = server.world.create_person("ann")
    server.world.join(guild, ann)
    return ann


async def test_a_bot_learns_of_a_private_thread_when_it_is_brought_in(
    server: DiscordServer, channel: Channel, ann: Person
) -> None:
    """It knows nothing of the thread, then THREAD_CREATE tells it of it with its membership."""
    async with running(server, _Witness()) as client:
        thread = server.person(ann).start_thread(channel, "secret", is_private=True)
        server.person(ann).say(thread, "x")
        server.person(ann).add_to_thread(thread, server.world.bot)
        await server.until(lambda: "join secret" in client.told)
        found = client.get_channel(thread.id)
        assert isinstance(found, discord.Thread)
        assert found.me is not None


async def test_a_bot_that_is_taken_out_of_a_private_thread_is_told(
    server: DiscordServer, channel: Channel, ann: Person
) -> None:
    """The last it hears of the thread is that it is not in it any more."""
    async with running(server, _Witness()) as client:
        thread = server.person(ann).start_thread(channel, "secret", is_private=True)
        server.person(ann).add_to_thread(thread, server.world.bot)
        server.world.leave_thread(server.world.bot, thread)
        await server.until(lambda: client.told[-1:] == ["remove secret"])


def test_a_thread_joined_is_not_a_thread_made(
    server: DiscordServer, channel: Channel, ann: Person
) -> None:
    """Only the making of a thread is told as `newly_created`."""
    told = recorded_events(server.world)
    thread = server.world.start_thread(ann, channel, "secret", is_private=True)
    server.world.join_thread(server.world.bot, thread)
    names = [(event.name, "newly_created" in event.data) for event in told]
    assert names == [
        ("THREAD_CREATE", True),
        ("THREAD_CREATE", False),
        ("THREAD_MEMBERS_UPDATE", False),
    ]
    assert told[1].data["member"]["user_id"] == str(server.world.bot.id)


async def test_without_the_members_intent_others_come_and_go_unheard(
    server: DiscordServer, channel: Channel, ann: Person
) -> None:
    """Of others in a thread a session is told only with the intent for members."""
    thread = server.world.start_thread(server.world.bot, channel, "talk")
    other = server.world.start_thread(server.world.bot, channel, "later")
    async with running(server, _Witness()) as client:
        server.world.leave_thread(server.world.bot, other)
        server.world.join_thread(ann, thread)
        server.world.join_thread(server.world.bot, other)
        await server.until(lambda: client.told[-1:] == ["join later"])
        assert not [each for each in client.told if each.startswith("member")]
