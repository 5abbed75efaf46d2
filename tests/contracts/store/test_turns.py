"""`TurnStore`: what is to be answered next, how answers end, and what a start makes of them."""

from datetime import UTC, datetime, timedelta

import pytest

from conversation.entities import (
    Failure,
    FailureReason,
    InboundState,
    Outcome,
    Parameters,
    ResumeState,
    Role,
    Speaker,
    Spot,
    TurnResult,
    Usage,
)
from conversation.errors import StoreError
from conversation.notices import Remark, RemarkKind
from storage.sqlite.store import Store
from tests.contracts.store.steps import (
    ANN,
    BEN,
    CHANNEL,
    DIRECT,
    GUILD,
    MODEL,
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
    stored_turn,
)
from tests.storage.opened import MORNING, Clock

ALL_OUTCOMES = list(Outcome)


class TestNextExchange:
    """`next_exchange`, where people's messages wait."""

    async def test_there_is_nothing_to_answer(self, store: Store) -> None:
        """Nothing is to be answered where nothing waits, nor in an unknown conversation."""
        exchange = await answer(store, said(1))

        assert await begun(store, exchange.conversation.id) is None
        assert await begun(store, 404) is None

    async def test_question_and_answer(self, store: Store, clock: Clock) -> None:
        """A question becomes a user turn, with an empty assistant turn as its child and head."""
        receipt = await receive(store, said(1, "why?"))
        parameters = Parameters(temperature=0.25, top_p=1.0, max_tokens=500)
        exchange = await store.turns.next_exchange(
            receipt.conversation_id, model=MODEL, parameters=parameters
        )

        assert exchange is not None
        (question,) = exchange.path
        assert (question.role, question.text, question.parent_id) == (Role.USER, "why?", None)
        assert question.speakers == (Speaker(ANN, "Ann", 4),)
        assert (question.created_at, question.outcome) == (clock.now(), None)
        turn = exchange.turn
        assert (turn.role, turn.parent_id, turn.text) == (Role.ASSISTANT, question.id, "")
        assert (turn.outcome, turn.finished_at) == (None, None)
        assert (turn.model, turn.parameters) == (MODEL, parameters)
        assert exchange.conversation.head_turn_id == turn.id
        stored = await store.places.conversation(receipt.conversation_id)
        assert stored == exchange.conversation
        assert await stored_turn(store, turn.id) == turn

    async def test_waiting_messages_are_answered_together(self, store: Store) -> None:
        """What waits becomes one turn, in the order of the messages, each stretch its author's."""
        receipt = await receive(store, said(11, "a"))
        await receive(store, said(10, "bb", author_id=BEN))
        await receive(store, said(12, "ccc"))

        exchange = await begin(store, receipt.conversation_id)
        question = exchange.path[-1]
        assert question.text == "bb\n\na\n\nccc"
        assert question.speakers == (
            Speaker(BEN, "Ben", 2),
            Speaker(ANN, "Ann", 1),
            Speaker(ANN, "Ann", 3),
        )
        assert [one.message_id for one in exchange.inbounds] == [10, 11, 12]
        assert {one.state for one in exchange.inbounds} == {InboundState.ANSWERED}
        assert {one.turn_id for one in exchange.inbounds} == {question.id}
        assert await store.queue.waiting(receipt.conversation_id) == ()

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
        await answer(store, said(1, "secret", place=CHANNEL))

        exchange = await ask(store, said(2, "open", place=CHANNEL))
        assert [turn.text for turn in exchange.path] == ["open"]

    async def test_a_reply_is_made(self, store: Store) -> None:
        """An answer has a reply of its own, of which nothing is shown and no place is decided."""
        exchange = await ask(store, said(1, place=CHANNEL))

        reply = exchange.reply
        assert reply.turn == await stored_turn(store, exchange.turn.id)
        assert (reply.spot, reply.parts, reply.replaced_text) == (None, (), "")
        assert reply.home == Spot(CHANNEL.channel_id, GUILD, 1)
        assert reply.is_newest
        assert reply.shown_rev < reply.wanted_rev
        assert exchange.presser_id is None
        assert not exchange.goes_on

    @pytest.mark.parametrize("outcome", ALL_OUTCOMES)
    async def test_the_answer_before_loses_its_buttons(
        self, store: Store, outcome: Outcome
    ) -> None:
        """The reply of an answer that had buttons as the newest is to be shown without them."""
        former = await answer(store, said(1), outcome=outcome, shown_as=900)
        before = await revision_of(store, former)
        exchange = await ask(store, said(2))

        has_buttons = outcome not in {Outcome.COMPLETE, Outcome.STOPPED}
        touched = (former.reply.reply_id,) if has_buttons else ()
        assert exchange.touched_replies == touched
        assert await revision_of(store, former) == before + has_buttons
        assert not (await state_of(store, former)).is_newest

    async def test_texts_are_kept_as_they_are(self, store: Store) -> None:
        """No character of any script is lost."""
        text = "  naïve 😀👩‍👩‍👧 \x00 \u202e ' \" \\ %s :name\n"

        exchange = await ask(store, said(1, text))
        assert exchange.path[-1].text == text

    async def test_half_a_character_costs_only_itself(self, store: Store) -> None:
        """Half a surrogate pair, which JSON can spell, is replaced; two halves are joined."""
        exchange = await ask(store, said(1, "a\ud800b \ud83d\ude00"))
        assert exchange.path[-1].text == "a\ufffdb 😀"

        await store.turns.finish(exchange.turn.id, TurnResult("c\udfffd", Outcome.COMPLETE))
        assert (await stored_turn(store, exchange.turn.id)).text == "c\ufffdd"


