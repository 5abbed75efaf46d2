"""Edits and deletions that the store failed to take count all the same."""

import pytest

from rendering.wording.sentences import Sentence
from storage.sqlite.store import SqlPlaces, SqlQueue
from tests.e2e.failing_store import fail_once
from tests.e2e.hearing import questions
from tests.e2e.scene import Scene
from tests.e2e.streams import first_shown, hold, until_heard, until_waiting


@pytest.mark.parametrize("change", ["withdraw", "revise"])
async def test_what_was_taken_back_while_the_store_failed_is_not_asked(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    """A deletion or an edit that the store could not take is made before the next answer."""
    async with scene.bot():
        held = await hold(scene, "One, ", "two.")
        await first_shown(scene, held)
        secret = scene.actor(scene.ann).say(held.thread, "my secret")
        scene.actor(scene.ben).say(held.thread, "and now?")
        await until_waiting(scene, held.thread, 2)
        failed = fail_once(monkeypatch, SqlQueue, change)
        if change == "withdraw":
            scene.actor(scene.ann).delete(secret)
        else:
            scene.actor(scene.ann).edit(secret, "my own")
        await scene.until(lambda: failed)
        held.gate.open()
        await scene.answer_in(held.thread, 2)
    assert "and now?" in questions(scene)[-1]
    assert "secret" not in questions(scene)[-1]


async def test_an_answer_whose_question_was_deleted_is_stopped_once_the_store_is_back(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A running answer goes on while the store fails, and no longer."""
    async with scene.bot():
        held = await hold(scene, "One, ", "two.")
        message = await first_shown(scene, held)
        await until_heard(scene)
        question = next(
            it for it in scene.discord.messages(scene.channel) if it.id == held.thread.id
        )
        failed = fail_once(monkeypatch, SqlQueue, "withdraw")
        scene.actor(scene.ann).delete(question)
        await scene.until(lambda: Sentence.STOPPED in message.content)
    assert failed


async def test_a_post_that_the_store_half_took_is_answered_and_listened_to(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the store fails to note that a post is ours, that is noted later; it is answered."""
    forum = scene.world.create_forum(scene.guild, "help")
    failed = fail_once(monkeypatch, SqlPlaces, "alter_settings")
    async with scene.bot():
        post, _ = scene.actor(scene.ann).create_post(forum, "A post", scene.mention("help me"))
        await scene.answer_in(post)
        scene.actor(scene.ann).say(post, "and in this life?")
        await scene.answer_in(post, 2)
    assert failed
    async with scene.bot():
        scene.actor(scene.ann).say(post, "and in the next?")
        await scene.answer_in(post, 3)
    assert questions(scene) == ["help me", "and in this life?", "and in the next?"]
