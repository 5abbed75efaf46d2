"""How late readers see text: the scheduler against a plain even pacer, in virtual time.

Run `python -m benchmarks.scheduling` from the project's folder. Both run the same replies against
the same simulated Discord (`tests/rendering/simulated_discord.py`). The pacer gives each channel
one request a second and all of them 48, first posts first, then the stalest, so that what differs
is fronting, the token kept for the end and the room kept for finals. Lag is the age of the oldest
hidden character, averaged over the stream.

A second table tells what it costs to open threads and to go on in a further message whenever one is
full, which the pacer there need not, nor does the reference of `make bench`. With 200 at once they
fill 36 messages a second, so that of 48 requests a second few are left to show text in between: the
lag goes from 1.21 to 1.71 times the pacer's. Ends go first all the same: to let each wait for two
seconds lowered the lag by less than a tenth in the few runs of `make bench` that tried it.
"""

import math
import random
import statistics
import sys
import time
from collections.abc import Hashable
from dataclasses import dataclass

from delivery.pacing.policy import Answer, Call
from delivery.pacing.scheduler import Scheduler, Wish
from tests.delivery.pacing.simulated_discord import Decider, Reply, Simulation, World

SEED = 7
PACE_PER_S = 48.0
FIRST_TOKEN_S = 0.4
PART_S = 5.6
"""60 tokens a second are 320 characters: about 1,800 come in this time, up to a paragraph's end."""


class EvenPacer:
    """One request a second a channel, evenly spaced over all; it reads no headers."""

    def __init__(self) -> None:
        self._wishes: dict[Hashable, Wish] = {}
        self._busy: set[Hashable] = set()
        self._sent_at: dict[int, float] = {}
        self._open_at = -math.inf

    def wish(self, lane: Hashable, wish: Wish | None, now: float) -> None:  # noqa: ARG002
        """Set what a lane would send next."""
        if wish is None:
            self._wishes.pop(lane, None)
        else:
            self._wishes[lane] = wish

    def due(self, now: float) -> list[tuple[Hashable, Wish]]:
        """Return the one wish that is next, if it is time."""
        ready = [
            (wish.call is not Call.POST, wish.since_s, order, lane)
            for order, (lane, wish) in enumerate(self._wishes.items())
            if lane not in self._busy and self._ready_at(wish) <= now
        ]
        if not ready:
            return []
        lane = min(ready)[3]
        wish = self._wishes.pop(lane)
        self._busy.add(lane)
        self._sent_at[wish.channel_id] = now
        self._open_at = now + 1 / PACE_PER_S
        return [(lane, wish)]

    def next_time(self, now: float) -> float | None:
        """Return when to ask again."""
        times = [
            self._ready_at(wish) for lane, wish in self._wishes.items() if lane not in self._busy
        ]
        return max(min(times), math.nextafter(now, math.inf)) if times else None

    def answered(
        self,
        call: Call,  # noqa: ARG002
        channel_id: int,  # noqa: ARG002
        answer: Answer,  # noqa: ARG002
        now: float,  # noqa: ARG002
        *,
        sent_at: float,  # noqa: ARG002
        lane: Hashable | None = None,
    ) -> None:
        """Let the lane go on."""
        self._busy.discard(lane)

    def lost(
        self,
        call: Call,  # noqa: ARG002
        channel_id: int,  # noqa: ARG002
        now: float,  # noqa: ARG002
        *,
        lane: Hashable | None = None,
    ) -> None:
        """Let the lane go on."""
        self._busy.discard(lane)

    def _ready_at(self, wish: Wish) -> float:
        return max(self._open_at, self._sent_at.get(wish.channel_id, -math.inf) + 1.01)


@dataclass(frozen=True, slots=True)
class Duties:
    """What replies ask of Discord besides showing text: it costs requests that show none.

    `part_s` is how long the text takes that fills a message, after which another is posted;
    `threads` is how many of the replies open one first.
    """

    part_s: float = math.inf
    threads: int = 0


