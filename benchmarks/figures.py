"""The figures of a play, and how they are shown: a table for people, JSON for programs."""

import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass

from rich.table import Table

from benchmarks.answers import TOKENS_PER_S
from benchmarks.reference import replay
from benchmarks.stage import Play
from benchmarks.timeline import lateness


@dataclass(frozen=True, slots=True)
class Spread:
    """Median, 95th percentile and maximum, in seconds."""

    p50: float
    p95: float
    max: float

    def __str__(self) -> str:
        """Write it as a cell of the table."""
        return f"{self.p50:.2f} {self.p95:.2f} {self.max:.2f}"


@dataclass(frozen=True, slots=True)
class Figures:
    """What one play came to.

    Times are in seconds. `first_visible` counts from the model's first piece, `answered` from the
    question; `mean_lag_s` is the age of the oldest hidden character averaged over the stream;
    `final` counts from the last piece to the complete answer. `wrong` are the answers that are
    not there exactly as the model gave them. `model_late_s` is how far the model itself fell behind
    its pace at worst: over a tenth of a second or so the machine was too busy to measure on.
    """

    scene: str
    bot: str
    latency_s: float
    asked: int
    complete: int
    wrong: Sequence[int]
    model_late_s: float
    mean_lag_s: float
    reference_lag_s: float
    lag_ratio: float
    first_visible: Spread | None
    answered: Spread | None
    final: Spread | None
    requests: Mapping[str, int]
    refusals: int
    cpu_s: float
    memory_mib: float
    peak_memory_mib: float
    loop_delay_ms: Mapping[str, float]
    complaints: Sequence[str]


def figures_of(scene: str, bot: str, latency_s: float, play: Play) -> Figures:
    """Work out the figures of a play."""
    late = {number: lateness(each, play.sights[number]) for number, each in play.streams.items()}
    reference = replay(play.streams)
    ideal = [lateness(each, reference[number]).mean_s for number, each in play.streams.items()]
    mean_lag_s = statistics.fmean(each.mean_s for each in late.values()) if late else 0.0
    reference_lag_s = statistics.fmean(ideal) if ideal else 0.0
    return Figures(
        scene=scene,
        bot=bot,
        latency_s=latency_s,
        asked=len(play.asked_at),
        complete=len(play.complete),
        wrong=sorted(set(play.asked_at) - play.complete),
        model_late_s=max(
            [each.late_s(TOKENS_PER_S) for each in play.streams.values()], default=0.0
        ),
        mean_lag_s=mean_lag_s,
        reference_lag_s=reference_lag_s,
        lag_ratio=mean_lag_s / reference_lag_s if reference_lag_s else 0.0,
        first_visible=_spread([each.first_s for each in late.values()]),
        answered=_spread(list(_answered(play))),
        final=_spread([each.final_s for each in late.values()]),
        requests=play.requests,
        refusals=play.refusals,
        cpu_s=play.cpu_s,
        memory_mib=play.memory_mib,
        peak_memory_mib=play.peak_memory_mib,
        loop_delay_ms=play.loop_delay_ms,
        complaints=play.complaints,
    )


def _answered(play: Play) -> Iterator[float | None]:
    for number, asked_at in play.asked_at.items():
        first = next((each.time_s for each in play.sights[number] if each.shown_chars), None)
        yield None if first is None else first - asked_at


def _spread(values: Sequence[float | None]) -> Spread | None:
    """Return the spread of the values that there are; None where there are none."""
    known = sorted(value for value in values if value is not None)
    if not known:
        return None
    return Spread(statistics.median(known), known[int(0.95 * (len(known) - 1))], known[-1])


_HEADINGS = (
    "scene",
    "bot",
    "latency",
    "exact",
    "lag",
    "to reference",
    "first visible p50 p95 max",
    "from question p50 p95 max",
    "final p50 p95 max",
    "requests",
    "429s",
    "CPU s",
    "peak MiB",
    "loop late ms p99 max",
    "model late",
)


def table_of(rows: Sequence[Figures]) -> Table:
    """Make the table."""
    table = Table(title="Streaming at 60 tokens a second a conversation; seconds")
    for heading in _HEADINGS:
        table.add_column(heading, justify="left" if heading in _HEADINGS[:2] else "right")
    for row in rows:
        delay = row.loop_delay_ms
        table.add_row(
            row.scene,
            row.bot,
            f"{row.latency_s:g}",
            f"{row.complete}/{row.asked}",
            f"{row.mean_lag_s:.2f}",
            f"{row.lag_ratio:.2f}x",
            str(row.first_visible or "never"),
            str(row.answered or "never"),
            str(row.final or "never"),
            str(sum(row.requests.values())),
            str(row.refusals),
            f"{row.cpu_s:.1f}",
            f"{row.peak_memory_mib:.0f}",
            f"{delay['p99_ms']:.0f} {delay['max_ms']:.0f}" if delay else "",
            f"{row.model_late_s:.2f}",
        )
    return table


def json_of(rows: Sequence[Figures]) -> list[dict[str, object]]:
    """Return everything as JSON values."""
    return [asdict(row) for row in rows]
