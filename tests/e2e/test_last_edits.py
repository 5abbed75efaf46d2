"""Last edits that a killed process did not make: made at the next start, and nothing is wiped."""

import asyncio
import sqlite3
from collections.abc import Sequence
from contextlib import closing

import pytest

from delivery.discord_api import Row, view_of
from rendering.buttons import STREAMING, Button, Buttons
from rendering.cursor import CURSOR
from rendering.wording.english import Notice, overtaken, say
from sandbox.models.script import Answer, Cut, Gate
from sandbox.world.entities import Change, Channel, Draft, Message
from storage.sqlite.store import SqlStore
from tests.e2e.crashes import forget_the_end, leave_streaming
from tests.e2e.scene import Scene, labels_of
from tests.e2e.streams import first_shown, hold, stored, until_alive
from tests.e2e.taking_up import CAME, cut_answer, press

_AGAIN: Buttons = frozenset({Button.AGAIN})
_UNASKED = {"RECOVERY_WINDOW_MINUTES": "0"}
_IMPATIENT = {"UPSTREAM_ATTEMPTS": "1"}


def _execute(scene: Scene, statement: str, *parameters: object) -> None:
    with closing(sqlite3.connect(scene.folder / "bobbin.db")) as database, database:
        database.execute(statement, parameters)


def _contents(scene: Scene, channel: Channel) -> list[str]:
    return [message.content for message in scene.from_bot(channel)]


async def _answered(scene: Scene, text: str = "") -> tuple[Channel, Message]:
    """Have one question answered in the life of a bot that ends then."""
    if text:
        scene.script.queue(Answer(text))
    async with scene.bot():
        thread, answer = await scene.ask("hello")
        await until_alive(scene)
    return thread, answer


def _add_part(scene: Scene, thread: Channel, content: str, row: Row) -> Message:
    """Leave a further message of the only reply, as the former of two answers had it."""
    draft = Draft(content=content, components=tuple(view_of(row).to_components()))
    message = scene.world.post(scene.world.bot, thread, draft)
    _execute(
        scene,
        "INSERT INTO part (reply_id, ordinal, channel_id, message_id, nonce)"
        " SELECT id, 1, ?, ?, '' FROM reply",
        thread.id,
        message.id,
    )
    return message


def _forget_message(scene: Scene, message: Message, *, is_there: bool) -> None:
    """Leave a message as a kill around its post does: perhaps there, and known to nobody."""
    _execute(scene, "DELETE FROM part WHERE message_id = ?", message.id)
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
    _add_part(scene, thread, f"the rest\n{Notice.CUT}", Row(turn_id - 1, _AGAIN))
    if not is_shorter_shown:
        await leave_streaming(scene, answer, "You")
    async with scene.bot():
        await scene.until(lambda: _contents(scene, thread) == ["You said: hello"])
    assert answer.components == []


async def test_a_cursor_without_a_button_goes(scene: Scene) -> None:
    """An answer that seems to stream on is given its end, though its button was taken away."""
    _, answer = await _answered(scene)
    scene.world.edit(answer, Change(content=f"You{CURSOR}", components=()))
    async with scene.bot():
        await scene.until(lambda: answer.content == "You said: hello")


async def test_a_notice_in_a_message_of_its_own_is_posted_late(scene: Scene) -> None:
    """A cut answer that fills its message gets the message that says so, if that was lost."""
    text = "w" * 1995
    async with scene.bot():
        scene.script.queue(Answer(f"{text}more", fault=Cut(len(text))))
        thread, _ = await scene.ask("hello")
        await scene.until(lambda: len(scene.finished(thread)) == 2)
        await until_alive(scene)
    _forget_message(scene, scene.from_bot(thread)[1], is_there=False)
    async with scene.bot():
        await scene.until(lambda: len(scene.finished(thread)) == 2)
    assert _contents(scene, thread) == [text, Notice.CUT]
    assert labels_of(scene.from_bot(thread)[1]) == ["Continue", "Try again"]


