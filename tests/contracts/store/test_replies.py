"""`ReplyStore`: where replies go, what is stored before it is shown, and what Discord has."""

import pytest

from conversation.entities import ListenMode, Outcome, Part, PlaceKey, PlaceSettings, Spot
from conversation.errors import StoreError
from storage.sqlite.store import Store
from tests.contracts.store.steps import (
    CHANNEL,
    DIRECT,
    GUILD,
    MODEL,
    THREAD,
    answer,
    ask,
    ask_again,
    behind,
    receive,
    revision_of,
    said,
    state_of,
    stored_turn,
)
from tests.storage.opened import set_all

IN_THREAD = Spot(THREAD.channel_id, GUILD)
CONFIRMED = Part(0, THREAD.channel_id, 900, "n0", digest="d0", is_confirmed=True)


class TestState:
    """`state`."""

    async def test_an_unknown_reply(self, store: Store) -> None:
        """There is nothing to show of a reply that is unknown."""
        assert await store.replies.state(404) is None

    @pytest.mark.parametrize(
        ("place", "home"),
        [
            (THREAD, Spot(THREAD.channel_id, GUILD)),
            (DIRECT, Spot(DIRECT.channel_id, None)),
            (CHANNEL, Spot(CHANNEL.channel_id, GUILD, 1)),
        ],
    )
    async def test_its_home(self, store: Store, place: PlaceKey, home: Spot) -> None:
        """A reply goes where its conversation is; in a channel it replies to the root."""
        exchange = await ask(store, said(1, place=place))

        assert (await state_of(store, exchange)).home == home

    async def test_the_newest(self, store: Store) -> None:
        """Only the answer at the head of the current conversation is the newest."""
        first = await answer(store, said(1))
        assert (await state_of(store, first)).is_newest
        second = await answer(store, said(2))
        assert not (await state_of(store, first)).is_newest
        assert (await state_of(store, second)).is_newest
        await store.places.reset(THREAD)
        assert not (await state_of(store, second)).is_newest


class TestBehind:
    """`behind`."""

    async def test_the_oldest_first_in_pages(self, store: Store) -> None:
        """Replies that are behind come by age, so many at once, from where the last ended."""
        ids = [
            (await answer(store, said(number, place=place))).reply.reply_id
            for number, place in ((1, THREAD), (2, CHANNEL), (3, DIRECT))
        ]
        first = await store.replies.behind(limit=2)
        rest = await store.replies.behind(limit=2, after_id=first[-1].reply_id)

        assert [one.reply_id for one in first] == ids[:2]
        assert [one.reply_id for one in rest] == ids[2:]

    async def test_of_one_channel(self, store: Store) -> None:
        """Of a channel are those that go there; where that is not decided there is none."""
        there = await answer(store, said(1))
        await answer(store, said(2, place=DIRECT))
        await answer(store, said(3, place=CHANNEL))

        (found,) = await store.replies.behind(limit=9, channel_id=THREAD.channel_id)
        assert (found.reply_id, found.channel_id) == (there.reply.reply_id, THREAD.channel_id)
        assert await store.replies.behind(limit=9, channel_id=CHANNEL.channel_id) == ()
        channel_ids = [one.channel_id for one in await store.replies.behind(limit=9)]
        assert channel_ids == [THREAD.channel_id, DIRECT.channel_id, None]

    async def test_of_one_conversation(self, store: Store) -> None:
        """The replies of a conversation are found wherever they go."""
        one = await answer(store, said(1))
        other = await answer(store, said(2, place=DIRECT))

        found = await store.replies.behind(limit=9, conversation_id=other.conversation.id)
        assert [it.reply_id for it in found] == [other.reply.reply_id]
        assert one.conversation.id != other.conversation.id

    async def test_what_streams_is_left_out(self, store: Store) -> None:
        """An answer that is still to be given has a lane of its own."""
        former = await answer(store, said(1), outcome=Outcome.FAILED)
        assert await behind(store) == [former.reply.reply_id]
        await ask_again(store, former)

        assert await behind(store) == []


