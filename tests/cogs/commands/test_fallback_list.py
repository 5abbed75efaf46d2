"""What people write as the models to be asked where a place's own fails."""

import pytest

from cogs.commands.fallback_list import (
    INHERITED,
    MOST_FALLBACKS,
    NOBODY,
    TooManyError,
    completed,
    read,
)
from conversation.errors import UnknownModelError
from upstream.catalog import Catalog
from upstream.openai.provider import OpenAICompatible
from upstream.wire.session import open_session

MODELS = ("big", "big-two", "small", "tiny")


@pytest.fixture
async def catalog() -> Catalog:
    """Return a catalog of a provider `p`, which is asked nothing."""
    async with open_session() as session:
        return Catalog([OpenAICompatible(session, "p", "http://127.0.0.1:1/v1", models=MODELS)])


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("p/big", ("p/big",)),
        (" small ,BIG, small,", ("p/small", "p/big")),
        (NOBODY, ()),
        (" None ", ()),
        (INHERITED, None),
    ],
)
def test_what_is_meant(catalog: Catalog, text: str, meant: tuple[str, ...] | None) -> None:
    """Names in any form, in their order and each once; or a word for none, or for inheriting."""
    assert read(text, catalog) == meant


def test_too_many_are_refused(catalog: Catalog) -> None:
    """Every one of them may keep a person waiting."""
    assert len(MODELS) > MOST_FALLBACKS
    with pytest.raises(TooManyError):
        read(",".join(MODELS), catalog)


def test_a_name_that_is_none_is_an_error(catalog: Catalog) -> None:
    """It is not passed over: the error names it."""
    with pytest.raises(UnknownModelError) as caught:
        read("big, smal", catalog)
    assert caught.value.name == "smal"


def test_the_last_name_is_completed(catalog: Catalog) -> None:
    """What stands before it is kept, and not offered again."""
    assert completed("", catalog)[:3] == [NOBODY, INHERITED, "p/big"]
    assert completed("no", catalog)[0] == NOBODY
    assert completed("p/big,  b", catalog) == ["p/big, p/big-two"]
    assert completed("big, small, ti", catalog) == ["big, small, p/tiny"]
    assert completed("big, small, tiny, ", catalog) == []


def test_what_discord_cannot_show_is_not_offered() -> None:
    """A choice has a hundred characters at most, and half a name would be no name."""
    assert completed("x" * 101 + ", ", Catalog([])) == []
