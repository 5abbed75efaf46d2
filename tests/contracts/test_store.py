"""What every store must do; a new store is one more entry of `STORES`.

Longer than a module should be, so that the contract of the one port stands in one place.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from conversation.entities import (
    Attachment,
    Attention,
    Exchange,
    FailureReason,
    InboundState,
    Outcome,
    Parameters,
    Part,
    PlaceKey,
    PlaceSettings,
    Receipt,
    Received,
    ResumeState,
    Role,
    Speaker,
    TurnResult,
    Usage,
    Verdict,
)
from conversation.errors import StoreError
from conversation.ports import Store
from tests.storage.opened import MORNING, Clock, opened_sqlite

Opener = Callable[[Path, Clock], AbstractAsyncContextManager[Store]]

STORES: dict[str, Opener] = {"sqlite": opened_sqlite}

MIDNIGHT = MORNING.replace(hour=0, minute=0)
GUILD = 80351110224678912
CHANNEL = PlaceKey(channel_id=1001, guild_id=GUILD)
THREAD = PlaceKey(channel_id=2001, guild_id=GUILD, parent_channel_id=1001)
DIRECT = PlaceKey(channel_id=3001)
ANN, BEN = 7, 8
MODEL = "ai2/olmo"


@pytest.fixture
def clock() -> Clock:
    """The clock of the store."""
    return Clock()


@pytest.fixture(params=sorted(STORES))
def opener(request: pytest.FixtureRequest) -> Opener:
    """Each kind of store."""
    return STORES[request.param]


@pytest.fixture
async def store(opener: Opener, tmp_path: Path, clock: Clock) -> AsyncGenerator[Store, None]:
    """An empty store of each kind."""
    async with opener(tmp_path, clock) as opened:
        yield opened


def said(
    message_id: int,
    text: str = "hello",
    *,
    place: PlaceKey = THREAD,
    author_id: int = ANN,
    root_message_id: int | None = None,
) -> Received:
    """A message as it arrives."""
    return Received(
        message_id=message_id,
        place=place,
        author_id=author_id,
        author_name={ANN: "Ann", BEN: "Ben"}.get(author_id, "somebody"),
        text=text,
        root_message_id=root_message_id,
    )


async def receive(
    store: Store, message: Received, *, queue_limit: int = 10, daily_limit: int | None = None
) -> Receipt:
    """Take a message in, on the clock's first day."""
    return await store.receive(
        message, queue_limit=queue_limit, daily_limit=daily_limit, day_began_at=MIDNIGHT
    )


async def begin(store: Store, conversation_id: int) -> Exchange:
    """Begin to answer what must be waiting."""
    exchange = await store.begin(conversation_id, model=MODEL, parameters=Parameters())
    assert exchange is not None
    return exchange


async def gone_on(store: Store, turn_id: int, *, presser_id: int | None = None) -> Exchange | None:
    """Try to begin an answer that goes on with another."""
    return await store.go_on(
        turn_id, "go on", model=MODEL, parameters=Parameters(), presser_id=presser_id
    )


async def go_on(store: Store, turn_id: int, *, presser_id: int | None = None) -> Exchange:
    """Begin an answer that goes on with another, where that must be possible."""
    exchange = await gone_on(store, turn_id, presser_id=presser_id)
    assert exchange is not None
    return exchange


async def ask(store: Store, message: Received) -> Exchange:
    """Take a message in and begin to answer it."""
    receipt = await receive(store, message)
    assert receipt.verdict is Verdict.ACCEPTED
    return await begin(store, receipt.conversation_id)


async def answer(store: Store, message: Received, text: str = "hi") -> Exchange:
    """Take a message in and answer it to the end."""
    exchange = await ask(store, message)
    await store.finish(exchange.turn.id, TurnResult(text, Outcome.COMPLETE))
    return exchange


class TestReceive:
    """`Store.receive`."""

    async def test_accepts_a_first_message(self, store: Store) -> None:
        """A first message makes its place and a current conversation that its author started."""
        receipt = await receive(store, said(1))

        current = await store.current_conversation(THREAD.channel_id)
        assert receipt.verdict is Verdict.ACCEPTED
        assert receipt.used_today == 1
        assert current is not None
        assert current.id == receipt.conversation_id
        assert current.place == THREAD
        assert current.starter_id == ANN
        assert current.head_turn_id is None
        assert current.root_message_id is None

    async def test_second_message_joins_the_current_conversation(self, store: Store) -> None:
        """A thread has one conversation, whoever speaks; who began it stays its starter."""
        first = await receive(store, said(1))
        second = await receive(store, said(2, author_id=BEN))

        conversation = await store.conversation(first.conversation_id)
        assert second.conversation_id == first.conversation_id
        assert conversation is not None
        assert conversation.starter_id == ANN

    async def test_writes_are_made_in_the_order_in_which_they_were_begun(
        self, store: Store
    ) -> None:
        """Messages of one instant wait in their order, and a later revision finds its message."""
        writing = [
            asyncio.create_task(receive(store, said(number, str(number)), queue_limit=99))
            for number in range(1, 61)
        ]
        revising = asyncio.create_task(store.revise(60, "sixty"))
        receipts = await asyncio.gather(*writing)

        assert await revising
        waiting = await store.waiting(receipts[0].conversation_id)
        assert [one.text for one in waiting] == [f"{number}" for number in range(1, 60)] + ["sixty"]

    async def test_repeated_message_changes_nothing(self, store: Store) -> None:
        """A message id that is known is repeated, and waits no second time."""
        first = await receive(store, said(1, "one"))
        again = await receive(store, said(1, "other"))

        exchange = await begin(store, first.conversation_id)
        assert again == Receipt(Verdict.REPEATED, first.conversation_id, used_today=1)
        assert [one.text for one in exchange.inbounds] == ["one"]

    async def test_answered_and_refused_messages_are_known(self, store: Store) -> None:
        """A repeated event is known also after its answer, and after its refusal."""
        await answer(store, said(1))
        await receive(store, said(2), queue_limit=0)

        assert (await receive(store, said(1))).verdict is Verdict.REPEATED
        assert (await receive(store, said(2))).verdict is Verdict.REPEATED

    async def test_roots_divide_a_text_channel(self, store: Store) -> None:
        """In a text channel each root has its conversation, and none is current."""
        one = await receive(store, said(1, place=CHANNEL, root_message_id=1))
        other = await receive(store, said(2, place=CHANNEL, root_message_id=2))
        more = await receive(store, said(3, place=CHANNEL, root_message_id=1, author_id=BEN))

        assert one.conversation_id != other.conversation_id
        assert more.conversation_id == one.conversation_id
        assert await store.current_conversation(CHANNEL.channel_id) is None
        conversation = await store.conversation(one.conversation_id)
        assert conversation is not None
        assert conversation.root_message_id == 1

    async def test_full_queue_refuses(self, store: Store) -> None:
        """With `queue_limit` messages waiting the next is refused, and is never answered."""
        first = await receive(store, said(1), queue_limit=2)
        await receive(store, said(2), queue_limit=2)
        refused = await receive(store, said(3), queue_limit=2)

        exchange = await begin(store, first.conversation_id)
        assert refused.verdict is Verdict.QUEUE_FULL
        assert refused.used_today == 2
        assert [one.message_id for one in exchange.inbounds] == [1, 2]

    async def test_queue_is_each_conversations_own(self, store: Store) -> None:
        """A full queue of one conversation refuses nothing in another."""
        await receive(store, said(1), queue_limit=1)

        receipt = await receive(store, said(2, place=DIRECT), queue_limit=1)
        assert receipt.verdict is Verdict.ACCEPTED

    async def test_answered_messages_free_the_queue(self, store: Store) -> None:
        """What is being answered waits no more."""
        first = await receive(store, said(1), queue_limit=1)
        await begin(store, first.conversation_id)

        assert (await receive(store, said(2), queue_limit=1)).verdict is Verdict.ACCEPTED

    async def test_quota_refuses_in_every_place(self, store: Store) -> None:
        """The turns of a day are a person's, wherever they are had."""
        await answer(store, said(1))
        await receive(store, said(2, place=DIRECT), daily_limit=2)

        spent = await receive(store, said(3, place=CHANNEL, root_message_id=3), daily_limit=2)
        other = await receive(store, said(4, author_id=BEN), daily_limit=2)
        assert spent.verdict is Verdict.QUOTA_SPENT
        assert spent.used_today == 2
        assert other.verdict is Verdict.ACCEPTED
        assert other.used_today == 1

    async def test_full_queue_is_named_before_a_spent_quota(self, store: Store) -> None:
        """Where both limits are reached, the one that passes sooner is named."""
        await receive(store, said(1))

        receipt = await receive(store, said(2), queue_limit=1, daily_limit=1)
        assert receipt.verdict is Verdict.QUEUE_FULL

    async def test_turn_counts_once(self, store: Store) -> None:
        """Messages answered together are one turn of each of their authors."""
        first = await receive(store, said(1))
        assert (await receive(store, said(2))).used_today == 2
        await receive(store, said(3, author_id=BEN))
        await begin(store, first.conversation_id)

        assert (await receive(store, said(4))).used_today == 2
        assert (await receive(store, said(5, author_id=BEN))).used_today == 2

    async def test_refused_messages_do_not_count(self, store: Store) -> None:
        """A refusal costs nothing."""
        await receive(store, said(1), queue_limit=0)

        assert (await receive(store, said(2))).used_today == 1

    async def test_quota_renews_with_the_day(self, store: Store, clock: Clock) -> None:
        """Only turns since the day began count."""
        await answer(store, said(1))
        clock.advance(days=1)

        receipt = await store.receive(
            said(2), queue_limit=1, daily_limit=1, day_began_at=MIDNIGHT + timedelta(days=1)
        )
        assert receipt.verdict is Verdict.ACCEPTED
        assert receipt.used_today == 1

    async def test_refusal_starts_no_conversation(self, store: Store) -> None:
        """Nothing was said in a conversation whose first message was refused."""
        refused = await receive(store, said(1), daily_limit=0)

        conversation = await store.conversation(refused.conversation_id)
        assert conversation is not None
        assert conversation.starter_id is None
        assert await store.waiting_conversations() == ()


