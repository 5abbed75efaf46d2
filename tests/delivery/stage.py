"""A courier on the sandbox's Discord (a client that is logged in, without gateway), and a store."""

from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import aiohttp
import discord

from conversation.answer import Answer
from conversation.day import day_of
from conversation.entities import (
    Exchange,
    Limits,
    Outcome,
    Parameters,
    Part,
    PlaceKey,
    Received,
    ReplyState,
    Spot,
    TurnResult,
    Verdict,
)
from conversation.errors import StoreUnavailableError
from conversation.events import ReplyEvent
from conversation.notices import Notice, NoticeKind, StoredNotice
from delivery.courier import Courier
from delivery.discord_api import DiscordApi
from delivery.pacing.policy import Policy
from delivery.pacing.scheduler import Scheduler
from delivery.reply_lane import LaneEnd, ReplyLane
from sandbox.discord_server import DiscordServer
from sandbox.rest.rate_limits import Limits as DiscordLimits
from sandbox.world.entities import Channel, Guild, Message
from sandbox.world.world import World
from startup.wiring import trace_of
from storage.sqlite.store import SqlReplies, Store
from tests.sandbox.running_client import addressed
from tests.storage.opened import Clock, opened_sqlite

MODEL = "allenai/a"
ANN = 7


class ReplyStoreThatFails(SqlReplies):
    """The replies of a store that cannot be used while it is down."""

    is_down = False

    async def record_step(
        self, reply_id: int, parts: Sequence[Part], *, turn_id: int, text: str | None
    ) -> None:
        """See `ReplyStore.record_step`."""
        if self.is_down:
            raise StoreUnavailableError("down, as planned")
        await super().record_step(reply_id, parts, turn_id=turn_id, text=text)


@dataclass(slots=True)
class Stage:
    """What a reply needs to be shown, and what Discord has of it."""

    server: DiscordServer
    guild: Guild
    channel: Channel
    client: discord.Client
    courier: Courier
    api: DiscordApi
    store: Store
    replies: ReplyStoreThatFails
    clock: Clock
    lanes: list[ReplyLane] = field(default_factory=list[ReplyLane])
    """Those that were made."""
    _ids: Iterator[int] = field(default_factory=lambda: count(1))

    @property
    def spot(self) -> Spot:
        """The channel, as the place of a reply that answers no message."""
        return Spot(self.channel.id, self.channel.guild_id)

    @property
    def place(self) -> PlaceKey:
        """The channel, as if it were a thread: one conversation, and no replies to messages."""
        return PlaceKey(self.channel.id, self.channel.guild_id, 1)

    @property
    def messages(self) -> list[Message]:
        """What the bot has posted and nobody deleted."""
        return self.messages_in(self.channel)

    @property
    def contents(self) -> list[str]:
        """The texts of these."""
        return [message.content for message in self.messages]

    def messages_in(self, channel: Channel) -> list[Message]:
        """Return what the bot has posted in a channel and nobody deleted."""
        bot_id = self.server.world.bot.id
        return [each for each in self.server.messages(channel) if each.author_id == bot_id]

    async def ask(self, text: str = "hello", place: PlaceKey | None = None) -> Exchange:
        """Store a question and begin its answer, which is not streamed so far."""
        message = Received(next(self._ids), place or self.place, ANN, "ann", text)
        began_at, ends_at = day_of(self.clock.now())
        receipt = await self.store.queue.receive(message, Limits(10, None, began_at, ends_at))
        assert receipt.verdict is Verdict.ACCEPTED
        return await self.next(receipt.conversation_id)

    async def next(self, conversation_id: int) -> Exchange:
        """Begin what is to be answered in a conversation."""
        exchange = await self.store.turns.next_exchange(
            conversation_id, model=MODEL, parameters=Parameters()
        )
        assert exchange is not None
        return exchange

    async def streaming(self, *, nonce_life_s: float = 120.0) -> "Streaming":
        """Begin an answer in the channel, and make its lane."""
        exchange = await self.ask()
        answer = Answer(exchange.conversation.id, MODEL)
        lane = ReplyLane(
            self.courier,
            self.api,
            self.replies,
            exchange.reply,
            answer,
            nonce_life_s=nonce_life_s,
        )
        self.lanes.append(lane)
        await self.replies.place(exchange.reply.reply_id, self.spot)
        lane.go_to(self.spot)
        return Streaming(self, exchange, answer, lane)

    async def ended(
        self, text: str, place: PlaceKey | None = None, outcome: Outcome = Outcome.COMPLETE
    ) -> ReplyState:
        """Store an answer that has ended and was never shown, and return its reply."""
        exchange = await self.ask(place=place)
        await self.store.turns.finish(exchange.turn.id, TurnResult(text, outcome))
        reply_id = exchange.reply.reply_id
        goes_to = place or self.place
        await self.replies.place(reply_id, Spot(goes_to.channel_id, goes_to.guild_id))
        return await self.state(reply_id)

    async def state(self, reply_id: int) -> ReplyState:
        """Return a reply as it is stored."""
        state = await self.store.replies.state(reply_id)
        assert state is not None
        return state

    async def shown(self, state: ReplyState) -> ReplyLane:
        """Show an answer that has ended, from its rows, as a start does; return its lane."""
        lane = ReplyLane(self.courier, self.api, self.replies, state)
        self.lanes.append(lane)
        lane.show(state)
        await lane.until_ended()
        if lane.end is LaneEnd.SHOWN:
            await lane.record_shown()
        return lane

    async def notice(self, key: str = "one", about_id: int = 1) -> StoredNotice:
        """Store a notice about a message of the channel."""
        guild_id = self.channel.guild_id
        notice_id = await self.store.notices.want(
            Notice(key, NoticeKind.BROKEN, self.channel.id, guild_id, about_id, ANN)
        )
        assert notice_id is not None
        stored = await self.store.notices.notice(notice_id)
        assert stored is not None
        return stored


