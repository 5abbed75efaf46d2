"""*Continue* and *Try again* under an answer that ended without being whole."""

import asyncio
import logging

import pytest

from conversation.service import GO_ON
from rendering.wording.sentences import Sentence
from sandbox.models.openai.server import OpenAIServer
from sandbox.models.script import Answer, Cut, Gate, HangUp, Http, Script
from sandbox.world.entities import Message
from sandbox.world.permissions import Permission
from tests.e2e.crashes import forget_the_end, leave_streaming
from tests.e2e.disks import unwritable
from tests.e2e.scene import Scene, labels_of
from tests.e2e.steps import asked as asked_of
from tests.e2e.steps import command, let_manage, told
from tests.e2e.streams import asked, first_shown, has_stop_button, hold, stored, until_heard
from tests.e2e.taking_up import CAME, REST, cut_answer, press, refusal_of

BOTH = ["Continue", "Try again"]
both = pytest.mark.parametrize("label", BOTH)
_IMPATIENT = {"UPSTREAM_ATTEMPTS": "1"}


def _shown(messages: list[Message]) -> list[str]:
    return [message.content for message in messages]


def _lose_the_next(scene: Scene) -> None:
    """Let the next first answer to an interaction come to Discord, but not what Discord says."""
    scene.discord.faults.answer("POST", "/interactions/*", 504, after=True)


def _keep_the_buttons(scene: Scene, message: Message) -> None:
    """Let nobody change a message: its buttons stay, whatever the bot wants."""
    path = f"/channels/{message.channel_id}/messages/{message.id}"
    scene.discord.faults.answer("PATCH", path, 503, times=1000)


async def test_continue_brings_the_rest_in_further_messages(scene: Scene) -> None:
    """What was shown stays, without its notice and buttons; the rest comes in messages after it."""
    async with scene.bot():
        thread, message = await cut_answer(scene)
        assert (message.content, labels_of(message)) == (f"{CAME}\n{Sentence.CUT}", BOTH)
        scene.script.queue(Answer(REST))
        await press(scene, message, "Continue")
        rest = await scene.answer_in(thread, 2)
        await scene.until(lambda: not message.components)
    assert _shown(scene.from_bot(thread)) == [CAME, REST]
    assert rest.components == []
    assert rest.reference is None


async def test_the_model_is_asked_with_the_path_and_so_is_the_next_question(scene: Scene) -> None:
    """The model sees its answer and is told to go on; afterwards it sees both pieces."""
    script = Script(Answer(f"{CAME} three", fault=Cut(len(CAME))), Answer(REST), Answer("Fine."))
    async with OpenAIServer(script, flavour="openai", models=("demo",)) as server:
        environ = {"PROVIDERS__OTHER__BASE_URL": server.base_url, "DEFAULT_MODEL": "other/demo"}
        async with scene.bot(**environ):
            thread, message = await scene.ask("count")
            await press(scene, message, "Continue")
            await scene.answer_in(thread, 2)
            scene.actor(scene.ann).say(thread, "thanks")
            await scene.answer_in(thread, 3)
        _, second, third = asked_of(server)
    path = [("user", "count"), ("assistant", CAME), ("user", GO_ON)]
    assert told(second) == path
    assert told(third) == [*path, ("assistant", REST), ("user", "thanks")]


async def test_try_again_puts_a_new_answer_in_place_of_the_old(scene: Scene) -> None:
    """The question is asked once more, and the same message shows the new answer alone."""
    async with scene.bot():
        thread, message = await cut_answer(scene)
        scene.script.queue(Answer("One two three."))
        await press(scene, message, "Try again")
        await scene.until(lambda: message.content == "One two three.")
        await scene.until(lambda: not message.components)
    assert scene.from_bot(thread) == [message]
    first, second = asked(scene)
    assert first.asked is not None
    assert second.asked is not None
    assert [it.text for it in second.asked.messages] == [it.text for it in first.asked.messages]


@both
async def test_the_buttons_work_after_a_restart(scene: Scene, label: str) -> None:
    """A button that an earlier process left does what it says."""
    async with scene.bot():
        thread, message = await cut_answer(scene)
    scene.script.queue(Answer("The rest of it."))
    async with scene.bot():
        await press(scene, message, label)
        await scene.until(lambda: scene.from_bot(thread)[-1].content == "The rest of it.")
        await scene.until(lambda: not message.components)


