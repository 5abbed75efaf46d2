"""What survives the end of the process: a restart, SIGTERM, SIGKILL."""

import asyncio
import signal
from datetime import UTC, datetime

import pytest

from conversation.entities import Limits, Outcome, Parameters, PlaceKey, Received, Spot
from rendering.wording.sentences import Sentence
from sandbox.models.script import Answer
from sandbox.people.interactions import CallbackKind
from sandbox.world.entities import Channel, Message
from tests.e2e.crashes import leave_streaming, post_streaming
from tests.e2e.process import bot_process
from tests.e2e.scene import Scene, labels_of
from tests.e2e.streams import (
    asked,
    first_shown,
    has_stop_button,
    hold,
    opened_store,
    stored,
    until_heard,
    until_stored,
    until_waiting,
)

_BOTH = ["Continue", "Try again"]
_LONG_GRACE = {"SHUTDOWN_GRACE_S": "10"}


@pytest.mark.parametrize("dialect", ["m25", "t26"])
async def test_a_conversation_goes_on_after_a_restart_as_if_nothing_had_happened(
    scene: Scene, dialect: str
) -> None:
    """After a restart the history is known, and the Playground's thread is gone on in."""
    async with scene.bot(ALLENAI_DIALECT=dialect):
        thread, _ = await scene.ask("my name is Ada")
    async with scene.bot(ALLENAI_DIALECT=dialect):
        scene.actor(scene.ann).say(thread, "who am I?")
        await scene.answer_in(thread, 2)
    first, second = asked(scene)
    assert first.value("parent") is None
    assert second.value("parent") is not None
    assert second.asked is not None
    assert first.asked is not None
    assert [each.text for each in second.asked.messages if each.role == "user"] == [
        "my name is Ada",
        "who am I?",
    ]
    assert second.asked.user == first.asked.user


async def test_a_direct_conversation_goes_on_after_a_restart(scene: Scene) -> None:
    """A direct message is a conversation of its own, also after a restart."""
    place = scene.actor(scene.ann).open_direct_message()
    async with scene.bot():
        scene.actor(scene.ann).say(place, "my name is Ada")
        await scene.answer_in(place)
    async with scene.bot():
        scene.actor(scene.ann).say(place, "who am I?")
        await scene.answer_in(place, 2)
    assert asked(scene)[-1].value("parent") is not None


async def test_shutdown_lets_a_short_answer_end(scene: Scene) -> None:
    """A running answer gets a grace period to end in."""
    async with scene.bot(**_LONG_GRACE):
        held = await hold(scene, "One, ", "two.")
        message = await first_shown(scene, held)
        loop = asyncio.get_running_loop()
        loop.call_later(0.3, held.gate.open)
    assert (message.content, message.components) == ("One, two.", [])
    assert (await stored(scene, message)).outcome is Outcome.COMPLETE


async def test_shutdown_marks_a_long_answer_as_interrupted(scene: Scene) -> None:
    """An answer that outlasts the grace period is stored as interrupted and says so."""
    async with scene.bot():
        held = await hold(scene, "One, ", "two.")
        message = await first_shown(scene, held)
    assert (message.content, labels_of(message)) == (f"One,\n{Sentence.INTERRUPTED}", _BOTH)
    turn = await stored(scene, message)
    assert (turn.text, turn.outcome) == ("One, ", Outcome.INTERRUPTED)
    await scene.playground.until(lambda: asked(scene)[-1].is_over)
    assert asked(scene)[-1].closed_by_client


async def test_what_is_sent_during_shutdown_is_answered_by_the_next_process(scene: Scene) -> None:
    """At shutdown no new work begins, and what is said in the meantime is answered later."""
    async with scene.bot(SHUTDOWN_GRACE_S="1.5"):
        held = await hold(scene, "One, ", "two.")
        message = await first_shown(scene, held)
        scene.actor(scene.ann).say(held.thread, "and this?")
        await until_waiting(scene, held.thread, 1)
        loop = asyncio.get_running_loop()
        loop.call_later(0.5, lambda: scene.actor(scene.ann).say(held.thread, "and that?"))
    assert message.content.endswith(Sentence.INTERRUPTED)
    assert len(asked(scene)) == 1
    async with scene.bot():
        answer = await scene.answer_in(held.thread, 2)
    assert "and this?\n\nand that?" in answer.content
    assert len(asked(scene)) == 2


