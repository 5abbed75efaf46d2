"""The real discord.py against the sandbox: its HTTP client reads every answer as it means it."""

import io
import time
from collections.abc import AsyncIterator

import discord
import pytest
from discord.http import Route

from sandbox.discord_server import DiscordServer
from sandbox.rest.rate_limits import Limits, Rate
from sandbox.world.permissions import Permission
from sandbox.world.world import World
from tests.sandbox.place import Place


class Furnished:
    """A served guild, and a logged in client that is not connected to the gateway."""

    def __init__(self, server: DiscordServer, client: discord.Client) -> None:
        self.server = server
        self.client = client
        self.world = server.world
        self.guild = self.world.create_guild("guild")
        self.world.join(self.guild, self.world.bot)
        self.ann = self.world.create_person("ann")
        self.world.join(self.guild, self.ann)
        self.channel = self.world.create_text_channel(self.guild, "general")

    async def fetch_channel(self) -> discord.TextChannel:
        """Return the channel as the library sees it."""
        await self.client.fetch_guild(self.guild.id)
        channel = await self.client.fetch_channel(self.channel.id)
        assert isinstance(channel, discord.TextChannel)
        return channel


@pytest.fixture
async def furnished(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Furnished]:
    """Log the library in at a place with a window for posts that it has to wait for."""
    limits = Limits().but(create_message=Rate(2, 0.5))
    async with DiscordServer(World(), limits=limits) as server:
        monkeypatch.setattr(Route, "BASE", server.api_url)
        async with discord.Client(intents=discord.Intents.default()) as client:
            await client.login(server.world.bot.token)
            yield Furnished(server, client)
        assert server.unknown_routes == []


async def test_a_wrong_token_is_a_login_failure(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The library reports a token that Discord does not know as such."""
    monkeypatch.setattr(Route, "BASE", place.server.api_url)
    async with discord.Client(intents=discord.Intents.default()) as client:
        with pytest.raises(discord.LoginFailure):
            await client.login("wrong")


async def test_the_library_posts_edits_reacts_and_deletes(furnished: Furnished) -> None:
    """A message goes its whole way through the library's own objects."""
    channel = await furnished.fetch_channel()
    file = discord.File(io.BytesIO(b"bytes"), "a.txt")
    message = await channel.send("one", file=file)
    edited = await message.edit(content="two")
    await edited.add_reaction("👍")
    fetched = await channel.fetch_message(message.id)
    assert (fetched.content, fetched.edited_at is not None) == ("two", True)
    assert [(str(each.emoji), each.count, each.me) for each in fetched.reactions] == [
        ("👍", 1, True)
    ]
    assert await fetched.attachments[0].read() == b"bytes"
    assert [each.id async for each in channel.history()] == [message.id]
    await message.delete()
    with pytest.raises(discord.NotFound) as caught:
        await channel.fetch_message(message.id)
    assert caught.value.code == 10008


async def test_the_library_makes_threads_and_posts_in_forums(furnished: Furnished) -> None:
    """Threads from messages and forum posts come back as the library's threads."""
    channel = await furnished.fetch_channel()
    message = await channel.send("one")
    thread = await message.create_thread(name="talk")
    assert thread.id == message.id
    await thread.edit(archived=True)
    assert furnished.world.channels[thread.id].thread is not None
    forum_id = furnished.world.create_forum(furnished.guild, "forum").id
    forum = await furnished.client.fetch_channel(forum_id)
    assert isinstance(forum, discord.ForumChannel)
    post = await forum.create_thread(name="idea", content="text")
    assert post.thread.id == post.message.id


async def test_the_library_opens_direct_messages(furnished: Furnished) -> None:
    """A direct message goes to a person, and is Forbidden with 50007 where they take none."""
    user = await furnished.client.fetch_user(furnished.ann.id)
    await user.send("hi")
    channel = furnished.world.direct_message_channel(furnished.ann)
    assert [each.content for each in furnished.server.messages(channel)] == ["hi"]
    furnished.ann.accepts_direct_messages = False
    with pytest.raises(discord.Forbidden) as caught:
        await user.send("hi")
    assert caught.value.code == 50007


async def test_the_library_waits_out_an_exhausted_bucket(furnished: Furnished) -> None:
    """Five posts through a window of two take two windows more, and never meet a 429."""
    channel = await furnished.fetch_channel()
    started_s = time.monotonic()
    for number in range(5):
        await channel.send(str(number))
    assert time.monotonic() - started_s >= 0.9
    posts = furnished.server.requests_to("POST", "/channels/*/messages")
    assert [each.status for each in posts] == [200] * 5


async def test_the_library_reads_a_429_and_tries_again(furnished: Furnished) -> None:
    """A storm of 429s is waited out, and the message is posted once."""
    channel = await furnished.fetch_channel()
    furnished.server.faults.storm_429(0.05, retry_after_s=0.06)
    await channel.send("x")
    posts = furnished.server.requests_to("POST", "/channels/*/messages")
    assert [each.status for each in posts] == [429, 200]
    assert len(furnished.server.messages(furnished.channel)) == 1


async def test_a_retry_after_a_502_that_took_effect_posts_once(furnished: Furnished) -> None:
    """The library's own retry brings the same nonce, and Discord gives back the first message."""
    channel = await furnished.fetch_channel()
    furnished.server.faults.answer("POST", "/channels/*/messages", 502, after=True)
    await channel.send("x")
    posts = furnished.server.requests_to("POST", "/channels/*/messages")
    assert [each.status for each in posts] == [502, 200]
    assert len(furnished.server.messages(furnished.channel)) == 1


async def test_the_library_names_what_is_wrong_with_a_form(furnished: Furnished) -> None:
    """The nested errors of code 50035 end up in the exception's text."""
    channel = await furnished.fetch_channel()
    with pytest.raises(discord.HTTPException, match="In content: Must be 2000 or fewer") as caught:
        await channel.send("x" * 2001)
    assert caught.value.code == 50035


async def test_the_library_is_forbidden_what_the_bot_may_not(furnished: Furnished) -> None:
    """A missing permission is Forbidden with code 50013."""
    denied = Permission.SEND_MESSAGES
    furnished.world.set_permissions(furnished.channel, furnished.world.bot, deny=denied)
    channel = await furnished.fetch_channel()
    with pytest.raises(discord.Forbidden) as caught:
        await channel.send("x")
    assert caught.value.code == 50013


async def test_the_library_does_not_try_again_after_a_reset(furnished: Furnished) -> None:
    """A connection reset after the act reaches the caller as an error of the operating system."""
    channel = await furnished.fetch_channel()
    furnished.server.faults.reset("POST", "/channels/*/messages", after=True)
    with pytest.raises(OSError, match="reset"):
        await channel.send("x")
    assert len(furnished.server.messages(furnished.channel)) == 1


async def test_the_library_reports_an_outage(furnished: Furnished) -> None:
    """A 503 is not tried again and reaches the caller as Discord's own error."""
    channel = await furnished.fetch_channel()
    furnished.server.faults.begin_outage()
    with pytest.raises(discord.DiscordServerError):
        await channel.send("x")
    furnished.server.faults.end_outage()
    await channel.send("x")
    assert [each.content for each in furnished.server.messages(furnished.channel)] == ["x"]