async def test_equal_words_of_another_answer_are_not_adopted(scene: Scene) -> None:
    """An answer whose message is lost is posted, though one before it says the same."""
    scene.script.queue(Answer("Yes."), Answer("Yes."))
    async with scene.bot():
        thread, first = await scene.ask("is it?")
        scene.actor(scene.ben).say(thread, "and that?")
        second = await scene.answer_in(thread, 2)
        await until_alive(scene)
    _forget_message(scene, second, is_there=False)
    async with scene.bot():
        await scene.until(lambda: len(scene.from_bot(thread)) == 2)
    assert (await stored(scene, first)).id < (await stored(scene, scene.from_bot(thread)[1])).id


async def test_an_orphan_with_small_print_is_not_posted_again(scene: Scene) -> None:
    """A message is recognised by the text of its answer, whatever stands below that."""
    async with scene.bot():
        mention = scene.mention("hello")
        question = scene.actor(scene.ann).say(scene.channel, mention, files=[("a.txt", b"x")])
        thread = await scene.thread_of(question)
        answer = await scene.answer_in(thread)
        await until_alive(scene)
    words = f"You said: hello\n{say(Notice.UNREAD_FILES, names='`a.txt`')}"
    assert answer.content == words
    _forget_message(scene, answer, is_there=True)
    async with scene.bot():
        await _until_known(scene, answer)
        await scene.ask("and on", scene.ben)
    assert _contents(scene, thread) == [words]


async def _until_known(scene: Scene, message: Message) -> None:
    """Wait until the store knows that a message is a part of a reply."""
    query = "SELECT 1 FROM part WHERE message_id = ?"
    async with asyncio.timeout(10):
        while True:
            with closing(sqlite3.connect(scene.folder / "bobbin.db")) as database:
                if database.execute(query, (message.id,)).fetchone():
                    return
            await asyncio.sleep(0.05)  # the store tells nobody of its changes


async def test_an_end_is_shown_whatever_ended_after_it(scene: Scene) -> None:
    """Of what ended within the window all is looked at, however much that is."""
    _, answer = await _answered(scene)
    await leave_streaming(scene, answer, "You")
    statements = [
        "CREATE TEMP TABLE one AS SELECT * FROM turn WHERE role = 'assistant'",
        "UPDATE one SET id = NULL, created_at = strftime('%Y-%m-%d %H:%M:%f000', 'now', '+1 day')",
        *["INSERT INTO turn SELECT * FROM one"] * 101,
        """INSERT INTO reply (conversation_id, turn_id) SELECT conversation_id, id FROM turn
        WHERE role = 'assistant' AND id NOT IN (SELECT turn_id FROM reply)""",
    ]
    with closing(sqlite3.connect(scene.folder / "bobbin.db")) as database:
        database.executescript(";".join(statements))
    async with scene.bot():
        await scene.until(lambda: answer.content == "You said: hello")


async def test_what_people_saw_of_a_broken_answer_stays(scene: Scene) -> None:
    """What is shown of an interrupted answer and what is stored of it: the longer one stays."""
    cases = [
        ("One, two", "One, two, three", "One, two, three"),
        ("One, two", "One,", "One, two"),
        ("", "One,", "One,"),
        ("**One** two", "**One**", "**One** two"),
        ("Other words", "One,", "One,"),
    ]
    async with scene.bot():
        answers = [(await scene.ask("hello"))[1] for _ in cases]
        await until_alive(scene)
    for answer, (has, shows, _) in zip(answers, cases, strict=True):
        await leave_streaming(scene, answer, shows)
        turn_id = (await stored(scene, answer)).id
        _execute(scene, "UPDATE turn SET text = ? WHERE id = ?", has, turn_id)
    _execute(scene, "UPDATE turn SET outcome = NULL, finished_at = NULL WHERE role = 'assistant'")
    async with scene.bot(**_UNASKED):
        await scene.until(lambda: all(Notice.INTERRUPTED in it.content for it in answers))
    marked = [f"{words}\n{Notice.INTERRUPTED}" for _, _, words in cases]
    assert [answer.content for answer in answers] == marked
    both = ["Continue", "Try again"]
    assert [labels_of(answer) for answer in answers] == [both, both, both[1:], both, both]