async def test_the_buttons_go_once_the_conversation_has_gone_on(scene: Scene) -> None:
    """An answer that is not the newest any more has no buttons, nor words that name them."""
    async with scene.bot():
        thread, message = await cut_answer(scene)
        scene.actor(scene.ann).say(thread, "never mind")
        await scene.answer_in(thread, 2)
        await scene.until(lambda: not message.components)
    assert message.content == f"{CAME}\n{Sentence.CUT_OVERTAKEN}"


async def test_the_buttons_go_with_a_reset(scene: Scene) -> None:
    """The answers of a conversation that was left have no buttons."""
    async with scene.bot():
        thread, message = await cut_answer(scene)
        await scene.actor(scene.ann).slash(thread, "reset")
        await scene.until(lambda: not message.components)
    assert message.content == f"{CAME}\n{Sentence.CUT_OVERTAKEN}"


@both
async def test_nothing_is_taken_up_once_the_conversation_has_gone_on(
    scene: Scene, label: str
) -> None:
    """A button that is still there, for Discord is slow, says that it came too late."""
    async with scene.bot():
        thread, message = await cut_answer(scene)
        _keep_the_buttons(scene, message)
        scene.actor(scene.ann).say(thread, "never mind")
        await scene.answer_in(thread, 2)
        assert await refusal_of(await press(scene, message, label)) == Sentence.GONE_ON
    assert len(asked(scene)) == 2


async def test_nothing_is_taken_up_while_the_next_answer_comes(scene: Scene) -> None:
    """While another question is being answered nothing older is taken up."""
    async with scene.bot():
        thread, message = await cut_answer(scene)
        _keep_the_buttons(scene, message)
        gate = Gate()
        scene.script.queue(Answer(chunks=["a", "b"], hold=gate))
        scene.actor(scene.ann).say(thread, "another")
        gate.release()
        await scene.until(lambda: len(scene.from_bot(thread)) == 2)
        assert await refusal_of(await press(scene, message, "Continue")) == Sentence.GONE_ON
        gate.open()
        await scene.answer_in(thread, 2)
    assert len(asked(scene)) == 2


async def test_nothing_is_taken_up_after_a_reset(scene: Scene) -> None:
    """A conversation that was left for a fresh one is not gone on with."""
    async with scene.bot():
        thread, message = await cut_answer(scene)
        _keep_the_buttons(scene, message)
        await scene.actor(scene.ann).slash(thread, "reset")
        assert await refusal_of(await press(scene, message, "Try again")) == Sentence.GONE_ON


@both
async def test_a_stranger_may_not_press_them(scene: Scene, label: str) -> None:
    """Who is neither asked, starter nor moderator is refused ephemerally, and nothing is asked."""
    async with scene.bot():
        _, message = await cut_answer(scene)
        record = await press(scene, message, label, scene.ben)
        assert await refusal_of(record) == Sentence.NOT_YOURS
    assert len(asked(scene)) == 1
    assert labels_of(message) == BOTH


async def test_whoever_may_manage_messages_may_press_them(scene: Scene) -> None:
    """A moderator may have anybody's answer taken up."""
    let_manage(scene, scene.ben)
    async with scene.bot():
        thread, message = await cut_answer(scene)
        scene.script.queue(Answer(REST))
        await press(scene, message, "Continue", scene.ben)
        await scene.answer_in(thread, 2)
    assert _shown(scene.from_bot(thread)) == [CAME, REST]


async def test_whom_the_owner_blocks_may_not_press_them(scene: Scene) -> None:
    """A button asks the model, so that the owner's rules hold for it."""
    async with scene.bot():
        _, message = await cut_answer(scene)
    async with scene.bot(BLOCKED_USERS=str(scene.ann.id)):
        assert await refusal_of(await press(scene, message, "Try again")) == Sentence.BLOCKED


@pytest.mark.parametrize("other", BOTH)
@both
async def test_two_quick_clicks_make_one_answer(scene: Scene, label: str, other: str) -> None:
    """Of two clicks at once one is heeded; the other is told that it came too late."""
    async with scene.bot():
        thread, message = await cut_answer(scene)
        scene.script.queue(Answer(REST))
        records = await asyncio.gather(press(scene, message, label), press(scene, message, other))
        await scene.until(lambda: any(it.followups for it in records))
        await scene.until(lambda: REST in _shown(scene.from_bot(thread)))
    assert [it.content for record in records for it in record.followups] == [Sentence.GONE_ON]
    assert len(asked(scene)) == 2


