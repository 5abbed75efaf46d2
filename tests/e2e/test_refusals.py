"""What is not taken is said, also where the bot ended before it could."""

from datetime import UTC, datetime

import pytest

from rendering.wording.sentences import Sentence, say
from sandbox.models.script import Answer, Gate
from sandbox.world.entities import Channel, Message
from sandbox.world.permissions import Permission
from tests.e2e.crashes import execute
from tests.e2e.hearing import answer_to
from tests.e2e.scene import Scene
from tests.e2e.streams import (
    first_shown,
    hold,
    until_heard,
    until_known,
    until_shown,
    until_waiting,
)

_ONE_WAITS = {"QUEUE_LIMIT": "1"}
_FULL = say(Sentence.QUEUE_FULL, limit=1)

_NOT_STORED = pytest.mark.parametrize(
    ("setting", "notice"),
    [
        pytest.param({}, say(Sentence.HOW_TO, bot="bobbin"), id="wordless"),
        pytest.param({"ALLOWED_GUILDS": "1"}, Sentence.GUILD_NOT_ALLOWED, id="rules"),
    ],
)
"""What a bare mention is answered with under a setting; neither is stored as a message."""


def _told(scene: Scene, thread: Channel, notice: str) -> list[int | None]:
    """Say to which messages a notice replies."""
    return [
        message.reference.message_id if message.reference else None
        for message in scene.from_bot(thread)
        if message.content == notice
    ]


async def _refused_untold(scene: Scene) -> tuple[Channel, Message]:
    """Have a bot end that has refused two messages, and could tell nobody of it."""
    async with scene.bot(**_ONE_WAITS):
        held = await hold(scene, "One, ", "two.")
        await first_shown(scene, held)
        await until_heard(scene)
        ann, path = scene.actor(scene.ann), f"/channels/{held.thread.id}/messages"
        ann.say(held.thread, "waits")
        await until_waiting(scene, held.thread, 1)
        fault = scene.discord.faults.answer("POST", path, 503, times=999)
        before = len(scene.discord.requests_to("POST", path))
        refused = ann.say(held.thread, "refused")
        ann.say(held.thread, "refused as well")
        await scene.until(lambda: len(scene.discord.requests_to("POST", path)) > before)
    fault.times = 0
    return held.thread, refused


async def _forget_what_was_told(scene: Scene) -> None:
    """Make the store look as it does between the post of a notice and the note of it."""
    await execute(scene, "UPDATE notice SET ended_at = NULL, message_id = NULL")


async def test_a_refusal_that_was_not_told_is_told_after_the_start(scene: Scene) -> None:
    """Who was refused before the bot ended, and not told, is told once, however often it starts."""
    thread, refused = await _refused_untold(scene)
    for _ in range(2):
        began_at = datetime.now(UTC)
        async with scene.bot():
            await until_heard(scene, began_at)
            await until_shown(scene)
    assert _told(scene, thread, _FULL) == [refused.id]


async def test_a_spent_quota_that_was_not_told_is_told_after_the_start(scene: Scene) -> None:
    """Who was not told of a spent quota is told late, and no more that day."""
    quota, ann = {"TURNS_PER_PERSON_PER_DAY": "1"}, scene.actor(scene.ann)
    place = ann.open_direct_message()
    path = f"/channels/{place.id}/messages"
    async with scene.bot(**quota):
        ann.say(place, "hello")
        await scene.answer_in(place)
        await until_heard(scene)
        fault = scene.discord.faults.answer("POST", path, 503, times=999)
        before = len(scene.discord.requests_to("POST", path))
        refused = ann.say(place, "more")
        await scene.until(lambda: len(scene.discord.requests_to("POST", path)) > before)
    fault.times = 0
    async with scene.bot(**quota):
        late = await scene.answer_in(place, 2)
        await until_known(scene, ann.say(place, "more"))
        await until_shown(scene)
    assert late.reference is not None
    assert late.reference.message_id == refused.id
    assert late.content.startswith(Sentence.QUOTA_SPENT.split("{")[0])
    assert scene.from_bot(place)[-1] == late


async def test_an_end_before_the_note_of_a_notice_brings_no_second(scene: Scene) -> None:
    """Where the bot ends between the post of a notice and its note, the notice is found."""
    thread, refused = await _refused_untold(scene)
    path = f"/channels/{thread.id}/messages"
    async with scene.bot():
        await scene.until(lambda: _told(scene, thread, _FULL))
        await until_shown(scene)
    await _forget_what_was_told(scene)
    before = len(scene.discord.requests_to("POST", path))
    async with scene.bot():
        await until_shown(scene)
    assert _told(scene, thread, _FULL) == [refused.id]
    assert len(scene.discord.requests_to("POST", path)) == before


