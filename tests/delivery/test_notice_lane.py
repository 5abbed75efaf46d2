"""One notice, posted once whatever happens, on the sandbox's Discord."""

import asyncio

import pytest

from conversation.entities import Part, Spot
from conversation.errors import StoreUnavailableError
from delivery.notice_lane import NoticeLane
from delivery.reply_lane import LaneEnd
from rendering.wording.sentences import Sentence
from sandbox.world.entities import Message
from storage.sqlite.store import SqlNotices
from tests.delivery.stage import Stage
from tests.delivery.test_discord_api import SENSELESS

_POST = "/channels/*/messages"


class NoticeStoreThatFails(SqlNotices):
    """The notices of a store that cannot be used some times."""

    failures = 0

    async def record_try(self, notice_id: int) -> None:
        """See `NoticeStore.record_try`."""
        if self.failures:
            self.failures -= 1
            raise StoreUnavailableError("down, as planned")
        await super().record_try(notice_id)


def _question(stage: Stage) -> Message:
    """Have somebody say what the notice is about."""
    ann = stage.server.world.create_person("ann")
    stage.server.world.join(stage.guild, ann)
    return stage.server.person(ann).say(stage.channel, "hello")


async def _lane(stage: Stage, about_id: int = 1) -> NoticeLane:
    stored = await stage.notice(about_id=about_id)
    return NoticeLane(stage.courier, stage.api, stage.store.notices, stored)


async def _end(lane: NoticeLane) -> LaneEnd:
    lane.begin()
    return await asyncio.wait_for(lane.until_ended(), 10.0)


async def test_a_notice_is_posted_as_a_reply_to_what_it_is_about(stage: Stage) -> None:
    """It says its words under the message, and its id is known then."""
    question = _question(stage)
    lane = await _lane(stage, question.id)
    assert await _end(lane) is LaneEnd.SHOWN
    (message,) = stage.messages
    assert message.content == Sentence.BROKEN
    assert message.reference is not None
    assert message.reference.message_id == question.id
    assert lane.message_id == message.id


async def test_that_it_may_be_there_is_stored_before_it_is(stage: Stage) -> None:
    """A process killed while it posts a notice leaves that it was tried."""
    stage.server.faults.latency_s = 1.0
    lane = await _lane(stage)
    lane.begin()
    await stage.server.until(lambda: stage.server.requests_to("POST", _POST))
    stored = await stage.store.notices.notice(lane.notice_id)
    assert stored is not None
    assert stored.was_tried
    lane.close()


@pytest.mark.parametrize(("content", "content_type"), SENSELESS)
async def test_a_senseless_answer_makes_no_second_notice(
    stage: Stage, content: bytes, content_type: str
) -> None:
    """It is posted again by its nonce, and is there once."""
    stage.server.faults.garble("POST", _POST, content, content_type=content_type)
    lane = await _lane(stage)
    assert await _end(lane) is LaneEnd.SHOWN
    assert [message.id for message in stage.messages] == [lane.message_id]


async def test_a_notice_that_cannot_be_stored_waits_for_the_store(stage: Stage) -> None:
    """Nothing is posted before it is stored that it was tried."""
    store = NoticeStoreThatFails(stage.store.database, stage.clock.now)
    store.failures = 1
    lane = NoticeLane(stage.courier, stage.api, store, await stage.notice())
    assert await _end(lane) is LaneEnd.SHOWN
    assert len(stage.server.requests_to("POST", _POST)) == 1


async def test_a_notice_of_an_earlier_process_is_found(stage: Stage) -> None:
    """What may be there is looked for among our replies to the message, and not posted again."""
    question = _question(stage)
    stored = await stage.notice(about_id=question.id)
    about = Spot(stage.channel.id, stage.guild.id, question.id)
    posted_id = await stage.api.post(about, "words of another version", nonce="n1")
    await stage.store.notices.record_try(stored.id)
    tried = await stage.store.notices.notice(stored.id)
    assert tried is not None
    lane = NoticeLane(stage.courier, stage.api, stage.store.notices, tried)
    assert await _end(lane) is LaneEnd.SHOWN
    assert lane.message_id == posted_id
    assert [message.id for message in stage.messages] == [posted_id]


async def test_an_answer_is_not_taken_for_a_notice(stage: Stage) -> None:
    """A reply of ours to the same message that is known as something else is not the notice."""
    question = _question(stage)
    stored = await stage.notice(about_id=question.id)
    about = Spot(stage.channel.id, stage.guild.id, question.id)
    answer_id = await stage.api.post(about, "an answer", nonce="a1")
    state = await stage.ended("an answer")
    part = Part(0, stage.channel.id, answer_id, "a1")
    await stage.replies.record_step(state.reply_id, [part], turn_id=state.turn.id, text=None)
    await stage.store.notices.record_try(stored.id)
    tried = await stage.store.notices.notice(stored.id)
    assert tried is not None
    lane = NoticeLane(stage.courier, stage.api, stage.store.notices, tried)
    assert await _end(lane) is LaneEnd.SHOWN
    assert stage.contents == ["an answer", Sentence.BROKEN]


async def test_whoever_may_not_read_may_still_write(stage: Stage) -> None:
    """Where what is there may not be read, the notice is posted: twice is better than never."""
    stored = await stage.notice()
    await stage.store.notices.record_try(stored.id)
    tried = await stage.store.notices.notice(stored.id)
    assert tried is not None
    stage.server.faults.answer("GET", _POST, 403, body={"message": "no", "code": 50013})
    lane = NoticeLane(stage.courier, stage.api, stage.store.notices, tried)
    assert await _end(lane) is LaneEnd.SHOWN
    assert stage.contents == [Sentence.BROKEN]


@pytest.mark.parametrize(
    ("status", "code", "end"), [(403, 50013, LaneEnd.PARKED), (400, 50035, LaneEnd.REFUSED)]
)
async def test_a_refusal_ends_it(stage: Stage, status: int, code: int, end: LaneEnd) -> None:
    """A place that refuses parks a notice; what is refused for good is not tried again."""
    stage.server.faults.answer("POST", _POST, status, body={"message": "no", "code": code})
    lane = await _lane(stage)
    assert await _end(lane) is end
    assert lane.message_id is None
    assert lane.wish() is None


async def test_a_failure_of_the_moment_is_tried_again(stage: Stage) -> None:
    """An outage of Discord makes a notice late, no more."""
    stage.server.faults.reset("POST", _POST)
    assert await _end(await _lane(stage)) is LaneEnd.SHOWN
    assert stage.contents == [Sentence.BROKEN]