@pytest.mark.timeout(120)  # a process of its own takes its time on a busy machine
async def test_after_a_kill_the_reply_is_marked_and_what_waited_is_answered(scene: Scene) -> None:
    """After SIGKILL the reply says that it was interrupted, and what waited is answered once."""
    scene.settings["RECOVERY_WINDOW_MINUTES"] = "0"
    async with bot_process(scene) as bot:
        held = await hold(scene, "One, ", "two.")
        message = await first_shown(scene, held)
        scene.actor(scene.ann).say(held.thread, "and this?")
        scene.actor(scene.ann).say(held.thread, "and that?")
        await until_waiting(scene, held.thread, 2)
        await until_stored(scene, message, None)
        assert await bot.end(signal.SIGKILL) == -signal.SIGKILL
    assert has_stop_button(message)
    async with scene.bot():
        await scene.until(lambda: not has_stop_button(message))
        answer = await scene.answer_in(held.thread, 2)
        await scene.until(lambda: message.content == f"One,\n{Sentence.INTERRUPTED_OVERTAKEN}")
    assert message.components == []
    assert "and this?\n\nand that?" in answer.content
    assert len(asked(scene)) == 2
    assert (await stored(scene, message)).outcome is Outcome.INTERRUPTED


async def _left_behind(scene: Scene, text: str) -> tuple[Channel, list[Message]]:
    """Leave what a process leaves that is killed while its answer has come so far."""
    root = scene.actor(scene.ben).say(scene.channel, "about this")
    thread = scene.world.start_thread(scene.world.bot, scene.channel, "this", message=root)
    question = scene.actor(scene.ann).say(thread, "tell me")
    place = PlaceKey(thread.id, scene.guild.id, scene.channel.id)
    received = Received(question.id, place, scene.ann.id, scene.ann.name, "tell me")
    now = datetime.now(UTC)
    async with opened_store(scene) as store:
        receipt = await store.queue.receive(received, Limits(9, None, now, now))
        exchange = await store.turns.next_exchange(
            receipt.conversation_id, model="allenai/tulu3-405b", parameters=Parameters()
        )
        assert exchange is not None
        reply_id, turn_id = exchange.reply.reply_id, exchange.turn.id
        await store.replies.place(reply_id, Spot(thread.id, scene.guild.id))
        shown = post_streaming(scene, thread, turn_id, text)
        await store.replies.record_step(
            reply_id, [part for _, part in shown], turn_id=turn_id, text=text
        )
    return thread, [message for message, _ in shown]


async def test_only_the_last_message_of_a_reply_left_behind_is_marked(scene: Scene) -> None:
    """The mark goes under the last part and takes the button away; a full part is left alone."""
    scene.settings["RECOVERY_WINDOW_MINUTES"] = "0"
    page = "x" * 2000
    thread, (first, last) = await _left_behind(scene, f"{page}The second")
    async with scene.bot():
        await scene.until(lambda: not has_stop_button(last))
    assert (first.content, first.edits) == (page, [])
    assert last.content == f"The second\n{Sentence.INTERRUPTED}"
    assert len(scene.from_bot(thread)) == 2


async def test_a_mark_without_room_has_a_message_of_its_own(scene: Scene) -> None:
    """A reply left behind keeps its text whole; the mark belongs to it when it is asked again."""
    scene.settings["RECOVERY_WINDOW_MINUTES"] = "0"
    text = "x" * 1990
    thread, (message,) = await _left_behind(scene, text)
    async with scene.bot():
        await scene.until(lambda: len(scene.finished(thread)) == 2)
        marked = scene.from_bot(thread)
        assert [each.content for each in marked] == [text, Sentence.INTERRUPTED]
        assert [labels_of(each) for each in marked] == [[], _BOTH]
        scene.script.queue(Answer("Now."))
        await scene.actor(scene.ann).click(marked[1], label="Try again")
        await scene.until(lambda: [it.content for it in scene.from_bot(thread)] == ["Now."])
    assert scene.from_bot(thread) == [message]


