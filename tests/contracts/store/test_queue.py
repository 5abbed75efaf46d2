"""`InboundQueue`: messages are taken once, within limits, for the conversation they belong to."""

import asyncio

import pytest

from conversation.entities import (
    Attachment,
    InboundState,
    Outcome,
    PlaceKey,
    Receipt,
    Received,
    Spot,
    Verdict,
)
from conversation.errors import StoreError
from conversation.notices import NoticeKind
from storage.sqlite.store import Store
from tests.contracts.store.steps import (
    ANN,
    BEN,
    CHANNEL,
    DIRECT,
    GUILD,
    MIDNIGHT,
    THREAD,
    answer,
    ask,
    begin,
    begun,
    go_on,
    limits,
    notice,
    part_of,
    receive,
    said,
)
from tests.storage.opened import MORNING, Clock


class TestReceive:
    """`receive`: what is accepted, and where it belongs."""

    async def test_a_first_message(self, store: Store) -> None:
        """A first message makes its place and a current conversation that its author started."""
        receipt = await receive(store, said(1))

        current = await store.places.current_conversation(THREAD.channel_id)
        assert receipt == Receipt(Verdict.ACCEPTED, receipt.conversation_id, used_today=1)
        assert current is not None
        assert current.id == receipt.conversation_id
        assert (current.place, current.starter_id) == (THREAD, ANN)
        assert (current.head_turn_id, current.root_message_id) == (None, None)

    async def test_second_message_joins_the_current_conversation(self, store: Store) -> None:
        """A thread has one conversation, whoever speaks; who began it stays its starter."""
        first = await receive(store, said(1))
        second = await receive(store, said(2, author_id=BEN))

        conversation = await store.places.conversation(first.conversation_id)
        assert second.conversation_id == first.conversation_id
        assert conversation is not None
        assert conversation.starter_id == ANN

    async def test_writes_are_made_in_the_order_in_which_they_were_begun(
        self, store: Store
    ) -> None:
        """Messages of one instant are all written, and a later revision finds its message."""
        writing = [
            asyncio.create_task(receive(store, said(number, str(number)), queue=99))
            for number in range(1, 61)
        ]
        revising = asyncio.create_task(store.queue.revise(60, "sixty"))
        receipts = await asyncio.gather(*writing)

        assert await revising
        waiting = await store.queue.waiting(receipts[0].conversation_id)
        assert [one.text for one in waiting] == [*map(str, range(1, 60)), "sixty"]

    async def test_repeated_message_changes_nothing(self, store: Store) -> None:
        """A message id that is known is repeated, and waits no second time."""
        first = await receive(store, said(1, "one"))
        again = await receive(store, said(1, "other"))

        exchange = await begin(store, first.conversation_id)
        assert again == Receipt(Verdict.REPEATED, first.conversation_id, used_today=1)
        assert [one.text for one in exchange.inbounds] == ["one"]

    async def test_answered_refused_and_withdrawn_messages_are_known(self, store: Store) -> None:
        """A repeated event is known whatever has become of its message."""
        await answer(store, said(1))
        await receive(store, said(2), queue=0)
        await receive(store, said(3))
        await store.queue.withdraw(3)

        again = [await receive(store, said(number)) for number in (1, 2, 3)]
        assert [one.verdict for one in again] == [Verdict.REPEATED] * 3
        known = [await store.queue.is_known(number) for number in (1, 2, 3, 4)]
        assert known == [True, True, True, False]

    async def test_refusal_starts_no_conversation(self, store: Store) -> None:
        """Nothing was said in a conversation whose first message was refused."""
        refused = await receive(store, said(1), daily=0)

        conversation = await store.places.conversation(refused.conversation_id)
        assert conversation is not None
        assert conversation.starter_id is None
        assert await store.turns.conversations_with_work() == ()

    async def test_impossible_id(self, store: Store) -> None:
        """An id too large for any database is a store's error as well."""
        with pytest.raises(StoreError):
            await store.queue.is_known(2**64)


