"""Notices that Discord fails to take are told all the same, and hold up nothing meanwhile."""

from string import Formatter

import pytest

from delivery import interactions as telling
from rendering.wording.english import Notice, say
from sandbox.world.entities import Channel
from tests.e2e.failing_store import fail_once
from tests.e2e.hearing import questions
from tests.e2e.scene import Scene
from tests.e2e.streams import first_shown, hold, until_alive, until_waiting

_QUOTA = {"TURNS_PER_PERSON_PER_DAY": "1"}


def _posts(channel: Channel) -> str:
    return f"/channels/{channel.id}/messages"


def _told(scene: Scene, channel: Channel, notice: Notice) -> list[int | None]:
    """Say to which messages the notices of a kind reply."""
    words = max((literal for literal, *_ in Formatter().parse(notice)), key=len)
    return [
        message.reference.message_id if message.reference else None
        for message in scene.from_bot(channel)
        if words in message.content
    ]


def _hurry(patch: pytest.MonkeyPatch, patience_s: float) -> None:
    """Make a bot that tries again at once, for so long."""
    patch.setattr(telling, "_PAUSES_S", (0.02,))
    patch.setattr(telling, "_PATIENCE_WITH_NONCE_S", patience_s)


async def _until_given_up(scene: Scene, caplog: pytest.LogCaptureFixture) -> None:
    """Wait until a notice could not be posted, and let Discord take the next one."""
    await scene.until(lambda: "a notice could not be posted" in caplog.text)
    scene.discord.faults.clear()


async def test_a_notice_outlasts_an_outage_of_minutes(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A notice to a message is tried for longer than Discord is seldom out."""
    _hurry(monkeypatch, patience_s=10.0)
    async with scene.bot(**_QUOTA):
        thread, _ = await scene.ask("hello")
        scene.discord.faults.answer("POST", _posts(thread), 503, times=9)
        refused = scene.actor(scene.ann).say(thread, "more")
        await scene.until(lambda: _told(scene, thread, Notice.QUOTA_SPENT))
    assert _told(scene, thread, Notice.QUOTA_SPENT) == [refused.id]


async def test_who_could_not_be_told_of_a_spent_quota_is_told_of_the_next_message(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Nobody counts as told whom no notice has reached."""
    _hurry(monkeypatch, patience_s=0.1)
    async with scene.bot(**_QUOTA):
        thread, _ = await scene.ask("hello")
        scene.discord.faults.answer("POST", _posts(thread), 503, times=999)
        scene.actor(scene.ann).say(thread, "lost")
        await _until_given_up(scene, caplog)
        refused = scene.actor(scene.ann).say(thread, "more")
        await scene.until(lambda: _told(scene, thread, Notice.QUOTA_SPENT))
    assert _told(scene, thread, Notice.QUOTA_SPENT) == [refused.id]


async def test_who_could_not_be_told_of_a_full_queue_is_told_of_the_next_message(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """That holds for a full queue as well."""
    _hurry(monkeypatch, patience_s=0.1)
    async with scene.bot(QUEUE_LIMIT="1"):
        held = await hold(scene, "One, ", "two.")
        await first_shown(scene, held)
        scene.actor(scene.ann).say(held.thread, "waits")
        await until_waiting(scene, held.thread, 1)
        path = _posts(held.thread)
        scene.discord.faults.answer("POST", path, 503, times=999)
        scene.actor(scene.ann).say(held.thread, "lost")
        await _until_given_up(scene, caplog)
        refused = scene.actor(scene.ann).say(held.thread, "more")
        await scene.until(lambda: _told(scene, held.thread, Notice.QUEUE_FULL))
    assert _told(scene, held.thread, Notice.QUEUE_FULL) == [refused.id]


async def test_who_could_not_be_told_to_slow_down_is_told_of_the_next_message(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A cooldown that nobody was told of begins with the first message that is told of."""
    _hurry(monkeypatch, patience_s=0.1)
    async with scene.bot(COOLDOWN_MESSAGES="1", COOLDOWN_S="600"):
        thread, _ = await scene.ask("hello")
        scene.discord.faults.answer("POST", _posts(thread), 503, times=999)
        scene.actor(scene.ann).say(thread, "lost")
        await _until_given_up(scene, caplog)
        refused = scene.actor(scene.ann).say(thread, "more")
        await scene.until(lambda: _told(scene, thread, Notice.SLOW_DOWN))
    assert _told(scene, thread, Notice.SLOW_DOWN) == [refused.id]


async def test_what_nobody_could_be_told_of_is_taken_when_it_is_found_again(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Who was not told that a message was not stored does not send it anew: it is answered."""
    _hurry(monkeypatch, patience_s=0.1)
    async with scene.bot():
        thread, _ = await scene.ask("hello")
        await until_alive(scene)
        scene.discord.faults.answer("POST", _posts(thread), 503, times=999)
        fail_once(monkeypatch, "receive")
        scene.actor(scene.ann).say(thread, "lost and found")
        await _until_given_up(scene, caplog)
    async with scene.bot():
        await scene.until(lambda: questions(scene)[-1] == "lost and found")


async def test_a_notice_that_cannot_be_posted_holds_up_no_other_message(scene: Scene) -> None:
    """What was missed is answered while an earlier message's notice still waits for Discord."""
    async with scene.bot():
        await until_alive(scene)
    scene.discord.faults.answer("POST", _posts(scene.channel), 503, times=999)
    wordless = scene.actor(scene.ann).say(scene.channel, scene.world.bot.mention)
    question = scene.actor(scene.ben).say(scene.channel, scene.mention("are you there?"))
    async with scene.bot():
        await scene.answer_in(await scene.thread_of(question))
        assert scene.from_bot(scene.channel) == []
        scene.discord.faults.clear()
        how_to = say(Notice.HOW_TO, bot="bobbin")
        await scene.until(lambda: [it.content for it in scene.from_bot(scene.channel)] == [how_to])
    assert _told(scene, scene.channel, Notice.HOW_TO) == [wordless.id]
