"""A database that is locked, full or read-only: people and the operator are told, nothing is lost.

Nothing is answered that could not be stored, and no restart is needed when the fault is over.
"""

import asyncio
import logging
import sqlite3
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest

from conversation.entities import Outcome
from rendering.wording.sentences import Sentence, say
from sandbox.models.script import Answer, Gate
from sandbox.world.entities import Channel, Message
from tests.e2e.disks import SmallDisk, small_disk, unwritable
from tests.e2e.health_port import bot_with_health
from tests.e2e.hearing import questions
from tests.e2e.scene import Scene, opened_scene
from tests.e2e.steps import answers, ask_in, command
from tests.e2e.streams import (
    asked,
    first_shown,
    has_stop_button,
    hold,
    until_heard,
    until_shown,
    until_stored,
    until_waiting,
)

_BUSY_LIMIT_S = 20.0
"""SQLite waits five seconds for a lock; whoever is refused is told after that."""

_LIBRARIES = ("discord", "stamina")
_FEW_READS = 15
"""What was not heard is read again every few seconds, not again and again."""

Fault = Callable[[Scene], AbstractAsyncContextManager[None]]


@asynccontextmanager
async def _locked(scene: Scene) -> AsyncGenerator[None, None]:
    """Hold the write lock, as another program that forgets to commit."""
    path = scene.folder / "bobbin.db"
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    try:
        await asyncio.to_thread(other.execute, "BEGIN IMMEDIATE")
        yield
    finally:
        other.close()


@asynccontextmanager
async def _full(scene: Scene) -> AsyncGenerator[None, None]:
    disk = SmallDisk(scene.folder)
    disk.fill()
    try:
        yield
    finally:
        disk.free()


@asynccontextmanager
async def _unwritable(scene: Scene) -> AsyncGenerator[None, None]:
    async with unwritable([scene.folder / name for name in ("bobbin.db", "bobbin.db-wal")]):
        yield


_FAULTS = pytest.mark.parametrize(
    ("fault", "words"),
    [
        pytest.param(_locked, "another program holds the database locked", id="locked"),
        pytest.param(_full, "there is no room left for the database", id="full"),
        pytest.param(_unwritable, "the database could not be read or written", id="unwritable"),
    ],
)


