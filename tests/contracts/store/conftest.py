"""The stores there are: a new one is one more entry of `STORES`."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from storage.sqlite.store import Store
from tests.storage.opened import Clock, Opener, opened_sqlite

STORES: dict[str, Opener] = {"sqlite": opened_sqlite}


@pytest.fixture
def clock() -> Clock:
    """Return the clock of the store."""
    return Clock()


@pytest.fixture(params=sorted(STORES))
def opener(request: pytest.FixtureRequest) -> Opener:
    """Return what opens a store, for each kind."""
    return STORES[request.param]


@pytest.fixture
async def store(opener: Opener, tmp_path: Path, clock: Clock) -> AsyncGenerator[Store, None]:
    """Yield an empty store of each kind."""
    async with opener(tmp_path, clock) as opened:
        yield opened
