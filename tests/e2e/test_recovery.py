"""What is owed after the bot was away is paid: answers broken off, messages missed or changed."""

from datetime import UTC, datetime

from rendering.wording.sentences import Sentence
from sandbox.models.script import Answer, Gate
from sandbox.world.entities import Channel
from tests.e2e.crashes import forget_the_end
from tests.e2e.hearing import questions
from tests.e2e.scene import Scene
from tests.e2e.streams import (
    Held,
    first_shown,
    hold,
    until_heard,
    until_nothing_waits,
    until_waiting,
    until_waits,
)


async def _left_behind(scene: Scene, text: str = "The first words") -> Channel:
    """Have a bot die in the middle of an answer, as after a kill; give the thread."""
    gate = Gate()
    gate.release(2)
    scene.script.queue(Answer(text, hold=gate))
    async with scene.bot():
        question = scene.actor(scene.ann).say(scene.channel, scene.mention("tell me"))
        thread = await scene.thread_of(question)
        await scene.until(lambda: scene.from_bot(thread))
    await forget_the_end(scene)
    return thread


def _asked(scene: Scene) -> int:
    """Count the questions that the Playground was asked."""
    return sum(1 for request in scene.playground.requests if request.method == "POST")


async def test_a_broken_answer_is_begun_again_in_the_same_messages(scene: Scene) -> None:
    """After a kill the question is asked again, and the new answer takes over the reply."""
    thread = await _left_behind(scene)
    before = [message.id for message in scene.from_bot(thread)]
    scene.script.queue(Answer("The whole answer."))
    async with scene.bot():
        await scene.until(
            lambda: [it.content for it in scene.finished(thread)] == ["The whole answer."]
        )
    assert [message.id for message in scene.from_bot(thread)] == before


async def test_a_shorter_answer_leaves_no_message_of_the_longer_one(scene: Scene) -> None:
    """Messages that the new answer does not need are deleted at its end."""
    scene.script.queue(Answer("word " * 700, hold=(gate := Gate())))
    async with scene.bot():
        question = scene.actor(scene.ann).say(scene.channel, scene.mention("tell me"))
        thread = await scene.thread_of(question)
        gate.release(1300)
        await scene.until(lambda: len(scene.from_bot(thread)) == 2)
    await forget_the_end(scene)
    scene.script.queue(Answer("Short."))
    async with scene.bot():
        await scene.until(lambda: [it.content for it in scene.from_bot(thread)] == ["Short."])


async def test_the_third_interruption_in_a_row_ends_it(scene: Scene) -> None:
    """A question whose answers were interrupted three times is not asked a fourth time."""
    thread = await _left_behind(scene)
    for life in range(2):
        gate = Gate()
        gate.release(2)
        scene.script.queue(Answer("Again and again", hold=gate))
        async with scene.bot():
            await scene.until(lambda count=life + 2: _asked(scene) == count)
        await forget_the_end(scene)
    async with scene.bot():
        await scene.until(lambda: Sentence.INTERRUPTED in scene.from_bot(thread)[-1].content)
    assert _asked(scene) == 3


async def test_what_was_said_while_it_was_away_is_answered(scene: Scene) -> None:
    """Messages sent to the bot while it was down are answered at the next start, once each."""
    async with scene.bot():
        thread, _ = await scene.ask("hello")
    scene.actor(scene.ann).say(thread, "are you there?")
    scene.actor(scene.ben).say(scene.channel, "nothing for you")
    first = scene.actor(scene.ben).say(scene.channel, scene.mention("and me?"))
    async with scene.bot():
        await scene.answer_in(thread, 2)
        other = await scene.thread_of(first)
        await scene.answer_in(other)
    began_at = datetime.now(UTC)
    async with scene.bot():
        await until_heard(scene, began_at)
        await scene.ask("and now?")
    assert len(scene.from_bot(thread)) == 2
    assert len(scene.from_bot(other)) == 1


async def test_what_a_lost_session_missed_is_answered(scene: Scene) -> None:
    """After a gateway session that cannot be resumed, what was said meanwhile is answered."""
    async with scene.bot():
        thread, _ = await scene.ask("hello")
        scene.discord.gateway.faults.swallow_next("MESSAGE_CREATE")
        scene.actor(scene.ann).say(thread, "did you hear that?")
        scene.discord.gateway.faults.drop_all(resumable=False)
        await scene.answer_in(thread, 2)


async def test_an_edit_of_a_waiting_message_counts(scene: Scene) -> None:
    """A message that is edited while it waits is answered as it says now."""
    gate = Gate()
    scene.script.queue(Answer("one", hold=gate))
    async with scene.bot():
        question = scene.actor(scene.ann).say(scene.channel, scene.mention("first"))
        thread = await scene.thread_of(question)
        await scene.until(lambda: _asked(scene) == 1)
        waiting = scene.actor(scene.ann).say(thread, "secnd")
        scene.actor(scene.ann).edit(waiting, "second")
        await until_waits(scene, thread, "second")
        gate.open()
        await scene.answer_in(thread, 2)
    asked = scene.playground.requests[-1].asked
    assert asked is not None
    assert asked.messages[-1].text == "second"


