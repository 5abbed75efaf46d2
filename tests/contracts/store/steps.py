"""What the contract tests of a store have in common: people, places, and the usual steps."""

from datetime import UTC, datetime, timedelta

from conversation.entities import (
    ClickVerdict,
    Exchange,
    Failure,
    FailureReason,
    Limits,
    Outcome,
    Parameters,
    Part,
    PlaceKey,
    Press,
    Receipt,
    Received,
    ReplyState,
    Turn,
    TurnResult,
    Verdict,
)
from conversation.notices import Notice, NoticeKind
from storage.sqlite.store import Store

MIDNIGHT = datetime(2031, 5, 6, tzinfo=UTC)
"""Of the day on whose morning every test begins."""
GUILD = 80351110224678912
CHANNEL = PlaceKey(channel_id=1001, guild_id=GUILD)
THREAD = PlaceKey(channel_id=2001, guild_id=GUILD, parent_channel_id=1001)
DIRECT = PlaceKey(channel_id=3001)
ANN, BEN = 7, 8
MODEL = "ai2/olmo"
CUT = Failure(FailureReason.CUT)


def limits(*, queue: int = 10, daily: int | None = None, day: int = 0) -> Limits:
    """Return limits on the clock's first day, or so many days later."""
    began_at = MIDNIGHT + timedelta(days=day)
    return Limits(queue, daily, began_at, began_at + timedelta(days=1))


def said(
    message_id: int,
    text: str = "hello",
    *,
    place: PlaceKey = THREAD,
    author_id: int = ANN,
    quote: str = "",
    replies_to: int | None = None,
) -> Received:
    """Return a message as it arrives."""
    return Received(
        message_id=message_id,
        place=place,
        author_id=author_id,
        author_name={ANN: "Ann", BEN: "Ben"}.get(author_id, "somebody"),
        text=text,
        quote=quote,
        replies_to_message_id=replies_to,
    )


async def receive(
    store: Store, message: Received, *, queue: int = 10, daily: int | None = None
) -> Receipt:
    """Write a message, on the clock's first day."""
    return await store.queue.receive(message, limits(queue=queue, daily=daily))


async def begun(store: Store, conversation_id: int) -> Exchange | None:
    """Return the next thing to answer in a conversation, if there is any."""
    return await store.turns.next_exchange(conversation_id, model=MODEL, parameters=Parameters())


async def begin(store: Store, conversation_id: int) -> Exchange:
    """Return the next thing to answer in a conversation, where there must be one."""
    exchange = await begun(store, conversation_id)
    assert exchange is not None
    return exchange


async def ask(store: Store, message: Received) -> Exchange:
    """Write a message and begin to answer it."""
    receipt = await receive(store, message)
    assert receipt.verdict is Verdict.ACCEPTED
    return await begin(store, receipt.conversation_id)


async def answer(
    store: Store,
    message: Received,
    text: str = "hi",
    *,
    outcome: Outcome = Outcome.COMPLETE,
    shown_as: int | None = None,
) -> Exchange:
    """Write a message and answer it to the end, shown by one Discord message if an id is given."""
    exchange = await ask(store, message)
    await store.turns.finish(exchange.turn.id, TurnResult(text, outcome))
    if shown_as is not None:
        part = part_of(exchange, shown_as)
        await store.replies.record_shown(exchange.reply.reply_id, 2, [part])
    return exchange


def part_of(exchange: Exchange, message_id: int | None, ordinal: int = 0) -> Part:
    """Return a part of an answer, where its conversation is."""
    return Part(ordinal, exchange.conversation.place.channel_id, message_id, f"n{ordinal}")


async def state_of(store: Store, exchange: Exchange) -> ReplyState:
    """Return what is stored of the reply of an answer."""
    state = await store.replies.state(exchange.reply.reply_id)
    assert state is not None
    return state


async def stored_turn(store: Store, turn_id: int) -> Turn:
    """Return an answer that a reply shows."""
    shown = await store.turns.shown_turn(turn_id)
    assert shown is not None
    return shown.turn


async def revision_of(store: Store, exchange: Exchange) -> int:
    """Return the revision that is wanted of the reply of an answer."""
    return (await state_of(store, exchange)).wanted_rev


async def behind(store: Store) -> list[int]:
    """Return the ids of all replies that are to be brought up to date."""
    return [one.reply_id for one in await store.replies.behind(limit=100)]


def press(turn_id: int, *, by: int = ANN, daily: int | None = None, day: int = 0) -> Press:
    """Return a click on the clock's first day, or so many days later."""
    return Press(turn_id, by, daily, MIDNIGHT + timedelta(days=day))


async def ask_again(store: Store, exchange: Exchange) -> Exchange:
    """Have an answer given again, where that must be possible, and begin with it."""
    assert await store.turns.answer_again(press(exchange.turn.id)) is ClickVerdict.TAKEN
    return await begin(store, exchange.conversation.id)


async def go_on(store: Store, exchange: Exchange) -> Exchange:
    """Have an answer gone on with, where that must be possible, and begin with it."""
    verdict = await store.turns.continue_answer(press(exchange.turn.id), "go on")
    assert verdict is ClickVerdict.TAKEN
    return await begin(store, exchange.conversation.id)


def notice(
    key: str,
    *,
    about: int = 1,
    channel_id: int = THREAD.channel_id,
    author_id: int = ANN,
    covers_until_id: int | None = None,
    is_once_a_run: bool = False,
) -> Notice:
    """Return a notice about a message."""
    return Notice(
        key=key,
        kind=NoticeKind.ONLY_WORDS,
        channel_id=channel_id,
        guild_id=GUILD,
        answers_message_id=about,
        author_id=author_id,
        covers_until_id=covers_until_id,
        is_once_a_run=is_once_a_run,
    )