class TestRoots:
    """`receive` in a text channel: each root question is a conversation of its own."""

    async def test_questions_in_a_channel_share_nothing(self, store: Store) -> None:
        """Each question begins a conversation, by whose message it is found; none is current."""
        one = await receive(store, said(1, place=CHANNEL))
        other = await receive(store, said(2, place=CHANNEL))

        conversation = await store.places.conversation(one.conversation_id)
        assert one.conversation_id != other.conversation_id
        assert conversation is not None
        assert conversation.root_message_id == 1
        assert await store.places.current_conversation(CHANNEL.channel_id) is None

    async def test_a_reply_to_an_answer_goes_on_with_it(self, store: Store) -> None:
        """Whoever replies to a part of an answer is in its conversation."""
        first = await answer(store, said(1, place=CHANNEL), shown_as=900)
        second = part_of(first, 901, ordinal=1)
        await store.replies.record_shown(first.reply.reply_id, 2, [second])

        receipt = await receive(store, said(3, place=CHANNEL, author_id=BEN, replies_to=901))
        assert receipt.conversation_id == first.conversation.id

    async def test_a_reply_to_an_older_answer_is_in_its_conversation(self, store: Store) -> None:
        """Every answer of a conversation leads to it, not the newest alone."""
        first = await answer(store, said(1, place=CHANNEL), shown_as=900)
        await answer(store, said(2, place=CHANNEL, replies_to=900), shown_as=901)

        receipt = await receive(store, said(3, place=CHANNEL, replies_to=900))
        assert receipt.conversation_id == first.conversation.id

    async def test_a_reply_to_something_else_begins_anew(self, store: Store) -> None:
        """A reply to a message that shows no answer is a question of its own."""
        await answer(store, said(1, place=CHANNEL), shown_as=900)

        receipt = await receive(store, said(3, place=CHANNEL, replies_to=555))
        conversation = await store.places.conversation(receipt.conversation_id)
        assert conversation is not None
        assert conversation.root_message_id == 3

    async def test_what_moved_into_a_thread_is_not_reached_from_outside(self, store: Store) -> None:
        """A reply in the channel does not lead into a conversation that moved into a thread."""
        first = await answer(store, said(1, place=CHANNEL), shown_as=900)
        spot = Spot(THREAD.channel_id, GUILD)
        await store.replies.place(first.reply.reply_id, spot, THREAD)

        outside = await receive(store, said(2, place=CHANNEL, author_id=BEN, replies_to=900))
        assert outside.conversation_id != first.conversation.id

    async def test_what_is_said_in_a_thread_before_its_conversation_moved(
        self, store: Store
    ) -> None:
        """Who writes in a thread before we know of it is in the conversation it is opened for."""
        thread = PlaceKey(1, GUILD, CHANNEL.channel_id)
        root = await receive(store, said(1, "root", place=CHANNEL))
        early = await receive(store, said(2, "more", place=thread))

        assert early.conversation_id == root.conversation_id

    async def test_what_is_said_in_a_thread_while_its_answer_is_asked_for(
        self, store: Store
    ) -> None:
        """A thread whose first answer has no place yet is that of the answer's conversation."""
        thread = PlaceKey(1, GUILD, CHANNEL.channel_id)
        exchange = await ask(store, said(1, "root", place=CHANNEL))
        early = await receive(store, said(2, "more", place=thread))
        await store.replies.place(exchange.reply.reply_id, Spot(CHANNEL.channel_id, GUILD, 1))
        apart = await receive(store, said(3, "late", place=thread))

        assert early.conversation_id == exchange.conversation.id
        assert apart.conversation_id != exchange.conversation.id

    async def test_a_thread_opened_by_hand_from_an_answered_root(self, store: Store) -> None:
        """A thread from a question answered in its channel has a conversation of its own."""
        root = await answer(store, said(1, place=CHANNEL))
        await store.replies.place(root.reply.reply_id, Spot(CHANNEL.channel_id, GUILD, 1))
        apart = await receive(store, said(2, place=PlaceKey(1, GUILD, CHANNEL.channel_id)))

        assert apart.conversation_id != root.conversation.id