class TestBegin:
    """`Store.begin`."""

    async def test_nothing_waits(self, store: Store) -> None:
        """There is nothing to begin where nothing waits, nor in an unknown conversation."""
        exchange = await answer(store, said(1))

        parameters = Parameters()
        known = exchange.conversation.id
        assert await store.begin(known, model=MODEL, parameters=parameters) is None
        assert await store.begin(404, model=MODEL, parameters=parameters) is None

    async def test_question_and_answer(self, store: Store, clock: Clock) -> None:
        """A question becomes a user turn, with an empty assistant turn as its child and head."""
        receipt = await receive(store, said(1, "why?"))
        exchange = await store.begin(
            receipt.conversation_id,
            model=MODEL,
            parameters=Parameters(temperature=0.25, top_p=1.0, max_tokens=500),
        )

        assert exchange is not None
        (question,) = exchange.path
        assert (question.role, question.text, question.parent_id) == (Role.USER, "why?", None)
        assert question.speakers == (Speaker(ANN, "Ann", 4),)
        assert question.created_at == clock.now()
        assert question.outcome is None
        assert exchange.turn.role is Role.ASSISTANT
        assert exchange.turn.parent_id == question.id
        assert exchange.turn.text == ""
        assert exchange.turn.outcome is None
        assert exchange.turn.finished_at is None
        assert exchange.turn.model == MODEL
        assert exchange.turn.parameters == Parameters(temperature=0.25, top_p=1.0, max_tokens=500)
        assert exchange.conversation.head_turn_id == exchange.turn.id
        assert await store.conversation(receipt.conversation_id) == exchange.conversation

    async def test_waiting_messages_are_answered_together(self, store: Store) -> None:
        """What waits becomes one turn, in the order in which it came, each stretch its author's."""
        receipt = await receive(store, said(11, "a"))
        await receive(store, said(10, "bb", author_id=BEN))
        await receive(store, said(12, "ccc"))

        exchange = await begin(store, receipt.conversation_id)
        question = exchange.path[-1]
        assert question.text == "a\n\nbb\n\nccc"
        assert question.speakers == (
            Speaker(ANN, "Ann", 1),
            Speaker(BEN, "Ben", 2),
            Speaker(ANN, "Ann", 3),
        )
        assert [one.message_id for one in exchange.inbounds] == [11, 10, 12]
        assert {one.state for one in exchange.inbounds} == {InboundState.ANSWERED}
        assert {one.turn_id for one in exchange.inbounds} == {question.id}

    async def test_attachments_come_with_their_message(self, store: Store) -> None:
        """Attachments are kept by name, type and size."""
        files = (Attachment("a.png", "image/png", 10), Attachment("b", None, 0))
        receipt = await receive(store, Received(1, DIRECT, ANN, "Ann", "see", files))

        exchange = await begin(store, receipt.conversation_id)
        assert exchange.inbounds[0].attachments == files
        assert exchange.inbounds[0].channel_id == DIRECT.channel_id

    async def test_path_leads_from_the_root(self, store: Store) -> None:
        """The path holds every turn from the root to the new question, in order."""
        for number in range(3):
            await answer(store, said(number + 1, f"question {number}"), f"answer {number}")

        exchange = await ask(store, said(9, "last"))
        assert [turn.text for turn in exchange.path] == [
            "question 0",
            "answer 0",
            "question 1",
            "answer 1",
            "question 2",
            "answer 2",
            "last",
        ]
        parents = [turn.parent_id for turn in exchange.path]
        assert parents == [None, *(turn.id for turn in exchange.path[:-1])]

    async def test_path_holds_nothing_of_other_conversations(self, store: Store) -> None:
        """Conversations share no history, not even in one channel and of one person."""
        await answer(store, said(1, "secret", place=CHANNEL, root_message_id=1))

        exchange = await ask(store, said(2, "open", place=CHANNEL, root_message_id=2))
        assert [turn.text for turn in exchange.path] == ["open"]

    async def test_head_without_outcome_is_gone_on_from(self, store: Store) -> None:
        """A head that never ended does not block its conversation."""
        first = await ask(store, said(1))

        second = await ask(store, said(2))
        assert second.path[-1].parent_id == first.turn.id

    async def test_texts_are_kept_as_they_are(self, store: Store) -> None:
        """No character of any script is lost."""
        text = "  naïve 😀👩‍👩‍👧 \x00 \u202e ' \" \\ %s :name\n"

        exchange = await ask(store, said(1, text))
        assert exchange.path[-1].text == text

    async def test_half_a_character_costs_only_itself(self, store: Store) -> None:
        """Half a surrogate pair, which JSON can spell, is replaced; two halves are joined."""
        exchange = await ask(store, said(1, "a\ud800b \ud83d\ude00"))
        assert exchange.path[-1].text == "a\ufffdb 😀"

        await store.finish(exchange.turn.id, TurnResult("c\udfffd", Outcome.COMPLETE))
        shown = await store.shown_turn(exchange.turn.id)
        assert shown is not None
        assert shown.turn.text == "c\ufffdd"


