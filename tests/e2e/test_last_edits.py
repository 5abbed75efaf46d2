"""Last edits that a killed process did not make: made at the next start, and nothing is wiped."""

import sqlite3
from collections.abc import AsyncGenerator
from contextlib import closing

import pytest

from conversation.events import ReplyEvent, TextDelta
from conversation.service import Assignment, ConversationService
from conversation.stop_signal import StopSignal
from delivery.discord_api import Row, view_of
from rendering.buttons import Button, Buttons
from rendering.cursor import CURSOR
from rendering.wording.sentences import Sentence, say
from sandbox.models.script import Answer, Cut, Gate
from sandbox.world.entities import Change, Channel, Draft, Message
from tests.e2e.crashes import execute, forget_the_end, leave_streaming
from tests.e2e.scene import Scene, labels_of
from tests.e2e.streams import first_shown, hold, stored, until_heard, until_shown
from tests.e2e.taking_up import CAME, cut_answer, press

_AGAIN: Buttons = frozenset({Button.AGAIN})
_UNASKED = {"RECOVERY_WINDOW_MINUTES": "0"}
_IMPATIENT = {"UPSTREAM_ATTEMPTS": "1"}


def _contents(scene: Scene, channel: Channel) -> list[str]:
    return [message.content for message in scene.from_bot(channel)]


async def _answered(scene: Scene) -> tuple[Channel, Message]:
    """Have one question answered in the life of a bot that ends then."""
    async with scene.bot():
        thread, answer = await scene.ask("hello")
        await until_heard(scene)
    return thread, answer


async def _add_part(scene: Scene, thread: Channel, content: str, row: Row) -> Message:
    """Leave a further message of the only reply, as the former of two answers had it."""
    draft = Draft(content=content, components=tuple(view_of(row).to_components()))
    message = scene.world.post(scene.world.bot, thread, draft)
    await execute(
        scene,
        "INSERT INTO part (reply_id, ordinal, channel_id, message_id, nonce)"
        " SELECT id, 1, ?, ?, '' FROM reply",
        thread.id,
        message.id,
    )
    return message


async def _forget_message(scene: Scene, message: Message, *, is_there: bool) -> None:
    """Leave a message as a kill around its post does: perhaps there, and its id not known."""
    await execute(
        scene,
        "UPDATE reply SET shown_rev = wanted_rev - 1"
        " WHERE id = (SELECT reply_id FROM part WHERE message_id = ?)",
        message.id,
    )
    await execute(
        scene,
        "UPDATE part SET message_id = NULL, is_confirmed = 0 WHERE message_id = ?",
        message.id,
    )
    message.nonce = None
    if not is_there:
        scene.world.delete(message)


@pytest.mark.parametrize("is_shorter_shown", [False, True])
async def test_what_is_left_of_a_longer_answer_goes(
    scene: Scene, *, is_shorter_shown: bool
) -> None:
    """Where a shorter answer has taken over a reply, its end is shown and the surplus deleted."""
    thread, answer = await _answered(scene)
    turn_id = (await stored(scene, answer)).id
    await _add_part(scene, thread, f"the rest\n{Sentence.CUT}", Row(turn_id - 1, _AGAIN))
    await execute(scene, "UPDATE reply SET shown_rev = wanted_rev - 1")
    if not is_shorter_shown:
        await leave_streaming(scene, answer, "You")
    async with scene.bot():
        await scene.until(lambda: _contents(scene, thread) == ["You said: hello"])
        await until_shown(scene)
    assert answer.components == []


async def test_an_edit_of_which_nobody_knows_is_made_again(scene: Scene) -> None:
    """An edit that was sent, and of which Discord said nothing, is made at the next start."""
    _, answer = await _answered(scene)
    scene.world.edit(answer, Change(content=f"You{CURSOR}", components=()))
    await execute(scene, "UPDATE part SET is_confirmed = 0")
    await execute(scene, "UPDATE reply SET shown_rev = wanted_rev - 1")
    async with scene.bot():
        await scene.until(lambda: answer.content == "You said: hello")


async def test_a_notice_in_a_message_of_its_own_is_posted_late(scene: Scene) -> None:
    """A cut answer that fills its message gets the message that says so, if that was lost."""
    text = "w" * 1995
    async with scene.bot():
        scene.script.queue(Answer(f"{text}more", fault=Cut(len(text))))
        thread, _ = await scene.ask("hello")
        await scene.until(lambda: len(scene.finished(thread)) == 2)
        await until_heard(scene)
    await _forget_message(scene, scene.from_bot(thread)[1], is_there=False)
    async with scene.bot():
        await scene.until(lambda: len(scene.finished(thread)) == 2)
    assert _contents(scene, thread) == [text, Sentence.CUT]
    assert labels_of(scene.from_bot(thread)[1]) == ["Continue", "Try again"]