async def test_a_rest_that_fails_can_be_gone_on_with(scene: Scene) -> None:
    """An answer that goes on with another has the same buttons when it is cut in its turn."""
    async with scene.bot():
        thread, message = await cut_answer(scene)
        scene.script.queue(Answer("three four", fault=Cut(5)), Answer("four."))
        await press(scene, message, "Continue")
        second = await scene.answer_in(thread, 2)
        assert (second.content, labels_of(second)) == (f"three\n{Sentence.CUT}", BOTH)
        await press(scene, second, "Continue")
        await scene.answer_in(thread, 3)
        await scene.until(lambda: not second.components)
    assert _shown(scene.from_bot(thread)) == [CAME, "three", "four."]


async def test_a_rest_that_fails_can_be_asked_for_again(scene: Scene) -> None:
    """*Try again* under the rest replaces the rest alone."""
    async with scene.bot():
        thread, message = await cut_answer(scene)
        scene.script.queue(Answer("three four", fault=Cut(5)), Answer(REST))
        await press(scene, message, "Continue")
        second = await scene.answer_in(thread, 2)
        edits = len(message.edits)
        await press(scene, second, "Try again")
        await scene.until(lambda: _shown(scene.from_bot(thread)) == [CAME, REST])
        await scene.until(lambda: not second.components)
    assert len(message.edits) == edits


async def test_the_rest_can_be_stopped(scene: Scene) -> None:
    """While the rest comes it has a *Stop* button; stopping it leaves the beginning as it is."""
    async with scene.bot():
        thread, message = await cut_answer(scene)
        gate = Gate()
        scene.script.queue(Answer(chunks=["three ", "four"], hold=gate))
        await press(scene, message, "Continue")
        gate.release()
        await scene.until(lambda: len(scene.from_bot(thread)) == 2)
        second = scene.from_bot(thread)[1]
        assert has_stop_button(second)
        await scene.actor(scene.ann).click(second, label="Stop")
        await scene.until(lambda: not second.components)
    assert _shown(scene.from_bot(thread)) == [CAME, f"three\n{Sentence.STOPPED}"]


async def test_deleting_the_question_stops_the_rest(scene: Scene) -> None:
    """The rest answers the question as the beginning did, and is stopped when that is deleted."""
    place = scene.actor(scene.ann).open_direct_message()
    async with scene.bot():
        scene.script.queue(Answer(f"{CAME} three", fault=Cut(len(CAME))))
        question = scene.actor(scene.ann).say(place, "count")
        message = await scene.answer_in(place)
        gate = Gate()
        scene.script.queue(Answer(chunks=["three ", "four"], hold=gate))
        await press(scene, message, "Continue")
        gate.release()
        await scene.until(lambda: len(scene.from_bot(place)) == 2)
        scene.actor(scene.ann).delete(question)
        second = await scene.answer_in(place, 2)
    assert second.content == f"three\n{Sentence.STOPPED}"


async def test_both_pieces_are_known_as_messages_of_the_conversation(scene: Scene) -> None:
    """A reply to the beginning or to the rest goes on in the conversation, in a channel as well."""
    scene.world.set_permissions(
        scene.channel, scene.world.bot, deny=Permission.CREATE_PUBLIC_THREADS
    )
    async with scene.bot():
        scene.script.queue(Answer(f"{CAME} three", fault=Cut(len(CAME))), Answer(REST))
        scene.actor(scene.ann).say(scene.channel, scene.mention("count"))
        message = await scene.answer_in(scene.channel)
        await press(scene, message, "Continue")
        rest = await scene.answer_in(scene.channel, 2)
        assert rest.reference is None
        for number, piece in enumerate((message, rest), start=3):
            scene.actor(scene.ann).say(scene.channel, "why?", reply_to=piece)
            await scene.answer_in(scene.channel, number)
    for request in asked(scene)[2:]:
        assert request.asked is not None
        words = " ".join(it.text for it in request.asked.messages)
        assert CAME in words
        assert REST in words


