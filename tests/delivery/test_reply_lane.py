"""One reply, from its first words to its last edit, on the sandbox's Discord."""

import asyncio
import logging
from pathlib import Path

import pytest

from conversation.entities import Outcome, Part, PlaceKey, Spot
from conversation.events import Finished, Queued, ReasoningDelta, TextDelta
from delivery.pacing.policy import Policy
from delivery.reply_lane import LaneEnd
from rendering.buttons import Button, custom_id
from rendering.cursor import CURSOR
from rendering.diff import digest_of
from rendering.wording.sentences import Sentence, say
from tests.delivery.stage import Stage, opened_stage
from tests.delivery.test_discord_api import SENSELESS

_POST, _EDIT = "/channels/*/messages", "/channels/*/messages/*"


async def test_feeding_returns_at_once_and_sends_nothing_by_itself(stage: Stage) -> None:
    """`feed` never waits: what is sent is decided later, with the text of that instant."""
    reply = await stage.streaming()
    reply.feed(*(TextDelta(word) for word in ("one ", "two ", "three")))
    await stage.server.until(lambda: stage.messages)
    assert stage.contents == ["one two three" + CURSOR]


async def test_a_finished_reply_is_shown_whole_and_its_part_is_stored(stage: Stage) -> None:
    """A lane ends when Discord shows all of it; then its part is stored as it is."""
    reply = await stage.streaming()
    reply.feed(TextDelta("whole"))
    await reply.until_shown(Outcome.STOPPED)
    content = f"whole\n{Sentence.STOPPED}"
    assert stage.contents == [content]
    assert await reply.parts() == (
        Part(
            ordinal=0,
            channel_id=stage.channel.id,
            message_id=stage.messages[0].id,
            nonce=reply.nonce,
            digest=digest_of(content, []),
            is_confirmed=True,
        ),
    )


async def test_what_is_shown_is_the_revision_that_was_wanted(stage: Stage) -> None:
    """Once a lane has ended and that is stored, its reply is behind no more."""
    reply = await stage.streaming()
    reply.feed(TextDelta("whole"))
    await reply.until_shown()
    state = await stage.state(reply.reply_id)
    assert state.shown_rev == state.wanted_rev
    assert await stage.store.replies.behind(limit=10) == ()


async def test_an_unchanged_text_is_not_sent_again(stage: Stage) -> None:
    """What Discord has already is not sent: an answer posted whole is never edited."""
    lane = await stage.shown(await stage.ended("all at once"))
    lane.feed(ReasoningDelta("hm"))
    assert lane.wish() is None
    assert len(stage.server.requests_to("*", "/channels/*")) == 1


async def test_text_is_stored_before_it_is_shown(stage: Stage) -> None:
    """Whatever Discord shows is in the store already, and so is the row of its message."""
    reply = await stage.streaming()
    stage.replies.is_down = True
    reply.feed(TextDelta("first"))
    await stage.server.until(lambda: not reply.lane.wish())
    assert stage.server.requests_to("POST", _POST) == []
    stage.replies.is_down = False
    await stage.server.until(lambda: stage.messages)
    assert await reply.stored_text() == "first"
    assert [part.nonce for part in await reply.parts()] == [reply.nonce]


async def test_the_row_of_a_message_is_there_before_discord_has_answered(stage: Stage) -> None:
    """A process killed while it posts leaves what it would have said, to be looked for."""
    stage.server.faults.latency_s = 1.0
    reply = await stage.streaming()
    reply.feed(TextDelta("first"))
    await stage.server.until(lambda: stage.server.requests_to("POST", _POST))
    (part,) = await reply.parts()
    assert (part.message_id, part.is_confirmed) == (None, False)
    assert part.digest == digest_of(
        "first" + CURSOR, [custom_id(Button.STOP, reply.exchange.turn.id)]
    )


async def test_a_message_that_is_full_is_sent_before_its_turn(tmp_path: Path) -> None:
    """An edit that waits for its turn waits no longer when its message is full meanwhile."""
    policy = Policy(opening_gaps_s=(), steady_gap_s=3600.0)
    async with opened_stage(tmp_path, policy=policy) as stage:
        reply = await stage.streaming()
        reply.feed(TextDelta("first "))
        await stage.server.until(lambda: stage.messages)
        reply.feed(TextDelta("more "))
        await asyncio.sleep(0)
        reply.feed(*(TextDelta("words ") for _ in range(400)))
        await stage.server.until(lambda: len(stage.messages) == 2)
        assert CURSOR not in stage.contents[0]