class TestPending:
    """`next_exchange`, where an answer was begun and has no outcome."""

    async def test_it_is_given_again(self, store: Store) -> None:
        """An answer without an outcome stays the next thing to answer, with its messages."""
        first = await ask(store, said(1))
        again = await begin(store, first.conversation.id)

        assert (again.turn.id, again.path) == (first.turn.id, first.path)
        assert again.reply.reply_id == first.reply.reply_id
        assert again.inbounds == first.inbounds

    async def test_it_comes_before_what_waits(self, store: Store) -> None:
        """What was said meanwhile waits until the answer that was begun has ended."""
        first = await ask(store, said(1))
        await receive(store, said(2, "later"))

        assert (await begin(store, first.conversation.id)).turn.id == first.turn.id
        await store.turns.finish(first.turn.id, TurnResult("hi", Outcome.COMPLETE))
        after = await begin(store, first.conversation.id)
        assert [turn.text for turn in after.path] == ["hello", "hi", "later"]

    async def test_it_is_asked_as_is_chosen_now(self, store: Store) -> None:
        """A model or parameter that was set since holds for what is still to be answered."""
        first = await ask(store, said(1))
        again = await store.turns.next_exchange(
            first.conversation.id, model="x/y", parameters=Parameters(temperature=0.5)
        )

        assert again is not None
        stored = await stored_turn(store, first.turn.id)
        for turn in (again.turn, stored):
            assert (turn.model, turn.parameters) == ("x/y", Parameters(temperature=0.5))

    async def test_a_sibling_says_who_pressed(self, store: Store) -> None:
        """What a click has made is the next thing to answer, for who asked, by who pressed."""
        former = await answer(store, said(1, author_id=BEN), outcome=Outcome.FAILED)
        await store.turns.answer_again(press(former.turn.id, by=ANN))

        exchange = await begin(store, former.conversation.id)
        assert exchange.presser_id == ANN
        assert exchange.path == former.path
        assert [one.message_id for one in exchange.inbounds] == [1]
        assert exchange.touched_replies == ()

    async def test_one_that_goes_on_touches_the_one_before(self, store: Store) -> None:
        """An answer that goes on with another names the reply of that one as touched."""
        former = await answer(store, said(1), outcome=Outcome.TRUNCATED)
        rest = await go_on(store, former)

        assert rest.goes_on
        assert rest.touched_replies == (former.reply.reply_id,)
        assert [one.message_id for one in rest.inbounds] == [1]


