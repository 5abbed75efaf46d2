"""Places that refuse the bot in mid-answer: nothing spins, and replies are finished when they can.

Discord bans a bot for a while that makes too many invalid requests: they are counted here.
"""

import logging
from collections.abc import Callable

import pytest

from conversation.entities import Outcome
from sandbox.rest.requests import RecordedRequest
from sandbox.world.entities import Channel, Message
from sandbox.world.permissions import Permission
from tests.e2e.scene import Scene
from tests.e2e.streams import Held, first_shown, has_stop_button, hold, until_heard, until_stored

_CHUNKS = ("One, ", *["more, "] * 20, "end.")
_WHOLE = "".join(_CHUNKS)


def _refused(scene: Scene) -> list[RecordedRequest]:
    """Return the requests that Discord counts towards a ban."""
    return [it for it in scene.discord.requests if it.status in (401, 403, 404)]


def _warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return the lines that an operator reads, but those of the start."""
    return [
        record.getMessage()
        for record in caplog.records
        if record.levelno >= logging.WARNING and "voice will NOT" not in record.getMessage()
    ]


def _deny(scene: Scene, permission: Permission = Permission.VIEW_CHANNEL) -> None:
    scene.world.set_permissions(scene.channel, scene.world.bot, deny=permission)


def _allow(scene: Scene) -> None:
    scene.world.set_permissions(scene.channel, scene.world.bot)


async def _rest_is_refused(scene: Scene, held: Held, message: Message, count: int = 1) -> None:
    """Let the rest of an answer come piece by piece, of which nothing can be shown."""
    for _ in _CHUNKS[1:]:
        held.gate.release()
    held.gate.open()
    await until_stored(scene, message, Outcome.COMPLETE)
    await scene.until(lambda: len(_refused(scene)) == count)


async def test_a_reply_is_finished_when_the_permission_comes_back(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    """With the permission gone the answer is stored, one request is refused, and no more made."""
    async with scene.bot():
        held = await hold(scene, *_CHUNKS)
        message = await first_shown(scene, held)
        _deny(scene)
        await _rest_is_refused(scene, held, message)
        assert has_stop_button(message)
        _, other = await _ask_elsewhere(scene)
        assert other.content == "You said: elsewhere?"
        assert len(_refused(scene)) == 1
        _allow(scene)
        await scene.until(lambda: not message.components)
    assert message.content == _WHOLE
    assert len(_refused(scene)) == 1
    assert len(_warnings(caplog)) == 1


async def _ask_elsewhere(scene: Scene) -> tuple[Channel, Message]:
    """Ask in a channel of its own."""
    channel = scene.world.create_text_channel(scene.guild, "elsewhere")
    question = scene.actor(scene.ben).say(channel, scene.mention("elsewhere?"))
    thread = await scene.thread_of(question)
    return thread, await scene.answer_in(thread)


async def test_a_stream_goes_on_when_the_permission_comes_back_in_time(scene: Scene) -> None:
    """A permission that comes back while the answer streams lets the rest of it stream."""
    async with scene.bot():
        held = await hold(scene, "One, ", "two, ", "three.")
        message = await first_shown(scene, held)
        _deny(scene)
        held.gate.release()
        await scene.until(lambda: _refused(scene))
        _allow(scene)
        await scene.until(lambda: message.content.startswith("One, two,"))
        assert has_stop_button(message)
        held.gate.open()
        await scene.answer_in(held.thread)
    assert message.content == "One, two, three."


async def test_a_change_that_opens_nothing_is_no_reason_to_try(scene: Scene) -> None:
    """As long as the permissions are not there, other changes of the channel cost no request."""
    async with scene.bot():
        held = await hold(scene, *_CHUNKS)
        message = await first_shown(scene, held)
        _deny(scene)
        await _rest_is_refused(scene, held, message)
        for number in range(10):
            scene.world.rename_channel(scene.channel, f"name-{number}")
        await _ask_elsewhere(scene)
        assert len(_refused(scene)) == 1
        _allow(scene)
        await scene.until(lambda: not message.components)


async def test_further_parts_wait_for_the_permission_to_post(scene: Scene) -> None:
    """Where only posting is denied, one post is refused, and the rest follows when it may."""
    async with scene.bot():
        held = await hold(scene, "One, ", "word " * 900)
        message = await first_shown(scene, held)
        _deny(scene, Permission.SEND_MESSAGES_IN_THREADS)
        held.gate.open()
        await until_stored(scene, message, Outcome.COMPLETE)
        await scene.until(lambda: _refused(scene))
        await _ask_elsewhere(scene)
        assert len(_refused(scene)) == 1
        _allow(scene)
        await scene.until(lambda: len(scene.finished(held.thread)) == 3)
    assert "".join(it.content for it in scene.from_bot(held.thread)).count("word") == 900


async def test_a_permission_that_comes_back_while_the_bot_is_away(scene: Scene) -> None:
    """The next start finishes a reply that this process was not let to finish."""
    async with scene.bot():
        held = await hold(scene, *_CHUNKS)
        message = await first_shown(scene, held)
        await until_heard(scene)
        _deny(scene)
        await _rest_is_refused(scene, held, message)
    _allow(scene)
    async with scene.bot():
        await scene.until(lambda: not message.components)
    assert message.content == _WHOLE


async def test_a_locked_thread_gets_the_rest_when_it_is_opened(scene: Scene) -> None:
    """A reply in a thread that was locked away is finished when somebody opens the thread."""
    async with scene.bot():
        held = await hold(scene, *_CHUNKS)
        message = await first_shown(scene, held)
        scene.world.change_thread(held.thread, is_archived=True, is_locked=True)
        await _rest_is_refused(scene, held, message)
        await _ask_elsewhere(scene)
        assert len(_refused(scene)) == 1
        scene.world.change_thread(held.thread, is_archived=False, is_locked=False)
        await scene.until(lambda: not message.components)
    assert message.content == _WHOLE


async def test_a_bot_that_is_let_in_again_finishes_its_reply(scene: Scene) -> None:
    """Thrown out of a server in mid-answer the bot stores it, and shows it when invited again."""
    async with scene.bot():
        held = await hold(scene, *_CHUNKS)
        message = await first_shown(scene, held)
        scene.world.leave(scene.guild, scene.world.bot)
        await _rest_is_refused(scene, held, message)
        direct = scene.actor(scene.ann).open_direct_message()
        scene.actor(scene.ann).say(direct, "still there?")
        await scene.answer_in(direct)
        assert len(_refused(scene)) == 1
        scene.world.join(scene.guild, scene.world.bot)
        await scene.until(lambda: not message.components)
    assert message.content == _WHOLE


def _delete_thread(scene: Scene, held: Held) -> None:
    scene.world.delete_channel(held.thread)


def _delete_channel(scene: Scene, _: Held) -> None:
    scene.world.delete_channel(scene.channel)


@pytest.mark.parametrize("delete", [_delete_thread, _delete_channel])
async def test_a_place_that_is_gone_is_asked_once(
    scene: Scene, caplog: pytest.LogCaptureFixture, delete: Callable[[Scene, Held], None]
) -> None:
    """With its thread, or all of its channel, deleted an answer is stored and no more tried."""
    async with scene.bot():
        held = await hold(scene, *_CHUNKS)
        message = await first_shown(scene, held)
        delete(scene, held)
        await _rest_is_refused(scene, held, message)
        await _ask_elsewhere(scene)
    assert len(_refused(scene)) == 1
    assert len(_warnings(caplog)) == 1


async def test_a_person_who_takes_no_messages_any_more(scene: Scene) -> None:
    """An answer to somebody who has closed their direct messages is stored; nobody is bothered."""
    direct = scene.actor(scene.ann).open_direct_message()
    async with scene.bot():
        scene.actor(scene.ann).say(direct, "hello")
        await scene.answer_in(direct)
        scene.ann.accepts_direct_messages = False
        scene.actor(scene.ann).say(direct, "are you there?")
        await scene.until(lambda: _refused(scene))
        await _ask_elsewhere(scene)
        count = len(_refused(scene))
        scene.ann.accepts_direct_messages = True
        scene.actor(scene.ann).say(direct, "and now?")
        await scene.until(lambda: scene.from_bot(direct)[-1].content == "You said: and now?")
    assert count <= 2


async def test_somebody_who_leaves_still_gets_the_whole_answer(scene: Scene) -> None:
    """Who asked may leave the server: the others see the answer to its end."""
    async with scene.bot():
        held = await hold(scene, *_CHUNKS)
        message = await first_shown(scene, held)
        scene.world.leave(scene.guild, scene.ann)
        held.gate.open()
        await scene.until(lambda: not message.components)
    assert message.content == _WHOLE
    assert not _refused(scene)