@dataclass(slots=True)
class Streaming:
    """An answer that streams."""

    stage: Stage
    exchange: Exchange
    answer: Answer
    lane: ReplyLane

    @property
    def reply_id(self) -> int:
        """Its reply."""
        return self.exchange.reply.reply_id

    @property
    def nonce(self) -> str:
        """Of its first message."""
        return f"{self.exchange.turn.id}.0"

    def feed(self, *events: ReplyEvent) -> None:
        """Add what came."""
        for event in events:
            self.answer.add(event)
            self.lane.feed(event)

    async def end(self, outcome: Outcome = Outcome.COMPLETE) -> None:
        """Store how it ended, and have that shown."""
        turns, turn_id = self.stage.store.turns, self.exchange.turn.id
        text = self.answer.result().text
        ending = await turns.finish(turn_id, TurnResult(text, outcome))
        shown = await turns.shown_turn(turn_id)
        assert shown is not None
        self.lane.finish(shown.turn, ending.revision, is_newest=True)

    async def until_shown(self, outcome: Outcome = Outcome.COMPLETE) -> None:
        """End it, wait until Discord has all of it, and store that."""
        await self.end(outcome)
        assert await self.lane.until_ended() is LaneEnd.SHOWN
        await self.lane.record_shown()

    async def parts(self) -> tuple[Part, ...]:
        """Return its messages as they are stored."""
        return (await self.stage.state(self.reply_id)).parts

    async def stored_text(self) -> str:
        """Return what is stored of it."""
        return (await self.stage.state(self.reply_id)).turn.text


@asynccontextmanager
async def opened_stage(
    folder: Path,
    limits: DiscordLimits | None = None,
    policy: Policy | None = None,
    *,
    held_limit_s: float = 1.5,
    prepare_limit_s: float = 2.0,
) -> AsyncGenerator[Stage, None]:
    """Open a stage; Discord's limits are off unless given."""
    world = World()
    guild = world.create_guild("Test")
    channel = world.create_text_channel(guild, "general")
    world.join(guild, world.bot)
    clock = Clock()
    courier = Courier(Scheduler(policy), held_limit_s=held_limit_s, prepare_limit_s=prepare_limit_s)
    async with (
        opened_sqlite(folder, clock) as store,
        DiscordServer(world, limits=limits or DiscordLimits.off()) as server,
    ):
        client = discord.Client(intents=discord.Intents.none(), http_trace=trace_of(courier))
        with addressed(server):
            async with client:
                await client.login(world.bot.token)
                api = DiscordApi(client, (aiohttp.ClientError,))
                replies = ReplyStoreThatFails(store.database)
                stage = Stage(server, guild, channel, client, courier, api, store, replies, clock)
                try:
                    yield stage
                finally:
                    for lane in stage.lanes:
                        lane.close()
                    await courier.close()
                    for lane in stage.lanes:
                        await lane.until_saved()
