"""Threads over REST: made, archived, locked, listed, and what an archived one refuses."""

import pytest

from sandbox.world.permissions import Permission
from tests.sandbox.place import Place, code_of


async def test_a_thread_on_a_message_has_the_messages_id(place: Place) -> None:
    """A thread that is made from a message has its id, and the message says that it has one."""
    message = place.server.person(place.ann).say(place.channel, "x")
    path = f"{place.messages}/{message.id}"
    status, thread = await place.ask("POST", f"{path}/threads", json={"name": "talk"})
    assert (status, thread["id"], thread["type"]) == (201, str(message.id), 11)
    _, body = await place.ask("GET", path)
    assert body["thread"]["name"] == "talk"
    first, *_ = place.world.messages(message.id)
    assert first.kind == 21


async def test_a_message_has_one_thread_at_most(place: Place) -> None:
    """A second thread on a message is refused with code 160004."""
    message = place.server.person(place.ann).say(place.channel, "x")
    path = f"{place.messages}/{message.id}/threads"
    await place.ask("POST", path, json={"name": "talk"})
    status, body = await place.ask("POST", path, json={"name": "talk"})
    assert (status, body["code"]) == (400, 160004)


async def test_a_thread_without_a_message_is_announced_in_its_channel(place: Place) -> None:
    """A public thread without a message leaves one of type 18 in its channel."""
    path = f"/channels/{place.channel.id}/threads"
    status, thread = await place.ask("POST", path, json={"name": "talk", "type": 11})
    assert status == 201
    (announced,) = place.server.messages(place.channel)
    assert (announced.kind, announced.content) == (18, "talk")
    assert str(announced.id) != thread["id"]


async def test_a_private_thread_needs_its_own_permission(place: Place) -> None:
    """Without the permission, a private thread is refused with code 50013."""
    denied = Permission.CREATE_PRIVATE_THREADS
    place.world.set_permissions(place.channel, place.world.bot, deny=denied)
    path = f"/channels/{place.channel.id}/threads"
    status, body = await place.ask("POST", path, json={"name": "talk", "type": 12})
    assert (status, body["code"]) == (403, 50013)


async def test_a_forums_post_is_a_thread_whose_first_message_has_its_id(place: Place) -> None:
    """Posting in a forum gives the thread with its message; the forum itself takes no message."""
    forum = place.world.create_forum(place.guild, "ideas")
    body = {"name": "idea", "message": {"content": "text"}}
    status, thread = await place.ask("POST", f"/channels/{forum.id}/threads", json=body)
    assert (status, thread["message"]["id"]) == (201, thread["id"])
    assert thread["message"]["content"] == "text"
    path = f"/channels/{forum.id}/messages"
    status, refused = await place.ask("POST", path, json={"content": "x"})
    assert (status, refused["code"]) == (400, 50008)


@pytest.mark.parametrize("name", ["", "x" * 101])
async def test_a_threads_name_has_1_to_100_characters(place: Place, name: str) -> None:
    """A name that is missing or too long is refused with code 50035."""
    path = f"/channels/{place.channel.id}/threads"
    status, body = await place.ask("POST", path, json={"name": name, "type": 11})
    assert status == 400
    assert code_of(body, "name") == "BASE_TYPE_BAD_LENGTH"


async def test_an_archived_thread_refuses_edits_and_reactions_and_wakes_on_a_post(
    place: Place,
) -> None:
    """Editing and reacting in an archived thread is 50083; a post unarchives it."""
    thread = place.server.person(place.ann).start_thread(place.channel, "talk")
    path = f"/channels/{thread.id}/messages"
    _, posted = await place.ask("POST", path, json={"content": "x"})
    place.world.change_thread(thread, is_archived=True)
    one = f"{path}/{posted['id']}"
    status, body = await place.ask("PATCH", one, json={"content": "y"})
    assert (status, body["code"]) == (400, 50083)
    status, body = await place.ask("PUT", f"{one}/reactions/👍/@me")
    assert (status, body["code"]) == (400, 50083)
    assert (await place.ask("POST", path, json={"content": "z"}))[0] == 200
    assert (await place.ask("PATCH", one, json={"content": "y"}))[0] == 200


