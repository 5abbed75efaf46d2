"""A few rounds of chaos; `make chaos` does two hundred."""

from pathlib import Path

import pytest

from tests.chaos.rounds import Plan, Rounds
from tests.chaos.stage import opened_stage
from tests.chaos.trouble import Severity

_ROUNDS, _ROUNDS_WITH_KILLS = 14, 6
"""A start costs more than all else that a round does."""
_SEVERITY = Severity(locked_s=6.0, full_s=2.0, frozen_s=2.0, rare=0.2)


@pytest.mark.timeout(240)  # processes of their own take their time on a busy machine
async def test_nothing_is_lost_whatever_breaks(tmp_path: Path) -> None:
    """Cut off, refused and flooded, the bot answers everything once and loses nothing."""
    spared = frozenset(range(1, _ROUNDS + 1))
    await _hold_the_laws(tmp_path, 5, _ROUNDS, Plan(spared=spared, severity=_SEVERITY))


@pytest.mark.timeout(240)  # likewise
async def test_nothing_is_lost_whoever_kills_it(tmp_path: Path) -> None:
    """Killed at any instant, it answers everything once and loses nothing all the same."""
    await _hold_the_laws(tmp_path, 6, _ROUNDS_WITH_KILLS, Plan(severity=_SEVERITY))


async def _hold_the_laws(folder: Path, seed: int, rounds: int, plan: Plan) -> None:
    told: list[str] = []
    async with opened_stage(folder, seed) as stage:
        figures = await Rounds(stage, seed, told.append, plan).run(rounds)
    assert figures.violations == [], "\n".join(told)
    assert figures.rounds == rounds
    assert figures.answers > 0
