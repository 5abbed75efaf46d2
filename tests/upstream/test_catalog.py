"""Which models there are, over real providers that nobody has asked yet, or that answer."""

import asyncio
from datetime import UTC, datetime

import pytest

from conversation.errors import AmbiguousModelError, UnknownModelError
from sandbox.models.openai.server import OpenAIServer
from sandbox.models.script import Script
from tests.contracts.provider_stands import QUICK
from upstream.catalog import Catalog
from upstream.openai.provider import OpenAICompatible
from upstream.playground.provider import Playground
from upstream.wire.session import open_session


@pytest.fixture
async def catalog() -> Catalog:
    """The Playground as documented, one server with two models, and one that lists nothing."""
    async with open_session() as session:
        nowhere = "http://127.0.0.1:9"
        return Catalog(
            [
                Playground(session, nowhere, now=lambda: datetime.now(UTC)),
                OpenAICompatible(
                    session, "local", nowhere, models=["qwen3", "OLMoE-0125", "meta/llama-3"]
                ),
                OpenAICompatible(session, "open", nowhere),
            ]
        )


@pytest.mark.parametrize(
    ("typed", "full_name"),
    [
        ("allenai/tulu3-405b", "allenai/tulu3-405b"),
        ("TULU3-405B", "allenai/tulu3-405b"),
        (" tulu-3-405b ", "allenai/tulu3-405b"),
        ("AllenAI/llama-3.1-70b", "allenai/Llama-3-1-Tulu-3-70B"),
        ("olmo-2-13b", "allenai/OLMo-2-1124-13B-Instruct"),
        ("local/meta/llama-3", "local/meta/llama-3"),
        ("meta/llama-3", "local/meta/llama-3"),
        ("local/olmoe-0125", "local/OLMoE-0125"),
        ("open/any/Thing", "open/any/Thing"),
        ("allenai/brand-new", "allenai/brand-new"),
    ],
)
async def test_resolves(catalog: Catalog, typed: str, full_name: str) -> None:
    """Full names, bare names and aliases lead to the model, in any case; unread lists trust."""
    assert catalog.resolve(typed).full_name == full_name


async def test_ambiguous_name(catalog: Catalog) -> None:
    """A bare name that several providers have is answered with the full names."""
    with pytest.raises(AmbiguousModelError) as caught:
        catalog.resolve("olmoe-0125")
    assert caught.value.candidates == ("allenai/olmoe-0125", "local/OLMoE-0125")


@pytest.mark.parametrize(
    ("typed", "nearest"),
    [
        ("tulu3-450b", "allenai/tulu3-405b"),
        ("local/qwen", "local/qwen3"),
        ("qven3", "local/qwen3"),
        ("olmo2-13b", "allenai/OLMo-2-1124-13B-Instruct"),
    ],
)
async def test_unknown_name(catalog: Catalog, typed: str, nearest: str) -> None:
    """A misspelt name is answered with the nearest ones, best first."""
    with pytest.raises(UnknownModelError) as caught:
        catalog.resolve(typed)
    assert nearest in caught.value.candidates[:2]
    assert len(caught.value.candidates) <= 5


async def test_nearest_to_a_model_that_is_gone(catalog: Catalog) -> None:
    """The names offered instead of a model are others, best first, also of other providers."""
    nearest = catalog.nearest("allenai/tulu3-405b")
    assert "allenai/tulu3-405b" not in nearest
    assert "allenai/tulu-3-1-8b" in nearest[:2]
    assert catalog.nearest("nobody/Qwen-3")[0] == "local/qwen3"
    assert catalog.nearest("local/xyzzy") == ()


@pytest.mark.parametrize("typed", ["", "/", "xyzzy", "nobody/xyzzy", "open/", "\u0000🧵" * 2000])
async def test_nonsense_is_unknown(catalog: Catalog, typed: str) -> None:
    """A name that is like none, or none at all, is unknown."""
    with pytest.raises(UnknownModelError):
        catalog.resolve(typed)


async def test_search(catalog: Catalog) -> None:
    """What is typed finds names and aliases, the beginning first, the misspelt too."""

    def found(typed: str, current: str | None = None) -> list[str]:
        return [model.full_name for model in catalog.search(typed, current=current)]

    assert len(found("")) == 8
    assert found("", "local/qwen3")[0] == "local/qwen3"
    assert found("TULU")[0] == "allenai/tulu3-405b"
    assert found("70b")[0] == "allenai/Llama-3-1-Tulu-3-70B"
    assert found("qwn3")[0] == "local/qwen3"
    assert found("llama", "local/meta/llama-3")[0] == "local/meta/llama-3"
    assert found("qwen", "allenai/tulu3-405b")[0] == "local/qwen3"
    assert len(found("tulu")) == len(set(found("tulu")))
    assert found("zzzzzz") == []


async def test_bounds(catalog: Catalog) -> None:
    """The bounds of a full name are its provider's; another provider's name has none."""
    assert catalog.bounds("allenai/whatever").temperature.upper == 1.0
    assert catalog.bounds("local/qwen3").temperature.upper == 2.0
    with pytest.raises(UnknownModelError):
        catalog.bounds("nobody/qwen3")


async def test_refreshes_in_the_background() -> None:
    """While it runs, what a server offers anew is found, and what it drops is not."""
    async with open_session() as session, OpenAIServer(Script(), models=("old",)) as server:
        provider = OpenAICompatible(session, "local", server.base_url, limits=QUICK)
        catalog = Catalog([provider], refresh_interval_s=0.01)
        async with asyncio.TaskGroup() as group:
            task = group.create_task(catalog.run())
            await server.until(lambda: len(server.requests) >= 2)
            assert catalog.resolve("old").full_name == "local/old"
            server.models = ("new",)
            known = len(server.requests)
            await server.until(lambda: len(server.requests) >= known + 2)
            task.cancel()
        assert catalog.resolve("new").full_name == "local/new"
        with pytest.raises(UnknownModelError):
            catalog.resolve("local/old")
