"""What is in force at a place, over a real store."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from conversation.effective_settings import Choice, Defaults, Origin, choice_at
from conversation.entities import Parameters, PlaceKey, PlaceSettings
from storage.sqlite.store import Store
from tests.conversation.house import CHANNEL, DIRECT, THREAD
from tests.storage.opened import Clock, opened_sqlite, set_all


@pytest.fixture
async def store(tmp_path: Path) -> AsyncGenerator[Store, None]:
    """An empty store."""
    async with opened_sqlite(tmp_path, Clock()) as opened:
        yield opened


async def chosen(store: Store, place: PlaceKey) -> Choice:
    """Return what is in force where the bot's own are `p/default` and `Be kind.`."""
    defaults = Defaults("p/default", "Be kind.", ("p/second",))
    return await choice_at(store.places, place, defaults)


@pytest.mark.parametrize("place", [DIRECT, CHANNEL, THREAD])
async def test_the_bots_own(store: Store, place: PlaceKey) -> None:
    """Where nothing is set, the bot's own values are in force."""
    assert await chosen(store, place) == Choice(
        "p/default", Origin.BOT, Parameters(), "Be kind.", ("p/second",), Origin.BOT
    )


async def test_the_channels(store: Store) -> None:
    """A thread has what is set for its channel; the channel has it as its own."""
    settings = PlaceSettings(
        "p/other", Parameters(temperature=0.1), "Be brief.", fallback_models=("p/third",)
    )
    await set_all(store, CHANNEL, settings)
    of_thread, of_channel = await chosen(store, THREAD), await chosen(store, CHANNEL)
    assert of_thread == Choice(
        "p/other", Origin.CHANNEL, settings.parameters, "Be brief.", ("p/third",), Origin.CHANNEL
    )
    assert of_channel.model_origin is Origin.PLACE


async def test_each_value_is_inherited_by_itself(store: Store) -> None:
    """A place's own value goes before the channel's, zero included; the others stay inherited."""
    above = PlaceSettings("p/above", Parameters(0.9, 0.8, 70), "Above.")
    await set_all(store, CHANNEL, above)
    await set_all(store, THREAD, PlaceSettings(parameters=Parameters(temperature=0.0)))
    choice = await chosen(store, THREAD)
    assert choice.parameters == Parameters(0.0, 0.8, 70)
    assert (choice.model, choice.system_prompt) == ("p/above", "Above.")
    await set_all(store, THREAD, PlaceSettings(model="p/own"))
    choice = await chosen(store, THREAD)
    assert (choice.model, choice.model_origin) == ("p/own", Origin.PLACE)


async def test_no_fallback_is_a_value_too(store: Store) -> None:
    """A place that wants no other model to be asked does not inherit any."""
    await set_all(store, CHANNEL, PlaceSettings(fallback_models=("p/third",)))
    await set_all(store, THREAD, PlaceSettings(fallback_models=()))
    choice = await chosen(store, THREAD)
    assert (choice.fallback_models, choice.fallback_origin) == ((), Origin.PLACE)


async def test_other_places_are_not_concerned(store: Store) -> None:
    """What is set for a thread holds for no other place."""
    await set_all(store, THREAD, PlaceSettings(model="p/own"))
    other = PlaceKey(301, THREAD.guild_id, THREAD.parent_channel_id)
    for place in (CHANNEL, other):
        assert (await chosen(store, place)).model == "p/default"
