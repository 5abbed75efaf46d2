"""One reply, from its first words to its last edit, on the sandbox's Discord."""

import asyncio
import logging

import pytest

from conversation.entities import Outcome
from conversation.events import Finished, Queued, ReasoningDelta, TextDelta
from delivery.pacing.policy import Policy
from rendering.cursor import CURSOR
from rendering.wording.english import Notice, say
from tests.delivery.stage import Stage, opened_stage

_POST, _EDIT = "/channels/*/messages", "/channels/*/messages/*"


async def test_feeding_returns_at_once_and_sends_nothing_by_itself(stage: Stage) -> None:
    """`feed` never waits: what is sent is decided later, with the text of that instant."""
    display = stage.display()
    for word in ("one ", "two ", "three"):
        display.feed(TextDelta(word))
    await stage.server.until(lambda: stage.messages)
    assert stage.contents == ["one two three" + CURSOR]
    display.close()


async def test_a_finished_reply_is_shown_whole_and_its_part_is_kept(stage: Stage) -> None:
    """`until_shown` ends when Discord shows all of it and its parts are stored."""
    display = stage.display(turn_id=7)
    display.feed(TextDelta("whole"))
    display.finish("-# the end")
    await display.until_shown()
    assert stage.contents == ["whole\n-# the end"]
    assert [(part.ordinal, part.message_id, part.nonce) for part in stage.kept] == [
        (0, stage.messages[0].id, "7.0")
    ]


async def test_an_unchanged_text_is_not_sent_again(stage: Stage) -> None:
    """What Discord has already is not sent: an answer posted whole is never edited."""
    display = stage.display()
    display.feed(TextDelta("all at once"))
    display.finish("")
    await display.until_shown()
    display.feed(ReasoningDelta("hm"))
    assert len(stage.server.requests_to("*", "/channels/*")) == 1


async def test_a_message_that_is_full_is_sent_before_its_turn() -> None:
    """An edit that waits for its turn waits no longer when its message is full meanwhile."""
    policy = Policy(opening_gaps_s=(), steady_gap_s=3600.0)
    async with opened_stage(policy=policy) as stage:
        display = stage.display()
        display.feed(TextDelta("first "))
        await stage.server.until(lambda: stage.messages)
        display.feed(TextDelta("more "))
        await asyncio.sleep(0)
        for _ in range(400):
            display.feed(TextDelta("words "))
        await stage.server.until(lambda: len(stage.messages) == 2)
        assert CURSOR not in stage.contents[0]
        display.close()


async def test_nothing_to_show_is_shown_by_nothing(stage: Stage) -> None:
    """A reply without text and without notice makes no request."""
    display = stage.display()
    display.finish("")
    await display.until_shown()
    assert stage.server.requests_to("*", "/channels/*") == []


async def test_the_place_in_line_is_shown_until_the_first_words(stage: Stage) -> None:
    """It is a message of the reply, is kept up to date, and is replaced by the answer."""
    display = stage.display()
    display.feed(Queued(4))
    await stage.server.until(lambda: stage.messages)
    assert stage.contents == [say(Notice.QUEUED, number=5)]
    display.feed(Queued(0))
    await stage.server.until(lambda: stage.contents == [say(Notice.QUEUED, number=1)])
    display.feed(TextDelta("Here"))
    await stage.server.until(lambda: stage.contents == ["Here" + CURSOR])
    assert display.wish() is None
    display.finish("")
    await display.until_shown()
    assert (stage.contents, len(stage.kept)) == (["Here"], 1)


async def test_an_answer_that_never_began_leaves_no_place_in_line(stage: Stage) -> None:
    """What is left of one that ends in line is how it ended."""
    display = stage.display()
    display.feed(Queued(0))
    await stage.server.until(lambda: stage.messages)
    display.finish("-# the end")
    await display.until_shown()
    assert stage.contents == ["-# the end"]


async def test_text_that_cannot_be_shown_yet_does_not_hold_up_what_follows(stage: Stage) -> None:
    """A mark that came alone is shown with the words after it, as soon as they are there."""
    display = stage.display()
    display.feed(TextDelta("**"))
    await asyncio.sleep(0)
    display.feed(TextDelta("bold**"))
    await stage.server.until(lambda: stage.messages)
    assert stage.contents == ["**bold**" + CURSOR]
    display.close()


async def test_the_services_last_word_replaces_what_was_shown(stage: Stage) -> None:
    """Where the service's last word differs, the reply ends as that word, shorter or longer."""
    display = stage.display()
    display.feed(TextDelta("wrong " * 500))
    await stage.server.until(lambda: len(stage.messages) == 2)
    display.feed(Finished(Outcome.COMPLETE, text="right"))
    display.finish("")
    await display.until_shown()
    assert stage.contents == ["right"]


