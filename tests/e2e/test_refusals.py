"""What is not taken is said, also where the bot ended before it could."""

import asyncio
from datetime import UTC, datetime

from rendering.notices import Notice, say
from sandbox.discord.entities import Channel, Message
from tests.e2e.scene import Scene
from tests.e2e.streams import first_shown, hold, opened_store, until_alive, until_waiting

_ONE_WAITS = {"QUEUE_LIMIT": "1"}


def _told(scene: Scene, thread: Channel, notice: str) -> list[int | None]:
    """Say to which messages a notice replies."""
    return [
        message.reference.message_id if message.reference else None
        for message in scene.from_bot(thread)
        if message.content == notice
    ]


async def _until_paid(scene: Scene, since: datetime) -> None:
    """Wait until a bot begun since then has paid what it owed: it notes that it lives after that.

    The store tells nobody of its changes, so that it is asked again and again.
    """
    async with opened_store(scene) as store, asyncio.timeout(10):
        while True:
            alive_at = await store.last_alive()
            if alive_at is not None and alive_at >= since:
                return
            await asyncio.sleep(0.05)


async def _refused_untold(scene: Scene) -> tuple[Channel, Message]:
    """Have a bot end that has refused two messages, and could tell nobody of it."""
    async with scene.bot(**_ONE_WAITS):
        held = await hold(scene, "One, ", "two.")
        await first_shown(scene, held)
        await until_alive(scene)
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


async def _forget_who_was_told(scene: Scene) -> None:
    """Make the store look as it does between the post of a notice and the note of it."""
    code = (
        "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]);"
        "assert c.execute(\"DELETE FROM told WHERE key LIKE 'refusal:%'\").rowcount; c.commit()"
    )
    path = str(scene.folder / "bobbin.db")
    process = await asyncio.create_subprocess_exec("python3", "-c", code, path)
    assert await process.wait() == 0


async def test_a_refusal_that_was_not_told_is_told_after_the_start(scene: Scene) -> None:
    """Who was refused before the bot ended, and not told, is told once, however often it starts."""
    thread, refused = await _refused_untold(scene)
    for _ in range(2):
        began_at = datetime.now(UTC)
        async with scene.bot():
            await _until_paid(scene, began_at)
    assert _told(scene, thread, Notice.REFUSED_UNTOLD) == [refused.id]
    async with opened_store(scene) as store:
        long_ago, now = datetime(2015, 1, 1, tzinfo=UTC), datetime.now(UTC)
        assert await store.untold_refusals(long_ago, now, limit=9) == ()


async def test_a_spent_quota_that_was_not_told_is_told_when_it_is_asked_for(scene: Scene) -> None:
    """Who sends again what a spent quota refused, as the late notice bids, is told of the quota."""
    quota, ann = {"TURNS_PER_PERSON_PER_DAY": "1"}, scene.actor(scene.ann)
    place = ann.open_direct_message()
    path = f"/channels/{place.id}/messages"
    async with scene.bot(**quota):
        ann.say(place, "hello")
        await scene.answer_in(place)
        await until_alive(scene)
        fault = scene.discord.faults.answer("POST", path, 503, times=999)
        before = len(scene.discord.requests_to("POST", path))
        refused = ann.say(place, "more")
        await scene.until(lambda: len(scene.discord.requests_to("POST", path)) > before)
    fault.times = 0
    async with scene.bot(**quota):
        await scene.until(lambda: _told(scene, place, Notice.REFUSED_UNTOLD))
        ann.say(place, "more")
        await scene.answer_in(place, 3)
    assert _told(scene, place, Notice.REFUSED_UNTOLD) == [refused.id]
    assert scene.from_bot(place)[-1].content.startswith(Notice.QUOTA_SPENT.split("{")[0])


async def test_an_end_before_the_note_of_a_notice_brings_no_second(scene: Scene) -> None:
    """Where the bot ends between the post of the late notice and its note, one notice is shown."""
    thread, refused = await _refused_untold(scene)
    path = f"/channels/{thread.id}/messages"
    began_at = datetime.now(UTC)
    async with scene.bot():
        await _until_paid(scene, began_at)
    await _forget_who_was_told(scene)
    began_at, before = datetime.now(UTC), len(scene.discord.requests_to("POST", path))
    async with scene.bot():
        await _until_paid(scene, began_at)
    assert len(scene.discord.requests_to("POST", path)) > before
    assert _told(scene, thread, Notice.REFUSED_UNTOLD) == [refused.id]


async def test_a_refusal_that_was_told_is_not_told_again_after_a_start(scene: Scene) -> None:
    """Who was told of a full queue hears nothing more of it, however soon the bot starts again."""
    async with scene.bot(**_ONE_WAITS):
        held = await hold(scene, "One, ", "two.")
        await first_shown(scene, held)
        await until_alive(scene)
        scene.actor(scene.ann).say(held.thread, "waits")
        await until_waiting(scene, held.thread, 1)
        refused = scene.actor(scene.ann).say(held.thread, "refused")
        full = say(Notice.QUEUE_FULL, limit=1)
        await scene.until(lambda: _told(scene, held.thread, full))
        await scene.ask("let that arrive", scene.ben)
    began_at = datetime.now(UTC)
    async with scene.bot():
        await _until_paid(scene, began_at)
    assert _told(scene, held.thread, full) == [refused.id]
    assert _told(scene, held.thread, Notice.REFUSED_UNTOLD) == []