class TestFinish:
    """`Store.finish`."""

    async def test_everything_is_kept(self, store: Store, clock: Clock) -> None:
        """Text, reasoning, outcome, failure, usage, resume state and time are read back."""
        exchange = await ask(store, said(1))
        clock.advance(seconds=3.5)
        resume = ResumeState("ai2", {"parent": "x1"}, datetime(2032, 1, 1, tzinfo=UTC))
        result = TurnResult(
            "answer",
            Outcome.TRUNCATED,
            FailureReason.LENGTH,
            reasoning="thoughts",
            usage=Usage(10, 20),
            resume=resume,
        )
        await store.finish(exchange.turn.id, result)

        shown = await store.shown_turn(exchange.turn.id)
        assert shown is not None
        turn = shown.turn
        assert (turn.text, turn.reasoning) == ("answer", "thoughts")
        assert (turn.outcome, turn.failure) == (Outcome.TRUNCATED, FailureReason.LENGTH)
        assert turn.usage == Usage(10, 20)
        assert turn.resume == resume
        assert turn.finished_at == clock.now()
        assert turn.model == MODEL

    async def test_the_model_that_answered_instead_is_kept(self, store: Store) -> None:
        """Where another model answered than was begun with, the turn is that one's."""
        exchange = await ask(store, said(1))
        await store.finish(exchange.turn.id, TurnResult("hi", Outcome.COMPLETE, model="b/other"))
        shown = await store.shown_turn(exchange.turn.id)
        assert shown is not None
        assert shown.turn.model == "b/other"

    async def test_resume_state_is_on_the_path(self, store: Store) -> None:
        """The next question's path carries what the provider needs to go on."""
        exchange = await ask(store, said(1))
        resume = ResumeState("ai2", {"user": "anonymous"})
        await store.finish(exchange.turn.id, TurnResult("hi", Outcome.COMPLETE, resume=resume))

        following = await ask(store, said(2))
        assert [turn.resume for turn in following.path] == [None, resume, None]

    async def test_outcome_is_kept(self, store: Store) -> None:
        """A turn that has its outcome keeps it, with its text."""
        exchange = await answer(store, said(1), "first")
        await store.finish(exchange.turn.id, TurnResult("late", Outcome.INTERRUPTED))

        shown = await store.shown_turn(exchange.turn.id)
        assert shown is not None
        assert (shown.turn.text, shown.turn.outcome) == ("first", Outcome.COMPLETE)

    async def test_unknown_turn(self, store: Store) -> None:
        """An unknown turn and a user turn cannot be finished."""
        exchange = await ask(store, said(1))

        for turn_id in (404, exchange.path[-1].id):
            with pytest.raises(StoreError):
                await store.finish(turn_id, TurnResult("", Outcome.COMPLETE))


class TestInterruptUnfinished:
    """`Store.interrupt_unfinished`."""

    async def test_closes_what_was_streaming(self, store: Store) -> None:
        """A turn without outcome is interrupted; where it is shown and for whom is told."""
        await answer(store, said(1, place=DIRECT))
        receipt = await receive(store, said(2))
        await receive(store, said(3, author_id=BEN))
        exchange = await begin(store, receipt.conversation_id)
        part = Part(0, THREAD.channel_id, 501, "n0")
        await store.add_part(exchange.reply_id, part)

        (shown,) = await store.interrupt_unfinished()
        assert shown.turn.id == exchange.turn.id
        assert shown.turn.outcome is Outcome.INTERRUPTED
        assert shown.turn.finished_at is None
        assert shown.conversation == exchange.conversation
        assert shown.reply_id == exchange.reply_id
        assert shown.parts == (part,)
        assert shown.asker_ids == {ANN, BEN}

    async def test_what_is_not_settled_is_given_again(self, store: Store, clock: Clock) -> None:
        """A start that ends before it has seen to a broken answer leaves it to the next one."""
        exchange = await ask(store, said(1))
        await store.interrupt_unfinished()
        (again,) = await store.interrupt_unfinished()
        assert again.turn.id == exchange.turn.id

        clock.advance(minutes=1)
        await store.settle(exchange.turn.id)
        assert await store.interrupt_unfinished() == ()
        shown = await store.shown_turn(exchange.turn.id)
        assert shown is not None
        assert shown.turn.finished_at == clock.now()

    async def test_what_is_taken_up_is_settled(self, store: Store) -> None:
        """A broken answer that was asked again, or gone on with, is not given at the next start."""
        first, second = await ask(store, said(1)), await ask(store, said(2, place=DIRECT))
        await store.interrupt_unfinished()
        again = await store.answer_again(first.turn.id, model=MODEL, parameters=Parameters())
        rest = await go_on(store, second.turn.id)
        assert again is not None

        unfinished = await store.interrupt_unfinished()
        assert [one.turn.id for one in unfinished] == [again.turn.id, rest.turn.id]

    async def test_an_answer_that_ended_is_not_settled_anew(
        self, store: Store, clock: Clock
    ) -> None:
        """Settling is for broken answers; the time at which another one ended stays."""
        exchange = await answer(store, said(1))
        clock.advance(minutes=1)
        await store.settle(exchange.turn.id)

        shown = await store.shown_turn(exchange.turn.id)
        assert shown is not None
        assert shown.turn.finished_at == MORNING


class TestSaid:
    """`Store.said`."""

    async def test_gives_what_became_a_turn(self, store: Store) -> None:
        """The messages of a question are given in their order; a hidden turn has none."""
        receipt = await receive(store, said(1))
        await receive(store, said(2, author_id=BEN))
        exchange = await begin(store, receipt.conversation_id)
        await store.finish(exchange.turn.id, TurnResult("so far", Outcome.INTERRUPTED))
        rest = await go_on(store, exchange.turn.id)

        assert [one.message_id for one in await store.said(exchange.question.id)] == [1, 2]
        assert await store.said(rest.path[-1].id) == ()