class TestPlace:
    """`place`, and what is decided without it."""

    async def test_only_the_first_answer_in_a_channel_is_undecided(self, store: Store) -> None:
        """A thread may be opened for it; any other goes where its conversation is."""
        first = await answer(store, said(1, place=CHANNEL), shown_as=900)
        assert first.reply.spot is None
        second = await ask(store, said(2, place=CHANNEL, replies_to=900))
        assert second.reply.spot == Spot(CHANNEL.channel_id, GUILD, 2)
        assert (await ask(store, said(3))).reply.spot == IN_THREAD

    async def test_where_a_reply_goes(self, store: Store) -> None:
        """Where a reply goes is kept, with the message that it replies to."""
        exchange = await ask(store, said(1, place=CHANNEL))
        spot = Spot(CHANNEL.channel_id, GUILD, 1)
        await store.replies.place(exchange.reply.reply_id, spot)

        assert (await state_of(store, exchange)).spot == spot

    async def test_into_a_thread(self, store: Store) -> None:
        """A conversation goes on in the thread opened for it, where everything said is meant."""
        exchange = await ask(store, said(1, "root", place=CHANNEL))
        await store.replies.place(exchange.reply.reply_id, IN_THREAD, THREAD)

        joined = await receive(store, said(2, "more"))
        current = await store.places.current_conversation(THREAD.channel_id)
        assert joined.conversation_id == exchange.conversation.id
        assert current is not None
        assert (current.id, current.place) == (exchange.conversation.id, THREAD)
        assert await store.places.listen_modes() == {THREAD.channel_id: ListenMode.EVERYTHING}
        state = await state_of(store, exchange)
        assert state.spot == state.home == IN_THREAD
        assert state.is_newest

    async def test_into_a_known_thread(self, store: Store) -> None:
        """A thread that was known keeps its settings and its former conversation."""
        former = await answer(store, said(1))
        settings = PlaceSettings(model=MODEL, listen_mode=ListenMode.MENTIONS)
        await set_all(store, THREAD, settings)
        exchange = await ask(store, said(2, place=CHANNEL))
        await store.replies.place(exchange.reply.reply_id, IN_THREAD, THREAD)

        current = await store.places.current_conversation(THREAD.channel_id)
        assert current is not None
        assert current.id == exchange.conversation.id
        kept = await store.places.settings(THREAD.channel_id)
        assert (kept.model, kept.listen_mode) == (MODEL, ListenMode.EVERYTHING)
        assert await store.places.conversation(former.conversation.id) is not None

    async def test_twice(self, store: Store) -> None:
        """To place a reply again where it is changes nothing."""
        exchange = await ask(store, said(1, place=CHANNEL))
        await store.replies.place(exchange.reply.reply_id, IN_THREAD, THREAD)
        placed = await state_of(store, exchange)
        await store.replies.place(exchange.reply.reply_id, IN_THREAD, THREAD)

        assert await state_of(store, exchange) == placed

    async def test_what_moved_is_not_current_where_it_was(self, store: Store) -> None:
        """A conversation is current in one place."""
        exchange = await ask(store, said(1))
        thread = PlaceKey(2002, GUILD, 1001)
        await store.replies.place(exchange.reply.reply_id, Spot(2002, GUILD), thread)

        assert await store.places.current_conversation(THREAD.channel_id) is None

    async def test_an_unknown_reply(self, store: Store) -> None:
        """What is unknown goes nowhere, and makes no place."""
        with pytest.raises(StoreError):
            await store.replies.place(404, IN_THREAD, THREAD)
        assert await store.places.listen_modes() == {}