async def test_a_notice_that_has_a_message_of_its_own_goes_with_it(scene: Scene) -> None:
    """Where the notice stood in a message of its own, that is gone when the answer goes on."""
    text = "x" * 1990
    async with scene.bot():
        scene.script.queue(Answer(chunks=[text], fault=Cut(None)), Answer(REST))
        thread, _ = await scene.ask("go")
        await scene.until(lambda: len(scene.finished(thread)) == 2)
        first, second = scene.from_bot(thread)
        assert (labels_of(first), labels_of(second)) == ([], BOTH)
        await press(scene, second, "Continue")
        await scene.until(lambda: _shown(scene.from_bot(thread)) == [text, REST])


async def test_messages_that_were_deleted_are_not_counted_on(scene: Scene) -> None:
    """A long answer in place of a short one in place of a long one is shown whole."""
    long = "word " * 500
    async with scene.bot():
        scene.script.queue(
            Answer(long, fault=Cut(None)), Answer("Short.", fault=Cut(None)), Answer(long)
        )
        thread, message = await scene.ask("go")
        await scene.until(lambda: len(scene.finished(thread)) == 2)
        await press(scene, scene.from_bot(thread)[1], "Try again")
        await scene.until(lambda: _shown(scene.from_bot(thread)) == [f"Short.\n{Sentence.CUT}"])
        await press(scene, message, "Try again")
        await scene.until(lambda: len(scene.from_bot(thread)) == 2)
        await scene.until(lambda: len(scene.finished(thread)) == 2)
    assert " ".join(_shown(scene.from_bot(thread))) == long.strip()


async def test_an_answer_without_words_can_only_be_asked_for_again(scene: Scene) -> None:
    """Where nothing came there is nothing to go on with."""
    async with scene.bot(**_IMPATIENT):
        scene.script.queue(Answer(fault=HangUp()), Answer("Now."))
        thread, message = await scene.ask("go")
        assert (message.content, labels_of(message)) == (Sentence.CUT_UNSAID, ["Try again"])
        await press(scene, message, "Try again")
        await scene.until(lambda: _shown(scene.from_bot(thread)) == ["Now."])


@pytest.mark.parametrize(
    ("answer", "notice"),
    [(Answer("Whole."), "Whole."), (Answer(fault=Http(401)), Sentence.UNAUTHORIZED)],
    ids=["complete", "no use"],
)
async def test_nothing_is_offered_that_would_not_help(
    scene: Scene, answer: Answer, notice: str
) -> None:
    """A whole answer has no buttons, nor has one that would fail in the same way again."""
    scene.script.queue(answer)
    async with scene.bot(**_IMPATIENT):
        _, message = await scene.ask("go")
    assert (message.content, message.components) == (notice, [])


@both
async def test_what_was_killed_long_ago_is_offered(scene: Scene, label: str) -> None:
    """An answer broken off longer ago than the window has both buttons, and they work."""
    scene.settings["RECOVERY_WINDOW_MINUTES"] = "0"
    async with scene.bot():
        held = await hold(scene, f"{CAME} ", "three.")
        message = await first_shown(scene, held)
    await forget_the_end(scene)
    await leave_streaming(scene, message, CAME)
    scene.script.queue(Answer("The rest of it."))
    async with scene.bot():
        await scene.until(lambda: labels_of(message) == BOTH)
        assert message.content == f"{CAME}\n{Sentence.INTERRUPTED}"
        await press(scene, message, label)
        await scene.until(lambda: scene.from_bot(held.thread)[-1].content == "The rest of it.")
        await scene.until(lambda: not message.components)
    beginning = [CAME] if label == "Continue" else []
    assert _shown(scene.from_bot(held.thread)) == [*beginning, "The rest of it."]


async def test_an_end_that_is_shown_late_is_offered(scene: Scene) -> None:
    """An answer that was cut before a kill, but not shown so, has its buttons at start."""
    async with scene.bot():
        _, message = await cut_answer(scene)
        await until_heard(scene)
    await leave_streaming(scene, message, "One")
    async with scene.bot():
        await scene.until(lambda: labels_of(message) == BOTH)
    assert message.content == f"{CAME}\n{Sentence.CUT}"


async def test_a_kill_while_the_rest_comes_leaves_the_beginning_alone(scene: Scene) -> None:
    """After a kill the rest is asked for again, in its own message, and the beginning stays."""
    async with scene.bot():
        thread, message = await cut_answer(scene)
        gate = Gate()
        scene.script.queue(Answer(chunks=["thr", "ee"], hold=gate))
        await press(scene, message, "Continue")
        gate.release()
        await scene.until(lambda: len(scene.from_bot(thread)) == 2)
        await scene.until(lambda: not message.components)
    await forget_the_end(scene)
    shown = scene.from_bot(thread)
    scene.script.queue(Answer(REST))
    async with scene.bot():
        await scene.until(lambda: _shown(scene.from_bot(thread)) == [CAME, REST])
    assert scene.from_bot(thread) == shown


