"""A few rounds of chaos; `make chaos` does two hundred."""

from pathlib import Path

import pytest

from tests.chaos.rounds import Rounds
from tests.chaos.stage import opened_stage

_ROUNDS = 10


@pytest.mark.timeout(240)  # processes of their own take their time on a busy machine
async def test_nothing_is_lost_whatever_breaks(tmp_path: Path) -> None:
    """Cut off, refused and flooded, the bot answers everything once and loses nothing."""
    await _hold_the_laws(tmp_path, seed=5, kill_chance=0.0)


@pytest.mark.timeout(240)  # likewise
async def test_nothing_is_lost_whoever_kills_it(tmp_path: Path) -> None:
    """Killed at any instant, it answers everything once and loses nothing all the same."""
    await _hold_the_laws(tmp_path, seed=6, kill_chance=1.0)


async def _hold_the_laws(folder: Path, *, seed: int, kill_chance: float) -> None:
    told: list[str] = []
    async with opened_stage(folder, seed) as stage:
        rounds = Rounds(stage, seed, told.append, kill_chance=kill_chance)
        figures = await rounds.run(_ROUNDS)
    assert figures.violations == [], "\n".join(told)
    assert figures.rounds == _ROUNDS
    assert figures.answers > 0
