"""`TurnStore`: clicks under an answer, and what is decided in the transaction that takes one."""

import asyncio

from conversation.entities import ClickVerdict, Outcome, Press, Role, Spot, TurnResult, Verdict
from storage.sqlite.store import Store
from tests.contracts.store.steps import (
    ANN,
    BEN,
    CHANNEL,
    DIRECT,
    GUILD,
    MODEL,
    THREAD,
    answer,
    ask,
    ask_again,
    begin,
    begun,
    behind,
    go_on,
    part_of,
    press,
    receive,
    revision_of,
    said,
    state_of,
)
from tests.storage.opened import Clock

TAKEN, GONE_ON, SPENT = ClickVerdict.TAKEN, ClickVerdict.GONE_ON, ClickVerdict.QUOTA_SPENT


async def both(store: Store, click: Press) -> tuple[ClickVerdict, ClickVerdict]:
    """Click for another answer, then for the rest of it."""
    return (
        await store.turns.answer_again(click),
        await store.turns.continue_answer(click, "go on"),
    )


class TestAnswerAgain:
    """`answer_again`."""

    async def test_a_sibling_takes_over_the_reply(self, store: Store) -> None:
        """The new answer has the same question, is the head, and is shown by the same messages."""
        former = await answer(store, said(1), "so f", outcome=Outcome.INTERRUPTED, shown_as=900)
        before = await revision_of(store, former)
        again = await ask_again(store, former)

        assert again.turn.parent_id == former.turn.parent_id
        assert (again.turn.role, again.turn.outcome) == (Role.ASSISTANT, None)
        assert again.conversation.head_turn_id == again.turn.id
        assert again.path == former.path
        state = await state_of(store, former)
        assert state.turn.id == again.turn.id
        assert state.parts == (part_of(former, 900),)
        assert state.wanted_rev == before + 1

    async def test_what_it_replaced_is_known(self, store: Store) -> None:
        """A reply knows the last text before its own, until it has one."""
        former = await answer(store, said(1), "whole", outcome=Outcome.TRUNCATED)
        first = await ask_again(store, former)
        await store.turns.finish(first.turn.id, TurnResult(" ", Outcome.FAILED))
        second = await ask_again(store, first)
        assert (first.reply.replaced_text, second.reply.replaced_text) == ("whole", "whole")

        await store.turns.finish(second.turn.id, TurnResult("new", Outcome.COMPLETE))
        assert (await state_of(store, second)).replaced_text == ""


class TestContinueAnswer:
    """`continue_answer`."""

    async def test_a_hidden_question_stands_between(self, store: Store) -> None:
        """The rest answers words that nobody said, after the answer; both are on the path."""
        former = await answer(store, said(1, "count"), "one", outcome=Outcome.FAILED)
        rest = await go_on(store, former)

        assert [(turn.role, turn.text) for turn in rest.path] == [
            (Role.USER, "count"),
            (Role.ASSISTANT, "one"),
            (Role.USER, "go on"),
        ]
        assert rest.path[-1].speakers == ()
        assert rest.turn.parent_id == rest.path[-1].id
        assert (rest.turn.role, rest.turn.outcome, rest.turn.model) == (Role.ASSISTANT, None, MODEL)
        assert rest.conversation.head_turn_id == rest.turn.id

    async def test_it_has_a_reply_of_its_own(self, store: Store) -> None:
        """The rest is shown by messages of its own; the answer before loses its buttons."""
        former = await answer(store, said(1), outcome=Outcome.TRUNCATED, shown_as=900)
        rest = await go_on(store, former)

        assert rest.reply.reply_id != former.reply.reply_id
        assert (rest.reply.parts, rest.reply.spot) == ((), Spot(THREAD.channel_id, GUILD))
        state = await state_of(store, former)
        assert (state.turn.id, state.is_newest) == (former.turn.id, False)
        assert state.parts == (part_of(former, 900),)
        assert await behind(store) == [former.reply.reply_id]

    async def test_the_next_question_follows_it(self, store: Store) -> None:
        """What is asked next has both pieces on its path."""
        former = await answer(store, said(1, "count"), "one", outcome=Outcome.TRUNCATED)
        rest = await go_on(store, former)
        await store.turns.finish(rest.turn.id, TurnResult("two", Outcome.COMPLETE))

        exchange = await ask(store, said(2, "thanks"))
        assert [it.text for it in exchange.path] == ["count", "one", "go on", "two", "thanks"]
        assert not exchange.goes_on