class TestFinish:
    """`finish`."""

    async def test_everything_is_kept(self, store: Store, clock: Clock) -> None:
        """Text, reasoning, outcome, failure, usage, resume state and time are read back."""
        exchange = await ask(store, said(1))
        clock.advance(seconds=3.5)
        result = TurnResult(
            "answer",
            Outcome.TRUNCATED,
            Failure(FailureReason.RATE_LIMITED, retry_after_s=2.5, nearest=("a/b", "c/d")),
            reasoning="thoughts",
            usage=Usage(10, 20),
            resume=ResumeState("ai2", {"parent": "x1"}, datetime(2032, 1, 1, tzinfo=UTC)),
        )
        ending = await store.turns.finish(exchange.turn.id, result)

        turn = await stored_turn(store, exchange.turn.id)
        assert (turn.text, turn.reasoning) == ("answer", "thoughts")
        assert (turn.outcome, turn.failure) == (Outcome.TRUNCATED, result.failure)
        assert (turn.usage, turn.resume) == (result.usage, result.resume)
        assert turn.finished_at == clock.now() == ending.ended_at
        assert turn.model == MODEL

    async def test_it_raises_the_revision(self, store: Store) -> None:
        """The end is to be shown: its revision is the one wanted now, and the reply is behind."""
        exchange = await ask(store, said(1))
        before = await revision_of(store, exchange)
        assert await behind(store) == []
        ending = await store.turns.finish(exchange.turn.id, TurnResult("hi", Outcome.COMPLETE))

        assert ending.revision == before + 1 == await revision_of(store, exchange)
        assert await behind(store) == [exchange.reply.reply_id]

    async def test_what_is_for_the_log_is_not_stored(self, store: Store) -> None:
        """Details of a failure that nobody reads on Discord are left out."""
        exchange = await ask(store, said(1))
        failure = Failure(FailureReason.SERVER_ERROR, status=503, detail="for the log")
        await store.turns.finish(exchange.turn.id, TurnResult("", Outcome.FAILED, failure))

        stored = await stored_turn(store, exchange.turn.id)
        assert stored.failure == Failure(FailureReason.SERVER_ERROR)

    async def test_the_model_that_answered_instead_is_kept(self, store: Store) -> None:
        """Where another model answered than was begun with, the turn is that one's."""
        exchange = await ask(store, said(1))
        result = TurnResult("hi", Outcome.COMPLETE, model="b/other")
        await store.turns.finish(exchange.turn.id, result)

        assert (await stored_turn(store, exchange.turn.id)).model == "b/other"

    async def test_resume_state_is_on_the_path(self, store: Store) -> None:
        """The next question's path carries what the provider needs to go on."""
        exchange = await ask(store, said(1))
        resume = ResumeState("ai2", {"user": "anonymous"})
        result = TurnResult("hi", Outcome.COMPLETE, resume=resume)
        await store.turns.finish(exchange.turn.id, result)

        following = await ask(store, said(2))
        assert [turn.resume for turn in following.path] == [None, resume, None]

    async def test_outcome_is_kept(self, store: Store, clock: Clock) -> None:
        """A turn that has its outcome keeps it, and what its end was is told again."""
        exchange = await ask(store, said(1))
        remark = Remark(RemarkKind.SHORTENED, once_key="shortened:1")
        result = TurnResult("first", Outcome.COMPLETE, remarks=(remark,))
        ending = await store.turns.finish(exchange.turn.id, result)
        clock.advance(minutes=1)
        again = await store.turns.finish(exchange.turn.id, TurnResult("", Outcome.INTERRUPTED))

        turn = await stored_turn(store, exchange.turn.id)
        assert (turn.text, turn.outcome) == ("first", Outcome.COMPLETE)
        assert (again.revision, again.ended_at) == (ending.revision, ending.ended_at)
        assert [one.kind for one in again.remarks] == [RemarkKind.SHORTENED]

    async def test_remarks_are_kept(self, store: Store) -> None:
        """What stands under an answer is read back as kinds and fields, and said by the end."""
        exchange = await ask(store, said(1))
        remarks = (
            Remark(RemarkKind.UNREAD_FILES, {"names": ("a.png", "b")}),
            Remark(RemarkKind.QUOTA_NEAR, {"left": 1, "limit": 20, "when": 12.5}),
        )
        result = TurnResult("hi", Outcome.COMPLETE, remarks=remarks)
        ending = await store.turns.finish(exchange.turn.id, result)

        assert ending.remarks == remarks
        assert (await stored_turn(store, exchange.turn.id)).remarks == remarks

    async def test_a_remark_with_a_key_is_made_once(self, store: Store) -> None:
        """What was remarked before is left out from any later answer; others are not."""
        once = Remark(RemarkKind.NO_THREAD_KIND, once_key="no-thread:1")
        other = Remark(RemarkKind.NO_THREAD_KIND, once_key="no-thread:2")
        found: list[tuple[str | None, ...]] = []
        for number, remarks in enumerate([(once,), (once, other), (once, other)], start=1):
            exchange = await ask(store, said(number))
            result = TurnResult("hi", Outcome.COMPLETE, remarks=remarks)
            ending = await store.turns.finish(exchange.turn.id, result)
            stored = await stored_turn(store, exchange.turn.id)
            assert len(stored.remarks) == len(ending.remarks)
            found.append(tuple(one.once_key for one in ending.remarks))
        assert found == [("no-thread:1",), ("no-thread:2",), ()]

    async def test_a_late_end_makes_no_remark(self, store: Store) -> None:
        """A remark of an end that comes too late was not made: the next answer makes it."""
        exchange = await answer(store, said(1))
        once = Remark(RemarkKind.SHORTENED, once_key="shortened:1")
        late = TurnResult("late", Outcome.COMPLETE, remarks=(once,))
        await store.turns.finish(exchange.turn.id, late)

        following = await ask(store, said(2))
        ending = await store.turns.finish(following.turn.id, late)
        assert ending.remarks == (once,)

    async def test_unknown_turn(self, store: Store) -> None:
        """An unknown turn and a user turn cannot be finished."""
        exchange = await ask(store, said(1))

        for turn_id in (404, exchange.path[-1].id):
            with pytest.raises(StoreError):
                await store.turns.finish(turn_id, TurnResult("", Outcome.COMPLETE))


