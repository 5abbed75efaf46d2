"""After lost connections the bot is back soon: the pauses that the library makes are bounded."""

import asyncio
import re
from types import CoroutineType

import discord
import pytest
from discord.backoff import ExponentialBackoff

from cogs.gateway.backoff import LONGEST_S, BoundedBackoff, bounded_pauses
from startup.discord_login import point_library_at
from tests.e2e.scene import Scene

_LOSSES = 10
_CHOSEN = re.compile(r"Attempting a reconnect in ([\d.]+)s")
_SHORT_S = 0.05
_RECHECK_S = 0.02
"""A log tells nobody that it grew, so that it is looked at again and again."""


async def _until_chosen(caplog: pytest.LogCaptureFixture, count: int) -> list[float]:
    """Wait until the library has said that it makes so many pauses, and give them in seconds."""
    async with asyncio.timeout(10):
        while True:
            found = [_CHOSEN.fullmatch(record.getMessage()) for record in caplog.records]
            pauses_s = [float(match[1]) for match in found if match]
            if len(pauses_s) >= count:
                return pauses_s
            await asyncio.sleep(_RECHECK_S)


def _backoff_in(task: asyncio.Task[object]) -> object:
    """Return what the `Client.connect` that a task runs chooses its pauses with."""
    coroutine: object = task.get_coro()
    while isinstance(coroutine, CoroutineType) and coroutine.cr_frame is not None:
        if coroutine.cr_code is discord.Client.connect.__code__:
            return coroutine.cr_frame.f_locals["backoff"]
        coroutine = coroutine.cr_await
    raise LookupError("the library does not connect")


async def test_the_library_makes_the_pauses_that_it_is_given(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    """However many attempts fail in a row, the library waits no longer than it is told."""
    point_library_at(scene.discord.api_url, scene.discord.gateway_url)
    gateway = scene.discord.gateway
    with bounded_pauses(_SHORT_S):
        async with discord.Client(intents=discord.Intents.none()) as client:
            running = asyncio.create_task(client.start(scene.world.bot.token))
            await scene.until(lambda: gateway.is_connected)
            gateway.faults.is_down = True
            gateway.faults.drop_all()
            pauses_s = await _until_chosen(caplog, _LOSSES)
            gateway.faults.is_down = False
            await scene.until(lambda: gateway.is_connected)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    assert max(pauses_s) <= _SHORT_S
    assert vars(discord.client)["ExponentialBackoff"] is ExponentialBackoff


async def test_the_bot_is_never_long_in_coming_back(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    """After many losses in a row the next pause is within the bound, and a stop does not wait."""
    async with scene.bot():
        (running,) = (it for it in asyncio.all_tasks() if it.get_name() == "discord")
        backoff = _backoff_in(running)
        assert isinstance(backoff, BoundedBackoff)
        assert max(backoff.delay() for _ in range(_LOSSES)) <= LONGEST_S
        scene.discord.gateway.faults.is_down = True
        scene.discord.gateway.faults.drop_all()
        pauses_s = await _until_chosen(caplog, 1)
    assert max(pauses_s) <= LONGEST_S
    assert running.cancelled()