class TestWhichAnswer:
    """Only the newest answer of a current conversation has buttons that do something."""

    async def test_one_that_streams(self, store: Store) -> None:
        """An answer that has not ended is not taken up."""
        former = await ask(store, said(1))

        assert await both(store, press(former.turn.id)) == (GONE_ON, GONE_ON)

    async def test_one_that_others_follow(self, store: Store) -> None:
        """An answer that its conversation has gone on from is not taken up."""
        former = await answer(store, said(1), outcome=Outcome.FAILED)
        await answer(store, said(2))

        assert await both(store, press(former.turn.id)) == (GONE_ON, GONE_ON)

    async def test_one_whose_conversation_was_reset(self, store: Store) -> None:
        """An answer of a conversation that is not current any more is not taken up."""
        former = await answer(store, said(1), outcome=Outcome.FAILED)
        await store.places.reset(THREAD)

        assert await both(store, press(former.turn.id)) == (GONE_ON, GONE_ON)
        assert not (await state_of(store, former)).is_newest

    async def test_each_conversation_of_a_channel_is_current(self, store: Store) -> None:
        """In a text channel an answer is taken up whatever was asked there since."""
        former = await answer(store, said(1, place=CHANNEL), outcome=Outcome.FAILED)
        await answer(store, said(2, place=CHANNEL))

        assert (await state_of(store, former)).is_newest
        assert await store.turns.answer_again(press(former.turn.id)) is TAKEN

    async def test_what_is_no_answer(self, store: Store) -> None:
        """An unknown turn and a question are not taken up."""
        exchange = await answer(store, said(1))

        for turn_id in (404, exchange.path[-1].id):
            assert await both(store, press(turn_id)) == (GONE_ON, GONE_ON)

    async def test_what_waits_does_not_hinder(self, store: Store) -> None:
        """What is said meanwhile is answered after the click's answer."""
        former = await answer(store, said(1), outcome=Outcome.FAILED)
        await receive(store, said(2))

        again = await ask_again(store, former)
        assert again.path == former.path

    async def test_two_at_once_make_one(self, store: Store) -> None:
        """Of those who click under the same answer at the same time one succeeds."""
        former = await answer(store, said(1), outcome=Outcome.TRUNCATED)
        verdicts = await asyncio.gather(
            store.turns.continue_answer(press(former.turn.id), "go on"),
            store.turns.answer_again(press(former.turn.id, by=BEN)),
            store.turns.continue_answer(press(former.turn.id, by=BEN), "go on"),
        )

        assert sorted(verdicts) == sorted([TAKEN, GONE_ON, GONE_ON])


class TestQuotaOfClicks:
    """A click is a turn of the day of who clicks."""

    async def test_a_spent_quota_refuses(self, store: Store) -> None:
        """Who had all their turns makes nothing; another person still may."""
        former = await answer(store, said(1), outcome=Outcome.FAILED)

        spent = await both(store, press(former.turn.id, daily=1))
        assert spent == (SPENT, SPENT)
        assert await begun(store, former.conversation.id) is None
        assert await store.turns.answer_again(press(former.turn.id, by=BEN, daily=1)) is TAKEN

    async def test_what_is_gone_on_from_is_named_first(self, store: Store) -> None:
        """Who clicks under an old answer is told that, whatever is left of their day."""
        former = await answer(store, said(1), outcome=Outcome.FAILED)
        await answer(store, said(2))

        assert await both(store, press(former.turn.id, daily=0)) == (GONE_ON, GONE_ON)

    async def test_clicks_and_messages_have_one_quota(self, store: Store) -> None:
        """What waits counts, and so does every click of the day."""
        former = await answer(store, said(1, author_id=BEN), outcome=Outcome.FAILED)
        await receive(store, said(2, place=DIRECT, author_id=ANN))
        assert await store.turns.answer_again(press(former.turn.id, daily=1)) is SPENT
        assert await store.turns.answer_again(press(former.turn.id, daily=2)) is TAKEN

        receipt = await receive(store, said(3, author_id=ANN), daily=2)
        assert (receipt.verdict, receipt.used_today) == (Verdict.QUOTA_SPENT, 2)

    async def test_it_renews_with_the_day(self, store: Store, clock: Clock) -> None:
        """Clicks of the day before do not count."""
        former = await answer(store, said(1), outcome=Outcome.FAILED)
        clock.advance(days=1)

        assert await store.turns.answer_again(press(former.turn.id, daily=1, day=1)) is TAKEN

    async def test_two_at_once_at_the_last_answer_of_the_day(self, store: Store) -> None:
        """Of two clicks of one person under two answers, with one turn left, one passes."""
        one = await answer(store, said(1, author_id=BEN), outcome=Outcome.FAILED)
        other = await answer(store, said(2, place=DIRECT, author_id=BEN), outcome=Outcome.FAILED)
        verdicts = await asyncio.gather(
            store.turns.answer_again(press(one.turn.id, daily=1)),
            store.turns.answer_again(press(other.turn.id, daily=1)),
        )

        assert sorted(verdicts) == sorted([TAKEN, SPENT])
        work = await store.turns.conversations_with_work()
        assert len(work) == 1
        assert (await begin(store, work[0])).presser_id == ANN