class TestResume:
    """`resume`: what a start makes of answers that were cut off."""

    @staticmethod
    async def resume(store: Store, since: datetime = MORNING, attempts: int = 3) -> int:
        """Resume what was begun since the morning, three times at most."""
        return await store.turns.resume(since, attempts)

    async def test_a_sibling_takes_over(self, store: Store, clock: Clock) -> None:
        """What was cut off is closed as interrupted, and asked again in the same messages."""
        cut_off = await ask(store, said(1))
        part = part_of(cut_off, 900)
        await store.replies.record_step(
            cut_off.reply.reply_id, [part], turn_id=cut_off.turn.id, text="so f"
        )
        before = await revision_of(store, cut_off)
        clock.advance(minutes=1)

        assert await self.resume(store) == 1
        sibling = await begin(store, cut_off.conversation.id)
        assert sibling.turn.id != cut_off.turn.id
        assert sibling.turn.parent_id == cut_off.turn.parent_id
        assert sibling.conversation.head_turn_id == sibling.turn.id
        assert sibling.reply.reply_id == cut_off.reply.reply_id
        assert sibling.reply.parts == (part,)
        assert sibling.reply.replaced_text == "so f"
        assert sibling.reply.wanted_rev > before
        assert [one.message_id for one in sibling.inbounds] == [1]
        assert await behind(store) == []

    async def test_it_is_closed_as_interrupted(self, store: Store, clock: Clock) -> None:
        """An answer that is not asked again keeps its text, and ends when the start came."""
        cut_off = await ask(store, said(1))
        await store.replies.record_step(
            cut_off.reply.reply_id, [], turn_id=cut_off.turn.id, text="so f"
        )
        clock.advance(minutes=1)
        await self.resume(store, since=clock.now())

        turn = await stored_turn(store, cut_off.turn.id)
        assert (turn.text, turn.outcome) == ("so f", Outcome.INTERRUPTED)
        assert turn.finished_at == clock.now()

    async def test_one_that_is_too_old_is_not_asked_again(self, store: Store, clock: Clock) -> None:
        """An answer begun before the given time ends; that is to be shown."""
        cut_off = await ask(store, said(1))
        before = await revision_of(store, cut_off)
        clock.advance(hours=2)
        assert await self.resume(store, since=clock.now() - timedelta(hours=1)) == 1

        assert await begun(store, cut_off.conversation.id) is None
        assert await revision_of(store, cut_off) == before + 1
        assert await behind(store) == [cut_off.reply.reply_id]

    async def test_three_in_a_row_end_it(self, store: Store) -> None:
        """After so many interruptions of one question in a row it is not asked again."""
        exchange = await ask(store, said(1))
        asked = [exchange.turn.id]
        for _ in range(2):
            assert await self.resume(store) == 1
            exchange = await begin(store, exchange.conversation.id)
            asked.append(exchange.turn.id)
        assert await self.resume(store) == 1

        assert len(set(asked)) == 3
        assert await begun(store, exchange.conversation.id) is None
        assert await behind(store) == [exchange.reply.reply_id]

    async def test_an_end_of_another_kind_ends_the_row(self, store: Store) -> None:
        """Only interruptions with nothing else between them count."""
        exchange = await ask(store, said(1))
        await self.resume(store, attempts=2)
        exchange = await begin(store, exchange.conversation.id)
        await store.turns.finish(exchange.turn.id, TurnResult("", Outcome.FAILED))
        exchange = await ask_again(store, exchange)
        await self.resume(store, attempts=2)

        assert await begun(store, exchange.conversation.id) is not None

    async def test_what_is_not_the_head_is_not_asked_again(self, store: Store) -> None:
        """An answer that its conversation has gone on from is closed, and that is all."""
        former = await answer(store, said(1))
        other = await ask(store, said(2, place=DIRECT))
        assert await self.resume(store) == 1

        assert await begun(store, former.conversation.id) is None
        assert (await begin(store, other.conversation.id)).turn.id != other.turn.id
        assert (await stored_turn(store, former.turn.id)).outcome is Outcome.COMPLETE

    async def test_who_pressed_stays(self, store: Store) -> None:
        """A sibling of an answer that somebody pressed a button for is theirs as well."""
        former = await answer(store, said(1, author_id=BEN), outcome=Outcome.FAILED)
        await store.turns.answer_again(press(former.turn.id, by=ANN))
        await self.resume(store)

        assert (await begin(store, former.conversation.id)).presser_id == ANN

    async def test_the_rest_alone_is_asked_again(self, store: Store) -> None:
        """What goes on with an answer is taken up by itself; the answer before stays as it is."""
        former = await answer(store, said(1), outcome=Outcome.TRUNCATED, shown_as=900)
        rest = await go_on(store, former)
        await self.resume(store)

        again = await begin(store, rest.conversation.id)
        assert again.reply.reply_id == rest.reply.reply_id
        assert again.path == rest.path
        assert again.goes_on
        assert [one.message_id for one in (await state_of(store, former)).parts] == [900]

    async def test_there_is_nothing_to_resume(self, store: Store) -> None:
        """Where every answer has ended nothing changes."""
        await answer(store, said(1), shown_as=900)

        assert await self.resume(store) == 0
        assert await behind(store) == []


