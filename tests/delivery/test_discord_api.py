"""What the adapter makes of Discord's answers, whatever they are."""

import pytest

from conversation.entities import Spot
from delivery.discord_api import Row
from delivery.errors import DeliveryError
from rendering.buttons import STREAMING, Button, custom_id
from tests.delivery.stage import Stage

_POST, _EDIT = "/channels/*/messages", "/channels/*/messages/*"

SENSELESS = [
    pytest.param(b"<html>hello</html>", "text/html", id="a page"),
    pytest.param(b"", "application/json", id="nothing"),
    pytest.param(b"", "text/plain", id="nothing, as text"),
    pytest.param(b"{}", "application/json", id="an empty object"),
    pytest.param(b"null", "application/json", id="null"),
    pytest.param(b"[]", "application/json", id="a list"),
    pytest.param(b'{"id": "12', "application/json", id="torn"),
]


@pytest.mark.parametrize(("content", "content_type"), SENSELESS)
async def test_a_senseless_answer_to_a_post_leaves_open_whether_it_was_made(
    stage: Stage, content: bytes, content_type: str
) -> None:
    """It is an error that does not last, and the same nonce makes no second message."""
    stage.server.faults.garble("POST", _POST, content, content_type=content_type)
    with pytest.raises(DeliveryError) as caught:
        await stage.api.post(stage.spot, "hello", nonce="n1")
    assert not caught.value.is_lasting
    again = await stage.api.post(stage.spot, "hello", nonce="n1")
    assert [message.id for message in stage.messages] == [again]


@pytest.mark.parametrize("status", [400, 401, 403, 404])
async def test_a_refusal_lasts(stage: Stage, status: int) -> None:
    """What Discord refuses, it refuses again."""
    stage.server.faults.answer("PATCH", _EDIT, status, body={"message": "no", "code": 50035})
    with pytest.raises(DeliveryError) as caught:
        await stage.api.edit(stage.spot, 12, "hello")
    assert (caught.value.is_lasting, caught.value.status, caught.value.code) == (
        True,
        status,
        50035,
    )


@pytest.mark.parametrize("status", [408, 425, 501, 503])
async def test_a_failure_of_the_moment_does_not_last(stage: Stage, status: int) -> None:
    """What Discord cannot do just now may be tried again."""
    stage.server.faults.answer("PATCH", _EDIT, status)
    with pytest.raises(DeliveryError) as caught:
        await stage.api.edit(stage.spot, 12, "hello")
    assert (caught.value.is_lasting, caught.value.status) == (False, status)


async def test_own_posts_are_ours_alone_and_in_order(stage: Stage) -> None:
    """Of what was said after a message ours is read, the oldest first, with its buttons."""
    world = stage.server.world
    ann = world.create_person("ann")
    world.join(stage.guild, ann)
    before = await stage.api.post(stage.spot, "before", nonce="0")
    question = stage.server.person(ann).say(stage.channel, "hello")
    answer_spot = Spot(stage.channel.id, stage.channel.guild_id, question.id)
    row = Row(7, STREAMING)
    first = await stage.api.post(answer_spot, "first", nonce="1", row=row)
    second = await stage.api.post(stage.spot, "second", nonce="2")
    posts = await stage.api.own_posts(stage.spot, before)
    assert [(it.message_id, it.content) for it in posts] == [(first, "first"), (second, "second")]
    assert [it.custom_ids for it in posts] == [(custom_id(Button.STOP, 7),), ()]
    assert [it.answers_message_id for it in posts] == [question.id, None]
    assert (await stage.api.own_posts(stage.spot, None))[0].message_id == before


async def test_an_archived_thread_is_opened_again(stage: Stage) -> None:
    """A thread that somebody archived is one that can be written in afterwards."""
    world = stage.server.world
    thread = world.start_thread(world.bot, stage.channel, "title")
    world.change_thread(thread, is_archived=True)
    await stage.api.unarchive(Spot(thread.id, stage.guild.id))
    assert thread.thread is not None
    assert not thread.thread.is_archived


async def test_whoever_is_no_member_has_no_membership(stage: Stage) -> None:
    """That somebody is not in a server is an answer, not an error."""
    stranger = stage.server.world.create_person("ben")
    guild = await stage.client.fetch_guild(stage.guild.id)
    assert await stage.api.member(guild, stranger.id) is None
