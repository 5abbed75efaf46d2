"""Stopping an answer: the button under it and `/stop`."""

from collections.abc import Awaitable, Callable

import pytest

from conversation.entities import Outcome
from rendering.wording.sentences import Sentence
from sandbox.models.script import Answer, Gate
from sandbox.people.interactions import InteractionRecord
from sandbox.world.entities import Message, Person
from sandbox.world.permissions import Permission
from tests.e2e.scene import Scene
from tests.e2e.streams import Held, asked, first_shown, has_stop_button, hold, stored

_CAME = "One, "


async def _click(scene: Scene, person: Person, held: Held) -> InteractionRecord:
    message = scene.from_bot(held.thread)[-1]
    return await scene.actor(person).click(message, label="Stop")


async def _command(scene: Scene, person: Person, held: Held) -> InteractionRecord:
    return await scene.actor(person).slash(held.thread, "stop")


async def _is_stopped(scene: Scene, message: Message) -> None:
    """Check that an answer of which `_CAME` came is stopped, everywhere."""
    await scene.until(lambda: not message.components)
    await scene.playground.until(lambda: asked(scene)[-1].is_over)
    assert asked(scene)[-1].closed_by_client
    assert message.content == f"{_CAME.strip()}\n{Sentence.STOPPED}"
    turn = await stored(scene, message)
    assert (turn.text, turn.outcome) == (_CAME, Outcome.STOPPED)


Stop = Callable[[Scene, Person, Held], Awaitable[InteractionRecord]]
both_ways = pytest.mark.parametrize("stop", [_click, _command])


@both_ways
async def test_stopping_closes_the_upstream_and_keeps_what_came(scene: Scene, stop: Stop) -> None:
    """A person stops an answer: the upstream is closed at once, what came is kept."""
    async with scene.bot():
        held = await hold(scene, _CAME, "two.")
        message = await first_shown(scene, held)
        assert has_stop_button(message)
        record = await stop(scene, scene.ann, held)
        assert record.failed is None
        await _is_stopped(scene, message)


@both_ways
async def test_somebody_else_may_not_stop_it_and_is_told_so_alone(scene: Scene, stop: Stop) -> None:
    """Who is neither asked, starter nor moderator is refused ephemerally; the answer goes on."""
    async with scene.bot():
        held = await hold(scene, _CAME, "two.")
        message = await first_shown(scene, held)
        record = await stop(scene, scene.ben, held)
        assert record.response is not None
        assert record.response.is_ephemeral
        assert record.response.content == Sentence.NOT_YOURS
        held.gate.open()
        await scene.until(lambda: not message.components)
    assert message.content == "One, two."


@both_ways
async def test_whoever_may_manage_messages_may_stop_it(scene: Scene, stop: Stop) -> None:
    """Whoever may manage messages here may stop any answer."""
    scene.world.set_permissions(scene.channel, scene.ben, allow=Permission.MANAGE_MESSAGES)
    async with scene.bot():
        held = await hold(scene, _CAME, "two.")
        message = await first_shown(scene, held)
        await stop(scene, scene.ben, held)
        await _is_stopped(scene, message)


@both_ways
@pytest.mark.parametrize("name", ["ann", "ben"])
async def test_the_starter_and_the_one_answered_may_stop_it(
    scene: Scene, stop: Stop, name: str
) -> None:
    """The person answered and the thread's starter may stop an answer."""
    async with scene.bot():
        thread, _ = await scene.ask("ann begins", scene.ann)
        gate = Gate()
        scene.script.queue(Answer(chunks=[_CAME, "two."], hold=gate))
        scene.actor(scene.ben).say(thread, "and ben asks")
        gate.release()
        await scene.until(lambda: len(scene.from_bot(thread)) == 2)
        message = scene.from_bot(thread)[1]
        await stop(scene, scene.ann if name == "ann" else scene.ben, Held(gate, thread))
        await scene.until(lambda: not message.components)
    assert message.content == f"{_CAME.strip()}\n{Sentence.STOPPED}"


async def test_who_started_a_thread_by_hand_may_stop_answers_in_it(scene: Scene) -> None:
    """The starter of a thread that the bot did not open may stop an answer to somebody else."""
    thread = scene.actor(scene.ann).start_thread(scene.channel, "by hand", None)
    gate = Gate()
    scene.script.queue(Answer(chunks=[_CAME, "two."], hold=gate))
    async with scene.bot():
        scene.actor(scene.ben).say(thread, scene.mention("ben asks"))
        gate.release()
        await scene.until(lambda: scene.from_bot(thread))
        message = scene.from_bot(thread)[0]
        await _click(scene, scene.ann, Held(gate, thread))
        await _is_stopped(scene, message)


async def test_an_answer_can_be_stopped_before_its_first_words(scene: Scene) -> None:
    """`/stop` ends an answer of which nothing has come; the notice alone is shown."""
    async with scene.bot():
        held = await hold(scene, "never said")
        await scene.playground.until(lambda: asked(scene))
        await _command(scene, scene.ann, held)
        await scene.playground.until(lambda: asked(scene)[-1].is_over)
        await scene.until(lambda: scene.discord.requests_to("POST", "/channels/*/messages"))
    shown = [message for message in scene.from_bot(held.thread) if not message.is_ephemeral]
    assert [message.content for message in shown] == [Sentence.STOPPED_UNSAID]
    assert asked(scene)[-1].closed_by_client


async def test_a_stopped_answer_can_be_gone_on_from(scene: Scene) -> None:
    """What came of a stopped answer is part of the conversation."""
    async with scene.bot():
        held = await hold(scene, _CAME, "two.")
        await first_shown(scene, held)
        await _click(scene, scene.ann, held)
        await scene.answer_in(held.thread)
        scene.actor(scene.ann).say(held.thread, "go on")
        answer = await scene.answer_in(held.thread, 2)
    last = asked(scene)[-1].asked
    assert answer.content
    assert last is not None
    assert _CAME.strip() in "".join(message.text for message in last.messages)


async def test_what_waits_is_answered_after_a_stop(scene: Scene) -> None:
    """Stopping an answer does not drop what people sent while it came."""
    async with scene.bot():
        held = await hold(scene, _CAME, "two.")
        await first_shown(scene, held)
        scene.script.queue(Answer("The next."))
        scene.actor(scene.ann).say(held.thread, "another question")
        await _click(scene, scene.ann, held)
        answer = await scene.answer_in(held.thread, 2)
    assert answer.content == "The next."


async def test_there_may_be_nothing_to_stop(scene: Scene) -> None:
    """`/stop` where nothing is answered says so, ephemerally."""
    async with scene.bot():
        thread, _ = await scene.ask("done quickly")
        record = await scene.actor(scene.ann).slash(thread, "stop")
    assert record.response is not None
    assert record.response.is_ephemeral
    assert record.response.content == Sentence.STOP_NOTHING


async def test_an_answer_can_be_stopped_while_discord_is_slow(scene: Scene) -> None:
    """A stop is heeded at once, however long Discord takes over an edit."""
    async with scene.bot():
        held = await hold(scene, _CAME, "two, ", "three.")
        message = await first_shown(scene, held)
        scene.discord.faults.answer("PATCH", "/channels/*/messages/*", 503, times=2)
        await _click(scene, scene.ann, held)
        await _is_stopped(scene, message)