@pytest.fixture
async def scene(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncGenerator[Scene, None]:
    """A scene; its database is on a small disk where the test is to fill that."""
    parameters = getattr(request.node, "callspec", None)
    is_small = parameters is None or parameters.params.get("fault") is _full
    async with AsyncExitStack() as stack:
        folder = tmp_path / "data"
        if is_small:
            await stack.enter_async_context(small_disk(folder))
        yield await stack.enter_async_context(opened_scene(folder))


def _said_by_store(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return what an operator reads: level and words of each line but those of libraries."""
    return [
        f"{record.levelname} {record.getMessage()}"
        for record in caplog.records
        if record.levelno >= logging.WARNING and not record.name.startswith(_LIBRARIES)
    ]


def _reads(scene: Scene) -> int:
    """Count how often messages were read from Discord."""
    return len(scene.discord.requests_to("GET", "/channels/*/messages"))


def _are_asked(scene: Scene, *texts: str) -> bool:
    """Return whether the model was asked all of these."""
    said = "\n".join(questions(scene))
    return all(text in said for text in texts)


def _notices(scene: Scene, channel: Channel, notice: str) -> list[Message]:
    return [message for message in scene.from_bot(channel) if message.content == notice]


@_FAULTS
async def test_what_cannot_be_stored_is_answered_by_itself_when_it_can_be(
    scene: Scene, caplog: pytest.LogCaptureFixture, fault: Fault, words: str
) -> None:
    """It is not asked meanwhile; its author is told once, the operator once; then it is answered.

    Nothing has to be sent again.
    """
    async with scene.bot():
        thread, _ = await scene.ask("hello")
        await until_heard(scene)
        count, before = len(asked(scene)), _reads(scene)
        async with fault(scene):
            said = [scene.actor(scene.ann).say(thread, f"number {number}") for number in range(3)]
            await scene.until(lambda: _notices(scene, thread, Sentence.STORE_DOWN), _BUSY_LIMIT_S)
            assert len(asked(scene)) == count
        await scene.until(lambda: _are_asked(scene, "number 0", "number 2"), _BUSY_LIMIT_S)
        await scene.until(lambda: scene.finished(thread)[-1].content.startswith("You said: "))
        answer = await ask_in(scene, thread, "and now?")
    assert answer.content == "You said: and now?"
    assert len("\n".join(questions(scene)).split("number 1")) == 2
    (told,) = _notices(scene, thread, Sentence.STORE_DOWN)
    assert told.reference is not None
    assert told.reference.message_id in {message.id for message in said}
    first, last = _said_by_store(caplog)
    assert first.startswith(f"ERROR {words}")
    assert last.startswith("WARNING the database can be used again")
    assert not [record for record in caplog.records if record.exc_info]
    assert _reads(scene) - before < _FEW_READS


@pytest.mark.parametrize("fault", [_full])
async def test_who_writes_for_the_first_time_meanwhile_is_answered_as_well(
    scene: Scene, fault: Fault
) -> None:
    """A direct message of somebody whom the store does not know yet is answered by itself, too."""
    async with scene.bot():
        await scene.ask("hello")
        await until_heard(scene)
        direct = scene.actor(scene.ben).open_direct_message()
        async with fault(scene):
            scene.actor(scene.ben).say(direct, "and I?")
            await scene.until(lambda: _notices(scene, direct, Sentence.STORE_DOWN), _BUSY_LIMIT_S)
        await scene.until(
            lambda: scene.finished(direct)[-1].content == "You said: and I?", _BUSY_LIMIT_S
        )


@_FAULTS
async def test_readiness_tells_of_the_database_while_it_cannot_be_written(
    scene: Scene, caplog: pytest.LogCaptureFixture, fault: Fault, words: str
) -> None:
    """The health port says what is wrong with the database, and that all is well afterwards."""
    async with bot_with_health(scene, caplog) as port:
        await port.until_ready()
        async with fault(scene):
            await port.until("/readyz", lambda told: words in told.text)
            await port.until_wrong("database")
        await port.until_ready()


@_FAULTS
async def test_a_command_says_that_nothing_was_changed(
    scene: Scene,
    fault: Fault,
    words: str,  # noqa: ARG001 - for the other tests
) -> None:
    """A command that has to store something is answered in words."""
    async with scene.bot():
        thread, _ = await scene.ask("hello")
        async with fault(scene):
            record = await scene.actor(scene.ann).slash(thread, "model", name="olmoe-0125")
            await record.until(lambda: not record.is_thinking, _BUSY_LIMIT_S)
        assert record.response is not None
        assert record.response.content == Sentence.COMMAND_STORE_DOWN
        answer = await command(scene, thread, "model", name="olmoe-0125")
    assert answer == say(Sentence.MODEL_SET, model="allenai/olmoe-0125")


@_FAULTS
async def test_an_answer_is_shown_when_it_is_stored(
    scene: Scene, caplog: pytest.LogCaptureFixture, fault: Fault, words: str
) -> None:
    """What comes while it cannot be stored is not shown; once it can be, the answer is whole."""
    async with scene.bot():
        held = await hold(scene, "One, ", "two.")
        message = await first_shown(scene, held)
        await until_stored(scene, message, None)
        async with fault(scene):
            held.gate.open()
            await scene.until(lambda: words in str(_said_by_store(caplog)), _BUSY_LIMIT_S)
            assert "two" not in message.content
            assert has_stop_button(message)
        await scene.until(lambda: message.content == "One, two.", _BUSY_LIMIT_S)
        turn = await until_stored(scene, message, Outcome.COMPLETE)
        answer = await ask_in(scene, held.thread, "and now?")
    assert turn.text == "One, two."
    assert answer.content == "You said: and now?"
    assert len([line for line in _said_by_store(caplog) if words in line]) == 1


@pytest.mark.parametrize("fault", [_locked, _full])
async def test_an_answer_all_of_which_came_meanwhile_is_shown_once(
    scene: Scene, caplog: pytest.LogCaptureFixture, fault: Fault
) -> None:
    """An answer that began and ended meanwhile is shown afterwards, in one message."""
    gate, ann = Gate(), scene.actor(scene.ann)
    scene.script.queue(Answer(chunks=("One, ", "two."), hold=gate))
    async with scene.bot():
        direct = ann.open_direct_message()
        ann.say(direct, "tell me")
        await scene.until(lambda: len(asked(scene)) == 1)
        async with fault(scene):
            gate.open()
            await scene.until(lambda: _said_by_store(caplog), _BUSY_LIMIT_S)
            assert scene.from_bot(direct) == []
        await scene.until(lambda: scene.finished(direct), _BUSY_LIMIT_S)
    assert [it.content for it in scene.from_bot(direct)] == ["One, two."]


@pytest.mark.parametrize("fault", [_locked, _full])
async def test_a_part_that_came_meanwhile_stands_once(
    scene: Scene, caplog: pytest.LogCaptureFixture, fault: Fault
) -> None:
    """A further message is posted when it is stored, and the next start knows it."""
    pieces = ["one " * 400, "two " * 400, "three"]
    async with scene.bot():
        held = await hold(scene, *pieces)
        message = await first_shown(scene, held)
        async with fault(scene):
            held.gate.release()
            await scene.until(lambda: _said_by_store(caplog), _BUSY_LIMIT_S)
            held.gate.open()
        await scene.until(lambda: not has_stop_button(message), _BUSY_LIMIT_S)
        await until_shown(scene)
        await until_heard(scene)
    shown = [it.content for it in scene.from_bot(held.thread)]
    assert " ".join(shown) == "".join(pieces)
    async with scene.bot():
        await scene.ask("and now?", scene.ben)
    assert [it.content for it in scene.from_bot(held.thread)] == shown


@pytest.mark.parametrize("fault", [_full])
async def test_what_was_stored_before_is_answered_afterwards_by_itself(
    scene: Scene, caplog: pytest.LogCaptureFixture, fault: Fault
) -> None:
    """A message that was stored and could not be answered is answered when the fault is over."""
    async with scene.bot():
        held = await hold(scene, "One, ", "two.")
        await first_shown(scene, held)
        scene.actor(scene.ann).say(held.thread, "and this?")
        await until_waiting(scene, held.thread, 1)
        async with fault(scene):
            held.gate.open()
            await scene.until(lambda: _said_by_store(caplog), _BUSY_LIMIT_S)
        await scene.until(
            lambda: scene.from_bot(held.thread)[-1].content == "You said: and this?", _BUSY_LIMIT_S
        )
    assert [it.content for it in scene.from_bot(held.thread)] == [
        "One, two.",
        "You said: and this?",
    ]


@pytest.mark.parametrize("fault", [_locked])
async def test_a_lock_of_a_moment_is_not_noticed(scene: Scene, fault: Fault) -> None:
    """What is said while the database is locked for a moment is answered, and nobody is told."""
    async with scene.bot():
        thread, _ = await scene.ask("hello")
        async with fault(scene):
            scene.actor(scene.ann).say(thread, "and this?")
            record = await scene.actor(scene.ann).slash(thread, "model", name="olmoe-0125")
            assert record.is_thinking
        await record.until(lambda: not record.is_thinking)
        await scene.until(lambda: len(answers(scene, thread)) == 2)
        answer = answers(scene, thread)[-1]
    assert answer.content == "You said: and this?"
    assert not _notices(scene, thread, Sentence.STORE_DOWN)
