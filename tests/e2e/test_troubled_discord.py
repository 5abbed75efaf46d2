"""A Discord that is slow, down, full, or loses its answers: the reply is whole all the same."""

import asyncio
from collections.abc import Callable

import pytest

from conversation.entities import Outcome
from rendering.cursor import CURSOR
from sandbox.rest.faults import Faults
from tests.e2e.scene import Scene
from tests.e2e.streams import asked, first_shown, hold, until_stored

_POST, _EDIT = "/channels/*/messages", "/channels/*/messages/*"
_STORM_S = 2.0


async def test_a_slow_discord_does_not_stall_the_reading_of_the_upstream(scene: Scene) -> None:
    """The reading of the upstream never waits for Discord; the end is shown when it can be."""
    async with scene.bot():
        held = await hold(scene, "One, ", *["more, "] * 200, "end.")
        message = await first_shown(scene, held)
        scene.discord.faults.latency_s = 2.0
        held.gate.open()
        turn = await until_stored(scene, message, Outcome.COMPLETE)
        assert message.content == "One," + CURSOR
        scene.discord.faults.latency_s = 0.0
        await scene.answer_in(held.thread)
    assert message.content == turn.text == "One, " + "more, " * 200 + "end."


async def test_an_outage_of_discord_stalls_nothing_and_the_end_is_shown_afterwards(
    scene: Scene,
) -> None:
    """When Discord is down the answer is read and stored; it is shown when Discord comes back."""
    async with scene.bot():
        held = await hold(scene, "One, ", "two, ", "three.")
        message = await first_shown(scene, held)
        scene.discord.faults.begin_outage()
        held.gate.open()
        await until_stored(scene, message, Outcome.COMPLETE)
        assert message.content == "One," + CURSOR
        await scene.until(lambda: [each for each in scene.discord.requests if each.status == 503])
        scene.discord.faults.end_outage()
        await scene.answer_in(held.thread)
    assert message.content == "One, two, three."
    assert scene.from_bot(held.thread) == [message]


async def test_an_outage_before_the_first_words_delays_them_only(scene: Scene) -> None:
    """An answer that began while Discord was down is shown whole, once."""
    async with scene.bot():
        held = await hold(scene, "One, ", "two.")
        await scene.playground.until(lambda: asked(scene))
        scene.discord.faults.begin_outage()
        held.gate.open()
        await scene.playground.until(lambda: asked(scene)[-1].is_over)
        await scene.until(
            lambda: [each for each in scene.discord.requests_to("POST", _POST) if each.status]
        )
        scene.discord.faults.end_outage()
        answer = await scene.answer_in(held.thread)
    assert answer.content == "One, two."
    assert scene.from_bot(held.thread) == [answer]


async def test_a_storm_of_429_is_sat_out(scene: Scene) -> None:
    """While Discord refuses everything with 429 nothing is lost."""
    async with scene.bot():
        held = await hold(scene, "One, ", "two, ", "three.")
        message = await first_shown(scene, held)
        scene.discord.faults.storm_429(_STORM_S)
        held.gate.open()
        turn = await until_stored(scene, message, Outcome.COMPLETE)
        await scene.until(lambda: [each for each in scene.discord.requests if each.status == 429])
        assert message.content == "One," + CURSOR
        await scene.answer_in(held.thread)
    assert message.content == turn.text == "One, two, three."


def _reset_after(faults: Faults) -> None:
    faults.reset("POST", _POST, after=True)


def _bad_gateway_after(faults: Faults) -> None:
    faults.answer("POST", _POST, 502, after=True)


def _unavailable_after(faults: Faults) -> None:
    faults.answer("POST", _POST, 503, after=True)


@pytest.mark.parametrize("go_wrong", [_reset_after, _bad_gateway_after, _unavailable_after])
@pytest.mark.parametrize("is_echo_lost", [False, True])
async def test_a_post_whose_answer_was_lost_is_not_posted_twice(
    scene: Scene, go_wrong: Callable[[Faults], None], *, is_echo_lost: bool
) -> None:
    """The nonce keeps a post whose answer was lost from becoming a second message."""
    async with scene.bot():
        held = await hold(scene, "One, ", "two, ", "three.")
        go_wrong(scene.discord.faults)
        if is_echo_lost:
            scene.discord.gateway.faults.swallow_next("MESSAGE_CREATE")
        message = await first_shown(scene, held)
        held.gate.open()
        await scene.answer_in(held.thread)
    assert message.content == "One, two, three."
    assert scene.from_bot(held.thread) == [message]