class TestWaiting:
    """`Store.waiting` and `Store.waiting_conversations`."""

    async def test_messages_in_the_order_in_which_they_came(self, store: Store) -> None:
        """What waits in one conversation is given, and stays waiting."""
        receipt = await receive(store, said(11, "a"))
        await receive(store, said(10, "b", author_id=BEN))
        await receive(store, said(12, "elsewhere", place=DIRECT))

        waiting = await store.waiting(receipt.conversation_id)
        assert [(one.message_id, one.author_id, one.text) for one in waiting] == [
            (11, ANN, "a"),
            (10, BEN, "b"),
        ]
        assert {one.state for one in waiting} == {InboundState.WAITING}
        assert {one.turn_id for one in waiting} == {None}
        assert await store.waiting(receipt.conversation_id) == waiting

    async def test_no_message_waits(self, store: Store) -> None:
        """Nothing waits in an unknown conversation, nor in one whose messages are answered."""
        exchange = await answer(store, said(1))
        await receive(store, said(2), queue_limit=0)

        assert await store.waiting(exchange.conversation.id) == ()
        assert await store.waiting(404) == ()

    async def test_longest_waiting_first(self, store: Store) -> None:
        """Conversations come in the order of the oldest message that waits in them."""
        in_thread = (await receive(store, said(30))).conversation_id
        in_direct = (await receive(store, said(20, place=DIRECT))).conversation_id
        await receive(store, said(31))
        assert await store.waiting_conversations() == (in_thread, in_direct)

        await begin(store, in_thread)
        await receive(store, said(32))
        assert await store.waiting_conversations() == (in_direct, in_thread)

    async def test_nothing_waits(self, store: Store) -> None:
        """Answered and refused messages do not wait."""
        await answer(store, said(1))
        await receive(store, said(2), queue_limit=0)

        assert await store.waiting_conversations() == ()


class TestWithdrawIn:
    """`Store.withdraw_in`."""

    async def test_withdraws_what_waits_there(self, store: Store) -> None:
        """What waits in a place that is gone is not answered, wherever it was said; others are."""
        moved = await receive(store, said(5, place=CHANNEL, root_message_id=5))
        await store.move(moved.conversation_id, THREAD)
        await receive(store, said(6, place=THREAD))
        other = await receive(store, said(7, place=DIRECT))

        assert await store.withdraw_in(THREAD.channel_id) == 2
        assert await store.waiting(moved.conversation_id) == ()
        assert [one.message_id for one in await store.waiting(other.conversation_id)] == [7]
        assert await store.withdraw_in(THREAD.channel_id) == 0


class TestParts:
    """`Store.add_part`, `Store.shown_by` and `Store.shown_turn`."""

    async def test_parts_lead_to_their_turn(self, store: Store) -> None:
        """Each part of a reply leads to the turn shown; parts come by ordinal."""
        exchange = await answer(store, said(1), "long")
        parts = (Part(0, THREAD.channel_id, 501, "n0"), Part(1, THREAD.channel_id, 502, "n1"))
        for part in reversed(parts):
            await store.add_part(exchange.reply_id, part)

        shown = await store.shown_by(502)
        assert shown is not None
        assert shown.turn.id == exchange.turn.id
        assert shown.turn.text == "long"
        assert shown.parts == parts
        assert shown.asker_ids == {ANN}
        assert shown == await store.shown_by(501)
        assert shown == await store.shown_turn(exchange.turn.id)

    async def test_same_ordinal_replaces(self, store: Store) -> None:
        """A part posted again takes the place of the former message."""
        exchange = await answer(store, said(1))
        await store.add_part(exchange.reply_id, Part(0, THREAD.channel_id, 501, "n0"))
        await store.add_part(exchange.reply_id, Part(0, THREAD.channel_id, 601, "n1"))

        shown = await store.shown_by(601)
        assert shown is not None
        assert shown.parts == (Part(0, THREAD.channel_id, 601, "n1"),)
        assert await store.shown_by(501) is None

    async def test_same_part_again(self, store: Store) -> None:
        """To note a part twice, as after a lost answer, changes nothing."""
        exchange = await answer(store, said(1))
        part = Part(0, THREAD.channel_id, 501, "n0")
        await store.add_part(exchange.reply_id, part)
        await store.add_part(exchange.reply_id, part)

        shown = await store.shown_by(501)
        assert shown is not None
        assert shown.parts == (part,)

    async def test_unknown_messages_and_turns(self, store: Store) -> None:
        """An unknown message, an unknown turn and a user turn are shown nowhere."""
        exchange = await answer(store, said(1))

        assert await store.shown_by(1) is None
        assert await store.shown_turn(404) is None
        assert await store.shown_turn(exchange.path[-1].id) is None

    async def test_impossible_id(self, store: Store) -> None:
        """An id too large for any database is a store's error as well."""
        with pytest.raises(StoreError):
            await store.shown_by(2**64)

    async def test_part_of_an_unknown_reply(self, store: Store) -> None:
        """A part needs its reply."""
        with pytest.raises(StoreError):
            await store.add_part(404, Part(0, 1, 501, "n"))
        assert await store.shown_by(501) is None


