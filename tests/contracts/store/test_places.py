"""`PlaceStore`: what was set for a place, and which conversation is current there."""

import asyncio
from dataclasses import replace

import pytest

from conversation.entities import ListenMode, Outcome, Parameters, PlaceSettings
from storage.sqlite.store import Store
from tests.contracts.store.steps import (
    ANN,
    CHANNEL,
    DIRECT,
    MODEL,
    THREAD,
    answer,
    ask,
    begin,
    behind,
    receive,
    revision_of,
    said,
)
from tests.storage.opened import set_all


async def test_nothing_is_known_of_an_unknown_place(store: Store) -> None:
    """An unknown place has no conversation and no settings."""
    assert await store.places.current_conversation(404) is None
    assert await store.places.conversation(404) is None
    assert await store.places.settings(404) == PlaceSettings()
    assert await store.places.listen_modes() == {}


class TestReset:
    """`reset`."""

    async def test_a_fresh_start(self, store: Store) -> None:
        """A reset makes an empty current conversation; former, settings and starter are kept."""
        former = await answer(store, said(1, place=DIRECT))
        await set_all(store, DIRECT, PlaceSettings(model=MODEL))
        fresh = await store.places.reset(DIRECT)

        conversation = fresh.conversation
        assert fresh.former_id == former.conversation.id != conversation.id
        assert (conversation.head_turn_id, conversation.place) == (None, DIRECT)
        assert conversation.starter_id == former.conversation.starter_id == ANN
        assert await store.places.current_conversation(DIRECT.channel_id) == conversation
        assert await store.places.conversation(former.conversation.id) is not None
        assert (await store.places.settings(DIRECT.channel_id)).model == MODEL
        exchange = await ask(store, said(2, "anew", place=DIRECT))
        assert exchange.conversation.id == conversation.id
        assert [turn.text for turn in exchange.path] == ["anew"]

    async def test_what_waits_is_answered_afresh(self, store: Store) -> None:
        """What waits goes over to the new conversation; nothing is left to the former."""
        former = await answer(store, said(1))
        await receive(store, said(2, "waits"))
        fresh = (await store.places.reset(THREAD)).conversation

        assert await store.queue.waiting(former.conversation.id) == ()
        assert await store.turns.conversations_with_work() == (fresh.id,)
        exchange = await begin(store, fresh.id)
        assert [turn.text for turn in exchange.path] == ["waits"]

    async def test_the_last_answer_is_to_be_shown_without_buttons(self, store: Store) -> None:
        """The revision of the answer that was the newest is raised."""
        former = await answer(store, said(1), outcome=Outcome.FAILED, shown_as=900)
        before = await revision_of(store, former)
        await store.places.reset(THREAD)

        assert await revision_of(store, former) == before + 1
        assert await behind(store) == [former.reply.reply_id]

    async def test_of_an_unknown_place(self, store: Store) -> None:
        """A place may be reset before anything was said there."""
        fresh = await store.places.reset(THREAD)

        assert fresh.former_id is None
        assert (await receive(store, said(1))).conversation_id == fresh.conversation.id


class TestSettings:
    """`settings`, `alter_settings` and `listen_modes`."""

    @pytest.mark.parametrize("models", [None, (), ("a/b", "c/d e,f")])
    async def test_fallback_models_are_kept(
        self, store: Store, models: tuple[str, ...] | None
    ) -> None:
        """None set, none wanted and some in their order are three things."""
        await set_all(store, THREAD, PlaceSettings(fallback_models=("z/z",)))
        await set_all(store, THREAD, PlaceSettings(fallback_models=models))
        assert (await store.places.settings(THREAD.channel_id)).fallback_models == models

    async def test_altered_at_once(self, store: Store) -> None:
        """Two who alter settings at the same time both get what they wanted."""
        await asyncio.gather(
            store.places.alter_settings(THREAD, lambda it: replace(it, model=MODEL)),
            store.places.alter_settings(THREAD, lambda it: replace(it, system_prompt="Brief")),
        )

        altered = PlaceSettings(model=MODEL, system_prompt="Brief")
        assert await store.places.settings(THREAD.channel_id) == altered

    async def test_settings_are_replaced(self, store: Store) -> None:
        """Settings are read back as they were set last; nothing of earlier ones stays."""
        first = PlaceSettings(
            model=MODEL,
            parameters=Parameters(temperature=0.0, max_tokens=64),
            system_prompt="Be brief.",
            listen_mode=ListenMode.MENTIONS,
        )
        await set_all(store, CHANNEL, first)
        assert await store.places.settings(CHANNEL.channel_id) == first

        second = PlaceSettings(parameters=Parameters(top_p=0.5))
        await set_all(store, CHANNEL, second)
        assert await store.places.settings(CHANNEL.channel_id) == second

    async def test_settings_are_not_inherited(self, store: Store) -> None:
        """A thread's own settings hold nothing of its channel's."""
        await set_all(store, CHANNEL, PlaceSettings(model=MODEL))
        await receive(store, said(1))

        assert await store.places.settings(THREAD.channel_id) == PlaceSettings()

    async def test_listen_modes(self, store: Store) -> None:
        """Only places where a listen mode is set are named."""
        await set_all(store, CHANNEL, PlaceSettings(listen_mode=ListenMode.EVERYTHING))
        await set_all(store, THREAD, PlaceSettings(listen_mode=ListenMode.MENTIONS))
        await receive(store, said(1, place=DIRECT))

        assert await store.places.listen_modes() == {
            CHANNEL.channel_id: ListenMode.EVERYTHING,
            THREAD.channel_id: ListenMode.MENTIONS,
        }