async def test_equal_words_of_another_answer_are_not_adopted(scene: Scene) -> None:
    """An answer whose message is lost is posted, though one before it says the same."""
    scene.script.queue(Answer("Yes."), Answer("Yes."))
    async with scene.bot():
        thread, first = await scene.ask("is it?")
        scene.actor(scene.ben).say(thread, "and that?")
        second = await scene.answer_in(thread, 2)
        await until_heard(scene)
    await _forget_message(scene, second, is_there=False)
    async with scene.bot():
        await scene.until(lambda: len(scene.from_bot(thread)) == 2)
        await until_shown(scene)
    assert (await stored(scene, first)).id < (await stored(scene, scene.from_bot(thread)[1])).id


async def test_lost_answers_are_posted_in_their_order(scene: Scene) -> None:
    """Where several answers of a place are to be posted, one is whole before the next begins."""
    long = "\n".join(f"line {number} " + "w" * 60 for number in range(80))
    scene.script.queue(Answer(chunks=[long]), Answer("Short."))
    async with scene.bot():
        thread, _ = await scene.ask("the long one?")
        scene.actor(scene.ann).say(thread, "and the short one?")
        await scene.until(lambda: _contents(scene, thread)[-1] == "Short.")
        await until_shown(scene)
        await until_heard(scene)
    posted = _contents(scene, thread)
    assert len(posted) == 4
    for message in scene.from_bot(thread):
        scene.world.delete(message)
    await execute(scene, "DELETE FROM part")
    await execute(scene, "UPDATE reply SET shown_rev = 0")
    async with scene.bot():
        await until_shown(scene)
    assert _contents(scene, thread) == posted


async def test_an_orphan_with_small_print_is_not_posted_again(scene: Scene) -> None:
    """A message that was posted by a process that was killed is found, small print and all."""
    async with scene.bot():
        mention = scene.mention("hello")
        question = scene.actor(scene.ann).say(scene.channel, mention, files=[("a.txt", b"x")])
        thread = await scene.thread_of(question)
        answer = await scene.answer_in(thread)
        await until_heard(scene)
    words = f"You said: hello\n{say(Sentence.UNREAD_FILES, names='`a.txt`')}"
    assert answer.content == words
    await _forget_message(scene, answer, is_there=True)
    async with scene.bot():
        await until_shown(scene)
    assert _contents(scene, thread) == [words]
    assert (await stored(scene, answer)).text == "You said: hello"


_SHOWN_SINCE = [
    "CREATE TEMP TABLE one AS SELECT * FROM turn WHERE role = 'assistant'",
    "UPDATE one SET id = NULL",
    *["INSERT INTO turn SELECT * FROM one"] * 1000,
    """INSERT INTO reply (conversation_id, turn_id, channel_id, wanted_rev, shown_rev)
    SELECT turn.conversation_id, turn.id, reply.channel_id, 2, 2 FROM turn, reply
    WHERE turn.role = 'assistant' AND turn.id != reply.turn_id""",
]
"""Statements that leave a thousand answers which are shown, after the only one."""


async def test_a_start_asks_discord_of_what_is_behind_alone(scene: Scene) -> None:
    """Of a thousand answers that are shown nothing is asked; the one that is behind is edited."""
    _, answer = await _answered(scene)
    await leave_streaming(scene, answer, "You")
    with closing(sqlite3.connect(scene.folder / "bobbin.db")) as database:
        database.executescript(";".join(_SHOWN_SINCE))
    before = _requests(scene)
    async with scene.bot():
        await scene.until(lambda: "Stop" not in labels_of(answer))
        await until_shown(scene)
    assert _requests(scene) - before == 1
    assert labels_of(answer) == []


def _requests(scene: Scene) -> int:
    """Count the requests about single messages, and the posts."""
    of_one = scene.discord.requests_to("*", "/channels/*/messages/*")
    return len(of_one) + len(scene.discord.requests_to("POST", "/channels/*/messages"))


@pytest.mark.parametrize(
    ("text", "shown", "offered"),
    [
        ("One, two", f"One, two\n{Sentence.INTERRUPTED}", ["Continue", "Try again"]),
        ("", Sentence.INTERRUPTED, ["Try again"]),
    ],
)
async def test_what_is_stored_of_a_broken_answer_is_shown(
    scene: Scene, text: str, shown: str, offered: list[str]
) -> None:
    """An interrupted answer shows all that was stored of it, which people may not have seen."""
    _, answer = await _answered(scene)
    await leave_streaming(scene, answer, text and "One,")
    await forget_the_end(scene)
    await execute(scene, "UPDATE turn SET text = ? WHERE role = 'assistant'", text)
    async with scene.bot(**_UNASKED):
        await scene.until(lambda: answer.content == shown)
    assert labels_of(answer) == offered


async def test_only_a_broken_answers_own_messages_stay(scene: Scene) -> None:
    """What follows them in the reply is of an answer that had been replaced."""
    thread, answer = await _answered(scene)
    turn_id = (await stored(scene, answer)).id
    await _add_part(scene, thread, "two", Row(turn_id - 1, _AGAIN))
    await leave_streaming(scene, answer, "You")
    await forget_the_end(scene)
    async with scene.bot(**_UNASKED):
        marked = [f"You said: hello\n{Sentence.INTERRUPTED}"]
        await scene.until(lambda: _contents(scene, thread) == marked)