class TestPlaces:
    """Moving, resetting, and what is set."""

    async def test_nothing_is_known_of_an_unknown_place(self, store: Store) -> None:
        """An unknown place has no conversation and no settings."""
        assert await store.current_conversation(404) is None
        assert await store.conversation(404) is None
        assert await store.settings(404) == PlaceSettings()
        assert await store.attentions() == {}

    async def test_move_into_a_thread(self, store: Store) -> None:
        """A conversation goes on in the thread opened for it, where everything said is meant."""
        receipt = await receive(store, said(1, "root", place=CHANNEL, root_message_id=1))
        await store.move(receipt.conversation_id, THREAD)

        joined = await receive(store, said(2, "more"))
        exchange = await begin(store, receipt.conversation_id)
        assert joined.conversation_id == receipt.conversation_id
        assert exchange.path[-1].text == "root\n\nmore"
        assert exchange.conversation.place == THREAD
        assert await store.attentions() == {THREAD.channel_id: Attention.EVERYTHING}
        assert await store.current_conversation(THREAD.channel_id) == exchange.conversation

    async def test_move_into_a_known_thread(self, store: Store) -> None:
        """A thread that was known keeps its settings and its former conversation."""
        former = await answer(store, said(1))
        settings = PlaceSettings(model=MODEL, attention=Attention.MENTIONS)
        await store.change_settings(THREAD, settings)
        receipt = await receive(store, said(2, place=CHANNEL, root_message_id=2))
        await store.move(receipt.conversation_id, THREAD)

        current = await store.current_conversation(THREAD.channel_id)
        assert current is not None
        assert current.id == receipt.conversation_id
        assert (await store.settings(THREAD.channel_id)).model == MODEL
        assert (await store.settings(THREAD.channel_id)).attention is Attention.EVERYTHING
        assert await store.conversation(former.conversation.id) is not None

    async def test_what_is_said_in_a_thread_before_its_conversation_moved(
        self, store: Store
    ) -> None:
        """Who writes in a thread before we know of it is in the conversation it is opened for."""
        thread = PlaceKey(1, GUILD, CHANNEL.channel_id)
        root = await receive(store, said(1, "root", place=CHANNEL, root_message_id=1))
        early = await receive(store, said(2, "more", place=thread))
        await store.move(root.conversation_id, thread)

        assert early.conversation_id == root.conversation_id
        exchange = await begin(store, root.conversation_id)
        assert exchange.path[-1].text == "root\n\nmore"
        assert exchange.conversation.place == thread

    async def test_what_is_said_in_a_thread_while_its_answer_is_asked_for(
        self, store: Store
    ) -> None:
        """A thread whose first answer shows nothing yet is that of the answer's conversation."""
        thread = PlaceKey(1, GUILD, CHANNEL.channel_id)
        exchange = await ask(store, said(1, "root", place=CHANNEL, root_message_id=1))
        early = await receive(store, said(2, "more", place=thread))
        await store.add_part(exchange.reply_id, Part(0, CHANNEL.channel_id, 9, "1.0"))
        apart = await receive(store, said(3, "late", place=thread))

        assert early.conversation_id == exchange.conversation.id
        assert apart.conversation_id != exchange.conversation.id

    async def test_a_thread_opened_by_hand_from_an_answered_root(self, store: Store) -> None:
        """A thread from a question answered in its channel has a conversation of its own."""
        root = await answer(store, said(1, place=CHANNEL, root_message_id=1))
        await store.add_part(root.reply_id, Part(0, CHANNEL.channel_id, 9, "1.0"))
        apart = await receive(store, said(2, place=PlaceKey(1, GUILD, CHANNEL.channel_id)))

        assert apart.conversation_id != root.conversation.id

    async def test_move_twice(self, store: Store) -> None:
        """To move again to where it is changes nothing."""
        receipt = await receive(store, said(1, place=CHANNEL, root_message_id=1))
        await store.move(receipt.conversation_id, THREAD)
        moved = await store.current_conversation(THREAD.channel_id)
        await store.move(receipt.conversation_id, THREAD)

        assert await store.current_conversation(THREAD.channel_id) == moved

    async def test_moved_conversation_is_not_current_where_it_was(self, store: Store) -> None:
        """A conversation is current in one place."""
        receipt = await receive(store, said(1))
        await store.move(receipt.conversation_id, PlaceKey(2002, GUILD, 1001))

        assert await store.current_conversation(THREAD.channel_id) is None

    async def test_moved_conversation_is_not_reached_from_outside(self, store: Store) -> None:
        """A private thread's conversation is not found by the root it had in the channel."""
        receipt = await receive(store, said(1, place=CHANNEL, root_message_id=1))
        await store.move(receipt.conversation_id, THREAD)

        outside = await receive(store, said(2, place=CHANNEL, root_message_id=1, author_id=BEN))
        assert outside.conversation_id != receipt.conversation_id

    async def test_move_of_an_unknown_conversation(self, store: Store) -> None:
        """What is unknown cannot move, and makes no place."""
        with pytest.raises(StoreError):
            await store.move(404, THREAD)
        assert await store.attentions() == {}

    async def test_reset(self, store: Store) -> None:
        """A reset makes an empty current conversation; former, settings and starter are kept."""
        former = await answer(store, said(1, place=DIRECT))
        await store.change_settings(DIRECT, PlaceSettings(model=MODEL))
        fresh = await store.reset(DIRECT)

        assert fresh.id != former.conversation.id
        assert fresh.head_turn_id is None
        assert fresh.starter_id == former.conversation.starter_id == ANN
        assert fresh.place == DIRECT
        assert await store.current_conversation(DIRECT.channel_id) == fresh
        assert await store.conversation(former.conversation.id) is not None
        assert (await store.settings(DIRECT.channel_id)).model == MODEL
        exchange = await ask(store, said(2, "anew", place=DIRECT))
        assert exchange.conversation.id == fresh.id
        assert [turn.text for turn in exchange.path] == ["anew"]

    async def test_what_waits_at_a_reset_is_answered_afresh(self, store: Store) -> None:
        """What waits goes over to the new conversation; nothing is left to the former."""
        former = await answer(store, said(1))
        await receive(store, said(2, "waits"))
        fresh = await store.reset(THREAD)

        assert await store.waiting(former.conversation.id) == ()
        assert await store.waiting_conversations() == (fresh.id,)
        exchange = await begin(store, fresh.id)
        assert [turn.text for turn in exchange.path] == ["waits"]

    async def test_reset_of_an_unknown_place(self, store: Store) -> None:
        """A place may be reset before anything was said there."""
        fresh = await store.reset(THREAD)

        assert (await receive(store, said(1))).conversation_id == fresh.id

    @pytest.mark.parametrize("models", [None, (), ("a/b", "c/d e,f")])
    async def test_fallback_models_are_kept(
        self, store: Store, models: tuple[str, ...] | None
    ) -> None:
        """None set, none wanted and some in their order are three things."""
        await store.change_settings(THREAD, PlaceSettings(fallback_models=("z/z",)))
        await store.change_settings(THREAD, PlaceSettings(fallback_models=models))
        assert (await store.settings(THREAD.channel_id)).fallback_models == models

    async def test_settings_altered_at_once(self, store: Store) -> None:
        """Two who alter settings at the same time both get what they wanted."""
        await asyncio.gather(
            store.alter_settings(THREAD, lambda settings: replace(settings, model=MODEL)),
            store.alter_settings(THREAD, lambda settings: replace(settings, system_prompt="Brief")),
        )

        altered = PlaceSettings(model=MODEL, system_prompt="Brief")
        assert await store.settings(THREAD.channel_id) == altered

    async def test_settings_are_replaced(self, store: Store) -> None:
        """Settings are read back as they were set last; nothing of earlier ones stays."""
        first = PlaceSettings(
            model=MODEL,
            parameters=Parameters(temperature=0.0, max_tokens=64),
            system_prompt="Be brief.",
            attention=Attention.MENTIONS,
        )
        await store.change_settings(CHANNEL, first)
        assert await store.settings(CHANNEL.channel_id) == first

        second = PlaceSettings(parameters=Parameters(top_p=0.5))
        await store.change_settings(CHANNEL, second)
        assert await store.settings(CHANNEL.channel_id) == second

    async def test_settings_are_not_inherited(self, store: Store) -> None:
        """A thread's own settings hold nothing of its channel's."""
        await store.change_settings(CHANNEL, PlaceSettings(model=MODEL))
        await receive(store, said(1))

        assert await store.settings(THREAD.channel_id) == PlaceSettings()

    async def test_attentions(self, store: Store) -> None:
        """Only places where attention is set are named."""
        await store.change_settings(CHANNEL, PlaceSettings(attention=Attention.EVERYTHING))
        await store.change_settings(THREAD, PlaceSettings(attention=Attention.MENTIONS))
        await receive(store, said(1, place=DIRECT))

        assert await store.attentions() == {
            CHANNEL.channel_id: Attention.EVERYTHING,
            THREAD.channel_id: Attention.MENTIONS,
        }


