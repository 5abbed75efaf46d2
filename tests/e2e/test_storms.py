"""Storms of 429 and 5xx, an outage: nothing spins, the log stays short, and all is whole after."""

import asyncio
import logging
from collections import Counter

import pytest

from sandbox.world.entities import Message
from tests.e2e.scene import Scene
from tests.e2e.streams import Held, hold

_STREAMS = 5
_STORM_S = 4.0
_UNKNOWN = {"message": "Unknown interaction", "code": 10062}


async def _streams(scene: Scene) -> list[Held]:
    """Have several answers stream, each in a thread of its own, each with its first words shown."""
    held = [await hold(scene, f"First {number}, ", "second, ") for number in range(_STREAMS)]
    for each in held:
        each.gate.release()
    await scene.until(lambda: all(scene.from_bot(each.thread) for each in held))
    return held


async def _rage(scene: Scene, held: list[Held]) -> Counter[int | None]:
    """Let all answers end in a storm and wait until it is over; count its edits by status."""
    before = len(scene.discord.requests)
    for each in held:
        each.gate.open()
    await asyncio.sleep(_STORM_S)  # the length of the storm is what is tested
    stormy = scene.discord.requests[before:]
    return Counter(request.status for request in stormy if request.method == "PATCH")


async def _are_whole(scene: Scene, held: list[Held]) -> None:
    """Check that every answer is shown whole, in one message."""
    for number, each in enumerate(held):
        await scene.until(lambda each=each: scene.finished(each.thread), timeout_s=20.0)
        contents = [message.content for message in scene.from_bot(each.thread)]
        assert contents == [f"First {number}, second,"]


def _lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return what an operator reads, but discord.py's lines: those are filtered where they go."""
    return [
        f"{record.levelname} {record.getMessage()}"
        for record in caplog.records
        if record.levelno >= logging.WARNING and not record.name.startswith("discord")
    ]


async def test_a_storm_of_429_is_waited_out(scene: Scene, caplog: pytest.LogCaptureFixture) -> None:
    """While Discord refuses everything for its pace, each stream asks again as it is told to."""
    async with scene.bot():
        held = await _streams(scene)
        scene.discord.faults.storm_429(_STORM_S, retry_after_s=1.0)
        told = await _rage(scene, held)
        await _are_whole(scene, held)
    assert _STREAMS <= told[429] <= _STREAMS * (_STORM_S + 1)
    assert len(_lines(caplog)) == 1


async def test_a_storm_of_503_is_waited_out(scene: Scene, caplog: pytest.LogCaptureFixture) -> None:
    """While Discord fails, each stream tries more and more seldom, and says so once."""
    async with scene.bot():
        held = await _streams(scene)
        fault = scene.discord.faults.answer("*", "/channels/*", 503, times=10_000)
        told = await _rage(scene, held)
        fault.times = 0
        await _are_whole(scene, held)
    # At once, and after 1 and 2 s more.
    assert _STREAMS <= told[503] <= _STREAMS * 4
    assert len(_lines(caplog)) <= _STREAMS


async def test_an_outage_is_waited_out(scene: Scene, caplog: pytest.LogCaptureFixture) -> None:
    """With Discord away altogether the gateway too is tried seldom, in one line a try."""
    async with scene.bot():
        held = await _streams(scene)
        scene.discord.faults.begin_outage()
        told = await _rage(scene, held)
        scene.discord.faults.end_outage()
        await _are_whole(scene, held)
        scene.actor(scene.ann).say(held[0].thread, "and now?")
        await scene.until(lambda: _says(scene, held[0], "You said: and now?"), timeout_s=30.0)
    assert _STREAMS <= told[503] <= _STREAMS * 4
    assert len(_lines(caplog)) <= _STREAMS
    lost = [it for it in caplog.records if "Attempting a reconnect" in it.getMessage()]
    assert 0 < len(lost) <= 10


def _says(scene: Scene, held: Held, content: str) -> list[Message]:
    return [message for message in scene.from_bot(held.thread) if message.content == content]


async def test_a_stop_that_discord_answers_too_late_still_stops(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    """A click whose interaction has expired is done all the same, with one line in the log."""
    async with scene.bot():
        held, *_ = await _streams(scene)
        scene.discord.faults.answer("POST", "/interactions/*", 404, body=_UNKNOWN)
        (message,) = scene.from_bot(held.thread)
        record = await scene.actor(scene.ann).click(message, label="Stop")
        assert record.failed
        await scene.until(lambda: scene.finished(held.thread))
    assert [line for line in _lines(caplog) if "too late" in line]
    assert not [line for line in _lines(caplog) if line.startswith("ERROR")]


async def test_a_command_whose_connection_is_lost_is_no_error(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    """A connection that Discord closes without an answer is its failure: nobody has to act."""
    async with scene.bot():
        scene.discord.faults.hang_up("POST", "/interactions/*", times=9)
        record = await scene.actor(scene.ann).slash(scene.channel, "help")
        assert record.failed
        await scene.until(lambda: "Discord fails" in caplog.text)
    assert not [line for line in _lines(caplog) if line.startswith("ERROR")]
