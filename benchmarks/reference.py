"""The reference: what could be shown with one even edit a second a conversation (pure).

Fifty calls a second over all, evenly, the conversation that waits longest first, no threads to
open and no time lost on the way. It is replayed on the timings at which the model really sent.
"""

import heapq
from collections.abc import Mapping, Sequence

from benchmarks.timeline import Sight, Stream

_CALLS_PER_S = 50.0
_EDIT_EVERY_S = 1.0


def replay(streams: Mapping[int, Stream]) -> dict[int, Sequence[Sight]]:
    """Return what readers of the reference would have seen of each answer."""
    sights: dict[int, list[Sight]] = {number: [] for number in streams}
    waiting = [(stream.began_at, number) for number, stream in streams.items()]
    heapq.heapify(waiting)
    free_at = 0.0
    while waiting:
        since, number = heapq.heappop(waiting)
        stream = streams[number]
        at = max(since, free_at)
        free_at = at + 1 / _CALLS_PER_S
        chars = stream.chars_at(at)
        is_final = chars == stream.reaches[-1]
        sights[number].append(Sight(at, chars, is_final))
        if not is_final:
            next_at = max(at + _EDIT_EVERY_S, stream.age_began_at(chars))
            heapq.heappush(waiting, (next_at, number))
    return dict(sights)