async def untold(store: Store, clock: Clock) -> list[int]:
    """Say who was not told of a refusal since the morning, by the ids of their messages."""
    clock.advance(seconds=1)
    found = await store.untold_refusals(MORNING, clock.now(), limit=10)
    return sorted(inbound.message_id for inbound in found)


class TestUntoldRefusals:
    """`Store.untold_refusals` and `Store.note_refusal_told`."""

    async def test_one_for_each_author_and_place(self, store: Store, clock: Clock) -> None:
        """The first refused message of each person in each place stands for all of theirs there."""
        await receive(store, said(1))
        for message in (said(2), said(3), said(4, author_id=BEN), said(5, place=DIRECT)):
            await receive(store, message, queue_limit=0)

        found = await store.untold_refusals(MORNING, clock.now() + timedelta(seconds=1), limit=10)
        assert {(it.message_id, it.author_id, it.channel_id) for it in found} == {
            (2, ANN, THREAD.channel_id),
            (4, BEN, THREAD.channel_id),
            (5, ANN, DIRECT.channel_id),
        }
        assert {it.state for it in found} == {InboundState.REFUSED}
        assert len(await store.untold_refusals(MORNING, MORNING + timedelta(days=1), limit=2)) == 2

    @pytest.mark.parametrize("told_id", [2, 3])
    async def test_who_was_told_of_one_was_told_of_all(
        self, store: Store, clock: Clock, told_id: int
    ) -> None:
        """One note holds for what was refused before and after, and for nobody else."""
        await receive(store, said(1))
        for message in (said(2), said(3), said(4, author_id=BEN), said(5, place=DIRECT)):
            await receive(store, message, queue_limit=0)
        await store.note_refusal_told(told_id)
        await receive(store, said(6), queue_limit=0)

        assert await untold(store, clock) == [4, 5]

    async def test_what_is_refused_after_another_was_taken_is_new(
        self, store: Store, clock: Clock
    ) -> None:
        """A note holds until a message is taken again; what is refused then is told anew."""
        await receive(store, said(1), queue_limit=0)
        await store.note_refusal_told(1)
        await receive(store, said(2))
        assert await untold(store, clock) == []
        for message in (said(3), said(4)):
            await receive(store, message, queue_limit=0)
        assert await untold(store, clock) == [3]
        await store.note_refusal_told(4)
        assert await untold(store, clock) == []

    async def test_what_was_refused_in_that_time_alone(self, store: Store, clock: Clock) -> None:
        """What was refused earlier, or at the end of that time or later, is left out."""
        await receive(store, said(1), queue_limit=0)
        clock.advance(minutes=5)
        await receive(store, said(2, author_id=BEN), queue_limit=0)
        between = clock.now()

        early = await store.untold_refusals(MORNING, between, limit=10)
        late = await store.untold_refusals(between, between + timedelta(seconds=1), limit=10)
        assert [it.message_id for it in early] == [1]
        assert [it.message_id for it in late] == [2]

    async def test_a_deleted_message_is_not_told_of(self, store: Store, clock: Clock) -> None:
        """Who has deleted what was refused is told nothing; an unknown message notes nothing."""
        await receive(store, said(1), queue_limit=0)
        await store.withdraw(1)
        await store.note_refusal_told(99)

        assert await untold(store, clock) == []


class TestKnown:
    """`Store.is_known`."""

    async def test_what_was_taken_in_stays_known(self, store: Store) -> None:
        """A message is known once it was written: one that was refused or withdrawn as well."""
        await receive(store, said(1))
        await receive(store, said(2), queue_limit=0)
        await receive(store, said(3))
        await store.withdraw(3)

        assert [await store.is_known(number) for number in (1, 2, 3, 4)] == [True] * 3 + [False]


class TestTold:
    """`Store.was_told` and `Store.note_told`."""

    async def test_what_was_noted_was_told(self, store: Store) -> None:
        """What was noted was told, and nothing else was; to ask notes nothing."""
        before = [await store.was_told(key) for key in ("a", "b", "a")]
        await store.note_told("a")
        after = [await store.was_told(key) for key in ("a", "b", "a")]

        assert before == [False, False, False]
        assert after == [True, False, True]

    async def test_a_note_may_be_repeated(self, store: Store) -> None:
        """A second note of the same changes nothing."""
        await store.note_told("a")
        await store.note_told("a")

        assert await store.was_told("a")


async def test_everything_survives_a_restart(opener: Opener, tmp_path: Path, clock: Clock) -> None:
    """What was stored is there when the store is opened again."""
    async with opener(tmp_path, clock) as store:
        former = await answer(store, said(1, "before"), "kept")
        await receive(store, said(2, "waits"))
        await store.note_told("told")

    async with opener(tmp_path, clock) as store:
        assert await store.waiting_conversations() == (former.conversation.id,)
        exchange = await begin(store, former.conversation.id)
        assert [turn.text for turn in exchange.path] == ["before", "kept", "waits"]
        assert await store.was_told("told")


class TestAnswerAgain:
    """`Store.answer_again`."""

    async def test_a_sibling_takes_over_the_reply(self, store: Store) -> None:
        """The new answer has the same question, is the head, and is shown by the same messages."""
        former = await ask(store, said(1))
        part = Part(0, THREAD.channel_id, 900, "1.0")
        await store.add_part(former.reply_id, part)
        await store.finish(former.turn.id, TurnResult("so f", Outcome.INTERRUPTED))

        again = await store.answer_again(former.turn.id, model="x/y", parameters=Parameters())
        assert again is not None
        assert again.turn.parent_id == former.turn.parent_id
        assert again.turn.model == "x/y"
        assert again.conversation.head_turn_id == again.turn.id
        assert again.parts == (part,)
        assert again.path == former.path
        assert [one.message_id for one in again.inbounds] == [1]
        shown = await store.shown_by(900)
        assert shown is not None
        assert shown.turn.id == again.turn.id

    async def test_interruptions_in_a_row_are_counted(self, store: Store) -> None:
        """Each interrupted sibling in a row counts; an answer that ended otherwise ends the row."""
        exchange: Exchange | None = await ask(store, said(1))
        counts: list[int] = []
        for outcome in (Outcome.INTERRUPTED, Outcome.INTERRUPTED, Outcome.STOPPED):
            assert exchange is not None
            await store.finish(exchange.turn.id, TurnResult("", outcome))
            shown = await store.shown_turn(exchange.turn.id)
            assert shown is not None
            counts.append(shown.interruptions)
            exchange = await store.answer_again(
                exchange.turn.id, model=MODEL, parameters=Parameters()
            )
        assert counts == [1, 2, 0]

    async def test_only_an_ended_head_is_answered_again(self, store: Store) -> None:
        """An answer that streams, or that the conversation has gone on from, has no sibling."""
        former = await ask(store, said(1))
        streaming = await store.answer_again(former.turn.id, model=MODEL, parameters=Parameters())
        await store.finish(former.turn.id, TurnResult("done", Outcome.COMPLETE))
        await answer(store, said(2))
        passed = await store.answer_again(former.turn.id, model=MODEL, parameters=Parameters())
        assert (streaming, passed) == (None, None)