async def test_the_place_in_line_is_shown_until_the_first_words(stage: Stage) -> None:
    """It is a message of the reply, is kept up to date, and is replaced by the answer."""
    reply = await stage.streaming()
    reply.feed(Queued(4))
    await stage.server.until(lambda: stage.messages)
    assert stage.contents == [say(Sentence.QUEUED, number=5)]
    reply.feed(Queued(0))
    await stage.server.until(lambda: stage.contents == [say(Sentence.QUEUED, number=1)])
    reply.feed(TextDelta("Here"))
    await stage.server.until(lambda: stage.contents == ["Here" + CURSOR])
    assert reply.lane.wish() is None
    await reply.until_shown()
    assert (stage.contents, len(await reply.parts())) == (["Here"], 1)


async def test_an_answer_that_never_began_leaves_no_place_in_line(stage: Stage) -> None:
    """What is left of one that ends in line is how it ended."""
    reply = await stage.streaming()
    reply.feed(Queued(0))
    await stage.server.until(lambda: stage.messages)
    await reply.until_shown(Outcome.STOPPED)
    assert stage.contents == [Sentence.STOPPED_UNSAID]


async def test_text_that_cannot_be_shown_yet_does_not_hold_up_what_follows(stage: Stage) -> None:
    """A mark that came alone is shown with the words after it, as soon as they are there."""
    reply = await stage.streaming()
    reply.feed(TextDelta("**"))
    await asyncio.sleep(0)
    reply.feed(TextDelta("bold**"))
    await stage.server.until(lambda: stage.messages)
    assert stage.contents == ["**bold**" + CURSOR]


async def test_the_services_last_word_replaces_what_was_shown(stage: Stage) -> None:
    """Where the service's last word differs, the reply ends as that word, shorter or longer."""
    reply = await stage.streaming()
    reply.feed(TextDelta("wrong " * 500))
    await stage.server.until(lambda: len(stage.messages) == 2)
    reply.feed(Finished(Outcome.COMPLETE, text="right"))
    await reply.until_shown()
    assert stage.contents == ["right"]
    assert [part.ordinal for part in await reply.parts()] == [0]


async def test_a_part_to_be_deleted_that_is_gone_already_is_not_deleted_again(
    stage: Stage,
) -> None:
    """A message that somebody deleted first needs no deletion."""
    reply = await stage.streaming()
    reply.feed(TextDelta("wrong " * 500))
    await stage.server.until(lambda: len(stage.messages) == 2)
    stage.server.world.delete(stage.messages[1])
    reply.feed(Finished(Outcome.COMPLETE, text="right"))
    await reply.until_shown()
    assert stage.contents == ["right"]
    assert len(stage.server.requests_to("DELETE", _EDIT)) == 1


async def test_a_message_that_somebody_deleted_is_not_posted_again(stage: Stage) -> None:
    """What a moderator removed stays removed, is so remembered, and the lane ends all the same."""
    reply = await stage.streaming()
    reply.feed(TextDelta("first"))
    await stage.server.until(lambda: stage.messages)
    stage.server.world.delete(stage.messages[0])
    reply.feed(TextDelta(" and second"))
    await stage.server.until(lambda: reply.lane.is_deleted)
    await reply.until_shown()
    assert stage.contents == []
    assert [part.is_gone for part in await reply.parts()] == [True]
    assert len(stage.server.requests_to("POST", _POST)) == 1


async def test_a_post_that_may_have_been_made_is_repeated_as_it_was(stage: Stage) -> None:
    """Discord gives the first message to a repeated nonce, so the repetition says the same."""
    stage.server.faults.reset("POST", _POST, after=True)
    reply = await stage.streaming()
    reply.feed(TextDelta("first"))
    await stage.server.until(lambda: stage.messages)
    reply.feed(TextDelta(" and second"))
    await reply.until_shown()
    assert stage.contents == ["first and second"]
    assert stage.messages[0].components == []
    posts = stage.server.requests_to("POST", _POST)
    assert [post.body["content"] for post in posts] == ["first" + CURSOR] * 2
    assert len({post.body["nonce"] for post in posts}) == 1


@pytest.mark.parametrize(("content", "content_type"), SENSELESS)
async def test_a_senseless_answer_to_a_post_makes_no_second_message(
    stage: Stage, content: bytes, content_type: str
) -> None:
    """Whatever comes instead of the message, it is posted again by its nonce, and shown once."""
    stage.server.faults.garble("POST", _POST, content, content_type=content_type)
    reply = await stage.streaming()
    reply.feed(TextDelta("whole"))
    await reply.until_shown()
    assert stage.contents == ["whole"]
    assert [part.message_id for part in await reply.parts()] == [stage.messages[0].id]