class TestQuotes:
    """`receive`: what a message replies to is part of its text."""

    async def waiting_text(self, store: Store, message: Received) -> str:
        """Write a message and return what it says, as it waits."""
        receipt = await receive(store, message)
        (waiting,) = await store.queue.waiting(receipt.conversation_id)
        return waiting.text

    async def test_a_quote_comes_before_what_is_said(self, store: Store) -> None:
        """A reply to somebody's message carries that message."""
        text = await self.waiting_text(store, said(1, "why?", quote="> so", replies_to=55))
        assert text == "> so\n\nwhy?"

    async def test_the_newest_answer_is_not_quoted(self, store: Store) -> None:
        """A reply to the answer that the conversation goes on from says what it says itself."""
        await answer(store, said(1), shown_as=900)

        text = await self.waiting_text(store, said(2, "why?", quote="> hi", replies_to=900))
        assert text == "why?"

    async def test_an_older_answer_is_quoted(self, store: Store) -> None:
        """A reply to an answer that others follow carries it."""
        await answer(store, said(1), shown_as=900)
        await answer(store, said(2), shown_as=901)

        text = await self.waiting_text(store, said(3, "why?", quote="> hi", replies_to=900))
        assert text == "> hi\n\nwhy?"

    async def test_an_answer_of_elsewhere_is_quoted(self, store: Store) -> None:
        """The newest answer of another conversation is not the one to go on from."""
        await answer(store, said(1), shown_as=900)
        await store.places.reset(THREAD)

        text = await self.waiting_text(store, said(2, "why?", quote="> hi", replies_to=900))
        assert text == "> hi\n\nwhy?"


class TestQueueLimit:
    """`receive`: how many messages may wait."""

    async def test_a_full_queue_refuses(self, store: Store) -> None:
        """With as many waiting as may, the next is refused, and is never answered."""
        first = await receive(store, said(1), queue=2)
        await receive(store, said(2), queue=2)
        refused = await receive(store, said(3), queue=2)

        exchange = await begin(store, first.conversation_id)
        assert (refused.verdict, refused.used_today) == (Verdict.QUEUE_FULL, 2)
        assert [one.message_id for one in exchange.inbounds] == [1, 2]

    async def test_a_queue_is_each_conversations_own(self, store: Store) -> None:
        """A full queue of one conversation refuses nothing in another."""
        await receive(store, said(1), queue=1)

        receipt = await receive(store, said(2, place=DIRECT), queue=1)
        assert receipt.verdict is Verdict.ACCEPTED

    async def test_answered_messages_free_the_queue(self, store: Store) -> None:
        """What is being answered waits no more."""
        first = await receive(store, said(1), queue=1)
        await begin(store, first.conversation_id)

        assert (await receive(store, said(2), queue=1)).verdict is Verdict.ACCEPTED

    async def test_a_refusal_is_told_by_a_notice(self, store: Store) -> None:
        """In the transaction of the refusal a notice is stored, about the message refused."""
        await receive(store, said(1), queue=1)
        refused = await receive(store, said(2, author_id=BEN), queue=1)

        (told,) = await store.notices.unposted(limit=10)
        assert told.id == refused.notice_id
        assert (told.kind, told.fields) == (NoticeKind.QUEUE_FULL, {"limit": 1})
        assert (told.channel_id, told.guild_id) == (THREAD.channel_id, GUILD)
        assert told.answers_message_id == 2

    async def test_a_run_of_refusals_is_told_once(self, store: Store) -> None:
        """Refusals in a row have one notice; each person has their own."""
        await receive(store, said(1), queue=1)
        told = [
            (await receive(store, said(number, author_id=author_id), queue=1)).notice_id
            for number, author_id in ((2, ANN), (3, ANN), (4, BEN), (5, ANN), (6, BEN))
        ]
        assert [one is not None for one in told] == [True, False, True, False, False]

    async def test_a_run_ends_where_a_message_is_taken(self, store: Store) -> None:
        """What is refused after a message of theirs was accepted there is told anew."""
        first = await receive(store, said(1), queue=1)
        await receive(store, said(2), queue=1)
        await begin(store, first.conversation_id)
        await receive(store, said(3), queue=1)

        told = [(await receive(store, said(number), queue=1)).notice_id for number in (4, 5)]
        assert told[0] is not None
        assert told[1] is None

    async def test_a_message_taken_elsewhere_ends_no_run(self, store: Store) -> None:
        """A run is one place's: what is accepted in another does not end it."""
        await receive(store, said(1), queue=1)
        await receive(store, said(2), queue=1)
        await receive(store, said(3, place=DIRECT), queue=1)

        assert (await receive(store, said(4), queue=1)).notice_id is None