NO_DUTIES = Duties()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the readers of one run saw."""

    mean_lag_s: float
    first_p50_s: float
    first_max_s: float
    final_p50_s: float
    final_p95_s: float
    final_max_s: float
    refusals: int
    cpu_s: float


def make_replies(count: int, duties: Duties, *, in_one_channel: bool) -> list[Reply]:
    """Make replies of 6 to 16 seconds that start within one second, after one that warms up.

    The first reply, which is not measured, tells the headers of posting and editing apart, as
    they are in a process that runs.
    """
    chance = random.Random(SEED)  # noqa: S311 - a workload, not a secret
    replies = [Reply(-1, 90.0, 2.0)]
    for place in range(count):
        starts_at = 100.0 + chance.random()
        reply = Reply(0 if in_one_channel else place, starts_at, chance.uniform(6.0, 16.0))
        reply.part_s = duties.part_s
        reply.asked_at = starts_at - FIRST_TOKEN_S if place < duties.threads else None
        replies.append(reply)
    return replies


def measure(
    decider: Decider,
    count: int,
    latency_s: float,
    duties: Duties = NO_DUTIES,
    *,
    in_one_channel: bool = False,
) -> Outcome:
    """Run one decider over one scene to its end."""
    replies = make_replies(count, duties, in_one_channel=in_one_channel)
    world = World(out_s=latency_s / 2, back_s=latency_s / 2)
    chance = random.Random(SEED)  # noqa: S311 - a workload, not a secret
    simulation = Simulation(decider, world, replies, chance)
    began = time.process_time()
    simulation.run(1000.0)
    cpu_s = time.process_time() - began
    measured = replies[1:]
    firsts = sorted(reply.first_lag_s for reply in measured)
    finals = sorted(reply.final_lag_s for reply in measured)
    return Outcome(
        statistics.fmean(reply.mean_lag_s() for reply in measured),
        statistics.median(firsts),
        firsts[-1],
        statistics.median(finals),
        finals[int(0.95 * (count - 1))],
        finals[-1],
        len(simulation.discord.own_refusals),
        cpu_s,
    )


def describe(name: str, ours: Outcome, pacer: Outcome) -> str:
    """Make one line: the lag as a ratio to the pacer's, the rest as ours / the pacer's."""
    return (
        f"{name:<26}{ours.mean_lag_s:6.2f} s {ours.mean_lag_s / pacer.mean_lag_s:5.2f}x"
        f"   {ours.first_p50_s:.2f} {ours.first_max_s:.2f} / "
        f"{pacer.first_p50_s:.2f} {pacer.first_max_s:.2f}"
        f"   {ours.final_p50_s:.2f} {ours.final_p95_s:.2f} {ours.final_max_s:.2f} / "
        f"{pacer.final_p50_s:.2f} {pacer.final_p95_s:.2f} {pacer.final_max_s:.2f}"
        f"   {ours.refusals} / {pacer.refusals}   {ours.cpu_s:.2f} / {pacer.cpu_s:.2f}"
    )


def main() -> None:
    """Print a table of all scenes."""
    columns = ("ours / pacer", "lag, ratio", "first p50 max", "final p50 p95 max", "429s", "cpu s")
    lines = [
        f"{columns[0]:<28}{columns[1]:<17}{columns[2]:<25}{columns[3]:<35}"
        + "   ".join(columns[4:])
    ]
    for latency_s in (0.0, 0.2):
        for count, in_one_channel in (
            (1, False),
            (10, False),
            (50, False),
            (200, False),
            (10, True),
        ):
            ours = measure(Scheduler(), count, latency_s, in_one_channel=in_one_channel)
            pacer = measure(EvenPacer(), count, latency_s, in_one_channel=in_one_channel)
            place = "one channel" if in_one_channel else "own channels"
            lines.append(describe(f"{count} in {place}, {latency_s} s", ours, pacer))
    lines += ["", "ours with what else it asks of Discord / the pacer without"]
    for count, threads in ((50, 50), (200, 145)):
        pacer = measure(EvenPacer(), count, 0.0)
        for name, duties in (
            ("neither", NO_DUTIES),
            ("threads", Duties(threads=threads)),
            ("messages", Duties(PART_S)),
            ("threads, messages", Duties(PART_S, threads)),
        ):
            ours = measure(Scheduler(), count, 0.0, duties)
            lines.append(describe(f"{count}: {name}", ours, pacer))
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
