"""What its author was told to send again is not taken when it is found after a restart."""

import asyncio
from datetime import UTC, datetime

import pytest

from cogs.gateway import lifecycle as recovery
from rendering.wording.english import Notice
from sandbox.world.entities import Channel
from tests.e2e.failing_store import fail_once
from tests.e2e.hearing import questions
from tests.e2e.scene import Scene
from tests.e2e.steps import ask_in
from tests.e2e.streams import opened_store, until_alive, until_paid

_LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def _told(scene: Scene, thread: Channel, words: str) -> int:
    """Count the notices that begin so."""
    return sum(1 for message in scene.from_bot(thread) if message.content.startswith(words))


async def test_a_cooldown_outlives_the_process(scene: Scene) -> None:
    """What a cooldown turned away is not answered after a restart, and nobody is told again."""
    words = Notice.SLOW_DOWN.split(":")[0]
    bounds = {"COOLDOWN_MESSAGES": "3", "COOLDOWN_S": "600"}
    async with scene.bot(**bounds):
        thread, _ = await scene.ask("hello")
        for number in range(2):
            await ask_in(scene, thread, f"taken {number}")
        scene.actor(scene.ann).say(thread, "flood 0")
        await scene.until(lambda: _told(scene, thread, words))
        scene.actor(scene.ann).say(thread, "flood 1")
        await until_alive(scene)
    began_at = datetime.now(UTC)
    async with scene.bot(**bounds):
        await until_paid(scene, began_at)
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
        await until_alive(scene)
    began_at = datetime.now(UTC)
    async with scene.bot(COOLDOWN_MESSAGES="1"):
        await until_paid(scene, began_at)
        assert await ask_in(scene, thread, "and now?")
    assert questions(scene) == ["hello", "taken 0", "taken 1", "and now?"]
    assert _told(scene, thread, Notice.SLOW_DOWN.split(":")[0]) == 0


async def test_what_was_missed_counts_for_the_cooldown(scene: Scene) -> None:
    """Of a flood that came while the bot was away no more is taken than of any other."""
    async with scene.bot(COOLDOWN_MESSAGES="2"):
        thread, _ = await scene.ask("hello")
        await until_alive(scene)
    for number in range(5):
        scene.actor(scene.ann).say(thread, f"number {number}.")
    async with scene.bot(COOLDOWN_MESSAGES="2"):
        await scene.until(lambda: _told(scene, thread, Notice.SLOW_DOWN.split(":")[0]))
        await scene.until(lambda: "number 1." in questions(scene)[-1])
    assert "number 2." not in " ".join(questions(scene))


async def test_what_the_store_could_not_take_stays_turned_away(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once the store is back it learns what was turned away meanwhile, for the next process."""
    monkeypatch.setattr(recovery, "_ALIVE_INTERVAL_S", 0.1)
    async with scene.bot():
        thread, _ = await scene.ask("hello")
        fail_once(monkeypatch, "receive")
        lost = scene.actor(scene.ann).say(thread, "lost")
        await scene.until(lambda: _told(scene, thread, Notice.STORE_DOWN))
        await _until_noted(scene, lost.id)
    began_at = datetime.now(UTC)
    async with scene.bot():
        await until_paid(scene, began_at)
        scene.actor(scene.ben).say(thread, "and now?")
        await scene.until(lambda: "and now?" in questions(scene)[-1])
    assert "lost" not in " ".join(questions(scene))


async def _until_noted(scene: Scene, message_id: int) -> None:
    """Wait until the store has it that a message was turned away; it tells nobody of changes."""
    async with opened_store(scene) as store, asyncio.timeout(10):
        while True:
            noted = await store.turned_away(_LONG_AGO)
            if message_id in [it.first_message_id for it in noted]:
                return
            await asyncio.sleep(0.05)
