"""What was said while nobody listened is found, wherever it was said and whatever came after it."""

from datetime import timedelta

import pytest

from answering import remarks
from cogs.gateway import catch_up
from rendering.wording.sentences import Sentence, say
from sandbox.world.permissions import Permission
from sandbox.world.snowflakes import time_of
from storage.sqlite.store import SqlQueue, SqlReplies, SqlTurns
from tests.e2e.crashes import leave_streaming
from tests.e2e.failing_store import fail_once
from tests.e2e.hearing import questions
from tests.e2e.scene import Scene
from tests.e2e.steps import ask_in
from tests.e2e.streams import first_shown, hold, until_heard, until_waiting


async def test_a_missed_message_is_answered_although_a_later_one_was_heard(scene: Scene) -> None:
    """A message heard before the session is ready does not hide one missed in the same place."""
    async with scene.bot():
        thread, _ = await scene.ask("hello")
        await until_heard(scene)
    scene.actor(scene.ann).say(thread, "missed")
    async with scene.bot():
        scene.actor(scene.ann).say(thread, "heard")
        await scene.until(lambda: "missed" in " ".join(questions(scene)))
        await scene.until(lambda: "heard" in " ".join(questions(scene)))


async def test_a_post_made_meanwhile_is_answered(scene: Scene) -> None:
    """A forum post for the bot that was made while it was down is answered."""
    forum = scene.world.create_forum(scene.guild, "forum")
    async with scene.bot():
        await until_heard(scene)
    post, _ = scene.actor(scene.ann).create_post(forum, "A post", scene.mention("and me?"))
    async with scene.bot():
        await scene.answer_in(post)


async def test_a_place_that_cannot_be_read_is_read_again(scene: Scene) -> None:
    """A connection that breaks while missed messages are read hides none of them."""
    async with scene.bot():
        thread, _ = await scene.ask("hello")
        await until_heard(scene)
    scene.actor(scene.ann).say(thread, "missed")
    scene.discord.faults.reset("GET", f"/channels/{thread.id}/messages", times=2)
    async with scene.bot():
        await scene.answer_in(thread, 2)
    assert questions(scene)[-1] == "missed"


async def test_an_end_that_was_stored_and_not_shown_is_shown(scene: Scene) -> None:
    """An answer that was complete when the bot was killed, but not shown so, is shown at start."""
    async with scene.bot():
        thread, answer = await scene.ask("hello")
        await until_heard(scene)
    content = answer.content
    await leave_streaming(scene, answer, "You")
    async with scene.bot():
        await scene.until(lambda: not answer.components)
    assert [message.content for message in scene.from_bot(thread)] == [content]


async def test_edits_and_deletions_made_meanwhile_count(scene: Scene) -> None:
    """What waited when the bot went away is answered as it says when the bot is back."""
    async with scene.bot():
        held = await hold(scene, "One, ", "two.")
        await first_shown(scene, held)
        edited = scene.actor(scene.ann).say(held.thread, "frist")
        deleted = scene.actor(scene.ann).say(held.thread, "never mind")
        scene.actor(scene.ben).say(held.thread, "second")
        await until_waiting(scene, held.thread, 3)
    scene.actor(scene.ann).edit(edited, "first")
    scene.actor(scene.ann).delete(deleted)
    async with scene.bot():
        await scene.until(lambda: "second" in scene.from_bot(held.thread)[-1].content)
    assert questions(scene)[-1].endswith("ann: first\n\nben: second")


async def test_a_message_that_waits_and_cannot_be_read_again_is_answered(scene: Scene) -> None:
    """Where Discord does not show what waits, it is answered as it was."""
    async with scene.bot():
        held = await hold(scene, "One, ", "two.")
        await first_shown(scene, held)
        waiting = scene.actor(scene.ann).say(held.thread, "and this?")
        await until_waiting(scene, held.thread, 1)
    path = f"/channels/{held.thread.id}/messages/{waiting.id}"
    scene.discord.faults.answer("GET", path, 403, times=9)
    async with scene.bot():
        await scene.until(lambda: "and this?" in scene.from_bot(held.thread)[-1].content)
    assert scene.discord.requests_to("GET", path)