async def test_what_a_moderator_removes_at_once_is_not_answered(scene: Scene) -> None:
    """Messages that are deleted together, as in a purge, count as deleted one by one."""
    async with scene.bot():
        held = await hold(scene, "One, ", "two.")
        await first_shown(scene, held)
        spam = [scene.actor(scene.ann).say(held.thread, f"spam {count}") for count in range(2)]
        scene.actor(scene.ben).say(held.thread, "and now?")
        await until_waiting(scene, held.thread, 3)
        scene.world.delete_many(held.thread, spam)
        await until_waiting(scene, held.thread, 1)
        held.gate.open()
        await scene.until(lambda: "and now?" in scene.from_bot(held.thread)[-1].content)
    assert "spam" not in questions(scene)[-1]


async def test_a_deleted_waiting_message_is_not_answered(scene: Scene) -> None:
    """A message that is deleted while it waits is withdrawn."""
    gate = Gate()
    scene.script.queue(Answer("one", hold=gate))
    async with scene.bot():
        question = scene.actor(scene.ann).say(scene.channel, scene.mention("first"))
        thread = await scene.thread_of(question)
        await scene.until(lambda: _asked(scene) == 1)
        waiting = scene.actor(scene.ann).say(thread, "never mind")
        scene.actor(scene.ann).say(thread, "but this")
        await until_waits(scene, thread, "never mind", "but this")
        scene.actor(scene.ann).delete(waiting)
        await until_waits(scene, thread, "but this")
        gate.open()
        await scene.answer_in(thread, 2)
    asked = scene.playground.requests[-1].asked
    assert asked is not None
    assert asked.messages[-1].text == "but this"


async def test_a_message_that_is_deleted_at_once_is_not_answered(scene: Scene) -> None:
    """A deletion counts also where it comes before the message is stored."""
    async with scene.bot():
        held = await hold(scene, "One, ", "two.")
        await first_shown(scene, held)
        waiting = scene.actor(scene.ann).say(held.thread, "my secret")
        scene.actor(scene.ann).delete(waiting)
        assert "secret" not in await _answered_after(scene, held, "and now?")


async def test_deleting_the_question_stops_its_answer(scene: Scene) -> None:
    """Deleting the message being answered stops the answer, and what came is kept."""
    async with scene.bot():
        thread, _ = await scene.ask("hello")
        gate = Gate()
        gate.release(2)
        scene.script.queue(Answer("a long answer", hold=gate))
        question = scene.actor(scene.ann).say(thread, "tell me")
        await scene.until(lambda: len(scene.from_bot(thread)) == 2)
        scene.actor(scene.ann).delete(question)
        answer = await scene.answer_in(thread, 2)
    assert answer.content.endswith(Sentence.STOPPED)
    assert scene.playground.requests[-1].closed_by_client


async def _answered_after(scene: Scene, held: Held, text: str) -> str:
    """Let an answer end, and have a later question answered; give what the model saw of it."""
    scene.actor(scene.ben).say(held.thread, scene.mention(text))
    held.gate.open()
    await scene.until(lambda: text in scene.from_bot(held.thread)[-1].content)
    return questions(scene)[-1]


async def test_a_message_that_is_emptied_while_it_waits_is_not_answered(scene: Scene) -> None:
    """An edit that leaves nothing but a file withdraws what waits."""
    async with scene.bot():
        held = await hold(scene, "One, ", "two.")
        await first_shown(scene, held)
        waiting = scene.actor(scene.ann).say(held.thread, "my secret", files=[("cat.png", b"x")])
        await until_waiting(scene, held.thread, 1)
        scene.actor(scene.ann).edit(waiting, "")
        assert "secret" not in await _answered_after(scene, held, "and now?")


async def test_a_message_that_is_not_for_us_any_more_is_not_answered(scene: Scene) -> None:
    """An edit that takes the mention out of what waits withdraws it, where one is needed."""
    async with scene.bot():
        thread = scene.actor(scene.ann).start_thread(scene.channel, "ours")
        scene.script.queue(Answer(chunks=("One, ", "two."), hold=(gate := Gate())))
        scene.actor(scene.ann).say(thread, scene.mention("tell me"))
        await scene.until(lambda: _asked(scene) == 1)
        held = Held(gate, thread)
        await first_shown(scene, held)
        waiting = scene.actor(scene.ann).say(thread, scene.mention("my secret"))
        await until_waiting(scene, thread, 1)
        scene.actor(scene.ann).edit(waiting, "my secret, for others")
        assert "secret" not in await _answered_after(scene, held, "and now?")


async def test_what_waits_in_a_thread_that_is_deleted_is_not_asked(scene: Scene) -> None:
    """Nobody pays for an answer that has no place any more."""
    async with scene.bot():
        held = await hold(scene, "One, ", "two.")
        await first_shown(scene, held)
        scene.actor(scene.ann).say(held.thread, "and this?")
        await until_waiting(scene, held.thread, 1)
        scene.world.delete_channel(held.thread)
        await until_nothing_waits(scene)
        held.gate.open()
        await scene.ask("elsewhere")
    assert questions(scene) == ["tell me", "elsewhere"]


async def test_a_question_deleted_in_a_lost_session_stops_its_answer(scene: Scene) -> None:
    """A deletion that nobody heard is seen when the bot is back, while the answer streams."""
    async with scene.bot():
        thread, _ = await scene.ask("hello")
        gate = Gate()
        gate.release()
        scene.script.queue(Answer(chunks=("One, ", "two."), hold=gate))
        question = scene.actor(scene.ann).say(thread, "tell me")
        await scene.until(lambda: len(scene.from_bot(thread)) == 2)
        scene.discord.gateway.faults.drop_all(resumable=False)
        scene.actor(scene.ann).delete(question)
        answer = await scene.answer_in(thread, 2)
    assert answer.content.endswith(Sentence.STOPPED)