@pytest.mark.parametrize("is_after", [False, True])
async def test_an_edit_that_was_lost_is_made_again(scene: Scene, *, is_after: bool) -> None:
    """A lost connection during an edit leaves the whole text in the end."""
    async with scene.bot():
        held = await hold(scene, "One, ", "two, ", "three.")
        message = await first_shown(scene, held)
        scene.discord.faults.reset("PATCH", _EDIT, after=is_after)
        held.gate.release()
        await scene.until(lambda: scene.discord.requests_to("PATCH", _EDIT))
        held.gate.open()
        await scene.answer_in(held.thread)
    assert message.content == "One, two, three."


async def test_a_last_edit_that_fails_is_made_again(scene: Scene) -> None:
    """The final text is shown, and the button taken away, when Discord takes it again."""
    async with scene.bot():
        held = await hold(scene, "One.")
        message = await first_shown(scene, held)
        scene.discord.faults.answer("PATCH", _EDIT, 503, times=2)
        held.gate.open()
        await scene.answer_in(held.thread)
    assert message.content == "One."
    assert len(scene.discord.requests_to("PATCH", _EDIT)) == 3


async def test_a_reply_that_somebody_deletes_does_not_hold_up_the_conversation(
    scene: Scene,
) -> None:
    """A message that is deleted while it streams is not posted anew, and the next is answered."""
    async with scene.bot():
        held = await hold(scene, "One, ", "two.")
        message = await first_shown(scene, held)
        scene.world.delete(message)
        held.gate.open()
        await until_stored(scene, message, Outcome.COMPLETE)
        scene.actor(scene.ann).say(held.thread, "still there?")
        answer = await scene.answer_in(held.thread)
    assert answer.content == "You said: still there?"
    assert len(scene.from_bot(held.thread)) == 1


async def test_a_thread_that_somebody_deletes_ends_its_answer_quietly(scene: Scene) -> None:
    """Where nothing can be shown any more the answer is still read and stored."""
    async with scene.bot():
        held = await hold(scene, "One, ", "two.")
        message = await first_shown(scene, held)
        scene.world.delete_channel(held.thread)
        held.gate.open()
        turn = await until_stored(scene, message, Outcome.COMPLETE)
        async with asyncio.timeout(10):
            await scene.ask("elsewhere")
    assert turn.text == "One, two."


async def test_other_conversations_go_on_while_one_place_is_refused(scene: Scene) -> None:
    """A place in which Discord fails delays no other place."""
    async with scene.bot():
        held = await hold(scene, "One, ", "two.")
        message = await first_shown(scene, held)
        fault = scene.discord.faults.answer("*", f"/channels/{held.thread.id}/*", 503, times=99)
        held.gate.open()
        _, other = await scene.ask("elsewhere?", scene.ben)
        assert other.content == "You said: elsewhere?"
        assert message.content == "One," + CURSOR
        fault.times = 0
        await scene.answer_in(held.thread)
    assert message.content == "One, two."


async def test_a_thread_archived_in_mid_answer_is_opened_again(scene: Scene) -> None:
    """A thread that somebody archives while an answer is written gets the rest of it."""
    async with scene.bot():
        held = await hold(scene, "One, two, three.")
        message = await first_shown(scene, held)
        scene.world.change_thread(held.thread, is_archived=True)
        held.gate.open()
        await scene.answer_in(held.thread)
    assert message.content == "One, two, three."


async def test_a_locked_thread_is_left_alone(scene: Scene) -> None:
    """Where the thread is locked as well, the answer is stored and nothing is tried again."""
    async with scene.bot():
        held = await hold(scene, "One, two, three.")
        message = await first_shown(scene, held)
        scene.world.change_thread(held.thread, is_archived=True, is_locked=True)
        held.gate.open()
        turn = await until_stored(scene, message, Outcome.COMPLETE)
        _, other = await scene.ask("elsewhere?", scene.ben)
    assert turn.text == "One, two, three."
    assert other.content == "You said: elsewhere?"