class TestConversationsWithWork:
    """`conversations_with_work`."""

    async def test_the_oldest_message_comes_first(self, store: Store) -> None:
        """Conversations come in the order of the oldest message that is to be answered."""
        in_thread = (await receive(store, said(30))).conversation_id
        in_direct = (await receive(store, said(20, place=DIRECT))).conversation_id
        await receive(store, said(31))
        assert await store.turns.conversations_with_work() == (in_direct, in_thread)

    async def test_an_answer_without_outcome_is_work(self, store: Store) -> None:
        """What was begun is work of its question's age; it is named once, whatever else waits."""
        begun_first = await ask(store, said(10))
        await receive(store, said(40))
        waits = await receive(store, said(20, place=DIRECT))

        work = await store.turns.conversations_with_work()
        assert work == (begun_first.conversation.id, waits.conversation_id)

    async def test_what_a_click_has_made_is_work(self, store: Store) -> None:
        """An answer that goes on, which no message asks for, is work as well."""
        former = await answer(store, said(1), outcome=Outcome.TRUNCATED)
        await store.turns.continue_answer(press(former.turn.id), "go on")

        assert await store.turns.conversations_with_work() == (former.conversation.id,)

    async def test_there_is_none(self, store: Store) -> None:
        """Answered, refused and withdrawn messages are no work."""
        await answer(store, said(1))
        await receive(store, said(2), queue=0)
        await receive(store, said(3))
        await store.queue.withdraw(3)

        assert await store.turns.conversations_with_work() == ()