async def test_a_locked_archived_thread_refuses_posts(place: Place) -> None:
    """A thread that is archived and locked stays so whatever the bot posts."""
    thread = place.server.person(place.ann).start_thread(place.channel, "talk")
    place.world.change_thread(thread, is_archived=True, is_locked=True)
    path = f"/channels/{thread.id}/messages"
    status, body = await place.ask("POST", path, json={"content": "x"})
    assert (status, body["code"]) == (400, 50083)


async def test_a_locked_thread_refuses_posts_while_it_runs(place: Place) -> None:
    """A locked thread that is not archived is 160005 to post in, but for who manages threads."""
    thread = place.server.person(place.ann).start_thread(place.channel, "talk")
    path = f"/channels/{thread.id}/messages"
    place.world.change_thread(thread, is_locked=True)
    status, body = await place.ask("POST", path, json={"content": "x"})
    assert (status, body["code"]) == (400, 160005)
    allowed = Permission.MANAGE_THREADS
    place.world.set_permissions(place.channel, place.world.bot, allow=allowed)
    assert (await place.ask("POST", path, json={"content": "x"}))[0] == 200


async def test_the_bot_cannot_unlock_a_thread(place: Place) -> None:
    """Who does not manage threads neither wakes nor changes a locked one (50013)."""
    thread = place.server.person(place.ann).start_thread(place.channel, "talk")
    place.world.change_thread(thread, is_archived=True, is_locked=True)
    body = {"archived": False}
    status, answer = await place.ask("PATCH", f"/channels/{thread.id}", json=body)
    assert (status, answer["code"]) == (403, 50013)


async def test_the_bot_renames_and_archives_its_own_thread_only(place: Place) -> None:
    """A thread's owner may change it; of others, it takes a permission."""
    _, own = await place.ask(
        "POST", f"/channels/{place.channel.id}/threads", json={"name": "own", "type": 11}
    )
    path = f"/channels/{own['id']}"
    status, body = await place.ask("PATCH", path, json={"name": "new", "archived": True})
    assert (status, body["name"], body["thread_metadata"]["archived"]) == (200, "new", True)
    other = place.server.person(place.ann).start_thread(place.channel, "hers")
    status, body = await place.ask("PATCH", f"/channels/{other.id}", json={"name": "x"})
    assert (status, body["code"]) == (403, 50013)


async def test_joining_and_leaving_a_thread_shows_in_its_members(place: Place) -> None:
    """The bot is among a thread's members from joining until leaving."""
    thread = place.server.person(place.ann).start_thread(place.channel, "talk")
    members = f"/channels/{thread.id}/thread-members"
    assert (await place.ask("PUT", f"{members}/@me"))[0] == 204
    _, body = await place.ask("GET", members)
    assert [each["user_id"] for each in body] == [str(place.ann.id), str(place.world.bot.id)]
    assert (await place.ask("DELETE", f"{members}/@me"))[0] == 204
    status, body = await place.ask("GET", f"{members}/@me")
    assert (status, body["code"]) == (404, 10007)


async def test_running_and_archived_threads_are_listed_apart(place: Place) -> None:
    """The guild lists running threads, the channel archived ones."""
    ann = place.server.person(place.ann)
    running = ann.start_thread(place.channel, "running")
    archived = ann.start_thread(place.channel, "archived")
    place.world.change_thread(archived, is_archived=True)
    _, body = await place.ask("GET", f"/guilds/{place.guild.id}/threads/active")
    assert [each["id"] for each in body["threads"]] == [str(running.id)]
    path = f"/channels/{place.channel.id}/threads/archived/public"
    _, body = await place.ask("GET", path)
    assert [each["id"] for each in body["threads"]] == [str(archived.id)]


async def test_an_unknown_message_has_no_thread(place: Place) -> None:
    """A thread on a message that is not there is refused with code 10008."""
    status, body = await place.ask("POST", f"{place.messages}/1/threads", json={"name": "x"})
    assert (status, body["code"]) == (404, 10008)
