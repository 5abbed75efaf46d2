"""What was said while nobody listened is read, by an unmodified client of the sandbox's Discord."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import discord
import pytest

from cogs.gateway.catch_up import CatchUp
from cogs.gateway.channel_reader import ChannelReader
from cogs.gateway.gap import Gap
from conversation.errors import StoreUnavailableError
from delivery.courier import Courier
from delivery.discord_api import DiscordApi
from delivery.pacing.scheduler import Scheduler
from sandbox.discord_server import DiscordServer
from sandbox.people.person import PersonActor
from sandbox.rest.rate_limits import Limits
from sandbox.world.entities import Channel, Guild
from sandbox.world.world import World
from startup.wiring import trace_of, utc_now
from storage.sqlite.opening import open_store
from tests.sandbox.running_client import running


@dataclass(slots=True)
class Stand:
    """A client that is ready, somebody who speaks, and what is heard when it is read."""

    server: DiscordServer
    guild: Guild
    channel: Channel
    ann: PersonActor
    gap: Gap
    catch_up: CatchUp
    heard: list[str] = field(default_factory=list[str])
    failures: list[Exception] = field(default_factory=list[Exception])
    """What hearing fails with, one each time."""

    async def hear(self, message: discord.Message) -> None:
        """Hear a message, unless that is to fail."""
        if self.failures:
            raise self.failures.pop()
        self.heard.append(message.content)

    async def read(self) -> None:
        """Read what was missed, in a time that is bounded."""
        async with asyncio.timeout(20.0):
            await self.catch_up.read(self.hear)


@asynccontextmanager
async def _opened(folder: Path) -> AsyncGenerator[Stand, None]:
    world = World()
    guild = world.create_guild("Test")
    channel = world.create_text_channel(guild, "general")
    ann = world.create_person("ann")
    for person in (world.bot, ann):
        world.join(guild, person)
    gap, courier = Gap(utc_now), Courier(Scheduler())
    gap.until = utc_now()
    async with (
        open_store(f"sqlite:///{folder}/bobbin.db", now=utc_now) as store,
        DiscordServer(world, limits=Limits.off()) as server,
    ):
        actor = server.person(ann)
        actor.say(channel, "one")
        actor.say(channel, "two")
        intents = discord.Intents.default()
        intents.message_content = True
        client = discord.Client(intents=intents, http_trace=trace_of(courier))
        async with running(server, client):
            channels = ChannelReader(courier, DiscordApi(client, (aiohttp.ClientError,)))
            catch_up = CatchUp(store.queue, gap, client, channels, utc_now)
            gap.connected()
            try:
                yield Stand(server, guild, channel, actor, gap, catch_up)
            finally:
                await courier.close()


@pytest.fixture
async def stand(tmp_path: Path) -> AsyncGenerator[Stand, None]:
    """Return a client that has just come back to a channel in which two things were said."""
    async with _opened(tmp_path) as opened:
        yield opened


async def test_what_was_missed_is_heard_in_order(stand: Stand) -> None:
    """Each message since everything was heard last is heard once, the oldest first."""
    await stand.read()
    assert stand.heard == ["one", "two"]
    assert not stand.gap.is_behind


async def test_a_second_reading_is_for_another_gap(stand: Stand) -> None:
    """Where nothing may have been missed nothing is read."""
    await stand.read()
    before = len(stand.server.requests)
    await stand.read()
    assert len(stand.server.requests) == before


async def test_quiet_channels_are_not_read(stand: Stand) -> None:
    """A channel in which nothing was said since costs no request."""
    for number in range(5):
        stand.server.world.create_text_channel(stand.guild, f"quiet-{number}")
    await stand.read()
    reads = stand.server.requests_to("GET", "/channels/*/messages")
    assert [each.path for each in reads] == [f"/channels/{stand.channel.id}/messages"]


async def test_a_place_that_fails_for_the_moment_is_read_again(stand: Stand) -> None:
    """Where Discord fails what was said is heard later; whoever waits for the place waits on."""
    stand.server.faults.answer("GET", "/channels/*/messages", 503)
    waiting = asyncio.create_task(stand.gap.until_read(stand.channel.id))
    await stand.read()
    assert stand.heard == ["one", "two"]
    await asyncio.wait_for(waiting, 1)


async def test_a_place_that_refuses_is_given_up(stand: Stand) -> None:
    """What may not be read is not tried again, and holds up nobody."""
    body = {"message": "Missing Access", "code": 50001}
    stand.server.faults.answer("GET", "/channels/*/messages", 403, times=9, body=body)
    waiting = asyncio.create_task(stand.gap.until_read(stand.channel.id))
    await stand.read()
    await asyncio.wait_for(waiting, 1)
    assert stand.heard == []
    assert not stand.gap.is_behind
    assert len(stand.server.requests_to("GET", "/channels/*/messages")) == 1


async def test_a_store_that_fails_leaves_the_gap_open(stand: Stand) -> None:
    """A message that could not be stored is read again, with those after it."""
    stand.failures.append(StoreUnavailableError("down, as planned"))
    await stand.read()
    assert stand.heard == ["one", "two"]
    assert not stand.gap.is_behind


async def test_a_message_that_cannot_be_heard_hides_no_other(
    stand: Stand, caplog: pytest.LogCaptureFixture
) -> None:
    """An error of our own is logged, and costs that message alone."""
    stand.failures.append(RuntimeError("as planned"))
    await stand.read()
    assert stand.heard == ["two"]
    assert "could not be heard" in caplog.text


async def test_a_gap_that_opens_while_another_is_read_is_read_too(stand: Stand) -> None:
    """What was lost meanwhile is heard before anything counts as caught up."""
    hear, lost = stand.hear, [True]

    async def lose_track_once(message: discord.Message) -> None:
        if lost:
            lost.pop()
            stand.gap.lose_track()
            return
        await hear(message)

    async with asyncio.timeout(20.0):
        while stand.gap.is_behind:
            await stand.catch_up.read(lose_track_once)
    assert stand.heard == ["two", "one", "two"]
    assert not stand.gap.is_behind
