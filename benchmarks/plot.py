"""`make bench-plot`: draws how the text becomes visible, for us, the plain pacer and the reference.

One answer alone, and two hundred at once, at the limit of fifty requests a second. The curves
count from each question; matplotlib is a development dependency only.
"""

import argparse
import asyncio
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure

from benchmarks.figures import figures_of
from benchmarks.reference import replay
from benchmarks.scenes import Scene, chosen_scenes
from benchmarks.stage import BOBBIN, PLAIN_PACER, Play, play
from benchmarks.timeline import Sight, visible_at

_STEP_S = 0.05
_COLOURS = {"left the model": "#9aa0a6", "reference": "#e8a33d", PLAIN_PACER.name: "#4c8bf5"}
_OUR_COLOUR = "#c5221f"
_SCENES = ("N = 1", "N = 200")


async def _played(scene: Scene) -> dict[str, Play]:
    """Play a scene with both bots."""
    return {each.name: await play(scene, each) for each in (BOBBIN, PLAIN_PACER)}


def draw(plays: Mapping[str, Mapping[str, Play]], path: Path) -> None:
    """Draw one picture a scene, side by side, into a file whose name tells the format."""
    mpl.rcParams.update({"svg.hashsalt": "bobbin", "font.size": 9})
    figure = Figure(figsize=(5.2 * len(plays), 3.4), layout="constrained")
    axes = figure.subplots(1, len(plays), squeeze=False)[0]
    for (name, by_bot), ax in zip(plays.items(), axes, strict=True):
        _draw_scene(ax, name, by_bot)
    save: Callable[..., None] = figure.savefig  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType] - half typed
    save(path, metadata={"Date": None} if path.suffix == ".svg" else None)


def _draw_scene(ax: Any, name: str, by_bot: Mapping[str, Play]) -> None:
    """Draw the curves of one scene."""
    ours = by_bot[BOBBIN.name]
    curves: dict[str, tuple[float, Callable[[float], int], float]] = {}
    for label, played in by_bot.items():
        sights = played.sights
        curves[label] = (_began(played), _seen(sights), _ended(sights))
    ideal = replay(ours.streams)
    curves["reference"] = (_began(ours), _seen(ideal), _ended(ideal))
    curves["left the model"] = (_began(ours), _left(ours), _ended(ideal))
    for label in (*_COLOURS, BOBBIN.name):
        began, count, ended = curves[label]
        times = [step * _STEP_S for step in range(int((ended - began) / _STEP_S) + 2)]
        is_ours = label == BOBBIN.name
        ax.step(
            times,
            [count(began + time_s) for time_s in times],
            where="post",
            label=label,
            color=_COLOURS.get(label, _OUR_COLOUR),
            linewidth=1.4 if is_ours else 0.9,
            linestyle=":" if label == "left the model" else "-",
        )
    ax.set_title(f"{name}: lag {_lags(by_bot)}", fontsize=9)
    ax.set_xlabel("seconds since the first question")
    ax.set_ylabel("characters visible")
    ax.legend(frameon=False, fontsize=8)
    for side in ("top", "right"):
        ax.spines[side].set_visible(False)


def _lags(by_bot: Mapping[str, Play]) -> str:
    """Write the mean lag of both bots."""
    figures = {name: figures_of("", name, 0.0, played) for name, played in by_bot.items()}
    return ", ".join(f"{each.mean_lag_s:.2f} s ({name})" for name, each in figures.items())


def _began(played: Play) -> float:
    return min(played.asked_at.values())


def _ended(sights: Mapping[int, Sequence[Sight]]) -> float:
    return max(each[-1].time_s for each in sights.values() if each)


def _seen(sights: Mapping[int, Sequence[Sight]]) -> Callable[[float], int]:
    return lambda time_s: visible_at(sights, time_s)


def _left(played: Play) -> Callable[[float], int]:
    return lambda time_s: sum(each.chars_at(time_s) for each in played.streams.values())


def main(arguments: Sequence[str]) -> int:
    """Play the scenes and draw them."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.plot", description=__doc__)
    parser.add_argument("--to", type=Path, default=Path("docs/streaming.svg"))
    parser.add_argument("--scene", action="append", help="instead of N = 1 and N = 200")
    chosen = parser.parse_args(arguments)
    wanted = chosen.scene or _SCENES
    scenes = [each for each in chosen_scenes(()) if each.name in wanted]
    plays = {each.name: asyncio.run(_played(each)) for each in scenes}
    chosen.to.parent.mkdir(parents=True, exist_ok=True)
    draw(plays, chosen.to)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
