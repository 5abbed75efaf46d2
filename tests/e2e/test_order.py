"""The order in which people are answered, and what the gateway cannot do to it."""

import asyncio

from rendering.wording.sentences import Sentence, say
from sandbox.models.script import Answer, Gate
from sandbox.world.entities import Channel
from tests.e2e.hearing import answer_to, conversations, questions, said_by_people
from tests.e2e.scene import Scene


async def _held(scene: Scene, text: str = "one moment please") -> tuple[Channel, Gate]:
    """Ask a question whose answer streams until the gate is opened; its beginning is shown."""
    gate = Gate()
    scene.script.queue(Answer(text, hold=gate))
    question = scene.actor(scene.ann).say(scene.channel, scene.mention("what is felt?"))
    thread = await scene.thread_of(question)
    gate.release()
    await scene.until(lambda: scene.from_bot(thread))
    return thread, gate


async def test_turns_of_one_conversation_are_answered_strictly_in_order(scene: Scene) -> None:
    """While an answer streams, the next one is neither asked for nor shown."""
    async with scene.bot():
        thread, gate = await _held(scene)
        scene.actor(scene.ann).say(thread, "and silk?")
        await scene.ask("what is wool?", scene.ben)
        assert questions(scene) == ["what is felt?", "what is wool?"]
        assert len(scene.from_bot(thread)) == 1
        gate.open()
        await scene.answer_in(thread, 2)
    first, second = scene.from_bot(thread)
    assert first.content == "one moment please"
    assert second.content == "You said: and silk?"
    assert first.edits[-1][0] <= second.created_s


async def test_conversations_never_wait_for_each_other(scene: Scene) -> None:
    """Of two at once, one whose model is silent holds up the other in no way."""
    gate = Gate()
    scene.script.queue(Answer("at last", hold=gate))
    async with scene.bot():
        slow = scene.actor(scene.ann).say(scene.channel, scene.mention("what is felt?"))
        slow_thread = await scene.thread_of(slow)
        await scene.until(lambda: questions(scene) == ["what is felt?"])
        quick_thread, _ = await scene.ask("what is silk?", scene.ben)
        scene.actor(scene.ben).say(quick_thread, "and wool?")
        await scene.answer_in(quick_thread, 2)
        assert scene.from_bot(slow_thread) == []
        gate.open()
        await scene.answer_in(slow_thread)


async def test_two_streams_at_once_are_both_shown(scene: Scene) -> None:
    """Two conversations stream at the same time, and each is shown while the other streams."""
    async with scene.bot():
        first, first_gate = await _held(scene, "felt is pressed")
        second, second_gate = await _held(scene, "silk is spun")
        assert scene.finished(first) == scene.finished(second) == []
        second_gate.open()
        await scene.answer_in(second)
        assert scene.finished(first) == []
        first_gate.open()
        await scene.answer_in(first)
    assert scene.from_bot(first)[0].content == "felt is pressed"
    assert scene.from_bot(second)[0].content == "silk is spun"


async def test_what_is_sent_while_an_answer_streams_is_answered_next_and_together(
    scene: Scene,
) -> None:
    """What waited together is answered together, in one turn, nothing of it dropped."""
    async with scene.bot():
        thread, gate = await _held(scene)
        for words in ("and silk?", "and wool?", "and hemp?"):
            scene.actor(scene.ann).say(thread, words)
        await scene.ask("let that arrive", scene.ben)
        gate.open()
        await scene.answer_in(thread, 2)
        scene.actor(scene.ann).say(thread, "thanks")
        await scene.answer_in(thread, 3)
    assert said_by_people(conversations(scene)[-1]) == [
        "what is felt?",
        "and silk?\n\nand wool?\n\nand hemp?",
        "thanks",
    ]


async def test_what_waits_when_the_bot_ends_is_answered_when_it_starts(scene: Scene) -> None:
    """What people sent while an answer streamed is not dropped by a restart."""
    async with scene.bot():
        thread, _ = await _held(scene)
        scene.actor(scene.ann).say(thread, "and silk?")
        await scene.ask("let that arrive", scene.ben)
    async with scene.bot():
        await scene.until(lambda: questions(scene)[-1].endswith("and silk?"))
        await scene.until(lambda: "and silk?" in scene.finished(thread)[-1].content)
    assert len([words for words in questions(scene) if "and silk?" in words]) == 1


async def test_what_is_said_in_a_thread_before_the_bot_knows_of_it_is_in_its_conversation(
    scene: Scene,
) -> None:
    """Discord shows people the thread at once, and tells the bot late: nothing is taken apart."""
    scene.discord.faults.answer("POST", "/channels/*/messages/*/threads", 502, after=True)
    async with scene.bot():
        question = scene.actor(scene.ann).say(scene.channel, scene.mention("what is felt?"))
        thread = await scene.thread_of(question)
        scene.actor(scene.ann).say(thread, "and silk?")
        await scene.answer_in(thread, 2)
    assert questions(scene) == ["what is felt?", "and silk?"]
    assert said_by_people(conversations(scene)[-1]) == ["what is felt?", "and silk?"]


