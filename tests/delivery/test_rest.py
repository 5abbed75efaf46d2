"""The pauses of a lane after failures."""

import asyncio
from collections.abc import Iterator

import pytest

from delivery.rest import FIRST_S, LONGEST_S, Rest


class Pauses:
    """Draws what a test says, and notes between what it was to be drawn."""

    def __init__(self, drawn: float) -> None:
        self._drawn = drawn
        self.between: list[tuple[float, float]] = []

    def __call__(self, lower: float, upper: float) -> float:
        """Draw."""
        self.between.append((lower, upper))
        return self._drawn


def _lengths(rest: Rest, count: int) -> Iterator[float]:
    """Begin to rest so many times; return when each would be over, in seconds from now."""
    loop = asyncio.get_running_loop()
    for _ in range(count):
        began_s = loop.time()
        rest.begin()
        timer = rest._timer  # noqa: SLF001  # pyright: ignore[reportPrivateUsage] - no pause is waited for
        assert timer is not None
        yield timer.when() - began_s
    rest.end()


async def test_each_rest_is_twice_as_long_up_to_a_bound() -> None:
    """Whoever fails again rests longer, but never longer than half a minute."""
    lengths = list(_lengths(Rest(lambda: None, Pauses(1.0)), 7))
    expected = [FIRST_S, 2.0, 4.0, 8.0, 16.0, LONGEST_S, LONGEST_S]
    assert lengths == pytest.approx(expected, abs=0.2)


async def test_lanes_that_failed_together_do_not_come_back_together() -> None:
    """A pause is drawn around its length, by a fifth to either side."""
    draw = Pauses(0.0)
    rest = Rest(lambda: None, draw)
    rest.begin()
    rest.end()
    assert draw.between == [(0.8, 1.2)]


async def test_a_success_begins_anew() -> None:
    """After a success the next rest is as short as the first."""
    rest = Rest(lambda: None, Pauses(1.0))
    assert rest.is_first
    list(_lengths(rest, 3))
    assert not rest.is_first
    rest.reset()
    assert rest.is_first
    assert list(_lengths(rest, 1)) == pytest.approx([FIRST_S], abs=0.2)


async def test_when_a_rest_is_over_its_owner_is_called() -> None:
    """A lane that rests is asked for its wish again when the pause is over."""
    over = asyncio.Event()
    rest = Rest(over.set, Pauses(0.0))
    rest.begin()
    assert rest.is_resting
    await asyncio.wait_for(over.wait(), 5.0)
    assert not rest.is_resting


async def test_a_rest_that_was_ended_calls_nobody() -> None:
    """Who stopped resting before is not woken."""
    calls: list[None] = []
    rest = Rest(lambda: calls.append(None), Pauses(0.0))
    rest.begin()
    rest.end()
    later = asyncio.Event()
    Rest(later.set, Pauses(0.0)).begin()
    await asyncio.wait_for(later.wait(), 5.0)
    assert calls == []


async def test_who_waits_for_something_else_rests_until_it_ends() -> None:
    """`wait` has no end of its own."""
    rest = Rest(lambda: None, Pauses(0.0))
    rest.begin()
    rest.wait()
    assert rest.is_resting
    assert rest.is_first is False
    rest.end()
    assert not rest.is_resting
