"""Conversations are answered one by one, each strictly in order, none waiting for another."""

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from conversation.entities import Outcome
from rendering.cursor import CURSOR
from rendering.wording.sentences import Sentence
from sandbox.models.script import Answer, Gate
from tests.answering.answerer import Answerer, opened_answerer


@pytest.fixture
async def answerer(tmp_path: Path) -> AsyncGenerator[Answerer, None]:
    """Return all that answers."""
    async with opened_answerer(tmp_path) as opened:
        yield opened


async def _until_contents(answerer: Answerer, *contents: str) -> None:
    stage = answerer.stage
    await stage.server.until(lambda: stage.contents == list(contents), 10.0)


async def _streaming(answerer: Answerer, gate: Gate) -> int:
    """Have an answer stream until its first words are shown; return its conversation."""
    conversation_id = await answerer.say()
    gate.release()
    await _until_contents(answerer, "one two" + CURSOR)
    return conversation_id


async def test_a_conversation_is_answered_in_order_and_one_at_a_time(answerer: Answerer) -> None:
    """What is said while an answer streams is answered after it, and together."""
    gate = answerer.hold("first")
    answerer.script.queue(Answer("second"))
    await answerer.say("one")
    await answerer.playground.until(lambda: answerer.asked)
    for text in ("two", "three"):
        await answerer.say(text)
    assert len(answerer.asked) == 1
    gate.open()
    await _until_contents(answerer, "first", "second")
    assert len(answerer.asked) == 2


async def test_a_wake_during_the_last_answer_is_not_lost(answerer: Answerer) -> None:
    """Whenever something is said while an answer ends, it is answered."""
    for number in range(10):
        gate = answerer.hold(f"answer {number}")
        await answerer.say(f"question {number}")
        count = number + 1
        await answerer.playground.until(lambda count=count: len(answerer.asked) == count)
        gate.open()
    await _until_contents(answerer, *(f"answer {number}" for number in range(10)))


async def test_conversations_do_not_wait_for_each_other(answerer: Answerer) -> None:
    """An answer that hangs holds up nobody else's."""
    gate = answerer.hold()
    await answerer.say("one")
    await answerer.playground.until(lambda: answerer.asked)
    answerer.script.queue(Answer("elsewhere"))
    world, guild = answerer.stage.server.world, answerer.stage.guild
    other = world.create_text_channel(guild, "other")
    await answerer.say("two", other)
    stage = answerer.stage
    await stage.server.until(
        lambda: [it.content for it in stage.messages_in(other)] == ["elsewhere"]
    )
    gate.open()
    await _until_contents(answerer, "held")


async def test_more_conversations_than_may_be_at_work_wait_and_are_answered(
    tmp_path: Path,
) -> None:
    """A conversation for which there is no room begins when another has ended, in their order."""
    async with opened_answerer(tmp_path, at_work=1) as answerer:
        stage = answerer.stage
        world = stage.server.world
        channels = [world.create_text_channel(stage.guild, f"c{number}") for number in range(3)]
        gate = answerer.hold("0")
        for number, channel in enumerate(channels):
            if number > 0:
                answerer.script.queue(Answer(str(number)))
            await answerer.say("hello", channel)
        await answerer.playground.until(lambda: answerer.asked)
        assert len(answerer.asked) == 1
        gate.open()
        for number, channel in enumerate(channels):
            await stage.server.until(
                lambda number=number, channel=channel: (
                    [it.content for it in stage.messages_in(channel)] == [str(number)]
                )
            )


async def test_a_store_that_fails_is_waited_for_and_people_are_told(answerer: Answerer) -> None:
    """Until it is known what is to be answered, that is said once; then it is answered."""
    answerer.turns.failures = 2
    answerer.script.queue(Answer("at last"))
    await answerer.say()
    await _until_contents(answerer, Sentence.STORE_DOWN, "at last")


async def test_a_failure_of_our_own_is_told_once(
    answerer: Answerer, caplog: pytest.LogCaptureFixture
) -> None:
    """Where an answer cannot even begin, whoever asked learns it, and the log says why."""
    answerer.gate.error = RuntimeError("as planned")
    await answerer.say()
    await _until_contents(answerer, Sentence.BROKEN)
    assert "not answered" in caplog.text
    answerer.gate.error = None


async def test_after_a_failure_the_conversation_is_answered_again(answerer: Answerer) -> None:
    """What broke off once holds up nothing that is said later."""
    answerer.gate.error = RuntimeError("as planned")
    await answerer.say("one")
    await _until_contents(answerer, Sentence.BROKEN)
    answerer.gate.error = None
    answerer.script.queue(Answer("here I am"))
    await answerer.say("two")
    await _until_contents(answerer, Sentence.BROKEN, "here I am")


async def test_the_end_interrupts_what_streams_and_says_so(answerer: Answerer) -> None:
    """What came is kept, stored as interrupted and shown so; nothing new begins."""
    gate = answerer.hold("one two")
    conversation_id = await _streaming(answerer, gate)
    async with asyncio.timeout(10.0):
        await answerer.worker.close()
    assert answerer.stage.contents == [f"one two\n{Sentence.INTERRUPTED}"]
    await answerer.say("two")
    assert len(answerer.asked) == 1
    conversation = await answerer.stage.store.places.conversation(conversation_id)
    assert conversation is not None
    assert conversation.head_turn_id is not None
    shown = await answerer.turns.shown_turn(conversation.head_turn_id)
    assert shown is not None
    assert (shown.turn.outcome, shown.turn.text) == (Outcome.INTERRUPTED, "one two")


async def test_the_end_gives_what_streams_some_time(tmp_path: Path) -> None:
    """An answer that ends within the grace is shown whole."""
    async with opened_answerer(tmp_path, grace_s=10.0) as answerer:
        gate = answerer.hold("one two")
        await _streaming(answerer, gate)
        closing = asyncio.create_task(answerer.worker.close())
        await asyncio.sleep(0)
        gate.open()
        await asyncio.wait_for(closing, 9.0)
        assert answerer.stage.contents == ["one two"]