class TestGoOn:
    """`Store.go_on`."""

    async def test_a_hidden_question_stands_between(self, store: Store) -> None:
        """The rest answers words that nobody said, after the answer; both are on the path."""
        former = await ask(store, said(1, "count"))
        await store.finish(former.turn.id, TurnResult("one", Outcome.FAILED, FailureReason.CUT))

        rest = await go_on(store, former.turn.id)
        assert [(turn.role, turn.text) for turn in rest.path] == [
            (Role.USER, "count"),
            (Role.ASSISTANT, "one"),
            (Role.USER, "go on"),
        ]
        assert rest.path[-1].speakers == ()
        assert rest.turn.parent_id == rest.path[-1].id
        assert (rest.turn.role, rest.turn.outcome, rest.turn.model) == (Role.ASSISTANT, None, MODEL)
        assert rest.conversation.head_turn_id == rest.turn.id
        assert rest.goes_on
        assert not former.goes_on

    async def test_it_is_for_those_who_asked(self, store: Store) -> None:
        """The rest, and the rest of that, answer the people and messages of the question."""
        former = await answer(store, said(1))
        rest = await go_on(store, former.turn.id)
        await store.finish(rest.turn.id, TurnResult("two", Outcome.COMPLETE))
        last = await go_on(store, rest.turn.id)
        for exchange in (rest, last):
            assert [one.message_id for one in exchange.inbounds] == [1]
            assert exchange.question == former.path[-1]
            shown = await store.shown_turn(exchange.turn.id)
            assert shown is not None
            assert shown.asker_ids == {ANN}

    async def test_it_has_a_reply_of_its_own(self, store: Store) -> None:
        """Each piece is shown by its own messages, and found by them."""
        former = await answer(store, said(1))
        part = Part(0, THREAD.channel_id, 900, "1.0")
        await store.add_part(former.reply_id, part)
        rest = await go_on(store, former.turn.id)
        await store.add_part(rest.reply_id, Part(0, THREAD.channel_id, 901, "2.0"))

        assert rest.reply_id != former.reply_id
        assert rest.parts == ()
        assert rest.former is not None
        assert (rest.former.turn.id, rest.former.parts) == (former.turn.id, (part,))
        for message_id, exchange in ((900, former), (901, rest)):
            shown = await store.shown_by(message_id)
            assert shown is not None
            assert shown.turn.id == exchange.turn.id
            assert len(shown.parts) == 1

    async def test_only_the_rest_is_answered_again(self, store: Store) -> None:
        """A sibling of the rest takes over the messages of the rest alone."""
        former = await answer(store, said(1))
        await store.add_part(former.reply_id, Part(0, THREAD.channel_id, 900, "1.0"))
        rest = await go_on(store, former.turn.id)
        (unfinished,) = await store.interrupt_unfinished()
        assert unfinished.turn.id == rest.turn.id

        again = await store.answer_again(rest.turn.id, model=MODEL, parameters=Parameters())
        assert again is not None
        assert again.turn.parent_id == rest.turn.parent_id
        assert (again.reply_id, again.parts) == (rest.reply_id, ())
        assert again.former is not None
        assert again.former.turn.id == former.turn.id
        assert [one.message_id for one in again.inbounds] == [1]
        assert [it.id for it in again.path] == [it.id for it in rest.path]

    async def test_only_an_ended_head_is_gone_on_with(self, store: Store) -> None:
        """One that streams, that the conversation has gone on from, or that is unknown, is not."""
        former = await ask(store, said(1))
        ids = [former.turn.id, former.path[-1].id, 404]
        refused = [await gone_on(store, turn_id) for turn_id in ids]
        await store.finish(former.turn.id, TurnResult("one", Outcome.COMPLETE))
        rest, late = [await gone_on(store, former.turn.id) for _ in range(2)]
        assert refused == [None, None, None]
        assert rest is not None
        assert late is None

    async def test_two_at_once_make_one(self, store: Store) -> None:
        """Of two who have the same answer taken up at the same time one succeeds."""
        former = await answer(store, said(1))
        found = await asyncio.gather(
            gone_on(store, former.turn.id),
            store.answer_again(former.turn.id, model=MODEL, parameters=Parameters()),
            gone_on(store, former.turn.id),
        )
        assert len([one for one in found if one is not None]) == 1

    async def test_the_next_question_follows_it(self, store: Store) -> None:
        """What is asked next has both pieces on its path."""
        former = await answer(store, said(1, "count"), "one")
        rest = await go_on(store, former.turn.id)
        await store.finish(rest.turn.id, TurnResult("two", Outcome.COMPLETE))
        exchange = await ask(store, said(2, "thanks"))
        assert [it.text for it in exchange.path] == ["count", "one", "go on", "two", "thanks"]
        assert not exchange.goes_on


class TestRemovePart:
    """`Store.remove_part`."""

    async def test_a_deleted_message_shows_nothing(self, store: Store) -> None:
        """A part that was removed is not a part of the reply any more; others stay."""
        exchange = await ask(store, said(1))
        parts = [Part(ordinal, THREAD.channel_id, 900 + ordinal, "") for ordinal in range(2)]
        for part in parts:
            await store.add_part(exchange.reply_id, part)
        await store.remove_part(exchange.reply_id, 1)
        await store.remove_part(exchange.reply_id, 7)
        assert await store.shown_by(901) is None
        shown = await store.shown_by(900)
        assert shown is not None
        assert shown.parts == (parts[0],)


class TestPressing:
    """`presser_id` and `Store.used`."""

    async def test_a_press_is_a_turn_of_the_day(self, store: Store, clock: Clock) -> None:
        """What somebody pressed a button for counts as theirs, on the day of the press only."""
        former = await answer(store, said(1, author_id=ANN))
        again = await store.answer_again(
            former.turn.id, model=MODEL, parameters=Parameters(), presser_id=BEN
        )
        assert again is not None
        await store.finish(again.turn.id, TurnResult("one", Outcome.FAILED, FailureReason.CUT))
        clock.advance(days=1)
        await go_on(store, again.turn.id, presser_id=BEN)

        assert await store.used(ANN, MIDNIGHT) == 1
        assert await store.used(BEN, MIDNIGHT) == 2
        assert await store.used(BEN, MIDNIGHT + timedelta(days=1)) == 1

    async def test_presses_and_messages_have_one_limit(self, store: Store) -> None:
        """A message is refused when the turns of the day were spent on buttons."""
        former = await answer(store, said(1, author_id=BEN))
        await go_on(store, former.turn.id, presser_id=ANN)
        receipt = await receive(store, said(2, author_id=ANN), daily_limit=1)
        assert (receipt.verdict, receipt.used_today) == (Verdict.QUOTA_SPENT, 1)

    async def test_what_waits_is_used(self, store: Store) -> None:
        """A waiting message counts as `receive` counts it."""
        await receive(store, said(1))
        assert await store.used(ANN, MIDNIGHT) == 1