class TestQuota:
    """`receive`: how many turns a person may have a day."""

    async def test_it_holds_in_every_place(self, store: Store) -> None:
        """The turns of a day are a person's, wherever they are had."""
        await answer(store, said(1))
        await receive(store, said(2, place=DIRECT), daily=2)

        spent = await receive(store, said(3, place=CHANNEL), daily=2)
        other = await receive(store, said(4, author_id=BEN), daily=2)
        assert (spent.verdict, spent.used_today) == (Verdict.QUOTA_SPENT, 2)
        assert (other.verdict, other.used_today) == (Verdict.ACCEPTED, 1)

    async def test_a_full_queue_is_named_first(self, store: Store) -> None:
        """Where both limits are reached, the one that passes sooner is named."""
        await receive(store, said(1))

        receipt = await receive(store, said(2), queue=1, daily=1)
        assert receipt.verdict is Verdict.QUEUE_FULL

    async def test_a_turn_counts_once(self, store: Store) -> None:
        """Messages answered together are one turn of each of their authors."""
        first = await receive(store, said(1))
        assert (await receive(store, said(2))).used_today == 2
        await receive(store, said(3, author_id=BEN))
        await begin(store, first.conversation_id)

        assert (await receive(store, said(4))).used_today == 2
        assert (await receive(store, said(5, author_id=BEN))).used_today == 2

    async def test_refused_messages_do_not_count(self, store: Store) -> None:
        """A refusal costs nothing."""
        await receive(store, said(1), queue=0)

        assert (await receive(store, said(2))).used_today == 1

    async def test_a_click_counts(self, store: Store) -> None:
        """An answer that somebody pressed a button for is one of the turns of their day."""
        former = await answer(store, said(1), outcome=Outcome.TRUNCATED)
        await go_on(store, former)

        receipt = await receive(store, said(2), daily=2)
        assert (receipt.verdict, receipt.used_today) == (Verdict.QUOTA_SPENT, 2)

    async def test_it_renews_with_the_day(self, store: Store, clock: Clock) -> None:
        """Only turns since the day began count."""
        await answer(store, said(1))
        clock.advance(days=1)

        receipt = await store.queue.receive(said(2), limits(queue=1, daily=1, day=1))
        assert (receipt.verdict, receipt.used_today) == (Verdict.ACCEPTED, 1)

    async def test_what_is_left_is_kept_with_the_message(self, store: Store) -> None:
        """A message remembers how many turns were left after it; none are where none count."""
        for number, daily in ((1, 2), (2, 2), (3, None)):
            receipt = await receive(store, said(number), daily=daily)

        waiting = await store.queue.waiting(receipt.conversation_id)
        assert [one.left_today for one in waiting] == [1, 0, None]

    async def test_it_is_told_once_a_day(self, store: Store) -> None:
        """The refusals of a day have one notice, wherever they are, which says when it renews."""
        await answer(store, said(1))
        told = [
            (await receive(store, said(number, place=place), daily=1)).notice_id
            for number, place in ((2, THREAD), (3, DIRECT), (4, THREAD))
        ]
        next_day = await store.queue.receive(said(5), limits(daily=0, day=1))

        assert [one is not None for one in told] == [True, False, False]
        assert next_day.notice_id is not None
        first, _ = await store.notices.unposted(limit=10)
        assert first.kind is NoticeKind.QUOTA_SPENT
        when = limits().day_ends_at.timestamp()
        assert first.fields == {"limit": 1, "when": when}
        assert when == MIDNIGHT.timestamp() + 24 * 3600


