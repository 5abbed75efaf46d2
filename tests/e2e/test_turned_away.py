"""What was turned away stays so after a restart, and what could not be stored is not lost."""

from datetime import UTC, datetime

import pytest

from rendering.wording.sentences import Sentence
from sandbox.world.entities import Channel
from storage.sqlite.store import SqlQueue
from tests.e2e.failing_store import fail_once
from tests.e2e.hearing import questions
from tests.e2e.scene import Scene
from tests.e2e.steps import ask_in
from tests.e2e.streams import until_heard


def _told(scene: Scene, thread: Channel, words: str) -> int:
    """Count the notices that begin so."""
    return sum(1 for message in scene.from_bot(thread) if message.content.startswith(words))


async def test_a_cooldown_outlives_the_process(scene: Scene) -> None:
    """What a cooldown turned away is not answered after a restart, and nobody is told again."""
    words = Sentence.SLOW_DOWN.split(":")[0]
    bounds = {"COOLDOWN_MESSAGES": "3", "COOLDOWN_S": "600"}
    async with scene.bot(**bounds):
        thread, _ = await scene.ask("hello")
        for number in range(2):
            await ask_in(scene, thread, f"taken {number}")
        scene.actor(scene.ann).say(thread, "flood 0")
        await scene.until(lambda: _told(scene, thread, words))
        scene.actor(scene.ann).say(thread, "flood 1")
        await until_heard(scene)
    began_at = datetime.now(UTC)
    async with scene.bot(**bounds):
        await until_heard(scene, began_at)
        scene.actor(scene.ben).say(thread, "and now?")
        await scene.until(lambda: "and now?" in questions(scene)[-1])
    assert "flood" not in " ".join(questions(scene))
    assert _told(scene, thread, words) == 1


async def test_what_was_taken_already_counts_for_no_cooldown_when_it_is_read_again(
    scene: Scene,
) -> None:
    """Nobody is told that a message was not taken which was answered before a restart."""
    async with scene.bot(COOLDOWN_MESSAGES="0"):
        thread, _ = await scene.ask("hello")
        for number in range(2):
            await ask_in(scene, thread, f"taken {number}")
        await until_heard(scene)
    began_at = datetime.now(UTC)
    async with scene.bot(COOLDOWN_MESSAGES="1"):
        await until_heard(scene, began_at)
        assert await ask_in(scene, thread, "and now?")
    assert questions(scene) == ["hello", "taken 0", "taken 1", "and now?"]
    assert _told(scene, thread, Sentence.SLOW_DOWN.split(":")[0]) == 0


async def test_what_was_missed_counts_for_the_cooldown(scene: Scene) -> None:
    """Of a flood that came while the bot was away no more is taken than of any other."""
    async with scene.bot(COOLDOWN_MESSAGES="2"):
        thread, _ = await scene.ask("hello")
        await until_heard(scene)
    for number in range(5):
        scene.actor(scene.ann).say(thread, f"number {number}.")
    async with scene.bot(COOLDOWN_MESSAGES="2"):
        await scene.until(lambda: _told(scene, thread, Sentence.SLOW_DOWN.split(":")[0]))
        await scene.until(lambda: "number 1." in questions(scene)[-1])
    assert "number 2." not in " ".join(questions(scene))


async def test_what_the_store_could_not_take_is_answered_when_it_can(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever wrote what could not be stored is told so, and is answered by and by, once."""
    async with scene.bot():
        thread, _ = await scene.ask("hello")
        await until_heard(scene)
        failed = fail_once(monkeypatch, SqlQueue, "receive")
        scene.actor(scene.ann).say(thread, "late")
        await scene.until(lambda: _told(scene, thread, Sentence.STORE_DOWN))
        await scene.until(lambda: questions(scene)[-1] == "late")
        await scene.answer_in(thread, 3)
    assert failed
    async with scene.bot():
        await ask_in(scene, thread, "and now?")
    assert questions(scene) == ["hello", "late", "and now?"]
    assert _told(scene, thread, Sentence.STORE_DOWN) == 1