@pytest.mark.parametrize(
    ("stop_at", "shown_then"),
    [(0, ["One,"]), (1, ["One,", "two"]), (None, ["One,", "two"])],
)
async def test_only_a_broken_answers_own_messages_stay(
    scene: Scene, stop_at: int | None, shown_then: Sequence[str]
) -> None:
    """What follows the message that could be stopped is of an answer that had been replaced."""
    thread, answer = await _answered(scene)
    turn_id = (await stored(scene, answer)).id
    _add_part(scene, thread, "two", Row(turn_id, STREAMING if stop_at == 1 else frozenset()))
    if stop_at == 0:
        await leave_streaming(scene, answer, "One,")
    else:
        scene.world.edit(answer, Change(content="One,"))
    await forget_the_end(scene)
    _execute(scene, "UPDATE turn SET text = '' WHERE role = 'assistant'")
    async with scene.bot(**_UNASKED):
        await scene.until(lambda: Notice.INTERRUPTED in _contents(scene, thread)[-1])
        marked = [*shown_then[:-1], f"{shown_then[-1]}\n{Notice.INTERRUPTED}"]
        await scene.until(lambda: _contents(scene, thread) == marked)


async def test_a_mark_opens_an_archived_thread(scene: Scene) -> None:
    """An interrupted answer is marked although its thread was archived meanwhile."""
    thread, answer = await _answered(scene)
    await forget_the_end(scene)
    await leave_streaming(scene, answer, "You")
    scene.world.change_thread(thread, is_archived=True)
    async with scene.bot(**_UNASKED):
        await scene.until(lambda: Notice.INTERRUPTED in answer.content)


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
        await until_alive(scene)
    await leave_streaming(scene, answer, "One")
    async with scene.bot():
        await scene.until(lambda: "Stop" not in labels_of(answer))
    assert answer.content == f"{CAME}\n{overtaken(Notice.CUT)}"
    assert overtaken(Notice.CUT) != Notice.CUT
    assert labels_of(answer) == []


async def test_a_second_attempt_without_words_takes_nothing_away(scene: Scene) -> None:
    """Where *Try again* fails before the first word, what was shown stays, and it says so."""
    async with scene.bot(**_IMPATIENT):
        _, answer = await cut_answer(scene)
        scene.script.queue(Answer("x", fault=Cut(0)))
        await press(scene, answer, "Try again")
        await scene.until(lambda: answer.content.endswith(Notice.CUT_UNSAID))
        assert answer.content == f"{CAME}\n{Notice.REPLACED_STAYS}\n{Notice.CUT_UNSAID}"
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
    words = f"You said: hello\n{Notice.REPLACED_STAYS}\n{Notice.CUT_UNSAID}"
    async with scene.bot(**_IMPATIENT):
        await scene.until(lambda: answer.content == words)
    await leave_streaming(scene, answer, "")
    async with scene.bot():
        await scene.until(lambda: "Stop" not in labels_of(answer))
    assert answer.content == words


async def test_an_answer_that_broke_off_says_so_when_discord_is_back(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where something goes wrong in the bot, the notice waits for Discord as other ends do."""
    monkeypatch.setattr("answering.worker._LAST_EDIT_LIMIT_S", 0.1)
    real, failed = SqlStore.finish, asyncio.Event()

    async def finish(self: SqlStore, turn_id: int, result: object) -> None:
        if not failed.is_set():
            failed.set()
            raise RuntimeError("a defect")
        await real(self, turn_id, result)  # pyright: ignore[reportArgumentType] - passed on

    monkeypatch.setattr(SqlStore, "finish", finish)
    async with scene.bot():
        held = await hold(scene, "One, ", "two.")
        message = await first_shown(scene, held)
        scene.discord.faults.answer("PATCH", "/channels/*/messages/*", 503)
        held.gate.open()
        await scene.until(lambda: Notice.BROKEN_OFF in message.content)
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
        line = say(Notice.QUEUED, number=1)
        await scene.until(lambda: answer.content.endswith(line))
        assert answer.content.startswith(CAME)
        held.gate.open()
        gate.open()
        await scene.until(lambda: answer.content == "Whole.")
