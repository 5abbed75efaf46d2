"""Messages that Discord has and the store does not know of, and ends that were never shown.

Both are what a process leaves that is killed between two steps; Discord has forgotten the nonces.
"""

import signal
from collections.abc import Awaitable, Callable

import pytest

from rendering.wording.sentences import Sentence
from sandbox.models.script import Answer
from sandbox.world.entities import Channel, Message
from sandbox.world.permissions import Permission
from tests.e2e.crashes import execute, forget_the_end, leave_streaming, show_again
from tests.e2e.hearing import answer_to
from tests.e2e.process import bot_process
from tests.e2e.scene import Scene
from tests.e2e.streams import hold, stored, until_heard, until_shown

_POSTS = "/channels/*/messages"


async def _lose_the_id(scene: Scene, message: Message) -> None:
    """Make the store look as if Discord had never said which message was posted, or whether."""
    message.nonce = None
    await execute(
        scene,
        "UPDATE part SET message_id = NULL, is_confirmed = 0 WHERE message_id = ?",
        message.id,
    )


@pytest.mark.timeout(120)  # a process of its own takes its time on a busy machine
async def test_a_post_whose_answer_was_lost_before_a_kill_is_adopted(scene: Scene) -> None:
    """The next start shows the answer in the message that is there, and posts no second one."""
    async with bot_process(scene) as bot:
        scene.discord.faults.reset("POST", _POSTS, times=99, after=True)
        held = await hold(scene, "One, ", "two.")
        scene.discord.gateway.faults.swallow_next("MESSAGE_CREATE", count=3)
        held.gate.release()
        await scene.until(lambda: scene.from_bot(held.thread))
        assert await bot.end(signal.SIGKILL) == -signal.SIGKILL
    scene.discord.faults.clear()
    scene.discord.gateway.faults.swallow_next("MESSAGE_CREATE", count=0)
    scene.script.queue(Answer("The whole answer."))
    async with scene.bot():
        answer = await scene.answer_in(held.thread)
        assert answer.content == "The whole answer."
    assert scene.from_bot(held.thread) == [answer]
    assert (await stored(scene, answer)).text == "The whole answer."


@pytest.mark.parametrize("window", ["0", "15"])
async def test_a_message_of_an_interrupted_answer_is_found(scene: Scene, window: str) -> None:
    """Whether the question is asked again or the reply marked, that is done in the message."""
    async with scene.bot():
        thread, answer = await scene.ask("hello")
    await leave_streaming(scene, answer, "You")
    await forget_the_end(scene)
    await _lose_the_id(scene, answer)
    scene.script.queue(Answer("Again."))
    async with scene.bot(RECOVERY_WINDOW_MINUTES=window):
        await scene.answer_in(thread)
    words = "Again." if window == "15" else f"You said: hello\n{Sentence.INTERRUPTED}"
    assert [message.content for message in scene.from_bot(thread)] == [words]


@pytest.mark.parametrize("is_open", [False, True])
async def test_a_message_of_an_ended_answer_is_not_posted_again(
    scene: Scene, *, is_open: bool
) -> None:
    """A message that shows an ended answer is found, by what was to be posted or was shown last."""
    async with scene.bot():
        thread, answer = await scene.ask("hello")
        await until_heard(scene)
    if is_open:
        await leave_streaming(scene, answer, "You")
    else:
        await show_again(scene, answer)
    await _lose_the_id(scene, answer)
    async with scene.bot():
        await until_shown(scene)
        await scene.until(lambda: not answer.components)
    assert [message.content for message in scene.from_bot(thread)] == ["You said: hello"]
    assert (await stored(scene, answer)).text == "You said: hello"


async def test_somebody_elses_words_are_not_adopted(scene: Scene) -> None:
    """Only messages of the bot's own can be parts: an answer whose message is gone is posted."""
    async with scene.bot():
        thread, answer = await scene.ask("hello")
        await until_heard(scene)
    await show_again(scene, answer)
    await _lose_the_id(scene, answer)
    scene.world.delete(answer)
    scene.actor(scene.ben).say(thread, "You said: hello")
    async with scene.bot():
        await scene.until(lambda: scene.from_bot(thread))
    assert scene.from_bot(thread)[0].content == "You said: hello"


async def _answered_in_channel(scene: Scene) -> tuple[Channel, Message]:
    scene.world.set_permissions(
        scene.channel, scene.world.bot, deny=Permission.CREATE_PUBLIC_THREADS
    )
    question = scene.actor(scene.ann).say(scene.channel, scene.mention("hello"))
    return scene.channel, await answer_to(scene, question, scene.channel)


async def _answered_before_reset(scene: Scene) -> tuple[Channel, Message]:
    thread, answer = await scene.ask("hello")
    record = await scene.actor(scene.ann).slash(thread, "reset")
    assert record.response is not None
    assert record.response.content == Sentence.RESET_DONE
    return thread, answer


async def _answered_in_direct_messages(scene: Scene) -> tuple[Channel, Message]:
    direct = scene.actor(scene.ann).open_direct_message()
    scene.actor(scene.ann).say(direct, "hello")
    return direct, await scene.answer_in(direct)


_Answered = Callable[[Scene], Awaitable[tuple[Channel, Message]]]


@pytest.mark.parametrize(
    "answered", [_answered_in_channel, _answered_before_reset, _answered_in_direct_messages]
)
async def test_an_end_is_shown_wherever_it_belongs(scene: Scene, answered: _Answered) -> None:
    """An end that was stored and not shown is shown in every kind of conversation."""
    async with scene.bot():
        place, answer = await answered(scene)
        await until_heard(scene)
    content = answer.content
    await leave_streaming(scene, answer, "You")
    count = len(scene.from_bot(place))
    async with scene.bot():
        await scene.until(lambda: not answer.components)
    assert answer.content == content
    assert len(scene.from_bot(place)) == count


async def test_an_end_of_some_minutes_ago_is_shown(scene: Scene) -> None:
    """Where nobody let the last process show it, an end is shown late, within the window."""
    async with scene.bot():
        _, answer = await scene.ask("hello")
        await until_heard(scene)
    for column in ("created_at", "finished_at"):
        earlier = f"strftime('%Y-%m-%d %H:%M:%f000', {column}, '-10 minutes')"
        statement = f"UPDATE turn SET {column} = {earlier}"  # noqa: S608 - our own words
        await execute(scene, statement)
    await leave_streaming(scene, answer, "You")
    async with scene.bot(RECOVERY_WINDOW_MINUTES="15"):
        await scene.until(lambda: not answer.components)
    assert answer.content == "You said: hello"
