"""More questions than may be answered at once: they wait in line, see it, and can be stopped."""

import pytest

from conversation.entities import Outcome
from rendering.wording.sentences import Sentence, say
from sandbox.models.openai.server import OpenAIServer
from sandbox.models.script import Answer, Gate, Script
from sandbox.world.entities import Channel
from tests.e2e.health_port import bot_with_health
from tests.e2e.scene import Scene
from tests.e2e.steps import asked
from tests.e2e.streams import first_shown, has_stop_button, hold, stored, until_stored

ONE = {"MAX_STREAMS": "1"}


async def line_up(scene: Scene, *questions: str) -> list[Channel]:
    """Ask one after the other, each when the one before sees its place in line."""
    threads: list[Channel] = []
    for number, text in enumerate(questions, start=1):
        question = scene.actor(scene.ben).say(scene.channel, scene.mention(text))
        thread = await scene.thread_of(question)
        threads.append(thread)
        await scene.until(lambda it=thread, at=number: shown(scene, it) == place(at))
    return threads


def shown(scene: Scene, thread: Channel) -> str:
    """Return what a reply says now."""
    messages = scene.from_bot(thread)
    return messages[-1].content if messages else ""


def place(number: int) -> str:
    """Return the words for a place in line."""
    return say(Sentence.QUEUED, number=number)


async def test_questions_wait_in_line_and_see_their_place(scene: Scene) -> None:
    """One after the other is answered, in the order in which they came; each sees its place."""
    async with scene.bot(**ONE):
        held = await hold(scene, "first ", "answer")
        await first_shown(scene, held)
        threads = await line_up(scene, "two", "three")
        assert all(has_stop_button(scene.from_bot(it)[-1]) for it in threads)
        assert len(asked(scene.playground)) == 1
        gate = Gate()
        scene.script.queue(Answer("second answer", hold=gate))
        held.gate.open()
        await scene.answer_in(held.thread)
        await scene.until(lambda: shown(scene, threads[1]) == place(1))
        gate.open()
        answers = [await scene.answer_in(thread) for thread in threads]
    assert [it.content for it in answers] == ["second answer", "You said: three"]
    assert all(len(scene.from_bot(it)) == 1 for it in threads)
    told = [it.asked.messages[-1].text for it in asked(scene.playground) if it.asked]
    assert told == ["tell me", "two", "three"]


async def test_a_waiting_answer_can_be_stopped(scene: Scene) -> None:
    """*Stop* ends the wait: nobody is asked, and those behind move up."""
    async with scene.bot(**ONE):
        held = await hold(scene, "first ", "answer")
        await first_shown(scene, held)
        stopped, last = await line_up(scene, "two", "three")
        await scene.actor(scene.ben).slash(stopped, "stop")
        end = Sentence.STOPPED_UNSAID
        await scene.until(lambda: scene.from_bot(stopped)[0].content == end)
        held.gate.open()
        await scene.until(lambda: shown(scene, last) == "You said: three")
        assert (await until_stored(scene, scene.from_bot(stopped)[0], Outcome.STOPPED)).text == ""
    assert len(asked(scene.playground)) == 2


async def test_shutdown_ends_the_wait(scene: Scene) -> None:
    """An answer that never had its turn is stored as interrupted, and says so."""
    async with scene.bot(**ONE):
        held = await hold(scene, "first ", "answer")
        await first_shown(scene, held)
        (thread,) = await line_up(scene, "two")
    message = scene.from_bot(thread)[0]
    assert message.content == Sentence.INTERRUPTED
    assert (await stored(scene, message)).outcome is Outcome.INTERRUPTED
    assert len(asked(scene.playground)) == 1


async def test_a_busy_provider_holds_up_nobody_else(scene: Scene) -> None:
    """With no room left at one provider, another one's answers come at once."""
    async with OpenAIServer(Script(), models=("demo",)) as server:
        settings = {"PROVIDERS__LOCAL__BASE_URL": server.base_url, "MAX_STREAMS_PER_PROVIDER": "1"}
        async with scene.bot(**settings):
            thread, _ = await scene.ask("hello")
            await scene.actor(scene.ann).slash(thread, "model", name="local/demo")
            held = await hold(scene, "first ", "answer")
            await first_shown(scene, held)
            (waiting,) = await line_up(scene, "two")
            scene.actor(scene.ann).say(thread, "and you?")
            await scene.until(lambda: len(asked(server)) == 1)
            await scene.answer_in(thread, 3)
            assert shown(scene, waiting) == place(1)
            held.gate.open()
            await scene.until(lambda: shown(scene, waiting) == "You said: two")


async def test_the_metrics_tell_the_length_of_the_line(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    """What streams and what waits for its turn are counted apart."""
    async with bot_with_health(scene, caplog, **ONE) as port:
        held = await hold(scene, "first ", "answer")
        await first_shown(scene, held)
        scene.actor(scene.ben).say(scene.channel, scene.mention("two"))
        told = await port.until("/metrics", lambda told: told.value("bobbin_streams_waiting") == 1)
        assert told.value("bobbin_streams_running") == 1
        held.gate.open()
        await port.until("/metrics", lambda told: told.value("bobbin_streams_waiting") == 0)