async def test_a_part_to_be_deleted_that_is_gone_already_is_not_deleted_again(
    stage: Stage,
) -> None:
    """A message that somebody deleted first needs no deletion."""
    display = stage.display()
    display.feed(TextDelta("wrong " * 500))
    await stage.server.until(lambda: len(stage.messages) == 2)
    stage.server.world.delete(stage.messages[1])
    display.feed(Finished(Outcome.COMPLETE, text="right"))
    display.finish("")
    await asyncio.wait_for(display.until_shown(), 10)
    assert stage.contents == ["right"]
    assert len(stage.server.requests_to("DELETE", _EDIT)) == 1


async def test_a_post_that_may_have_been_made_is_repeated_as_it_was(stage: Stage) -> None:
    """Discord gives the first message to a repeated nonce, so the repetition says the same."""
    stage.server.faults.reset("POST", _POST, after=True)
    display = stage.display()
    display.feed(TextDelta("first"))
    await stage.server.until(lambda: stage.messages)
    display.feed(TextDelta(" and second"))
    display.finish("")
    await display.until_shown()
    assert stage.contents == ["first and second"]
    assert stage.messages[0].components == []
    posts = stage.server.requests_to("POST", _POST)
    assert [post.body["content"] for post in posts] == ["first" + CURSOR] * 2
    assert len({post.body["nonce"] for post in posts}) == 1


async def test_a_late_echo_tells_that_a_post_was_made_after_all(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    """What the gateway shows needs no second try, though the post had seemed to fail."""
    stage.server.faults.answer("POST", _POST, 503, after=True)
    display = stage.display(turn_id=3)
    display.feed(TextDelta("first"))
    await stage.server.until(lambda: "post failed" in caplog.text)
    stage.courier.echoed("3.0", stage.messages[0].id)
    display.finish("-# end")
    await display.until_shown()
    assert stage.contents == ["first\n-# end"]
    assert len(stage.server.requests_to("POST", _POST)) == 1


async def test_a_reply_that_rests_is_tried_again_at_once_when_it_ends(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    """The end of an answer does not wait for the pause after a failure."""
    caplog.set_level(logging.DEBUG, "delivery")
    display = stage.display()
    display.feed(TextDelta("first"))
    await stage.server.until(lambda: stage.kept)
    stage.server.faults.answer("PATCH", _EDIT, 503, times=3)
    display.feed(TextDelta(" 1 2"))
    await stage.server.until(lambda: caplog.text.count("edit failed") == 2)
    stage.server.faults.clear()
    display.finish("")
    await asyncio.wait_for(display.until_shown(), 1.5)
    assert stage.contents == ["first 1 2"]


async def test_a_refusal_for_good_ends_the_reply(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    """Where Discord refuses for good nothing more is sent, and nobody waits for it."""
    stage.server.faults.answer("POST", _POST, 403, body={"message": "no", "code": 50013})
    display = stage.display()
    with caplog.at_level(logging.WARNING):
        display.feed(TextDelta("first"))
        await asyncio.wait_for(display.until_shown(), 5)
    display.feed(TextDelta(" second"))
    display.finish("")
    await display.until_shown()
    assert len(stage.server.requests_to("*", "/channels/*")) == 1
    assert "50013" in caplog.text


async def test_a_part_that_cannot_be_stored_is_logged_and_shown(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    """A store that fails does not keep an answer from being shown, and is not passed over."""
    stage.is_store_down = True
    display = stage.display()
    display.feed(TextDelta("first"))
    display.finish("")
    await display.until_shown()
    assert stage.contents == ["first"]
    assert "part 0 could not be stored" in caplog.text


async def test_typing_that_failed_is_shown_again_later_and_delays_nothing(stage: Stage) -> None:
    """A failure of the typing line is no reason to keep the words back."""
    stage.server.faults.answer("POST", "/channels/*/typing", 503)
    display = stage.display()
    await stage.server.until(lambda: stage.server.requests_to("POST", "/channels/*/typing"))
    display.feed(TextDelta("words"))
    await stage.server.until(lambda: stage.messages)
    assert stage.server.typing == []
    display.close()


async def test_typing_under_way_does_not_hold_up_the_first_words(stage: Stage) -> None:
    """The first words are posted while Discord has not yet answered the typing."""
    stage.server.faults.latency_s = 1.0
    display = stage.display()
    await stage.server.until(lambda: stage.server.requests_to("POST", "/channels/*/typing"))
    display.feed(TextDelta("words"))
    await stage.server.until(lambda: stage.server.requests_to("POST", _POST))
    assert stage.server.typing == []
    await stage.server.until(lambda: stage.messages)
    assert stage.server.typing[0][0] < stage.messages[0].created_s
    display.close()


async def test_the_cursor_goes_with_the_last_edit(stage: Stage) -> None:
    """While it streams a cursor stands at the end, inside code as well; then it is gone."""
    display = stage.display()
    display.feed(TextDelta("```\ncode"))
    await stage.server.until(lambda: stage.messages)
    assert stage.contents == [f"```\ncode{CURSOR}\n```"]
    display.finish("")
    await display.until_shown()
    assert stage.contents == ["```\ncode\n```"]
