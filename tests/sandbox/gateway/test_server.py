"""The gateway, spoken to by an unmodified discord.py client."""

import asyncio
from collections.abc import AsyncIterator

import discord
import pytest

from sandbox.discord_server import DiscordServer
from sandbox.rest.rate_limits import Limits
from sandbox.world.entities import Channel, Guild, Person
from sandbox.world.world import World
from tests.sandbox.running_client import running


class Listener(discord.Client):
    """Writes down what it is told."""

    def __init__(self, intents: discord.Intents | None = None) -> None:
        super().__init__(intents=intents or discord.Intents.all(), guild_ready_timeout=0.1)
        self.heard: list[discord.Message] = []
        self.resumed = 0

    async def on_message(self, message: discord.Message) -> None:
        """Note a message."""
        self.heard.append(message)

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        """Do not wait the five seconds that only Discord asks for."""

    async def on_resumed(self) -> None:
        """Note a resume."""
        self.resumed += 1

    @property
    def texts(self) -> list[str]:
        """The contents of the messages it was told of."""
        return [message.content for message in self.heard]


@pytest.fixture
async def server() -> AsyncIterator[DiscordServer]:
    """Serve an empty world."""
    async with DiscordServer(World(), limits=Limits.off()) as server:
        yield server


@pytest.fixture
def guild(server: DiscordServer) -> Guild:
    """Make a guild that the bot is in."""
    guild = server.world.create_guild("Weavers")
    server.world.join(guild, server.world.bot)
    return guild


@pytest.fixture
def person(server: DiscordServer, guild: Guild) -> Person:
    """Make a member of the guild."""
    person = server.world.create_person("ada")
    server.world.join(guild, person)
    return person


@pytest.fixture
def channel(server: DiscordServer, guild: Guild) -> Channel:
    """Make a channel that everyone sees."""
    return server.world.create_text_channel(guild, "general")


async def test_a_client_becomes_ready_with_its_guilds(
    server: DiscordServer, guild: Guild, person: Person, channel: Channel
) -> None:
    """READY and GUILD_CREATE give a client its account, guilds, channels, threads and members."""
    thread = server.world.start_thread(person, channel, "yarn")
    async with running(server, Listener()) as client:
        assert client.user is not None
        assert client.user.id == server.world.bot.id
        found = client.get_guild(guild.id)
        assert found is not None
        assert found.get_channel(channel.id) is not None
        assert found.get_thread(thread.id) is not None
        assert found.get_member(person.id) is not None
        assert found.me.guild_permissions.send_messages_in_threads


async def test_a_message_reaches_the_client(
    server: DiscordServer, person: Person, channel: Channel
) -> None:
    """A message in a channel that the bot sees comes with content, author and channel."""
    async with running(server, Listener()) as client:
        server.person(person).say(channel, "hello")
        await server.until(lambda: client.heard)
        assert client.texts == ["hello"]
        assert client.heard[0].author.id == person.id
        assert client.heard[0].channel.id == channel.id


async def test_a_channel_that_is_hidden_from_the_bot_is_silent(
    server: DiscordServer, guild: Guild, person: Person, channel: Channel
) -> None:
    """What happens in a channel that the bot may not view is not dispatched to it."""
    secret = server.world.create_text_channel(guild, "secret")
    view = discord.Permissions(view_channel=True).value
    server.world.set_permissions(secret, server.world.bot, deny=view)
    async with running(server, Listener()) as client:
        server.person(person).say(secret, "hidden")
        server.person(person).say(channel, "open")
        await server.until(lambda: client.heard)
        assert client.texts == ["open"]


async def test_content_is_withheld_without_the_intent(
    server: DiscordServer, person: Person, channel: Channel
) -> None:
    """Without the intent, content comes in direct messages and in mentions of the bot only."""
    server.world.bot.may_read_content = False
    hands = server.person(person)
    bot = server.world.bot
    async with running(server, Listener(discord.Intents.default())) as client:
        hands.say(channel, "between us", files=[("plan.txt", b"plan")])
        hands.say(channel, f"{bot.mention} hello")
        hands.say(hands.open_direct_message(), "in private")
        await server.until(lambda: len(client.heard) == 3)
        assert client.texts == ["", f"{bot.mention} hello", "in private"]
        assert client.heard[0].attachments == []


async def test_a_privileged_intent_that_is_not_granted_is_refused(
    server: DiscordServer, guild: Guild
) -> None:
    """Close code 4014 ends a client that asks for content without the portal's consent."""
    assert guild.members
    server.world.bot.may_read_content = False
    with pytest.raises(discord.PrivilegedIntentsRequired):
        async with running(server, Listener()):
            pass


