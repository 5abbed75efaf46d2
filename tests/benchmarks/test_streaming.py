"""The streaming benchmark runs, and measures what happened."""

import sys

import pytest

from benchmarks.figures import figures_of, json_of, table_of
from benchmarks.scenes import Scene
from benchmarks.stage import BOBBIN, PLAIN_PACER, Contestant, play

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="it reads /proc")


@pytest.mark.timeout(120)
@pytest.mark.parametrize("contestant", [BOBBIN, PLAIN_PACER], ids=lambda each: each.name)
async def test_a_small_scene_gives_its_figures(contestant: Contestant) -> None:
    """Two short answers are played to the end by either bot, exact and without a 429."""
    scene = Scene("N = 2", 2, within_s=0.1, shortest_s=1.0, longest_s=1.5)
    played = await play(scene, contestant)
    figures = figures_of(scene.name, contestant.name, 0.0, played)
    assert (figures.complete, figures.refusals, figures.wrong) == (2, 0, [])
    assert figures.first_visible is not None
    assert figures.final is not None
    assert figures.reference_lag_s > 0
    assert figures.cpu_s > 0
    assert figures.peak_memory_mib > 10
    assert sum(figures.requests.values()) >= 4
    assert table_of([figures]).row_count == 1
    assert json_of([figures])[0]["complete"] == 2