async def test_a_kill_before_the_rest_was_shown_loses_nothing(scene: Scene) -> None:
    """Killed before its first words, the rest still comes, and the beginning loses its buttons."""
    async with scene.bot():
        thread, message = await cut_answer(scene)
        scene.discord.faults.answer("PATCH", "/channels/*/messages/*", 503, times=1000)
        gate = Gate()
        scene.script.queue(Answer("never said", hold=gate))
        await press(scene, message, "Continue")
        await scene.until(lambda: len(asked(scene)) == 2)
        scene.discord.faults.answer("POST", "/channels/*/messages", 503, times=1000)
    scene.discord.faults.clear()
    await forget_the_end(scene)
    assert labels_of(message) == BOTH
    scene.script.queue(Answer(REST))
    async with scene.bot():
        await scene.until(lambda: _shown(scene.from_bot(thread)) == [CAME, REST])
        await scene.until(lambda: not message.components)


async def test_a_press_is_one_of_the_turns_of_the_day(scene: Scene) -> None:
    """What somebody presses a button for counts as what they ask, and is refused with it."""
    async with scene.bot(TURNS_PER_PERSON_PER_DAY="2"):
        thread, message = await cut_answer(scene)
        scene.script.queue(Answer("three four", fault=Cut(5)))
        await press(scene, message, "Continue")
        second = await scene.answer_in(thread, 2)
        words = await refusal_of(await press(scene, second, "Continue"))
        assert words.startswith(Sentence.QUOTA_SPENT.split("{")[0])
        scene.actor(scene.ann).say(thread, "and I?")
        refused = await scene.answer_in(thread, 3)
        assert refused.content.startswith(Sentence.QUOTA_SPENT.split("{")[0])
    assert len(asked(scene)) == 2


async def test_an_acknowledgement_whose_answer_was_lost_is_one(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    """What Discord took, but did not say so, is not taken for a failure, and is done."""
    caplog.set_level(logging.INFO, "delivery.interactions")
    async with scene.bot():
        thread, message = await cut_answer(scene)
        _lose_the_next(scene)
        record = await press(scene, message, "Continue", scene.ben)
        assert await refusal_of(record) == Sentence.NOT_YOURS
        scene.script.queue(Answer(REST))
        _lose_the_next(scene)
        await press(scene, message, "Continue")
        await scene.until(lambda: REST in _shown(scene.from_bot(thread)))
        _lose_the_next(scene)
        assert await command(scene, thread, "stop") == Sentence.STOP_NOTHING
        await scene.until(lambda: caplog.text.count("was answered already") == 3)
    assert [it for it in _shown(scene.from_bot(thread)) if it in (CAME, REST)] == [CAME, REST]
    assert [each for each in caplog.records if each.levelno >= logging.ERROR] == []


async def test_a_store_that_fails_is_told_of(scene: Scene) -> None:
    """Where nothing can be stored nothing is asked, and whoever clicked is told."""
    async with scene.bot():
        _, message = await cut_answer(scene)
        files = [scene.folder / name for name in ("bobbin.db", "bobbin.db-wal")]
        async with unwritable(files):
            record = await press(scene, message, "Continue")
            assert await refusal_of(record) == Sentence.COMMAND_STORE_DOWN
    assert len(asked(scene)) == 1
    assert labels_of(message) == BOTH


async def test_the_rest_is_stored_as_an_answer_of_its_own(scene: Scene) -> None:
    """The rest is a turn after a hidden one, which nobody said; commands see who was answered."""
    async with scene.bot():
        thread, message = await cut_answer(scene)
        scene.script.queue(Answer(REST))
        await press(scene, message, "Continue")
        rest = await scene.answer_in(thread, 2)
        assert await command(scene, thread, "model", scene.ben, name="tulu3-405b") == (
            Sentence.NOT_YOURS
        )
    beginning, end = await stored(scene, message), await stored(scene, rest)
    assert (beginning.text, end.text) == (CAME, REST)
    assert end.parent_id not in (None, beginning.id)
