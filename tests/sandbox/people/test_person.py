"""What a person's client does and what it stops."""

import pytest

from sandbox.people.client_refusal import ClientRefusedError
from sandbox.world.entities import MessageKind
from sandbox.world.permissions import Permission
from tests.sandbox.place import Place


async def test_a_reply_pings_unless_it_is_switched_off(place: Place) -> None:
    """A reply mentions the author of what it answers, unless the person switches that off."""
    _, posted = await place.post(content="hello")
    answered = place.world.message(place.channel.id, int(posted["id"]))
    ann = place.server.person(place.ann)
    loud = ann.say(place.channel, "a", reply_to=answered)
    silent = ann.say(place.channel, "b", reply_to=answered, ping_reply=False)
    assert (loud.kind, loud.mention_ids) == (MessageKind.REPLY, [place.world.bot.id])
    assert (silent.kind, silent.mention_ids) == (MessageKind.REPLY, [])


async def test_a_role_of_the_bot_can_be_mentioned_by_who_may(place: Place) -> None:
    """A mention of the bot's managed role is listed where the person may mention all roles."""
    role = next(each for each in place.world.roles_of(place.guild) if each.bot_id is not None)
    ann = place.server.person(place.ann)
    assert ann.say(place.channel, role.mention).mention_role_ids == []
    allowed = Permission.MENTION_EVERYONE
    place.world.set_permissions(place.channel, place.ann, allow=allowed)
    assert ann.say(place.channel, role.mention).mention_role_ids == [role.id]


async def test_who_may_not_send_says_nothing(place: Place) -> None:
    """A person's client stops what an overwrite denies them."""
    place.world.set_permissions(place.channel, place.ann, deny=Permission.SEND_MESSAGES)
    with pytest.raises(ClientRefusedError):
        place.server.person(place.ann).say(place.channel, "x")


@pytest.mark.parametrize("text", ["", " ", "x" * 4001])
async def test_a_person_posts_neither_nothing_nor_too_much(place: Place, text: str) -> None:
    """A person's client stops a blank text and one that is too long."""
    with pytest.raises(ClientRefusedError):
        place.server.person(place.ann).say(place.channel, text)


async def test_a_person_changes_their_own_messages_only(place: Place) -> None:
    """Somebody else's message can be neither edited nor, without the permission, deleted."""
    _, posted = await place.post(content="hello")
    message = place.world.message(place.channel.id, int(posted["id"]))
    assert message is not None
    ann = place.server.person(place.ann)
    with pytest.raises(ClientRefusedError):
        ann.edit(message, "x")
    with pytest.raises(ClientRefusedError):
        ann.delete(message)


async def test_a_person_opens_threads_posts_and_direct_messages(place: Place) -> None:
    """Each of the places that people open is there to be written in at once."""
    ann = place.server.person(place.ann)
    message = ann.say(place.channel, "x")
    thread = ann.start_thread(place.channel, "talk", message)
    forum = place.world.create_forum(place.guild, "forum")
    post, first = ann.create_post(forum, "title", "text")
    direct = ann.open_direct_message()
    assert ann.open_direct_message() is direct
    assert (thread.id, post.id) == (message.id, first.id)
    for channel in (thread, post, direct):
        ann.say(channel, "here")
        assert place.server.messages(channel)[-1].content == "here"


async def test_a_locked_thread_takes_nothing_from_people(place: Place) -> None:
    """Who does not manage threads cannot write in one that is locked."""
    ann = place.server.person(place.ann)
    thread = ann.start_thread(place.channel, "talk")
    place.world.change_thread(thread, is_locked=True)
    with pytest.raises(ClientRefusedError):
        ann.say(thread, "x")


async def test_typing_people_are_noted(place: Place) -> None:
    """A person's typing is noted like the bot's."""
    place.server.person(place.ann).start_typing(place.channel)
    assert [user_id for _, _, user_id in place.server.typing] == [place.ann.id]
