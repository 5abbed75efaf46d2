"""Whatever comes in between: in the end people see what became of an answer that was broken off."""

from datetime import UTC, datetime

import pytest

from conversation.entities import Limits, Parameters, PlaceKey, Received
from rendering.wording.sentences import Sentence
from sandbox.models.script import Answer, Gate, Pace
from sandbox.world.entities import Channel, Message
from storage.sqlite.store import SqlReplies, SqlTurns
from tests.e2e.crashes import forget_the_end, leave_streaming
from tests.e2e.failing_store import fail_once
from tests.e2e.hearing import questions
from tests.e2e.scene import Scene, labels_of
from tests.e2e.steps import ask_in
from tests.e2e.streams import (
    asked,
    first_shown,
    hold,
    opened_store,
    until_heard,
    until_shown,
    until_waiting,
)

_LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


async def _broken_off(scene: Scene) -> tuple[Channel, Message, Message]:
    """Have a bot be killed in the middle of an answer; give thread, question and answer."""
    async with scene.bot():
        thread, _ = await scene.ask("hello")
        question = scene.actor(scene.ann).say(thread, "tell me")
        answer = await scene.answer_in(thread, 2)
        await until_heard(scene)
    await forget_the_end(scene)
    await leave_streaming(scene, answer, "You")
    return thread, question, answer


async def test_a_second_kill_loses_no_broken_answer(scene: Scene) -> None:
    """A start that ends before it has asked again leaves that to the next one."""
    thread, _, answer = await _broken_off(scene)
    async with opened_store(scene) as store:
        assert await store.turns.resume(_LONG_AGO, attempts=3) == 1
    async with scene.bot():
        await scene.until(lambda: answer.content == "You said: tell me")
    assert len(scene.from_bot(thread)) == 2


async def test_a_store_that_fails_then_loses_no_broken_answer(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the store fails as a question is asked again, it is asked once more a little later."""
    _, _, answer = await _broken_off(scene)
    failed = fail_once(monkeypatch, SqlTurns, "next_exchange")
    async with scene.bot():
        await scene.until(lambda: answer.content == "You said: tell me")
    assert failed


async def test_a_question_deleted_meanwhile_is_not_asked_again(scene: Scene) -> None:
    """Who deletes a question while the bot is away gets no further answer to it."""
    _, question, answer = await _broken_off(scene)
    scene.actor(scene.ann).delete(question)
    before = len(questions(scene))
    async with scene.bot():
        await scene.until(lambda: Sentence.STOPPED_UNSAID in answer.content)
    assert answer.content.startswith("You said: tell me\n")
    assert len(questions(scene)) == before
    assert labels_of(answer) == []


async def test_deleting_the_question_stops_what_was_begun_again(scene: Scene) -> None:
    """A deletion is heard also in a place in which nothing was said since the start."""
    _, question, answer = await _broken_off(scene)
    gate = Gate()
    gate.release()
    scene.script.queue(Answer(chunks=("One, ", "two."), hold=gate))
    async with scene.bot():
        await scene.until(lambda: "One," in answer.content)
        scene.actor(scene.ann).delete(question)
        await scene.until(lambda: Sentence.STOPPED in answer.content)


async def test_an_answer_that_was_overtaken_says_so(scene: Scene) -> None:
    """Where the conversation went on before it was asked again, it is marked, and stays."""
    thread, _, answer = await _broken_off(scene)
    async with opened_store(scene) as store:
        assert await store.turns.resume(datetime.now(UTC), attempts=3) == 1
        said = scene.actor(scene.ben).say(thread, "and now?")
        place = PlaceKey(thread.id, scene.guild.id, scene.channel.id)
        receipt = await store.queue.receive(
            Received(said.id, place, scene.ben.id, "Ben", "and now?"),
            Limits(10, None, _LONG_AGO, _LONG_AGO),
        )
        await store.turns.next_exchange(
            receipt.conversation_id, model="a/b", parameters=Parameters()
        )
    async with scene.bot():
        await scene.until(lambda: "Stop" not in labels_of(answer))
        later = await scene.answer_in(thread, 3)
    assert answer.content == f"You said: tell me\n{Sentence.INTERRUPTED_OVERTAKEN}"
    assert later.content.endswith("Ben: and now?")


async def test_a_word_at_the_start_takes_no_answer_from_a_broken_question(scene: Scene) -> None:
    """What is said before the bot has seen what it owes waits until that is begun again."""
    thread, _, answer = await _broken_off(scene)
    async with scene.bot():
        scene.actor(scene.ann).say(thread, "are you there?")
        later = await scene.answer_in(thread, 3)
    assert answer.content == "You said: tell me"
    assert later.content == "You said: are you there?"


async def test_a_word_at_the_start_revives_no_deleted_message(scene: Scene) -> None:
    """What waited and was deleted meanwhile is not answered along with a first word."""
    async with scene.bot():
        held = await hold(scene, "One, ", "two.")
        await first_shown(scene, held)
        waiting = scene.actor(scene.ann).say(held.thread, "my secret")
        await until_waiting(scene, held.thread, 1)
    scene.actor(scene.ann).delete(waiting)
    async with scene.bot():
        scene.actor(scene.ann).say(held.thread, "are you there?")
        await scene.until(lambda: "are you there?" in questions(scene)[-1])
    assert "secret" not in questions(scene)[-1]


async def test_who_stops_a_reply_left_behind_is_heeded(scene: Scene) -> None:
    """*Stop*, pressed before a broken answer is begun again, keeps it from that."""
    _, _, answer = await _broken_off(scene)
    before = len(questions(scene))
    async with scene.bot():
        await scene.actor(scene.ann).click(answer, label="Stop")
        await scene.until(lambda: Sentence.STOPPED_UNSAID in answer.content)
    assert answer.content.startswith("You said: tell me\n")
    assert len(questions(scene)) == before


async def test_what_is_begun_again_stops_where_its_reply_was_deleted(scene: Scene) -> None:
    """Nobody pays for more of an answer than it takes to see that its readers have deleted it."""
    thread, _, answer = await _broken_off(scene)
    scene.world.delete(answer)
    scene.script.queue(Answer("word " * 500, pace=Pace(tokens_per_second=50)))
    async with scene.bot():
        await scene.playground.until(lambda: asked(scene)[-1].closed_by_client)
        later = await ask_in(scene, thread, "and now?")
    assert later.content.endswith("and now?")
    assert len(scene.from_bot(thread)) == 2


@pytest.mark.parametrize(
    ("port", "fails", "window"),
    [
        (SqlTurns, "finish", "15"),
        (SqlReplies, "record_step", "15"),
        (SqlReplies, "record_shown", "15"),
        (SqlReplies, "record_shown", "0"),
        (SqlReplies, "state", "0"),
    ],
)
async def test_a_store_that_fails_while_it_is_shown_has_it_shown_once(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, port: type, fails: str, window: str
) -> None:
    """However the store fails, the reply says once what became of it."""
    thread, _, answer = await _broken_off(scene)
    failed = fail_once(monkeypatch, port, fails)
    async with scene.bot(RECOVERY_WINDOW_MINUTES=window):
        await scene.until(lambda: "Stop" not in labels_of(answer))
        await ask_in(scene, thread, "and now?")
        await until_shown(scene)
    assert failed
    marked = f"\n{Sentence.INTERRUPTED_OVERTAKEN}" if window == "0" else ""
    assert answer.content == f"You said: tell me{marked}"
    assert len(scene.from_bot(thread)) == 3