class TestCheckpoint:
    """`Store.checkpoint`."""

    async def test_the_text_so_far_survives(self, store: Store) -> None:
        """What was stored of a streaming answer is there when it is closed as interrupted."""
        exchange = await ask(store, said(1))
        await store.checkpoint({exchange.turn.id: "so far"})

        closed = await store.interrupt_unfinished()
        assert [one.turn.text for one in closed] == ["so far"]

    async def test_an_ended_answer_is_left_alone(self, store: Store) -> None:
        """A checkpoint that comes after the end changes nothing."""
        exchange = await answer(store, said(1), "whole")
        await store.checkpoint({exchange.turn.id: "who"})

        shown = await store.shown_turn(exchange.turn.id)
        assert shown is not None
        assert shown.turn.text == "whole"


class TestWithdraw:
    """`Store.revise` and `Store.withdraw`."""

    async def test_what_waits_can_be_changed(self, store: Store) -> None:
        """An edited message is answered as it is now."""
        receipt = await receive(store, said(1, "befor"))
        assert await store.revise(1, "before")

        exchange = await begin(store, receipt.conversation_id)
        assert exchange.path[-1].text == "before"
        assert not await store.revise(1, "after")
        assert not await store.revise(2, "unknown")

    async def test_what_says_nothing_any_more_is_withdrawn(self, store: Store) -> None:
        """A message that is emptied while it waits is not answered."""
        receipt = await receive(store, said(1))
        assert await store.revise(1, "")

        assert await store.waiting(receipt.conversation_id) == ()
        assert not await store.revise(1, "again")

    async def test_what_waits_can_be_withdrawn(self, store: Store) -> None:
        """A deleted message is not answered, and keeps its state."""
        receipt = await receive(store, said(1))
        inbound = await store.withdraw(1)

        assert inbound is not None
        assert inbound.state is InboundState.WITHDRAWN
        assert inbound.turn_id is None
        assert (
            await store.begin(receipt.conversation_id, model=MODEL, parameters=Parameters()) is None
        )
        assert await store.withdraw(2) is None

    async def test_what_was_answered_names_its_turn(self, store: Store) -> None:
        """A withdrawn message says which turn it became, so that its answer can be stopped."""
        exchange = await ask(store, said(1))
        inbound = await store.withdraw(1)
        assert inbound is not None
        assert inbound.turn_id == exchange.turn.parent_id


class TestLiveness:
    """`Store.live_places`, `Store.note_alive` and `Store.last_alive`."""

    async def test_places_are_named_with_the_newest_message(
        self, store: Store, clock: Clock
    ) -> None:
        """A live place is where it was said, and where the conversation is now; latest first."""
        await receive(store, said(1, place=DIRECT))
        clock.advance(hours=1)
        rooted = await receive(store, said(5, place=CHANNEL, root_message_id=5))
        await store.move(rooted.conversation_id, THREAD)

        live = await store.live_places(MORNING, limit=5)
        assert {one.place.channel_id: one.last_message_id for one in live} == {
            THREAD.channel_id: 5,
            CHANNEL.channel_id: 5,
            DIRECT.channel_id: 1,
        }
        assert live[-1].place == DIRECT
        assert [one.place for one in await store.live_places(MORNING, limit=1)] == [CHANNEL, DIRECT]

    async def test_direct_messages_stay_live(self, store: Store, clock: Clock) -> None:
        """Direct messages are named however old they are, the newest first; others are not."""
        await receive(store, said(1, place=DIRECT))
        await receive(store, said(5, place=CHANNEL, root_message_id=5))
        clock.advance(hours=1)
        await receive(store, said(6, place=PlaceKey(DIRECT.channel_id + 1)))

        live = await store.live_places(MORNING + timedelta(minutes=30), limit=5)
        assert [one.last_message_id for one in live] == [6, 1]
        newest = await store.live_places(MORNING + timedelta(hours=2), limit=1)
        assert [one.last_message_id for one in newest] == [6]

    async def test_being_alive_is_noted(self, store: Store) -> None:
        """The moment of the last note is given, and none before the first."""
        assert await store.last_alive() is None
        await store.note_alive(MORNING)
        await store.note_alive(MORNING + timedelta(seconds=10))
        assert await store.last_alive() == MORNING + timedelta(seconds=10)


class TestEndedSince:
    """`Store.ended_since`."""

    async def test_answers_of_every_conversation(self, store: Store, clock: Clock) -> None:
        """What has ended is given wherever it was said, the latest begun first, with its parts."""
        first = await answer(store, said(1))
        await store.add_part(first.reply_id, Part(0, THREAD.channel_id, 501, "n"))
        await store.reset(THREAD)
        second = await answer(store, said(2, place=CHANNEL, root_message_id=2))
        third = await answer(store, said(3, place=DIRECT))

        ended = await store.ended_since(clock.now(), limit=10)
        turns = [second.turn.id, third.turn.id]
        assert [one.turn.id for one in ended] == [*reversed(turns), first.turn.id]
        assert [part.message_id for part in ended[-1].parts] == [501]
        latest = await store.ended_since(clock.now(), limit=2)
        assert latest == ended[:2]
        before = latest[-1].turn.id
        assert await store.ended_since(clock.now(), limit=2, before_turn_id=before) == ended[2:]

    async def test_neither_what_streams_nor_what_ended_before(
        self, store: Store, clock: Clock
    ) -> None:
        """An answer that streams has not ended, and one that ended earlier is left out."""
        await answer(store, said(1))
        clock.advance(minutes=5)
        since = clock.now()
        assert await store.ended_since(since, limit=10) == ()
        exchange = await ask(store, said(2))
        assert await store.ended_since(since, limit=10) == ()
        await store.finish(exchange.turn.id, TurnResult("hi", Outcome.FAILED))
        (ended,) = await store.ended_since(since, limit=10)
        assert ended.turn.outcome is Outcome.FAILED

    async def test_not_what_a_sibling_has_taken_over(self, store: Store, clock: Clock) -> None:
        """An answer whose reply shows another by now has nothing to be shown."""
        former = await answer(store, said(1))
        sibling = await store.answer_again(former.turn.id, model=MODEL, parameters=Parameters())
        assert sibling is not None
        assert await store.ended_since(clock.now(), limit=10) == ()

    async def test_what_an_answer_without_text_has_replaced(
        self, store: Store, clock: Clock
    ) -> None:
        """An answer knows the last text before its own, until it has one."""
        former = await answer(store, said(1), "whole")
        first = await store.answer_again(former.turn.id, model=MODEL, parameters=Parameters())
        assert first is not None
        await store.finish(first.turn.id, TurnResult(" ", Outcome.FAILED))
        second = await store.answer_again(first.turn.id, model=MODEL, parameters=Parameters())
        assert second is not None
        assert (first.replaced_text, second.replaced_text) == ("whole", "whole")

        await store.finish(second.turn.id, TurnResult("", Outcome.FAILED))
        (ended,) = await store.ended_since(clock.now(), limit=10)
        assert ended.replaced_text == "whole"