async def test_a_question_left_without_any_words_is_told_of(scene: Scene) -> None:
    """A question whose answer had shown nothing yet is told that it was interrupted."""
    scene.settings["RECOVERY_WINDOW_MINUTES"] = "0"
    thread, _ = await _left_behind(scene, "")
    async with scene.bot():
        answer = await scene.answer_in(thread)
    assert answer.content == Sentence.INTERRUPTED


async def test_a_button_left_behind_works_in_the_next_life(scene: Scene) -> None:
    """Who clicks *Stop* under an answer that has ended is told so, and sees the whole of it."""
    async with scene.bot():
        _, message = await scene.ask("hello")
        whole = message.content
    await leave_streaming(scene, message, "You")
    async with scene.bot():
        record = await scene.actor(scene.ann).click(message, label="Stop")
        await record.until(lambda: record.followups)
        await scene.until(lambda: message.content == whole)
    assert record.callback is CallbackKind.DEFERRED_UPDATE
    assert record.followups[0].is_ephemeral
    assert record.followups[0].content == Sentence.STOP_ENDED
    await scene.until(lambda: message.components == [])


async def test_a_mark_waits_for_a_discord_that_fails(scene: Scene) -> None:
    """The mark of an interrupted reply is made although Discord fails for a moment."""
    scene.settings["RECOVERY_WINDOW_MINUTES"] = "0"
    _, (message,) = await _left_behind(scene, "One,")
    scene.discord.faults.answer("PATCH", "/channels/*/messages/*", 503)
    async with scene.bot():
        await scene.until(lambda: not has_stop_button(message))
    assert message.content == f"One,\n{Sentence.INTERRUPTED}"


async def test_a_notice_whose_answer_was_lost_is_not_posted_twice(scene: Scene) -> None:
    """A notice is told once, though the connection was lost after Discord had taken it."""
    scene.settings["RECOVERY_WINDOW_MINUTES"] = "0"
    thread, _ = await _left_behind(scene, "")
    scene.discord.faults.reset("POST", f"/channels/{thread.id}/messages", after=True)
    scene.discord.gateway.faults.swallow_next("MESSAGE_CREATE")
    async with scene.bot():
        posts = f"/channels/{thread.id}/messages"
        await scene.until(lambda: len(scene.discord.requests_to("POST", posts)) == 2)
        await scene.ask("and on")
    assert [each.content for each in scene.from_bot(thread)] == [Sentence.INTERRUPTED]


@pytest.mark.timeout(120)  # likewise
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_ends_the_process_cleanly(scene: Scene, number: signal.Signals) -> None:
    """SIGINT and SIGTERM end with streams marked and exit code 0."""
    async with bot_process(scene, SHUTDOWN_GRACE_S="0.2") as bot:
        held = await hold(scene, "One, ", "two.")
        message = await first_shown(scene, held)
        assert await bot.end(number) == 0
    assert (message.content, labels_of(message)) == (f"One,\n{Sentence.INTERRUPTED}", _BOTH)


async def test_shutdown_ends_although_discord_is_down(scene: Scene) -> None:
    """The process ends within seconds when nothing can be shown; the store knows all the same."""
    async with scene.bot():
        held = await hold(scene, "One, ", "two.")
        message = await first_shown(scene, held)
        scene.discord.faults.begin_outage()
    scene.discord.faults.end_outage()
    assert (await stored(scene, message)).outcome is Outcome.INTERRUPTED


async def test_two_answers_in_two_places_are_both_marked_at_shutdown(scene: Scene) -> None:
    """Every running answer is interrupted and marked, not only the first."""
    async with scene.bot():
        first = await hold(scene, "One, ", "two.")
        one = await first_shown(scene, first)
        second = await hold(scene, "Three, ", "four.", person=scene.ben)
        two = await first_shown(scene, second)
    assert [one.content, two.content] == [
        f"One,\n{Sentence.INTERRUPTED}",
        f"Three,\n{Sentence.INTERRUPTED}",
    ]


async def test_a_restart_posts_no_duplicate_of_an_answer(scene: Scene) -> None:
    """An answer that was complete is neither posted nor asked again after a restart."""
    scene.script.queue(Answer("Whole."))
    async with scene.bot():
        thread, answer = await scene.ask("go")
    began_at = datetime.now(UTC)
    async with scene.bot():
        await until_heard(scene, began_at)
        await scene.ask("something else", scene.ben)
    assert scene.from_bot(thread) == [answer]
    assert len(asked(scene)) == 2