@pytest.mark.parametrize("is_made", [True, False])
async def test_a_post_whose_nonce_is_forgotten_is_looked_for(
    stage: Stage, *, is_made: bool
) -> None:
    """Later than Discord remembers a nonce, a post that may be there is read back, not repeated."""
    stage.server.faults.reset("POST", _POST, after=is_made)
    reply = await stage.streaming(nonce_life_s=-1.0)
    reply.feed(TextDelta("first"))
    await stage.server.until(lambda: stage.server.requests_to("GET", _POST))
    reply.feed(TextDelta(" and second"))
    await reply.until_shown()
    assert stage.contents == ["first and second"]
    assert len(stage.server.requests_to("POST", _POST)) == (1 if is_made else 2)


async def test_a_late_echo_tells_that_a_post_was_made_after_all(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    """What the gateway shows needs no second try, though the post had seemed to fail."""
    stage.server.faults.answer("POST", _POST, 503, after=True)
    reply = await stage.streaming()
    reply.feed(TextDelta("first"))
    await stage.server.until(lambda: "post failed" in caplog.text)
    stage.courier.echoed(reply.nonce, stage.messages[0].id)
    await reply.until_shown()
    assert stage.contents == ["first"]
    assert len(stage.server.requests_to("POST", _POST)) == 1


async def test_a_reply_that_rests_is_tried_again_at_once_when_it_ends(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    """The end of an answer does not wait for the pause after a failure."""
    caplog.set_level(logging.DEBUG, "delivery")
    reply = await stage.streaming()
    reply.feed(TextDelta("first"))
    await stage.server.until(lambda: stage.messages)
    stage.server.faults.answer("PATCH", _EDIT, 503, times=100)
    reply.feed(TextDelta(" 1 2"))
    await stage.server.until(lambda: caplog.text.count("edit failed") == 2)
    stage.server.faults.clear()
    await reply.end()
    assert reply.lane.wish() is not None
    assert await reply.lane.until_ended() is LaneEnd.SHOWN
    assert stage.contents == ["first 1 2"]


async def test_a_refusal_for_good_ends_the_reply(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    """Where Discord refuses for good nothing more is sent, and nobody waits for it."""
    stage.server.faults.answer("POST", _POST, 400, body={"message": "no", "code": 50035})
    reply = await stage.streaming()
    reply.feed(TextDelta("first"))
    await stage.server.until(lambda: reply.lane.end)
    reply.feed(TextDelta(" second"))
    await reply.end()
    assert await reply.lane.until_ended() is LaneEnd.REFUSED
    assert len(stage.server.requests_to("*", "/channels/*")) == 1
    assert "50035" in caplog.text


async def test_a_place_that_refuses_parks_the_reply_until_it_is_reopened(stage: Stage) -> None:
    """While the answer still comes, it is shown as soon as something has changed there."""
    stage.server.faults.answer("POST", _POST, 403, body={"message": "no", "code": 50013})
    reply = await stage.streaming()
    reply.feed(TextDelta("first"))
    await stage.server.until(lambda: reply.lane.end)
    assert reply.lane.end is LaneEnd.PARKED
    stage.courier.reopen(stage.channel.id)
    reply.lane.reopen()
    await reply.until_shown()
    assert stage.contents == ["first"]


async def test_a_parked_reply_whose_answer_has_ended_is_waited_for_no_longer(stage: Stage) -> None:
    """What the place refuses is left to whoever hears that it has changed."""
    stage.server.faults.answer("POST", _POST, 403, body={"message": "no", "code": 50013})
    reply = await stage.streaming()
    reply.feed(TextDelta("first"))
    await reply.end()
    assert await asyncio.wait_for(reply.lane.until_ended(), 5.0) is LaneEnd.PARKED


async def test_a_store_that_fails_holds_an_answer_back_until_it_works(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    """What cannot be stored is not shown; it is tried again, and that is in the debug log."""
    caplog.set_level(logging.DEBUG, "delivery")
    reply = await stage.streaming()
    stage.replies.is_down = True
    reply.feed(TextDelta("first"))
    await stage.server.until(lambda: "it could not be stored" in caplog.text)
    assert stage.contents == []
    stage.replies.is_down = False
    await reply.until_shown()
    assert stage.contents == ["first"]


async def test_an_archived_thread_is_opened_for_the_rest_of_an_answer(stage: Stage) -> None:
    """Somebody archived the thread while a reply was written in it: it is opened, and goes on."""
    world = stage.server.world
    thread = world.start_thread(world.bot, stage.channel, "title")
    place = PlaceKey(thread.id, stage.guild.id, stage.channel.id)
    state = await stage.ended("whole", place)
    stage.server.faults.answer("POST", _POST, 400, body={"message": "archived", "code": 50083})
    lane = await asyncio.wait_for(stage.shown(state), 10.0)
    assert lane.end is LaneEnd.SHOWN
    assert [each.content for each in stage.messages_in(thread)][-1:] == ["whole"]
    assert stage.server.requests_to("PATCH", f"/channels/{thread.id}")


async def test_a_thread_that_stays_archived_parks_the_reply(stage: Stage) -> None:
    """A thread that is locked away is opened once, in vain, and then not asked again."""
    world = stage.server.world
    thread = world.start_thread(world.bot, stage.channel, "title")
    place = PlaceKey(thread.id, stage.guild.id, stage.channel.id)
    state = await stage.ended("whole", place)
    body = {"message": "archived", "code": 50083}
    stage.server.faults.answer("POST", _POST, 400, times=10, body=body)
    lane = await stage.shown(state)
    assert lane.end is LaneEnd.PARKED
    assert len(stage.server.requests_to("POST", _POST)) == 2
    assert len(stage.server.requests_to("PATCH", f"/channels/{thread.id}")) == 1


async def test_typing_that_failed_is_shown_again_later_and_delays_nothing(stage: Stage) -> None:
    """A failure of the typing line is no reason to keep the words back."""
    stage.server.faults.answer("POST", "/channels/*/typing", 503)
    reply = await stage.streaming()
    await stage.server.until(lambda: stage.server.requests_to("POST", "/channels/*/typing"))
    reply.feed(TextDelta("words"))
    await stage.server.until(lambda: stage.messages)
    assert stage.server.typing == []


async def test_typing_under_way_does_not_hold_up_the_first_words(stage: Stage) -> None:
    """The first words are posted while Discord has not yet answered the typing."""
    stage.server.faults.latency_s = 1.0
    reply = await stage.streaming()
    await stage.server.until(lambda: stage.server.requests_to("POST", "/channels/*/typing"))
    reply.feed(TextDelta("words"))
    await stage.server.until(lambda: stage.server.requests_to("POST", _POST))
    assert stage.server.typing == []
    await stage.server.until(lambda: stage.messages)
    assert stage.server.typing[0][0] < stage.messages[0].created_s


async def test_the_cursor_goes_with_the_last_edit(stage: Stage) -> None:
    """While it streams a cursor stands at the end, inside code as well; then it is gone."""
    reply = await stage.streaming()
    reply.feed(TextDelta("```\ncode"))
    await stage.server.until(lambda: stage.messages)
    assert stage.contents == [f"```\ncode{CURSOR}\n```"]
    await reply.until_shown()
    assert stage.contents == ["```\ncode\n```"]


async def test_an_answer_shown_from_its_rows_looks_as_if_it_had_streamed(stage: Stage) -> None:
    """A reply that is brought up to date needs no request where it streamed to its end."""
    reply = await stage.streaming()
    reply.feed(TextDelta("a word " * 600))
    await reply.until_shown(Outcome.INTERRUPTED)
    before = len(stage.server.requests)
    lane = await stage.shown(await stage.state(reply.reply_id))
    assert lane.end is LaneEnd.SHOWN
    assert len(stage.server.requests) == before


async def test_a_message_of_an_earlier_process_is_found_and_not_posted_again(stage: Stage) -> None:
    """What was on its way when a process was killed is found by what it would have said."""
    state = await stage.ended("whole")
    found_id = await stage.api.post(stage.spot, "who", nonce="another process's")
    part = Part(0, stage.channel.id, None, "1.0", digest_of("who", []))
    await stage.replies.record_step(state.reply_id, [part], turn_id=state.turn.id, text=None)
    await stage.shown(await stage.state(state.reply_id))
    assert [(it.id, it.content) for it in stage.messages] == [(found_id, "whole")]


async def test_a_message_that_an_earlier_process_never_posted_is_posted(stage: Stage) -> None:
    """What is looked for and is not there is made now."""
    state = await stage.ended("whole")
    part = Part(0, stage.channel.id, None, "1.0", digest_of("who", []))
    await stage.replies.record_step(state.reply_id, [part], turn_id=state.turn.id, text=None)
    await stage.shown(await stage.state(state.reply_id))
    assert stage.contents == ["whole"]
    assert len((await stage.state(state.reply_id)).parts) == 1


async def test_an_answer_in_a_thread_is_at_home_from_the_first(stage: Stage) -> None:
    """Where no thread has to be opened it is known at once where an answer goes."""
    exchange = await stage.ask()
    assert exchange.reply.spot == Spot(stage.channel.id, stage.channel.guild_id)
    assert exchange.reply.home == exchange.reply.spot