class TestShownTurn:
    """`shown_turn`."""

    async def test_whose_it_is(self, store: Store) -> None:
        """An answer is those people's who said what it answers."""
        receipt = await receive(store, said(1))
        await receive(store, said(2, author_id=BEN))
        exchange = await begin(store, receipt.conversation_id)

        shown = await store.turns.shown_turn(exchange.turn.id)
        assert shown is not None
        assert shown.asker_ids == {ANN, BEN}
        assert shown.conversation == exchange.conversation
        assert shown.reply_id == exchange.reply.reply_id

    async def test_what_goes_on_is_for_those_who_asked(self, store: Store) -> None:
        """The rest, and the rest of that, are those people's who said the question."""
        former = await answer(store, said(1), outcome=Outcome.TRUNCATED)
        rest = await go_on(store, former)
        await store.turns.finish(rest.turn.id, TurnResult("two", Outcome.TRUNCATED))
        last = await go_on(store, rest)

        for exchange in (rest, last):
            assert exchange.question == former.path[-1]
            shown = await store.turns.shown_turn(exchange.turn.id)
            assert shown is not None
            assert shown.asker_ids == {ANN}

    async def test_what_no_reply_shows(self, store: Store) -> None:
        """An unknown turn, a user turn, and one that a sibling took over from are shown nowhere."""
        former = await answer(store, said(1), outcome=Outcome.FAILED)
        await ask_again(store, former)

        for turn_id in (404, former.path[-1].id, former.turn.id):
            assert await store.turns.shown_turn(turn_id) is None


class TestNewestSibling:
    """`newest_sibling`."""

    async def test_what_took_over_is_found(self, store: Store) -> None:
        """An answer leads to the newest one to the same question, be it itself."""
        former = await answer(store, said(1), outcome=Outcome.FAILED)
        newest = await store.turns.newest_sibling(former.turn.id)
        assert newest is not None
        assert newest.turn.id == former.turn.id
        again = await ask_again(store, former)

        newest = await store.turns.newest_sibling(former.turn.id)
        assert newest is not None
        assert (newest.turn.id, newest.reply_id) == (again.turn.id, former.reply.reply_id)

    async def test_an_unknown_turn(self, store: Store) -> None:
        """Nothing took over from what there never was."""
        assert await store.turns.newest_sibling(404) is None