async def test_a_message_that_the_gateway_repeats_is_not_answered_twice(scene: Scene) -> None:
    """A repeated MESSAGE_CREATE, before and after the answer, changes nothing."""
    faults = scene.discord.gateway.faults
    gate = Gate()
    scene.script.queue(Answer("It is pressed.", hold=gate))
    async with scene.bot():
        question = scene.actor(scene.ann).say(scene.channel, scene.mention("what is felt?"))
        faults.repeat_last_event("MESSAGE_CREATE", new_sequence=True)
        thread = await scene.thread_of(question)
        gate.open()
        await scene.answer_in(thread)
        asked = scene.actor(scene.ann).say(thread, "and silk?")
        faults.repeat_last_event("MESSAGE_CREATE")
        faults.repeat_last_event("MESSAGE_CREATE", new_sequence=True)
        await scene.answer_in(thread, 2)
        scene.actor(scene.ann).say(thread, "and wool?")
        await scene.answer_in(thread, 3)
    assert questions(scene) == ["what is felt?", "and silk?", "and wool?"]
    assert asked.id not in {message.id for message in scene.from_bot(scene.channel)}
    assert scene.from_bot(scene.channel) == []


async def test_a_message_repeated_in_a_later_run_is_not_answered_twice(scene: Scene) -> None:
    """What was answered is remembered across a restart, also for messages in channels."""
    async with scene.bot():
        thread, _ = await scene.ask("what is felt?")
    async with scene.bot():
        scene.actor(scene.ann).say(thread, "and silk?")
        await scene.answer_in(thread, 2)
        scene.discord.gateway.faults.drop_all()
        scene.actor(scene.ann).say(thread, "and wool?")
        await scene.answer_in(thread, 3)
    assert questions(scene) == ["what is felt?", "and silk?", "and wool?"]


async def test_past_the_bound_of_a_queue_the_person_is_told_once(scene: Scene) -> None:
    """A queue has a bound; what comes past it is not taken, and its author is told that, once."""
    async with scene.bot(QUEUE_LIMIT="2"):
        thread, gate = await _held(scene)
        ann = scene.actor(scene.ann)
        for words in ("one", "two"):
            ann.say(thread, words)
        refused = [ann.say(thread, "three"), ann.say(thread, "four")]
        notice = await answer_to(scene, refused[0], thread)
        await scene.ask("let that arrive", scene.ben)
        gate.open()
        await scene.until(lambda: "two" in questions(scene)[-1])
        await scene.until(lambda: len(scene.finished(thread)) == 3)
        ann.say(thread, "five")
        await scene.until(lambda: "five" in questions(scene)[-1])
    assert notice.content == say(Sentence.QUEUE_FULL, limit=2)
    told = [each for each in scene.from_bot(thread) if each.content == notice.content]
    assert told == [notice]
    heard = [words for words in questions(scene) if words != "let that arrive"]
    assert heard == ["what is felt?", "one\n\ntwo", "five"]


async def test_a_dropped_and_resumed_gateway_session_changes_nothing(scene: Scene) -> None:
    """A lost connection neither ends the answer that streams nor loses what is said meanwhile."""
    async with scene.bot():
        thread, gate = await _held(scene)
        scene.discord.gateway.faults.drop_all()
        scene.actor(scene.ann).say(thread, "and silk?")
        gate.open()
        await scene.answer_in(thread, 2)
        scene.discord.gateway.faults.ask_to_reconnect()
        scene.actor(scene.ann).say(thread, "and wool?")
        await scene.answer_in(thread, 3)
        assert scene.discord.gateway.resume_count == 2
    assert questions(scene) == ["what is felt?", "and silk?", "and wool?"]
    assert scene.from_bot(thread)[0].content == "one moment please"


async def test_many_conversations_at_once_are_each_answered_in_order(scene: Scene) -> None:
    """Twelve conversations at once: each gets its answers, in its own order."""
    async with scene.bot():
        asked = await asyncio.gather(*(scene.ask(f"number {n}") for n in range(12)))
        for n, (thread, _) in enumerate(asked):
            scene.actor(scene.ann).say(thread, f"and again {n}")
        for thread, _ in asked:
            await scene.answer_in(thread, 2)
    for n, (thread, _) in enumerate(asked):
        shown = [message.content for message in scene.from_bot(thread)]
        assert shown == [f"You said: number {n}", f"You said: and again {n}"]