async def test_a_refusal_that_was_told_is_not_told_again_after_a_start(scene: Scene) -> None:
    """Who was told of a full queue hears nothing more of it, however soon the bot starts again."""
    async with scene.bot(**_ONE_WAITS):
        held = await hold(scene, "One, ", "two.")
        await first_shown(scene, held)
        await until_heard(scene)
        scene.actor(scene.ann).say(held.thread, "waits")
        await until_waiting(scene, held.thread, 1)
        refused = scene.actor(scene.ann).say(held.thread, "refused")
        await scene.until(lambda: _told(scene, held.thread, _FULL))
        await scene.ask("let that arrive", scene.ben)
    began_at = datetime.now(UTC)
    async with scene.bot():
        await until_heard(scene, began_at)
    assert _told(scene, held.thread, _FULL) == [refused.id]


async def test_who_was_told_of_a_spent_quota_hears_nothing_after_a_start(scene: Scene) -> None:
    """What was refused without a word, as its author had been told elsewhere, stays without one."""
    quota, ann = {"TURNS_PER_PERSON_PER_DAY": "1"}, scene.actor(scene.ann)
    async with scene.bot(**quota):
        thread, _ = await scene.ask("hello")
        ann.say(thread, "more")
        await scene.until(lambda: len(scene.from_bot(thread)) == 2)
        await until_shown(scene)
        await until_known(scene, ann.say(scene.channel, scene.mention("and more")))
    began_at = datetime.now(UTC)
    async with scene.bot(**quota):
        await until_heard(scene, began_at)
        await scene.ask("let that arrive", scene.ben)
        await until_shown(scene)
    assert scene.from_bot(scene.channel) == []


@_NOT_STORED
async def test_what_is_not_even_stored_is_told_after_the_start(
    scene: Scene, setting: dict[str, str], notice: str
) -> None:
    """Who was not told before the bot ended, as Discord failed, is told once it is there again."""
    path = f"/channels/{scene.channel.id}/messages"
    async with scene.bot(**setting):
        await until_heard(scene)
        fault = scene.discord.faults.answer("POST", path, 503, times=999)
        said = scene.actor(scene.ann).say(scene.channel, scene.world.bot.mention)
        await scene.until(lambda: scene.discord.requests_to("POST", path))
    fault.times = 0
    for _ in range(2):
        began_at = datetime.now(UTC)
        async with scene.bot(**setting):
            await until_heard(scene, began_at)
            await scene.until(lambda: _told(scene, scene.channel, notice))
    assert _told(scene, scene.channel, notice) == [said.id]


@_NOT_STORED
async def test_an_end_before_the_note_of_why_nothing_is_stored_brings_no_second(
    scene: Scene, setting: dict[str, str], notice: str
) -> None:
    """Where the bot ends between such a notice and its note, one notice is shown."""
    path = f"/channels/{scene.channel.id}/messages"
    async with scene.bot(**setting):
        await until_heard(scene)
        said = scene.actor(scene.ann).say(scene.channel, scene.world.bot.mention)
        await scene.until(lambda: _told(scene, scene.channel, notice))
        await until_shown(scene)
    await _forget_what_was_told(scene)
    before = len(scene.discord.requests_to("POST", path))
    async with scene.bot(**setting):
        await until_shown(scene)
    assert len(scene.discord.requests_to("POST", path)) == before
    assert _told(scene, scene.channel, notice) == [said.id]


async def test_what_is_said_while_a_refusal_is_being_told_brings_no_second(scene: Scene) -> None:
    """Of messages that the rules refuse and that come at once, one is answered with the reason."""
    ann, path = scene.actor(scene.ann), f"/channels/{scene.channel.id}/messages"
    async with scene.bot(ALLOWED_GUILDS="1"):
        scene.discord.faults.latency_s = 0.2
        for _ in range(3):
            ann.say(scene.channel, scene.mention("hello"))
        ann.say(ann.open_direct_message(), "is all of it heard?")
        await scene.until(lambda: _told(scene, scene.channel, Sentence.GUILD_NOT_ALLOWED))
        scene.discord.faults.latency_s = 0.0
        scene.actor(scene.ben).say(scene.channel, scene.mention("hello"))
        await scene.until(lambda: len(scene.from_bot(scene.channel)) > 1)
    assert len(scene.discord.requests_to("POST", path)) == 2
    assert len(_told(scene, scene.channel, Sentence.GUILD_NOT_ALLOWED)) == 2


async def test_why_there_is_no_thread_is_said_until_somebody_could_read_it(scene: Scene) -> None:
    """Where an answer ends before its footnote is shown, the next one has it."""
    scene.world.set_permissions(
        scene.channel, scene.world.bot, deny=Permission.CREATE_PUBLIC_THREADS
    )
    gate = Gate()
    scene.script.queue(Answer("one two three", hold=gate), Answer("It is spun."))
    async with scene.bot():
        scene.actor(scene.ann).say(scene.channel, scene.mention("what is felt?"))
        gate.release(1)
        await scene.until(lambda: scene.from_bot(scene.channel))
    async with scene.bot():
        question = scene.actor(scene.ben).say(scene.channel, scene.mention("what is silk?"))
        answer = await answer_to(scene, question, scene.channel)
    reason = say(Sentence.NO_THREAD_PERMISSION, names="*Create Public Threads*")
    assert answer.content == f"It is spun.\n{reason}"
