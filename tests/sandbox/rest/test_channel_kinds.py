"""Channels that are neither text channels nor forums, and what they refuse."""

from collections.abc import Callable

import discord
import pytest

from sandbox.people.client_refusal import ClientRefusedError
from sandbox.world.entities import Channel, Guild
from sandbox.world.permissions import Permission
from sandbox.world.world import World
from tests.sandbox.place import Place
from tests.sandbox.running_client import running

Maker = Callable[[World, Guild], Channel]
_VOICE: list[Maker] = [
    lambda world, guild: world.create_voice_channel(guild, "voice"),
    lambda world, guild: world.create_stage_channel(guild, "stage"),
]


async def test_discord_py_knows_each_kind(place: Place) -> None:
    """An unmodified client reads every kind from GUILD_CREATE as what it is."""
    world, guild = place.world, place.guild
    made = {
        world.create_voice_channel(guild, "voice").id: discord.ChannelType.voice,
        world.create_stage_channel(guild, "stage").id: discord.ChannelType.stage_voice,
        world.create_announcement_channel(guild, "news").id: discord.ChannelType.news,
        world.create_forum(guild, "forum").id: discord.ChannelType.forum,
        world.create_media_channel(guild, "media").id: discord.ChannelType.media,
    }
    client = discord.Client(intents=discord.Intents.default(), guild_ready_timeout=0.1)
    async with running(place.server, client):
        found = {each.id: each.type for each in client.get_all_channels()}
    assert made.items() <= found.items()


async def test_an_announcement_has_threads_of_its_own_kind(place: Place) -> None:
    """A thread in an announcement channel is of type 10, on a message or without one."""
    news = place.world.create_announcement_channel(place.guild, "news")
    messages = f"/channels/{news.id}/messages"
    _, posted = await place.ask("POST", messages, json={"content": "x"})
    on_message = f"{messages}/{posted['id']}/threads"
    without = f"/channels/{news.id}/threads"
    for path, body in ((on_message, {"name": "a"}), (without, {"name": "b", "type": 10})):
        status, thread = await place.ask("POST", path, json=body)
        assert (status, thread["type"]) == (201, 10)
    assert place.server.person(place.ann).start_thread(news, "c").kind == 10


async def test_an_announcement_has_no_private_threads(place: Place) -> None:
    """A private thread there is refused with code 50024, and by a person's client."""
    news = place.world.create_announcement_channel(place.guild, "news")
    body = {"name": "a", "type": 12}
    status, answer = await place.ask("POST", f"/channels/{news.id}/threads", json=body)
    assert (status, answer["code"]) == (400, 50024)
    with pytest.raises(ClientRefusedError):
        place.server.person(place.ann).start_thread(news, "a", is_private=True)


@pytest.mark.parametrize("make", _VOICE)
async def test_a_voice_channel_has_messages_and_no_threads(place: Place, make: Maker) -> None:
    """A bot posts in its chat; a thread there is refused with code 50024."""
    channel = make(place.world, place.guild)
    messages = f"/channels/{channel.id}/messages"
    status, posted = await place.ask("POST", messages, json={"content": "x"})
    assert status == 200
    for path in (f"{messages}/{posted['id']}/threads", f"/channels/{channel.id}/threads"):
        status, answer = await place.ask("POST", path, json={"name": "a", "type": 11})
        assert (status, answer["code"]) == (400, 50024)
    with pytest.raises(ClientRefusedError):
        place.server.person(place.ann).start_thread(channel, "a")


@pytest.mark.parametrize("make", _VOICE)
async def test_who_may_not_connect_reads_and_writes_nothing(place: Place, make: Maker) -> None:
    """Without the permission to connect, its history is refused with 50001 and a post with 50013.

    Source: Discord documentation, "Get Channel Messages".
    """
    channel = make(place.world, place.guild)
    place.world.set_permissions(channel, place.world.bot, deny=Permission.CONNECT)
    path = f"/channels/{channel.id}/messages"
    status, answer = await place.ask("GET", path)
    assert (status, answer["code"]) == (403, 50001)
    status, answer = await place.ask("POST", path, json={"content": "x"})
    assert (status, answer["code"]) == (403, 50013)


async def test_a_media_channel_holds_posts_only(place: Place) -> None:
    """It takes no message of its own (code 50008), and a post in it is a thread."""
    media = place.world.create_media_channel(place.guild, "media")
    path = f"/channels/{media.id}/messages"
    status, answer = await place.ask("POST", path, json={"content": "x"})
    assert (status, answer["code"]) == (400, 50008)
    body = {"name": "a", "message": {"content": "x"}}
    status, thread = await place.ask("POST", f"/channels/{media.id}/threads", json=body)
    assert (status, thread["type"], thread["message"]["id"]) == (201, 11, thread["id"])