@pytest.mark.parametrize(
    ("port", "read"),
    [
        (SqlReplies, "behind"),
        (SqlTurns, "conversations_with_work"),
        (SqlQueue, "live_places"),
        (SqlQueue, "is_known"),
        (SqlQueue, "receive"),
    ],
)
async def test_a_store_that_fails_meanwhile_hides_nothing(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, port: type, read: str
) -> None:
    """Where the store fails while what is owed is read, that is done again in the same life."""
    async with scene.bot():
        thread, _ = await scene.ask("hello")
        await until_heard(scene)
    scene.actor(scene.ann).say(thread, "missed")
    failed = fail_once(monkeypatch, port, read)
    async with scene.bot():
        await scene.until(lambda: questions(scene) == ["hello", "missed"])
        await scene.until(lambda: scene.from_bot(thread)[-1].content == "You said: missed")
    assert failed


async def test_what_could_not_be_read_is_left_to_the_next_life(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing counts as heard before all was read that was said while nobody listened."""
    monkeypatch.setattr(catch_up, "MARGIN", timedelta(0))
    path = f"/channels/{scene.channel.id}/messages"
    async with scene.bot():
        await until_heard(scene)
        fault = scene.discord.faults.reset("GET", path, times=1000)
        scene.discord.gateway.faults.swallow_next("MESSAGE_CREATE")
        scene.actor(scene.ann).say(scene.channel, scene.mention("missed"))
        scene.discord.gateway.faults.drop_all(resumable=False)
        await scene.until(lambda: len(scene.discord.requests_to("GET", path)) > 1)
    fault.times = 0
    async with scene.bot():
        await scene.until(lambda: questions(scene) == ["missed"])


async def test_many_messages_hide_none(scene: Scene) -> None:
    """A mention is answered although more was said before it than Discord gives at once."""
    async with scene.bot():
        await until_heard(scene)
    for number in range(101):
        scene.actor(scene.ben).say(scene.channel, f"chatter {number}")
    scene.actor(scene.ann).say(scene.channel, scene.mention("and me?"))
    async with scene.bot():
        await scene.until(lambda: questions(scene) == ["and me?"])


async def test_a_late_answer_says_that_the_bot_was_away(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Under an answer to what was written long before the bot came back stands when that was."""
    monkeypatch.setattr(remarks, "_LATE", timedelta(0))
    async with scene.bot():
        thread, answer = await scene.ask("hello")
        await until_heard(scene)
    written = scene.actor(scene.ann).say(thread, "are you there?")
    async with scene.bot():
        late = await scene.answer_in(thread, 2)
        prompt = await ask_in(scene, thread, "and now?")
    when = f"<t:{int(time_of(written.id))}:R>"
    assert late.content.endswith(say(Sentence.WAS_AWAY, when=when))
    assert "away" not in answer.content + prompt.content


async def test_a_missed_message_survives_a_moment_of_trouble(scene: Scene) -> None:
    """Where its author's roles cannot be read at once, a missed message is answered later."""
    role = scene.world.create_role(scene.guild, "friends")
    scene.world.join(scene.guild, scene.ann, (role,))
    settings = {"ALLOWED_ROLES": str(role.id)}
    async with scene.bot(**settings):
        await scene.ask("hello")
        await until_heard(scene)
    scene.actor(scene.ann).say(scene.channel, scene.mention("missed"))
    fault = scene.discord.faults.reset("GET", "/guilds/*/members/*", times=5)
    async with scene.bot(**settings):
        await scene.until(lambda: questions(scene)[-1] == "missed", 20.0)
    assert fault.times == 0


async def test_places_that_it_may_not_see_are_not_read(scene: Scene) -> None:
    """No request is spent on a channel in which the bot could not answer anyway."""
    hidden = scene.world.create_text_channel(scene.guild, "hidden")
    scene.world.set_permissions(hidden, scene.world.bot, deny=Permission.VIEW_CHANNEL)
    async with scene.bot():
        thread, _ = await scene.ask("hello")
        await until_heard(scene)
    scene.actor(scene.ann).say(hidden, "for us alone")
    scene.actor(scene.ann).say(thread, "missed")
    async with scene.bot():
        await scene.answer_in(thread, 2)
    assert scene.discord.requests_to("GET", f"/channels/{hidden.id}/messages") == []
