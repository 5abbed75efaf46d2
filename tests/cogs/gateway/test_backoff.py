"""The pauses between attempts to connect: bounded, with jitter, and short again after a while."""

import random

from cogs.gateway.backoff import HELD_S, LONGEST_S, BoundedBackoff


class _Clock:
    """Seconds, moved by the test."""

    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        """Return the time."""
        return self.now_s


def _longest(_lowest: float, highest: float) -> float:
    return highest


def test_pauses_grow_up_to_the_bound() -> None:
    """Each loss in a row doubles what a pause may be, up to half a minute."""
    backoff = BoundedBackoff(draw=_longest)
    assert [backoff.delay() for _ in range(7)] == [2, 4, 8, 16, LONGEST_S, LONGEST_S, LONGEST_S]


def test_pauses_are_drawn_from_all_that_is_allowed() -> None:
    """Bots that were cut off together do not come back together."""
    draw = random.Random(7).uniform
    pauses = [BoundedBackoff(draw=draw).delay() for _ in range(200)]
    assert 0 <= min(pauses) < 0.2
    assert 1.8 < max(pauses) <= 2


def test_pauses_begin_anew_after_a_connection_that_has_held() -> None:
    """What was lost before a connection that held is forgotten; the pause itself does not count."""
    clock = _Clock()
    backoff = BoundedBackoff(clock=clock, draw=_longest)
    for _ in range(6):
        clock.now_s += backoff.delay()
    clock.now_s += HELD_S - 1
    assert backoff.delay() == LONGEST_S
    clock.now_s += LONGEST_S + HELD_S - 1
    assert backoff.delay() == LONGEST_S
    clock.now_s += LONGEST_S + HELD_S
    assert backoff.delay() == 2
