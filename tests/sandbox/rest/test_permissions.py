"""What is refused over HTTP to a bot that lacks a permission, or whose time is out."""

import pytest

from sandbox.people.client_refusal import ClientRefusedError
from sandbox.world.permissions import Permission
from tests.sandbox.place import Place


async def test_a_bot_that_is_timed_out_cannot_post(place: Place) -> None:
    """Posting, typing and starting a thread are refused with code 50013; reading is not."""
    _, posted = await place.post(content="x")
    place.world.time_out(place.guild, place.world.bot, 60.0)
    threads = f"/channels/{place.channel.id}/threads"
    for path, body in (
        (place.messages, {"content": "x"}),
        (f"/channels/{place.channel.id}/typing", None),
        (threads, {"name": "talk", "type": 11}),
    ):
        status, answer = await place.ask("POST", path, json=body)
        assert (status, answer["code"]) == (403, 50013)
    status, answer = await place.ask("GET", f"{place.messages}/{posted['id']}")
    assert status == 200


async def test_a_time_out_ends_by_itself_or_by_a_word(place: Place) -> None:
    """When its time is over, or it is taken back, the bot posts again."""
    place.world.time_out(place.guild, place.world.bot, -1.0)
    assert (await place.post(content="x"))[0] == 200
    place.world.time_out(place.guild, place.world.bot, 60.0)
    place.world.end_time_out(place.guild, place.world.bot)
    assert (await place.post(content="x"))[0] == 200


async def test_a_person_who_is_timed_out_says_nothing(place: Place) -> None:
    """A person's client lets them look only; the guild's owner goes on."""
    ann, owner = place.ann, place.world.people[place.guild.owner_id]
    for somebody in (ann, owner):
        place.world.time_out(place.guild, somebody, 60.0)
    with pytest.raises(ClientRefusedError):
        place.server.person(ann).say(place.channel, "x")
    place.server.person(owner).say(place.channel, "x")


async def test_a_bot_is_told_of_its_own_time_out(place: Place) -> None:
    """The membership says until when, as the gateway and REST write it."""
    place.world.time_out(place.guild, place.world.bot, 60.0)
    path = f"/guilds/{place.guild.id}/members/{place.world.bot.id}"
    _, member = await place.ask("GET", path)
    assert member["communication_disabled_until"] > member["joined_at"]


async def test_without_the_history_nothing_old_is_read(place: Place) -> None:
    """A list of messages is empty, and a message, or who reacted to it, is refused.

    Source: Discord documentation, "Get Channel Messages" and "Get Channel Message".
    """
    _, posted = await place.post(content="x")
    denied = Permission.READ_MESSAGE_HISTORY
    place.world.set_permissions(place.channel, place.world.bot, deny=denied)
    one = f"{place.messages}/{posted['id']}"
    assert await place.ask("GET", place.messages) == (200, [])
    for path in (one, f"{one}/reactions/%F0%9F%91%8D"):
        status, answer = await place.ask("GET", path)
        assert (status, answer["code"]) == (403, 50013)


async def test_without_the_history_no_reply_is_posted(place: Place) -> None:
    """A post that refers to a message is refused with code 160002; one that does not is not."""
    _, posted = await place.post(content="x")
    denied = Permission.READ_MESSAGE_HISTORY
    place.world.set_permissions(place.channel, place.world.bot, deny=denied)
    reference = {"message_id": posted["id"]}
    status, answer = await place.post(content="y", message_reference=reference)
    assert (status, answer["code"]) == (403, 160002)
    lenient = reference | {"fail_if_not_exists": False}
    status, answer = await place.post(content="y", message_reference=lenient)
    assert (status, answer["code"]) == (403, 160002)
    assert (await place.post(content="y"))[0] == 200