async def test_a_mark_opens_an_archived_thread(scene: Scene) -> None:
    """An interrupted answer is marked although its thread was archived meanwhile."""
    thread, answer = await _answered(scene)
    await forget_the_end(scene)
    await leave_streaming(scene, answer, "You")
    scene.world.change_thread(thread, is_archived=True)
    async with scene.bot(**_UNASKED):
        await scene.until(lambda: Sentence.INTERRUPTED in answer.content)


@pytest.mark.parametrize("how", ["503", "reset"])
async def test_a_thread_that_cannot_be_opened_at_once_is_opened_later(
    scene: Scene, how: str
) -> None:
    """Where opening an archived thread fails for the moment, the end of the answer is shown."""
    async with scene.bot():
        held = await hold(scene, "One, two, three.")
        message = await first_shown(scene, held)
        scene.world.change_thread(held.thread, is_archived=True)
        path = f"/channels/{held.thread.id}"
        if how == "503":
            scene.discord.faults.answer("PATCH", path, 503)
        else:
            scene.discord.faults.reset("GET", path)
        held.gate.open()
        await scene.answer_in(held.thread)
    assert message.content == "One, two, three."


async def test_a_late_end_names_no_button_that_is_not_there(scene: Scene) -> None:
    """Under an answer that others followed, the words say what to do without its buttons."""
    async with scene.bot():
        thread, answer = await cut_answer(scene)
        scene.actor(scene.ann).say(thread, "and now?")
        await scene.answer_in(thread, 2)
        await until_heard(scene)
    await leave_streaming(scene, answer, "One")
    async with scene.bot():
        await scene.until(lambda: "Stop" not in labels_of(answer))
    assert answer.content == f"{CAME}\n{Sentence.CUT_OVERTAKEN}"
    assert labels_of(answer) == []


async def test_a_second_attempt_without_words_takes_nothing_away(scene: Scene) -> None:
    """Where *Try again* fails before the first word, what was shown stays, and it says so."""
    async with scene.bot(**_IMPATIENT):
        _, answer = await cut_answer(scene)
        scene.script.queue(Answer("x", fault=Cut(0)))
        await press(scene, answer, "Try again")
        await scene.until(lambda: answer.content.endswith(Sentence.CUT_UNSAID))
        assert answer.content == f"{CAME}\n{Sentence.REPLACED_STAYS}\n{Sentence.CUT_UNSAID}"
        assert labels_of(answer) == ["Try again"]
        scene.script.queue(Answer("Whole."))
        await press(scene, answer, "Try again")
        await scene.until(lambda: answer.content == "Whole.")


async def test_what_was_shown_before_a_kill_stays_where_the_model_fails(scene: Scene) -> None:
    """A broken answer that is asked again in vain is still there, also after one more start."""
    _, answer = await _answered(scene)
    await forget_the_end(scene)
    await leave_streaming(scene, answer, "You")
    scene.script.queue(Answer("x", fault=Cut(0)))
    words = f"You said: hello\n{Sentence.REPLACED_STAYS}\n{Sentence.CUT_UNSAID}"
    async with scene.bot(**_IMPATIENT):
        await scene.until(lambda: answer.content == words)
    await leave_streaming(scene, answer, "")
    async with scene.bot():
        await scene.until(lambda: "Stop" not in labels_of(answer))
    assert answer.content == words


async def test_an_answer_that_broke_off_says_so_when_discord_is_back(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where something goes wrong in the bot, the words wait for Discord as other ends do."""
    real = ConversationService.stream

    async def stream(
        self: ConversationService, assignment: Assignment, stop: StopSignal
    ) -> AsyncGenerator[ReplyEvent, None]:
        async for event in real(self, assignment, stop):
            if event == TextDelta("two."):
                raise RuntimeError("a defect")
            yield event

    monkeypatch.setattr(ConversationService, "stream", stream)
    async with scene.bot():
        held = await hold(scene, "One, ", "two.")
        message = await first_shown(scene, held)
        scene.discord.faults.answer("PATCH", "/channels/*/messages/*", 503)
        held.gate.open()
        await scene.until(lambda: Sentence.INTERNAL in message.content)
    assert labels_of(message) == ["Continue", "Try again"]


async def test_a_place_in_line_leaves_what_was_shown(scene: Scene) -> None:
    """While a second attempt waits for its turn, the first one's text stays."""
    async with scene.bot(MAX_STREAMS="1"):
        _, answer = await cut_answer(scene)
        held = await hold(scene, "One, ", "two.", person=scene.ben)
        await first_shown(scene, held)
        gate = Gate()
        scene.script.queue(Answer(chunks=("Whole.",), hold=gate))
        await press(scene, answer, "Try again")
        line = say(Sentence.QUEUED, number=1)
        await scene.until(lambda: answer.content.endswith(line))
        assert answer.content.startswith(CAME)
        held.gate.open()
        gate.open()
        await scene.until(lambda: answer.content == "Whole.")
