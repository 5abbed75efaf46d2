"""Breaks everything on purpose and checks that nothing is lost: `python -m tests.chaos`."""

import argparse
import asyncio
import sys
import tempfile
from pathlib import Path
from random import SystemRandom

from tests.chaos.rounds import Figures, Plan, Rounds
from tests.chaos.stage import opened_stage

_MOST_SEEDS = 1_000_000


def main() -> int:
    """Do the rounds; 1 where a law was broken."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--seed", type=int, default=SystemRandom().randrange(_MOST_SEEDS))
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="bobbin-chaos-"))
    _tell(f"seed {options.seed}; the bot's data and logs: {folder}")
    figures = asyncio.run(_run(options.rounds, options.seed, folder))
    _tell(str(figures))
    return 1 if figures.violations else 0


async def _run(rounds: int, seed: int, folder: Path) -> Figures:
    async with opened_stage(folder, seed) as stage:
        return await Rounds(stage, seed, _tell, Plan.of_long_run(rounds)).run(rounds)


def _tell(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
