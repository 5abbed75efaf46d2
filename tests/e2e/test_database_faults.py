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
from rendering.wording.english import Notice, say
from sandbox.models.script import Answer, Gate
from sandbox.world.entities import Change, Channel, Message
from tests.e2e.disks import SmallDisk, small_disk, unwritable
from tests.e2e.health_port import bot_with_health
from tests.e2e.scene import Scene, opened_scene
from tests.e2e.steps import answers, ask_in, command
from tests.e2e.streams import (
    Held,
    asked,
    first_shown,
    has_stop_button,
    hold,
    until_alive,
    until_stored,
    until_waiting,
)

_BUSY_LIMIT_S = 20.0
"""SQLite waits five seconds for a lock; whoever is refused is told after that."""

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
    """Give what an operator reads: the level and the words of each line but those of libraries."""
    return [
        f"{record.levelname} {record.getMessage()}"
        for record in caplog.records
        if record.levelno >= logging.WARNING and not record.name.startswith("discord")
    ]


def _notices(scene: Scene, channel: Channel, notice: str) -> list[Message]:
    return [message for message in scene.from_bot(channel) if message.content == notice]


@_FAULTS
async def test_what_cannot_be_stored_is_not_asked_and_its_author_is_told(
    scene: Scene, caplog: pytest.LogCaptureFixture, fault: Fault, words: str
) -> None:
    """Each author is told that a message was not taken, the operator once; then all goes on."""
    async with scene.bot():
        thread, _ = await scene.ask("hello")
        count = len(asked(scene))
        async with fault(scene):
            said = [scene.actor(scene.ann).say(thread, f"lost {number}") for number in range(3)]
            await scene.until(
                lambda: len(_notices(scene, thread, Notice.STORE_DOWN)) == 3, _BUSY_LIMIT_S
            )
        assert len(asked(scene)) == count
        answer = await ask_in(scene, thread, "and now?")
    assert answer.content == "You said: and now?"
    told = _notices(scene, thread, Notice.STORE_DOWN)
    replied = {notice.reference.message_id for notice in told if notice.reference}
    assert replied == {message.id for message in said}
    first, last = _said_by_store(caplog)
    assert first.startswith(f"ERROR {words}")
    assert last.startswith("WARNING the database can be used again")
    assert not [record for record in caplog.records if record.exc_info]


@pytest.mark.parametrize("fault", [_locked])
async def test_what_was_refused_is_not_answered_later(
    scene: Scene, caplog: pytest.LogCaptureFixture, fault: Fault
) -> None:
    """A message of which its author was told that it was not taken stays so when it is read again.

    They may have sent it once more.
    """
    async with scene.bot():
        thread, _ = await scene.ask("hello")
        async with fault(scene):
            scene.actor(scene.ann).say(thread, "lost")
            await scene.until(lambda: _notices(scene, thread, Notice.STORE_DOWN), _BUSY_LIMIT_S)
        await until_alive(scene)
        caplog.set_level(logging.INFO, "cogs.gateway.catch_up")
        caplog.clear()
        scene.discord.gateway.faults.drop_all(resumable=False)
        await scene.until(lambda: f"messages of channel {thread.id}" in caplog.text, _BUSY_LIMIT_S)
        await ask_in(scene, thread, "and now?")
    assert [answer.content for answer in answers(scene, thread) if "lost" in answer.content] == []


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
        assert record.response.content == Notice.COMMAND_STORE_DOWN
        answer = await command(scene, thread, "model", name="olmoe-0125")
    assert answer == say(Notice.MODEL_SET, model="allenai/olmoe-0125")


@_FAULTS
async def test_an_answer_that_cannot_be_stored_says_so_and_is_stored_when_it_can_be(
    scene: Scene, caplog: pytest.LogCaptureFixture, fault: Fault, words: str
) -> None:
    """An answer that ends meanwhile is marked; once the fault is over it is stored, unmarked."""
    async with scene.bot():
        held = await hold(scene, "One, ", "two.")
        message = await first_shown(scene, held)
        await until_stored(scene, message, None)
        async with fault(scene):
            held.gate.open()
            await scene.until(lambda: not message.components, _BUSY_LIMIT_S)
        assert message.content == f"One, two.\n{Notice.NOT_STORED}"
        turn = await until_stored(scene, message, Outcome.COMPLETE)
        await scene.until(lambda: message.content == "One, two.")
        answer = await ask_in(scene, held.thread, "and now?")
    assert turn.text == "One, two."
    assert answer.content == "You said: and now?"
    assert len([line for line in _said_by_store(caplog) if words in line]) <= 2


@pytest.mark.parametrize("fault", [_locked, _full])
async def test_a_message_that_was_posted_meanwhile_is_known_afterwards(
    scene: Scene, fault: Fault
) -> None:
    """The message of an answer all of which came meanwhile is unmarked too, and no other posted."""
    gate, ann = Gate(), scene.actor(scene.ann)
    scene.script.queue(Answer(chunks=("One, ", "two."), hold=gate))
    held = Held(gate, ann.open_direct_message())
    async with scene.bot():
        ann.say(held.thread, "tell me")
        await scene.until(lambda: len(asked(scene)) == 1)
        async with fault(scene):
            message = await first_shown(scene, held)
            gate.open()
            await scene.until(
                lambda: message.content == f"One, two.\n{Notice.NOT_STORED}", _BUSY_LIMIT_S
            )
        await scene.until(lambda: message.content == "One, two.")
        await until_stored(scene, message, Outcome.COMPLETE)
    assert scene.from_bot(held.thread) == [message]


async def test_the_mark_is_taken_away_after_a_start(scene: Scene) -> None:
    """Where the bot ends after it stored such an answer, the next start shows how it ended."""
    async with scene.bot():
        held = await hold(scene, "One, ", "two.")
        message = await first_shown(scene, held)
        held.gate.open()
        await until_stored(scene, message, Outcome.COMPLETE)
        await scene.until(lambda: not has_stop_button(message))
        await until_alive(scene)
    marked = f"One, two.\n{Notice.NOT_STORED}"
    scene.world.edit(message, Change(content=marked, components=()))
    async with scene.bot():
        await scene.until(lambda: message.content == "One, two.")
    assert scene.from_bot(held.thread) == [message]


@pytest.mark.parametrize("fault", [_full])
async def test_what_was_stored_before_is_answered_afterwards_by_itself(
    scene: Scene, fault: Fault
) -> None:
    """A message that was stored and could not be answered is answered when the fault is over."""
    async with scene.bot():
        held = await hold(scene, "One, ", "two.")
        await first_shown(scene, held)
        scene.actor(scene.ann).say(held.thread, "and this?")
        await until_waiting(scene, held.thread, 1)
        await until_alive(scene)
        async with fault(scene):
            held.gate.open()
            await scene.until(lambda: _notices(scene, held.thread, Notice.STORE_DOWN_KEPT))
        await scene.until(
            lambda: [it for it in scene.from_bot(held.thread) if it.content.endswith("and this?")],
            timeout_s=20.0,
        )


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
    assert not _notices(scene, thread, Notice.STORE_DOWN)
