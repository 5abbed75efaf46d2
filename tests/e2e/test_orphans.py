"""Messages that Discord has and the store does not know of, and ends that were never shown.

Both are what a process leaves that is killed between two steps; Discord has forgotten the nonces.
"""

import asyncio
import signal
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing

import pytest

from delivery.discord_api import Row, view_of
from rendering.buttons import STREAMING
from rendering.wording.english import Notice
from sandbox.models.script import Answer
from sandbox.world.entities import Change, Channel, Message
from sandbox.world.permissions import Permission
from tests.e2e.hearing import answer_to
from tests.e2e.process import bot_process
from tests.e2e.scene import Scene
from tests.e2e.streams import hold, stored, until_alive

_POSTS = "/channels/*/messages"


def _execute(scene: Scene, statement: str, *parameters: int) -> None:
    with closing(sqlite3.connect(scene.folder / "bobbin.db")) as database, database:
        database.execute(statement, parameters)


def _reopen(scene: Scene, message: Message, turn_id: int) -> None:
    """Make a message look as one whose last edit was never made."""
    rows = tuple(view_of(Row(turn_id, STREAMING)).to_components())
    scene.world.edit(message, Change(content="You", components=rows))


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
async def test_a_message_of_an_interrupted_answer_is_found_by_its_button(
    scene: Scene, window: str
) -> None:
    """Whether the question is asked again or the reply marked, that is done in the message."""
    async with scene.bot():
        thread, answer = await scene.ask("hello")
    turn = await stored(scene, answer)
    _execute(scene, "DELETE FROM part")
    _execute(scene, "UPDATE turn SET outcome = NULL, finished_at = NULL WHERE id = ?", turn.id)
    _reopen(scene, answer, turn.id)
    answer.nonce = None
    scene.script.queue(Answer("Again."))
    async with scene.bot(RECOVERY_WINDOW_MINUTES=window):
        await scene.answer_in(thread)
    words = "Again." if window == "15" else f"You said: hello\n{Notice.INTERRUPTED}"
    assert [message.content for message in scene.from_bot(thread)] == [words]


@pytest.mark.parametrize("is_open", [False, True])
async def test_a_message_of_an_ended_answer_is_not_posted_again(
    scene: Scene, *, is_open: bool
) -> None:
    """A message that shows an ended answer is found, by its button or by what it says."""
    async with scene.bot():
        thread, answer = await scene.ask("hello")
        await until_alive(scene)
    turn = await stored(scene, answer)
    _execute(scene, "DELETE FROM part")
    if is_open:
        _reopen(scene, answer, turn.id)
    answer.nonce = None
    async with scene.bot():
        async with asyncio.timeout(10):
            await _until_shown_by(scene, answer)
        await scene.until(lambda: not answer.components)
    assert [message.content for message in scene.from_bot(thread)] == ["You said: hello"]


async def _until_shown_by(scene: Scene, answer: Message) -> None:
    """Wait until the store knows that a message is a part of a reply."""
    while True:
        with closing(sqlite3.connect(scene.folder / "bobbin.db")) as database:
            found = database.execute("SELECT message_id FROM part").fetchall()
        if (answer.id,) in found:
            return
        await asyncio.sleep(0.05)  # the store tells nobody of its changes


async def test_somebody_elses_words_are_not_adopted(scene: Scene) -> None:
    """Only messages of the bot's own can be parts: an answer whose message is gone is posted."""
    async with scene.bot():
        thread, answer = await scene.ask("hello")
        await until_alive(scene)
    _execute(scene, "DELETE FROM part")
    scene.world.delete(answer)
    answer.nonce = None
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
    assert record.response.content == Notice.RESET_DONE
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
        await until_alive(scene)
    turn = await stored(scene, answer)
    _reopen(scene, answer, turn.id)
    count = len(scene.from_bot(place))
    async with scene.bot():
        await scene.until(lambda: not answer.components)
    assert answer.content == "You said: hello"
    assert len(scene.from_bot(place)) == count


async def test_an_end_of_some_minutes_ago_is_shown(scene: Scene) -> None:
    """Where nobody let the last process show it, an end is shown late, within the window."""
    async with scene.bot():
        _, answer = await scene.ask("hello")
        await until_alive(scene)
    turn = await stored(scene, answer)
    for column in ("created_at", "finished_at"):
        earlier = f"strftime('%Y-%m-%d %H:%M:%f000', {column}, '-10 minutes')"
        _execute(scene, f"UPDATE turn SET {column} = {earlier}")  # noqa: S608 - our own words
    _reopen(scene, answer, turn.id)
    async with scene.bot(RECOVERY_WINDOW_MINUTES="15"):
        await scene.until(lambda: not answer.components)
    assert answer.content == "You said: hello"