class TestCovered:
    """`receive`: what a notice says is not taken."""

    async def test_it_changes_nothing(self, store: Store) -> None:
        """A message that a notice covers is not taken, not even as refused; others are."""
        await store.notices.want(notice("slow", about=10, covers_until_id=20))

        verdicts = [
            (await receive(store, said(number, author_id=author_id))).verdict
            for number, author_id in ((9, ANN), (10, ANN), (20, ANN), (21, ANN), (15, BEN))
        ]
        taken, covered = Verdict.ACCEPTED, Verdict.COVERED
        assert verdicts == [taken, covered, covered, taken, taken]
        assert not await store.queue.is_known(10)

    async def test_it_is_covered_in_every_place(self, store: Store) -> None:
        """The notice speaks of a person, not of the place where it stands."""
        await store.notices.want(notice("slow", about=10, covers_until_id=20))

        receipt = await receive(store, said(11, place=DIRECT))
        assert receipt.verdict is Verdict.COVERED

    async def test_what_is_known_is_repeated(self, store: Store) -> None:
        """A message that was taken before stays taken."""
        await receive(store, said(15))
        await store.notices.want(notice("slow", about=10, covers_until_id=20))

        assert (await receive(store, said(15))).verdict is Verdict.REPEATED


class TestRevise:
    """`revise`, `withdraw` and `withdraw_in`."""

    async def test_what_waits_can_be_changed(self, store: Store) -> None:
        """An edited message is answered as it is now; what does not wait is not changed."""
        receipt = await receive(store, said(1, "befor"))
        assert await store.queue.revise(1, "before")

        exchange = await begin(store, receipt.conversation_id)
        assert exchange.path[-1].text == "before"
        assert not await store.queue.revise(1, "after")
        assert not await store.queue.revise(2, "unknown")

    async def test_what_says_nothing_any_more_is_withdrawn(self, store: Store) -> None:
        """A message that is emptied while it waits is not answered."""
        receipt = await receive(store, said(1))
        assert await store.queue.revise(1, "")

        assert await store.queue.waiting(receipt.conversation_id) == ()
        assert not await store.queue.revise(1, "again")

    async def test_what_waits_can_be_withdrawn(self, store: Store) -> None:
        """A deleted message is not answered; an unknown one is nothing to withdraw."""
        receipt = await receive(store, said(1))
        inbound = await store.queue.withdraw(1)

        assert inbound is not None
        assert (inbound.state, inbound.turn_id) == (InboundState.WITHDRAWN, None)
        assert await begun(store, receipt.conversation_id) is None
        assert await store.queue.withdraw(2) is None

    async def test_what_was_answered_names_its_turn(self, store: Store) -> None:
        """A withdrawn message says which turn it became, so that its answer can be stopped."""
        exchange = await ask(store, said(1))
        inbound = await store.queue.withdraw(1)

        assert inbound is not None
        assert inbound.turn_id == exchange.turn.parent_id

    async def test_all_that_waits_in_a_place_that_is_gone(self, store: Store) -> None:
        """What waits there is withdrawn, wherever it was said; what waits elsewhere is not."""
        root = await ask(store, said(5, place=CHANNEL))
        await store.replies.place(root.reply.reply_id, Spot(THREAD.channel_id, GUILD), THREAD)
        await receive(store, said(6))
        outside = await receive(store, said(7, place=PlaceKey(5, GUILD, CHANNEL.channel_id)))
        other = await receive(store, said(8, place=DIRECT))

        assert await store.queue.withdraw_in(THREAD.channel_id) == 1
        assert await store.queue.waiting(root.conversation.id) == ()
        for receipt, message_id in ((outside, 7), (other, 8)):
            waiting = await store.queue.waiting(receipt.conversation_id)
            assert [one.message_id for one in waiting] == [message_id]
        assert await store.queue.withdraw_in(THREAD.channel_id) == 0

    async def test_what_was_said_there_of_a_conversation_that_moved(self, store: Store) -> None:
        """A message of the place waits no more, though its conversation is elsewhere by now."""
        root = await ask(store, said(5, place=CHANNEL))
        thread = PlaceKey(5, GUILD, CHANNEL.channel_id)
        await receive(store, said(6, place=thread))
        await store.replies.place(root.reply.reply_id, Spot(THREAD.channel_id, GUILD), THREAD)

        assert await store.queue.withdraw_in(thread.channel_id) == 1


