"""`make bench`: how late readers see text, and what it costs, with Discord's real limits.

Each scene is played by the real bot and by a plain pacer, each a process of its own, against the
sandbox; the reference is replayed on the timings at which the model sent in the same play.
"""

import argparse
import asyncio
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from benchmarks.figures import Figures, figures_of, json_of, table_of
from benchmarks.scenes import Scene, chosen_scenes
from benchmarks.stage import BOBBIN, PLAIN_PACER, Contestant, play

_LATENCIES_S = (0.0, 0.2)


async def measure(
    scenes: Sequence[Scene],
    contestants: Sequence[Contestant],
    latencies_s: Sequence[float],
    console: Console,
) -> list[Figures]:
    """Play every scene with every bot at every latency, one after another."""
    rows: list[Figures] = []
    for scene in scenes:
        for latency_s in latencies_s:
            for contestant in contestants:
                if contestant is PLAIN_PACER and not scene.is_for_pacer:
                    continue
                played = await play(scene, contestant, latency_s=latency_s)
                row = figures_of(scene.name, contestant.name, latency_s, played)
                console.print(
                    f"{scene.name}, {latency_s:g} s, {contestant.name}: {row.complete}/{row.asked} "
                    f"exact, lag {row.mean_lag_s:.2f} s ({row.lag_ratio:.2f}x), final {row.final}, "
                    f"{row.refusals} 429s, {row.cpu_s:.1f} s CPU"
                )
                rows.append(row)
    return rows


def main(arguments: Sequence[str]) -> int:
    """Measure, print the table, and write the figures; 1 where an answer is missing or wrong."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.streaming", description=__doc__)
    parser.add_argument("scene", nargs="*", help="only scenes with this in their name")
    parser.add_argument("--only-us", action="store_true", help="leave the plain pacer out")
    parser.add_argument("--latency", type=float, action="append", help="instead of 0 and 0.2 s")
    parser.add_argument("--json", type=Path, default=Path("data/benchmarks/streaming.json"))
    chosen = parser.parse_args(arguments)
    contestants = [BOBBIN] if chosen.only_us else [BOBBIN, PLAIN_PACER]
    console = Console(width=None if sys.stdout.isatty() else 200)
    latencies_s = chosen.latency or _LATENCIES_S
    rows = asyncio.run(measure(chosen_scenes(chosen.scene), contestants, latencies_s, console))
    console.print(table_of(rows))
    chosen.json.parent.mkdir(parents=True, exist_ok=True)
    chosen.json.write_text(json.dumps(json_of(rows), indent=1))
    console.print(f"All figures: {chosen.json}")
    is_right = all(not row.wrong and not row.refusals for row in rows if row.bot == BOBBIN.name)
    return 0 if is_right else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