async def test_missed_events_are_replayed_after_a_dropped_connection(
    server: DiscordServer, person: Person, channel: Channel
) -> None:
    """RESUME brings, once and in order, what happened while the client was away."""
    async with running(server, Listener()) as client:
        server.person(person).say(channel, "before")
        await server.until(lambda: client.heard)
        server.gateway.faults.drop_all()
        server.person(person).say(channel, "meanwhile")
        server.person(person).say(channel, "still away")
        await server.until(lambda: client.resumed)
        server.person(person).say(channel, "after")
        await server.until(lambda: len(client.heard) == 4)
        assert client.texts == ["before", "meanwhile", "still away", "after"]
        assert (server.gateway.identify_count, server.gateway.resume_count) == (1, 1)


async def test_a_session_that_is_gone_is_begun_anew(
    server: DiscordServer, person: Person, channel: Channel
) -> None:
    """INVALID_SESSION makes the client identify again, and what it missed is lost."""
    async with running(server, Listener()) as client:
        server.gateway.faults.drop_all(resumable=False)
        server.person(person).say(channel, "lost")
        await server.until(lambda: server.gateway.identify_count == 2)
        server.person(person).say(channel, "found")
        await server.until(lambda: client.heard)
        assert client.texts == ["found"]


async def test_reconnect_is_answered_with_a_resume(
    server: DiscordServer, person: Person, channel: Channel
) -> None:
    """RECONNECT makes the client come back and resume without a loss."""
    async with running(server, Listener()) as client:
        server.gateway.faults.ask_to_reconnect()
        server.person(person).say(channel, "in transit")
        await server.until(lambda: client.resumed and client.heard)
        assert client.texts == ["in transit"]


@pytest.mark.parametrize("new_sequence", [True, False])
async def test_an_event_can_be_repeated(
    server: DiscordServer, person: Person, channel: Channel, *, new_sequence: bool
) -> None:
    """A repeated MESSAGE_CREATE is the same message once more."""
    async with running(server, Listener()) as client:
        server.person(person).say(channel, "twice")
        await server.until(lambda: client.heard)
        server.gateway.faults.repeat_last_event("MESSAGE_CREATE", new_sequence=new_sequence)
        await server.until(lambda: len(client.heard) == 2)
        assert client.heard[0].id == client.heard[1].id


async def test_an_event_can_be_lost(
    server: DiscordServer, person: Person, channel: Channel
) -> None:
    """A swallowed event reaches nobody, the next one does."""
    async with running(server, Listener()) as client:
        server.gateway.faults.swallow_next("MESSAGE_CREATE")
        server.person(person).say(channel, "lost")
        server.person(person).say(channel, "found")
        await server.until(lambda: client.heard)
        assert client.texts == ["found"]


async def test_members_can_be_asked_for(
    server: DiscordServer, guild: Guild, person: Person
) -> None:
    """Opcode 8 is answered with the members whose names begin as asked."""
    async with running(server, Listener()) as client:
        found = client.get_guild(guild.id)
        assert found is not None
        async with asyncio.timeout(5):
            members = await found.query_members("ad", cache=False)
        assert [member.id for member in members] == [person.id]


async def test_presence_is_accepted(server: DiscordServer, guild: Guild) -> None:
    """A client may say what it is doing."""
    assert guild.members
    async with running(server, Listener()) as client:
        await client.change_presence(activity=discord.Game("the loom"))
        await server.until(lambda: server.gateway.presence)
        assert server.gateway.presence["activities"][0]["name"] == "the loom"


async def test_members_are_not_listed_without_presences(
    server: DiscordServer, guild: Guild, person: Person
) -> None:
    """A guild comes with the bot alone where the client did not ask for presences."""
    async with running(server, Listener(discord.Intents.default())) as client:
        found = client.get_guild(guild.id)
        assert found is not None
        assert found.get_member(person.id) is None
        assert found.me.id == server.world.bot.id


async def test_a_bot_that_is_invited_meets_its_guild(server: DiscordServer) -> None:
    """Joining a guild while connected brings the guild; leaving takes it away."""
    async with running(server, Listener()) as client:
        guild = server.world.create_guild("Spinners")
        server.world.join(guild, server.world.bot)
        await server.until(lambda: client.get_guild(guild.id))
        server.world.leave(guild, server.world.bot)
        await server.until(lambda: client.get_guild(guild.id) is None)
