"""Webhooks that post as people they name."""

from pathlib import Path

import discord
import pytest

from sandbox.people.webhook import WebhookActor
from sandbox.world.entities import Webhook
from sandbox.world.world import World
from tests.sandbox.events import recorded_events
from tests.sandbox.place import Place
from tests.sandbox.running_client import running


class _Listener(discord.Client):
    """Writes down what it hears."""

    def __init__(self) -> None:
        super().__init__(intents=discord.Intents.all(), guild_ready_timeout=0.1)
        self.heard: list[discord.Message] = []

    async def on_message(self, message: discord.Message) -> None:
        """Note a message."""
        self.heard.append(message)


async def test_a_proxied_person_is_a_webhook_with_a_name_of_its_own(place: Place) -> None:
    """discord.py hears a message with `webhook_id`, the name given, and no membership."""
    async with running(place.server, _Listener()) as client:
        hook = place.server.webhook(place.channel)
        hook.say("hello", "Ada")
        hook.say("hello too", "Bob")
        await place.server.until(lambda: len(client.heard) == 2)
        first, second = client.heard
        assert (first.webhook_id, first.author.id) == (hook.webhook.id, hook.webhook.id)
        assert [each.author.name for each in (first, second)] == ["Ada", "Bob"]
        assert first.author.bot
        assert isinstance(first.author, discord.User)
        assert first.application_id is None


async def test_a_proxy_posts_what_was_said_and_deletes_it(place: Place) -> None:
    """First the webhook's message is there, files and all, then the person's is gone."""
    said = place.server.person(place.ann).say(place.channel, "a:hi", files=[("a.txt", b"abc")])
    hook = place.server.webhook(place.channel)
    told = recorded_events(place.world)
    posted = hook.proxy(said, "Ada")
    assert [event.name for event in told] == ["MESSAGE_CREATE", "MESSAGE_DELETE"]
    assert place.server.messages(place.channel) == [posted]
    (copied,) = posted.attachments
    assert place.world.files[copied.id] == b"abc"


async def test_a_webhook_edits_and_deletes_its_own(place: Place) -> None:
    """An edit and a deletion are told like those of people; messages of others are not touched."""
    hook = place.server.webhook(place.channel)
    posted = hook.say("one", "Ada")
    told = recorded_events(place.world)
    hook.edit(posted, "two")
    hook.delete(posted)
    assert [event.name for event in told] == ["MESSAGE_UPDATE", "MESSAGE_DELETE"]
    assert told[0].data["author"]["username"] == "Ada"
    said = place.server.person(place.ann).say(place.channel, "x")
    with pytest.raises(ValueError, match="not the webhook's"):
        hook.edit(said, "y")


async def test_a_webhook_posts_in_a_thread_and_is_not_in_it(place: Place) -> None:
    """A thread of its channel takes its messages; of another channel's it wants nothing."""
    hook = place.server.webhook(place.channel)
    thread = place.server.person(place.ann).start_thread(place.channel, "talk")
    assert hook.say("x", "Ada", thread=thread).channel_id == thread.id
    assert thread.thread is not None
    assert list(thread.thread.members) == [place.ann.id]
    other = place.server.webhook(place.world.create_text_channel(place.guild, "other"))
    with pytest.raises(ValueError, match="no thread of"):
        other.say("x", "Ada", thread=thread)


async def test_a_webhook_is_no_account_and_its_messages_are_not_the_bots(place: Place) -> None:
    """Asked for as a user it is unknown (10013), and an edit by the bot is refused (50005)."""
    hook = place.server.webhook(place.channel)
    posted = hook.say("x", "Ada")
    status, answer = await place.ask("GET", f"/users/{hook.webhook.id}")
    assert (status, answer["code"]) == (404, 10013)
    path = f"{place.messages}/{posted.id}"
    status, answer = await place.ask("PATCH", path, json={"content": "y"})
    assert (status, answer["code"]) == (403, 50005)


def test_a_webhook_and_its_names_are_kept(tmp_path: Path) -> None:
    """After a new start it is a webhook still, and its messages have their names."""
    world = World.open(tmp_path / "world.sqlite")
    channel = world.create_text_channel(world.create_guild("guild"), "general")
    hook = WebhookActor(world, world.create_webhook(channel, "proxy"))
    hook.say("x", "Ada")
    world.close()
    again = World.open(tmp_path / "world.sqlite")
    assert isinstance(again.people[hook.webhook.id], Webhook)
    assert [each.author_name for each in again.messages(channel.id)] == ["Ada"]
    again.close()
