"""What was said while nobody listened is found, wherever it was said and whatever came after it."""

import asyncio

from rendering.surface import stop_row
from sandbox.discord.entities import Change
from tests.e2e.hearing import questions
from tests.e2e.scene import Scene
from tests.e2e.streams import opened_store

_LIMIT_S = 15.0
_RECHECK_S = 0.05
"""The store tells nobody of its changes, so that it is asked again and again."""


async def _until_alive(scene: Scene) -> None:
    """Wait until the bot has noted that it listens."""
    async with opened_store(scene) as store, asyncio.timeout(_LIMIT_S):
        while True:
            if await store.last_alive() is not None:
                return
            await asyncio.sleep(_RECHECK_S)


async def test_a_missed_message_is_answered_although_a_later_one_was_heard(scene: Scene) -> None:
    """A message heard before the session is ready does not hide one missed in the same place."""
    async with scene.bot():
        thread, _ = await scene.ask("hello")
        await _until_alive(scene)
    scene.actor(scene.ann).say(thread, "missed")
    async with scene.bot():
        scene.actor(scene.ann).say(thread, "heard")
        await scene.until(lambda: "missed" in " ".join(questions(scene)))
        await scene.until(lambda: "heard" in " ".join(questions(scene)))


async def test_a_post_made_meanwhile_is_answered(scene: Scene) -> None:
    """A forum post for the bot that was made while it was down is answered."""
    forum = scene.world.create_forum(scene.guild, "forum")
    async with scene.bot():
        await _until_alive(scene)
    post, _ = scene.actor(scene.ann).create_post(forum, "A post", scene.mention("and me?"))
    async with scene.bot():
        await scene.answer_in(post)


async def test_a_place_that_cannot_be_read_is_read_again(scene: Scene) -> None:
    """A connection that breaks while missed messages are read hides none of them."""
    async with scene.bot():
        thread, _ = await scene.ask("hello")
        await _until_alive(scene)
    scene.actor(scene.ann).say(thread, "missed")
    scene.discord.faults.reset("GET", f"/channels/{thread.id}/messages", times=2)
    async with scene.bot():
        await scene.answer_in(thread, 2)
    assert questions(scene)[-1] == "missed"


async def test_an_end_that_was_stored_and_not_shown_is_shown(scene: Scene) -> None:
    """An answer that was complete when the bot was killed, but not shown so, is shown at start."""
    async with scene.bot():
        thread, answer = await scene.ask("hello")
        await _until_alive(scene)
    content = answer.content
    rows = tuple(stop_row(1).to_components())
    scene.world.edit(answer, Change(content="You", components=rows))
    async with scene.bot():
        await scene.until(lambda: not answer.components)
    assert [message.content for message in scene.from_bot(thread)] == [content]
