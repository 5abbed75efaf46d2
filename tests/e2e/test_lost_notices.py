"""Notices that Discord fails to take are told all the same, and hold up nothing meanwhile."""

from string import Formatter

import pytest

from rendering.wording.sentences import Sentence, say
from sandbox.world.entities import Channel
from storage.sqlite.store import SqlQueue
from tests.e2e.failing_store import fail_once
from tests.e2e.hearing import questions
from tests.e2e.scene import Scene
from tests.e2e.streams import (
    first_shown,
    hold,
    until_heard,
    until_shown,
    until_waiting,
)

_QUOTA = {"TURNS_PER_PERSON_PER_DAY": "1"}


def _posts(channel: Channel) -> str:
    return f"/channels/{channel.id}/messages"


def _told(scene: Scene, channel: Channel, notice: Sentence) -> list[int | None]:
    """Return to which messages the notices of a kind reply."""
    words = max((literal for literal, *_ in Formatter().parse(notice)), key=len)
    return [
        message.reference.message_id if message.reference else None
        for message in scene.from_bot(channel)
        if words in message.content
    ]


async def test_a_spent_quota_is_told_when_discord_is_back(scene: Scene) -> None:
    """A notice that Discord fails to take is told once, to the message that it is about."""
    async with scene.bot(**_QUOTA):
        thread, _ = await scene.ask("hello")
        failed = scene.discord.faults.answer("POST", _posts(thread), 503, times=2)
        refused = scene.actor(scene.ann).say(thread, "more")
        await scene.until(lambda: failed.times < 2)
        scene.actor(scene.ann).say(thread, "and more")
        await until_shown(scene)
    assert _told(scene, thread, Sentence.QUOTA_SPENT) == [refused.id]


async def test_a_full_queue_is_told_when_discord_is_back(scene: Scene) -> None:
    """That holds for a full queue as well."""
    async with scene.bot(QUEUE_LIMIT="1"):
        held = await hold(scene, "One, ", "two.")
        await first_shown(scene, held)
        scene.actor(scene.ann).say(held.thread, "waits")
        await until_waiting(scene, held.thread, 1)
        failed = scene.discord.faults.answer("POST", _posts(held.thread), 503, times=2)
        refused = scene.actor(scene.ann).say(held.thread, "lost")
        await scene.until(lambda: failed.times < 2)
        scene.actor(scene.ann).say(held.thread, "lost as well")
        await scene.until(lambda: _told(scene, held.thread, Sentence.QUEUE_FULL))
    assert _told(scene, held.thread, Sentence.QUEUE_FULL) == [refused.id]


async def test_a_cooldown_is_told_when_discord_is_back(scene: Scene) -> None:
    """That holds for a cooldown, too."""
    async with scene.bot(COOLDOWN_MESSAGES="1", COOLDOWN_S="600"):
        thread, _ = await scene.ask("hello")
        failed = scene.discord.faults.answer("POST", _posts(thread), 503, times=2)
        refused = scene.actor(scene.ann).say(thread, "lost")
        await scene.until(lambda: failed.times < 2)
        scene.actor(scene.ann).say(thread, "lost as well")
        await until_shown(scene)
    assert _told(scene, thread, Sentence.SLOW_DOWN) == [refused.id]


async def test_a_notice_is_told_by_the_next_process(scene: Scene) -> None:
    """A notice that could not be posted before the bot ended is posted after the next start."""
    async with scene.bot(**_QUOTA):
        thread, _ = await scene.ask("hello")
        await until_heard(scene)
        failed = scene.discord.faults.answer("POST", _posts(thread), 503, times=999)
        refused = scene.actor(scene.ann).say(thread, "more")
        await scene.until(lambda: failed.times < 999)
    scene.discord.faults.clear()
    assert _told(scene, thread, Sentence.QUOTA_SPENT) == []
    async with scene.bot(**_QUOTA):
        await until_shown(scene)
    assert _told(scene, thread, Sentence.QUOTA_SPENT) == [refused.id]


@pytest.mark.parametrize("is_killed", [False, True])
async def test_a_notice_that_was_posted_is_not_posted_again(
    scene: Scene, *, is_killed: bool
) -> None:
    """Where Discord has posted one and answers with an error, it is one, also after a start."""
    async with scene.bot(**_QUOTA):
        thread, _ = await scene.ask("hello")
        await until_heard(scene)
        path, times = _posts(thread), 999 if is_killed else 1
        failed = scene.discord.faults.answer("POST", path, 503, times=times, after=True)
        refused = scene.actor(scene.ann).say(thread, "more")
        await scene.until(lambda: failed.times < times)
        if not is_killed:
            await until_shown(scene)
    scene.discord.faults.clear()
    async with scene.bot(**_QUOTA):
        await until_shown(scene)
    assert _told(scene, thread, Sentence.QUOTA_SPENT) == [refused.id]


@pytest.mark.parametrize("is_told", [True, False])
async def test_what_could_not_be_stored_is_answered_whether_that_is_told_or_not(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, *, is_told: bool
) -> None:
    """A message that was not stored is read again, as its author is told where Discord lets us."""
    async with scene.bot():
        thread, _ = await scene.ask("hello")
        await until_heard(scene)
        fail_once(monkeypatch, SqlQueue, "receive")
        if not is_told:
            scene.discord.faults.answer("POST", _posts(thread), 503, times=1)
        lost = scene.actor(scene.ann).say(thread, "lost and found")
        await scene.until(lambda: scene.finished(thread)[-1].content.endswith("lost and found"))
    assert questions(scene).count("lost and found") == 1
    assert _told(scene, thread, Sentence.STORE_DOWN) == [lost.id] * is_told


async def test_a_notice_that_cannot_be_posted_holds_up_no_other_message(scene: Scene) -> None:
    """What was missed is answered while an earlier message's notice still waits for Discord."""
    async with scene.bot():
        await until_heard(scene)
    scene.discord.faults.answer("POST", _posts(scene.channel), 503, times=999)
    wordless = scene.actor(scene.ann).say(scene.channel, scene.world.bot.mention)
    question = scene.actor(scene.ben).say(scene.channel, scene.mention("are you there?"))
    async with scene.bot():
        await scene.answer_in(await scene.thread_of(question))
        assert scene.from_bot(scene.channel) == []
        scene.discord.faults.clear()
        how_to = say(Sentence.HOW_TO, bot="bobbin")
        await scene.until(lambda: [it.content for it in scene.from_bot(scene.channel)] == [how_to])
    assert _told(scene, scene.channel, Sentence.HOW_TO) == [wordless.id]