class TestRecordStep:
    """`record_step`."""

    async def test_text_and_parts_are_stored_together(self, store: Store) -> None:
        """What is about to be shown is stored before: the text so far, and a part to be posted."""
        exchange = await ask(store, said(1))
        part = Part(0, THREAD.channel_id, None, "n0", digest="d0")
        await store.replies.record_step(
            exchange.reply.reply_id, [part], turn_id=exchange.turn.id, text="so f"
        )

        state = await state_of(store, exchange)
        assert (state.turn.text, state.turn.outcome) == ("so f", None)
        assert state.parts == (part,)
        assert state.shown_rev < state.wanted_rev

    async def test_parts_come_in_their_order(self, store: Store) -> None:
        """Parts are read back by ordinal, with all that is known of each."""
        exchange = await ask(store, said(1))
        parts = [
            Part(1, THREAD.channel_id, 901, "n1", digest="d1", is_gone=True),
            CONFIRMED,
        ]
        await store.replies.record_step(
            exchange.reply.reply_id, parts, turn_id=exchange.turn.id, text=None
        )

        assert (await state_of(store, exchange)).parts == (parts[1], parts[0])

    async def test_the_same_ordinal_replaces(self, store: Store) -> None:
        """A part is as it was recorded last; what is not named stays as it is."""
        exchange = await ask(store, said(1))
        other = Part(1, THREAD.channel_id, 901, "n1")
        first = Part(0, THREAD.channel_id, None, "n0")
        for parts in ([first, other], [CONFIRMED]):
            await store.replies.record_step(
                exchange.reply.reply_id, parts, turn_id=exchange.turn.id, text=None
            )

        assert (await state_of(store, exchange)).parts == (CONFIRMED, other)

    async def test_a_message_is_a_part_of_one_reply_only(self, store: Store) -> None:
        """A message that is named as another part's is that one's from then on."""
        one, other = await ask(store, said(1)), await ask(store, said(2, place=DIRECT))
        for exchange, ordinal in ((one, 0), (other, 0), (other, 1)):
            part = Part(ordinal, THREAD.channel_id, 900, "n")
            await store.replies.record_step(
                exchange.reply.reply_id, [part], turn_id=exchange.turn.id, text=None
            )

        assert (await state_of(store, one)).parts == ()
        assert [it.ordinal for it in (await state_of(store, other)).parts] == [1]

    async def test_many_parts_wait_for_their_messages(self, store: Store) -> None:
        """Parts without a message of their own do not stand in each other's way."""
        exchange = await ask(store, said(1))
        parts = [Part(ordinal, THREAD.channel_id, None, f"n{ordinal}") for ordinal in range(3)]
        await store.replies.record_step(
            exchange.reply.reply_id, parts, turn_id=exchange.turn.id, text=None
        )

        assert (await state_of(store, exchange)).parts == tuple(parts)

    async def test_no_text_leaves_what_there_is(self, store: Store) -> None:
        """A step that shows nothing new keeps the text that was stored."""
        exchange = await ask(store, said(1))
        for text in ("so f", None):
            await store.replies.record_step(
                exchange.reply.reply_id, [], turn_id=exchange.turn.id, text=text
            )

        assert (await stored_turn(store, exchange.turn.id)).text == "so f"

    async def test_an_ended_answer_is_left_alone(self, store: Store) -> None:
        """A step that comes after the end changes no text."""
        exchange = await answer(store, said(1), "whole")
        await store.replies.record_step(
            exchange.reply.reply_id, [CONFIRMED], turn_id=exchange.turn.id, text="who"
        )

        state = await state_of(store, exchange)
        assert state.turn.text == "whole"
        assert state.parts == (CONFIRMED,)

    async def test_it_raises_no_revision(self, store: Store) -> None:
        """What a step stores is on its way already: nothing else is to be shown for it."""
        exchange = await ask(store, said(1))
        before = await revision_of(store, exchange)
        await store.replies.record_step(
            exchange.reply.reply_id, [CONFIRMED], turn_id=exchange.turn.id, text="so f"
        )

        assert await revision_of(store, exchange) == before

    async def test_an_unknown_reply(self, store: Store) -> None:
        """A part needs its reply; nothing of the step is stored."""
        exchange = await ask(store, said(1))
        with pytest.raises(StoreError):
            await store.replies.record_step(404, [CONFIRMED], turn_id=exchange.turn.id, text="so f")

        assert (await stored_turn(store, exchange.turn.id)).text == ""
        assert not await store.replies.is_own_post(900)


class TestRemovePart:
    """`remove_part`."""

    async def test_a_deleted_message_shows_nothing(self, store: Store) -> None:
        """A part that was removed is not a part of the reply any more; others stay."""
        exchange = await ask(store, said(1))
        other = Part(1, THREAD.channel_id, 901, "n1")
        await store.replies.record_step(
            exchange.reply.reply_id, [CONFIRMED, other], turn_id=exchange.turn.id, text=None
        )
        await store.replies.remove_part(exchange.reply.reply_id, 1)
        await store.replies.remove_part(exchange.reply.reply_id, 7)

        assert (await state_of(store, exchange)).parts == (CONFIRMED,)
        assert not await store.replies.is_own_post(901)


class TestRecordShown:
    """`record_shown`."""

    async def test_the_wanted_revision(self, store: Store) -> None:
        """When Discord shows the revision wanted, the reply is behind no more."""
        exchange = await answer(store, said(1))
        revision = await revision_of(store, exchange)

        assert await store.replies.record_shown(exchange.reply.reply_id, revision, [CONFIRMED])
        state = await state_of(store, exchange)
        assert (state.shown_rev, state.wanted_rev) == (revision, revision)
        assert state.parts == (CONFIRMED,)
        assert await behind(store) == []

    async def test_a_revision_that_something_has_raised_since(self, store: Store) -> None:
        """Where more is wanted by now the reply stays behind, and the caller is told."""
        exchange = await answer(store, said(1), outcome=Outcome.FAILED)
        revision = await revision_of(store, exchange)
        await ask(store, said(2))

        assert not await store.replies.record_shown(exchange.reply.reply_id, revision, [])
        assert await behind(store) == [exchange.reply.reply_id]

    async def test_an_older_revision_takes_nothing_back(self, store: Store) -> None:
        """What Discord had before does not make it forget what it has now."""
        exchange = await answer(store, said(1))
        revision = await revision_of(store, exchange)
        await store.replies.record_shown(exchange.reply.reply_id, revision, [])
        await store.replies.record_shown(exchange.reply.reply_id, revision - 1, [])

        assert (await state_of(store, exchange)).shown_rev == revision
