"""What is behind is brought up to date, with as few requests as that takes."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

from answering.reconciler import Reconciler
from conversation.answer import Answer
from conversation.entities import Outcome, PlaceKey, ReplyState, Spot, TurnResult
from conversation.events import TextDelta
from rendering.cursor import CURSOR
from rendering.wording.sentences import Sentence
from sandbox.world.entities import Channel
from tests.delivery.stage import MODEL, Stage

_CHANNELS, _POST = "/channels/*", "/channels/*/messages"
_LIMIT_S = 10.0


@asynccontextmanager
async def _reconciling(
    stage: Stage, *, looks: bool = False, at_once: int = 64, look_interval_s: float = 60.0
) -> AsyncGenerator[Reconciler, None]:
    """Return a reconciler, which looks for what is behind only where that is said."""
    reconciler = Reconciler(
        stage.replies,
        stage.store.notices,
        stage.courier,
        stage.api,
        look_interval_s=look_interval_s,
        at_once=at_once,
    )
    running = asyncio.create_task(reconciler.run()) if looks else None
    try:
        yield reconciler
    finally:
        if running is not None:
            running.cancel()
            with suppress(asyncio.CancelledError):
                await running
        await reconciler.close()
        await stage.courier.close()
        await reconciler.until_saved()


async def _until(condition: Callable[[], Awaitable[bool]]) -> None:
    """Wait until a condition on the store holds."""
    async with asyncio.timeout(_LIMIT_S):
        while not await condition():
            pass


async def _until_up_to_date(stage: Stage) -> None:
    """Wait until no reply is behind, as the store says."""

    async def is_done() -> bool:
        return not await stage.store.replies.behind(limit=1)

    await _until(is_done)


async def _overtaken(stage: Stage, state: ReplyState) -> tuple[int, ...]:
    """Ask again where an answer is, which is the newest no more; return what that touched."""
    exchange = await stage.ask("and now?")
    assert exchange.touched_replies == (state.reply_id,)
    return exchange.touched_replies


def _place(channel: Channel) -> PlaceKey:
    return PlaceKey(channel.id, channel.guild_id, 1)


async def test_what_is_shown_already_asks_discord_nothing(stage: Stage) -> None:
    """A start with a thousand ended and shown answers makes no request."""
    count = 1000

    async def shown(channel_id: int) -> None:
        state = await stage.ended("whole", PlaceKey(channel_id, stage.guild.id, 1))
        assert await stage.replies.record_shown(state.reply_id, state.wanted_rev, [])

    await asyncio.gather(*(shown(number) for number in range(10_000, 10_000 + count)))
    before = len(stage.server.requests)
    async with _reconciling(stage, looks=True, look_interval_s=0.0):
        behind = await stage.ended("late")
        await _until_up_to_date(stage)
    requests = stage.server.requests[before:]
    assert [(each.method, each.path) for each in requests] == [
        ("POST", f"/channels/{stage.channel.id}/messages")
    ]
    assert (await stage.state(behind.reply_id)).shown_rev == behind.wanted_rev


async def test_what_is_behind_costs_the_requests_that_it_takes_and_no_more(stage: Stage) -> None:
    """Each message that is missing is one post, however many replies there are."""
    world = stage.server.world
    channels = [world.create_text_channel(stage.guild, f"c{number}") for number in range(12)]
    for channel in channels:
        await stage.ended("whole", _place(channel))
    await stage.ended("a word " * 400)
    async with _reconciling(stage, looks=True, at_once=4):
        await _until_up_to_date(stage)
    made = [each.method for each in stage.server.requests_to("*", _CHANNELS)]
    assert made == ["POST"] * (len(channels) + 2)
    assert all(
        [message.content for message in stage.messages_in(channel)] == ["whole"]
        for channel in channels
    )


async def test_a_reply_that_differs_in_its_buttons_is_one_edit(stage: Stage) -> None:
    """An answer that is the newest no more loses its buttons, and says so in other words."""
    state = await stage.ended("text", outcome=Outcome.INTERRUPTED)
    async with _reconciling(stage) as reconciler:
        reconciler.refresh([state.reply_id])
        await _until_up_to_date(stage)
        reconciler.refresh(await _overtaken(stage, state))
        await _until_up_to_date(stage)
    assert stage.contents == [f"text\n{Sentence.INTERRUPTED_OVERTAKEN}"]
    assert stage.messages[0].components == []
    made = [each.method for each in stage.server.requests_to("*", _CHANNELS)]
    assert made == ["POST", "PATCH"]


async def test_a_change_while_a_lane_runs_is_not_lost(stage: Stage) -> None:
    """What is wanted anew while the former is on its way to Discord is shown after it."""
    state = await stage.ended("text", outcome=Outcome.INTERRUPTED)
    stage.server.faults.latency_s = 0.3
    async with _reconciling(stage) as reconciler:
        reconciler.refresh([state.reply_id])
        await stage.server.until(lambda: stage.server.requests_to("POST", _POST))
        reconciler.refresh(await _overtaken(stage, state))
        await _until_up_to_date(stage)
    assert stage.contents == [f"text\n{Sentence.INTERRUPTED_OVERTAKEN}"]


async def test_an_answer_that_streams_has_its_lane_to_itself(stage: Stage) -> None:
    """Whoever asks for it to be brought up to date meanwhile makes no second lane."""
    exchange = await stage.ask()
    reply_id = exchange.reply.reply_id
    await stage.replies.place(reply_id, stage.spot)
    async with _reconciling(stage) as reconciler:
        answer = Answer(exchange.conversation.id, MODEL)
        lane = reconciler.open(exchange.reply, answer)
        lane.go_to(stage.spot)
        for event in (TextDelta("one "), TextDelta("two")):
            answer.add(event)
            lane.feed(event)
        await stage.server.until(lambda: stage.messages)
        for _ in range(3):
            reconciler.refresh([reply_id])
            reconciler.reopened(stage.channel.id)
        await stage.server.until(lambda: stage.contents == ["one two" + CURSOR])
        assert await stage.store.replies.behind(limit=1) == ()
    assert len(stage.messages) == 1


async def test_a_place_that_refuses_is_left_alone_until_it_changes(stage: Stage) -> None:
    """A refused place costs one request, however often it is looked at, until it is reopened."""
    body = {"message": "no", "code": 50013}
    stage.server.faults.answer("POST", _POST, 403, times=1, body=body)
    await stage.ended("first")
    other = stage.server.world.create_text_channel(stage.guild, "other")
    async with _reconciling(stage, looks=True, look_interval_s=0.0) as reconciler:
        await stage.server.until(lambda: stage.courier.refused_channels)
        await stage.ended("elsewhere", _place(other))
        await stage.server.until(lambda: stage.messages_in(other))
        assert len(stage.server.requests_to("POST", f"/channels/{stage.channel.id}/*")) == 1
        reconciler.reopened(stage.channel.id)
        await _until_up_to_date(stage)
    assert stage.contents == ["first"]


async def test_what_discord_refuses_for_good_is_not_asked_again(stage: Stage) -> None:
    """A reply that Discord will never take counts as shown, and costs one request."""
    stage.server.faults.answer("POST", _POST, 400, body={"message": "no", "code": 50035})
    await stage.ended("first")
    async with _reconciling(stage, looks=True, look_interval_s=0.0):
        await _until_up_to_date(stage)
    assert stage.contents == []
    assert len(stage.server.requests_to("POST", _POST)) == 1


async def test_a_reply_without_a_place_is_shown_where_its_conversation_is(stage: Stage) -> None:
    """Where a process ended before it was decided where an answer goes, it goes home."""
    exchange = await stage.ask(place=PlaceKey(stage.channel.id, stage.guild.id))
    assert exchange.reply.spot is None
    await stage.store.turns.finish(exchange.turn.id, TurnResult("text", Outcome.COMPLETE))
    async with _reconciling(stage, looks=True):
        await _until_up_to_date(stage)
    assert stage.contents == ["text"]
    state = await stage.state(exchange.reply.reply_id)
    root_id = exchange.conversation.root_message_id
    assert state.spot == Spot(stage.channel.id, stage.guild.id, root_id)


async def test_later_answers_wait_for_the_earlier_ones(stage: Stage) -> None:
    """An answer is shown after those before it in its conversation, be they behind or not."""
    first = await stage.ended("first")
    exchange = await stage.ask("and now?")
    async with _reconciling(stage) as reconciler:
        conversation_id, reply_id = exchange.conversation.id, exchange.reply.reply_id
        async with asyncio.timeout(_LIMIT_S):
            await reconciler.until_caught_up(conversation_id, reply_id)
        assert stage.contents == ["first"]
        assert (await stage.state(first.reply_id)).parts


async def test_a_place_that_refuses_holds_up_no_later_answer(stage: Stage) -> None:
    """Who cannot be shown is not waited for."""
    body = {"message": "no", "code": 50013}
    stage.server.faults.answer("POST", _POST, 403, times=1, body=body)
    await stage.ended("first")
    exchange = await stage.ask("and now?")
    async with _reconciling(stage) as reconciler, asyncio.timeout(_LIMIT_S):
        conversation_id, reply_id = exchange.conversation.id, exchange.reply.reply_id
        for _ in range(2):
            await reconciler.until_caught_up(conversation_id, reply_id)
    assert len(stage.server.requests_to("POST", _POST)) == 1


async def test_a_notice_is_posted_once_however_often_it_is_asked_for(stage: Stage) -> None:
    """Who is told something is told it once."""
    notice = await stage.notice()
    async with _reconciling(stage, looks=True, look_interval_s=0.0) as reconciler:
        for _ in range(5):
            reconciler.notify(notice.id)

        async def is_done() -> bool:
            return not await stage.store.notices.unposted(limit=1)

        await _until(is_done)
        reconciler.notify(notice.id)
    assert stage.contents == [Sentence.BROKEN]


async def test_a_notice_that_a_place_refuses_is_posted_when_it_changes(stage: Stage) -> None:
    """It waits with what else waits there."""
    body = {"message": "no", "code": 50013}
    stage.server.faults.answer("POST", _POST, 403, times=1, body=body)
    notice = await stage.notice()
    async with _reconciling(stage, looks=True) as reconciler:
        await stage.server.until(lambda: stage.courier.refused_channels)
        assert await stage.store.notices.notice(notice.id) is not None
        reconciler.reopened(stage.channel.id)
        await stage.server.until(lambda: stage.messages)
    assert stage.contents == [Sentence.BROKEN]


async def test_the_end_waits_a_little_for_what_is_under_way(stage: Stage) -> None:
    """What was begun is posted and its part stored; what was not is left to the next start."""
    state = await stage.ended("first")
    stage.server.faults.latency_s = 0.2
    async with _reconciling(stage) as reconciler:
        reconciler.refresh([state.reply_id])
        await stage.server.until(lambda: stage.server.requests_to("POST", _POST))
    (part,) = (await stage.state(state.reply_id)).parts
    assert part.message_id == stage.messages[0].id


async def test_after_the_end_nothing_begins(stage: Stage) -> None:
    """A reconciler that is closed makes no request, whoever asks."""
    state = await stage.ended("first")
    async with _reconciling(stage) as reconciler:
        pass
    reconciler.refresh([state.reply_id])
    reconciler.refresh_conversation(1)
    reconciler.reopened(stage.channel.id)
    assert stage.server.requests_to("*", _CHANNELS) == []