class TestWaiting:
    """`waiting`."""

    async def test_messages_in_their_order(self, store: Store) -> None:
        """What waits comes in the order in which it was written, also where it was heard late."""
        receipt = await receive(store, said(11, "a"))
        await receive(store, said(10, "b", author_id=BEN))
        await receive(store, said(12, "elsewhere", place=DIRECT))

        waiting = await store.queue.waiting(receipt.conversation_id)
        assert [(one.message_id, one.author_id, one.text) for one in waiting] == [
            (10, BEN, "b"),
            (11, ANN, "a"),
        ]
        assert {(one.state, one.turn_id) for one in waiting} == {(InboundState.WAITING, None)}
        assert await store.queue.waiting(receipt.conversation_id) == waiting

    async def test_files_come_with_their_message(self, store: Store, clock: Clock) -> None:
        """Files are kept by name, type and size, with when and where the message came."""
        files = (Attachment("a.png", "image/png", 10), Attachment("b", None, 0))
        message = Received(1, DIRECT, ANN, "Ann", "see", attachments=files)
        receipt = await receive(store, message)

        (waiting,) = await store.queue.waiting(receipt.conversation_id)
        assert waiting.attachments == files
        assert (waiting.channel_id, waiting.received_at) == (DIRECT.channel_id, clock.now())

    async def test_no_message_waits(self, store: Store) -> None:
        """Nothing waits in an unknown conversation, nor in one whose messages are answered."""
        exchange = await answer(store, said(1))
        await receive(store, said(2), queue=0)

        assert await store.queue.waiting(exchange.conversation.id) == ()
        assert await store.queue.waiting(404) == ()


class TestLivePlaces:
    """`live_places`."""

    async def test_places_are_named_with_the_newest_message(
        self, store: Store, clock: Clock
    ) -> None:
        """A live place is where it was said, and where the conversation is now; latest first."""
        await receive(store, said(1, place=DIRECT))
        clock.advance(hours=1)
        root = await ask(store, said(5, place=CHANNEL))
        await store.replies.place(root.reply.reply_id, Spot(THREAD.channel_id, GUILD), THREAD)

        live = await store.queue.live_places(MORNING, limit=5)
        assert {one.place: one.last_message_id for one in live} == {
            THREAD: 5,
            CHANNEL: 5,
            DIRECT: 1,
        }
        assert live[-1].place == DIRECT
        fewer = await store.queue.live_places(MORNING, limit=1)
        assert len(fewer) == 2
        assert fewer[-1].place == DIRECT

    async def test_direct_messages_stay_live(self, store: Store, clock: Clock) -> None:
        """Direct messages are named however old they are, the newest first; others are not."""
        await receive(store, said(1, place=DIRECT))
        await receive(store, said(5, place=CHANNEL))
        clock.advance(hours=1)
        await receive(store, said(6, place=PlaceKey(DIRECT.channel_id + 1)))

        live = await store.queue.live_places(clock.now(), limit=5)
        assert [one.last_message_id for one in live] == [6, 1]
        clock.advance(hours=1)
        newest = await store.queue.live_places(clock.now(), limit=1)
        assert [one.last_message_id for one in newest] == [6]

    async def test_an_older_message_that_comes_late_is_not_the_newest(self, store: Store) -> None:
        """A place remembers the newest message seen there, in whatever order they come."""
        for message_id in (5, 9, 7):
            await receive(store, said(message_id, place=DIRECT))

        (live,) = await store.queue.live_places(MORNING, limit=5)
        assert live.last_message_id == 9
