"""How fast a person may go: what is counted, when it is told, and that it is forgotten."""

from datetime import UTC, datetime, timedelta

import discord.utils

from cogs.permissions.rate_limit import Act, Pace, RateLimit

ANN, BEN = 1, 2
NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        """Return the time."""
        return self.now_s


def snowflake(after_s: float, number: int = 0) -> int:
    """Return the id of something sent so long after noon; several of an instant have numbers."""
    return discord.utils.time_snowflake(NOON + timedelta(seconds=after_s)) + number


def refused(rate_limit: RateLimit, person_id: int, ids: list[int]) -> list[int]:
    """Send all of these; give the ids of those that are not taken."""
    return [each for each in ids if rate_limit.take(Act.MESSAGE, person_id, each) is not None]


def test_so_many_messages_are_taken_in_a_window_and_no_more() -> None:
    """The first messages of a window are taken, all later ones are not until it is over."""
    rate_limit = RateLimit(Pace(3, 60.0), Clock())
    ids = [snowflake(second) for second in (0, 1, 2, 3, 59, 60, 61)]
    assert refused(rate_limit, ANN, ids) == ids[3:5]


def test_each_person_is_counted_alone() -> None:
    """What one person sends takes nothing from another."""
    rate_limit = RateLimit(Pace(1, 60.0), Clock())
    assert refused(rate_limit, ANN, [snowflake(0), snowflake(1)]) == [snowflake(1)]
    assert refused(rate_limit, BEN, [snowflake(2)]) == []


def test_each_kind_of_act_is_counted_alone() -> None:
    """Commands and clicks take nothing from what a person may write, nor from each other."""
    rate_limit = RateLimit(Pace(1, 60.0), Clock())
    assert [rate_limit.take(act, ANN, snowflake(0)) for act in Act] == [None, None, None]
    assert all(rate_limit.take(act, ANN, snowflake(1)) for act in Act)


def test_the_end_of_the_window_is_named_and_only_the_first_refusal_is_news() -> None:
    """The first message past the bound is to be told of, with the window's end on Discord's clock.

    In the next window it is news again.
    """
    rate_limit = RateLimit(Pace(1, 60.0), Clock())
    rate_limit.take(Act.MESSAGE, ANN, snowflake(0))
    told = [rate_limit.take(Act.MESSAGE, ANN, snowflake(second)) for second in (1, 2)]
    assert [(it.until_s, it.is_first) for it in told if it is not None] == [
        (NOON.timestamp() + 60.0, True),
        (NOON.timestamp() + 60.0, False),
    ]
    rate_limit.take(Act.MESSAGE, ANN, snowflake(60))
    again = rate_limit.take(Act.MESSAGE, ANN, snowflake(61))
    assert again is not None
    assert again.is_first


def test_who_could_not_be_told_is_told_of_the_next_message() -> None:
    """A refusal that reached nobody leaves the next one to be told, in the same window only."""
    rate_limit = RateLimit(Pace(1, 60.0), Clock())
    refusals = [rate_limit.take(Act.MESSAGE, ANN, snowflake(second)) for second in (0, 1)]
    assert refusals[1] is not None
    rate_limit.not_told(Act.MESSAGE, ANN, refusals[1].until_s)
    again = [rate_limit.take(Act.MESSAGE, ANN, snowflake(second)) for second in (2, 3, 60, 61)]
    rate_limit.not_told(Act.MESSAGE, ANN, refusals[1].until_s)
    again.append(rate_limit.take(Act.MESSAGE, ANN, snowflake(62)))
    assert [it and it.is_first for it in again] == [True, False, None, True, False]


def test_a_message_that_comes_again_is_counted_once() -> None:
    """A repeated event gets the same verdict, and takes nothing from those after it."""
    rate_limit = RateLimit(Pace(2, 60.0), Clock())
    ids = [snowflake(0), snowflake(0), snowflake(1), snowflake(2), snowflake(0), snowflake(2)]
    assert refused(rate_limit, ANN, ids) == [snowflake(2), snowflake(2)]


def test_what_is_read_late_counts_when_it_was_sent() -> None:
    """Messages of a whole day, all read in one instant, are no flood."""
    rate_limit = RateLimit(Pace(2, 60.0), Clock())
    ids = [snowflake(hour * 3600) for hour in range(24)]
    assert refused(rate_limit, ANN, ids) == []


def test_no_bound_is_no_bound() -> None:
    """With 0 messages nothing is counted and nobody is remembered."""
    rate_limit = RateLimit(Pace(0, 60.0), Clock())
    assert refused(rate_limit, ANN, [snowflake(0, number) for number in range(1000)]) == []
    assert len(rate_limit) == 0


def test_people_who_fell_silent_are_forgotten() -> None:
    """However many people come, only those of the last window are remembered."""
    clock = Clock()
    rate_limit = RateLimit(Pace(3, 60.0), clock)
    for person_id in range(10_000):
        clock.now_s = float(person_id)
        rate_limit.take(Act.MESSAGE, person_id, snowflake(person_id))
        assert len(rate_limit) <= 60


def test_of_a_flood_no_more_than_the_bound_is_remembered() -> None:
    """Messages that are not taken cost no memory."""
    rate_limit = RateLimit(Pace(3, 60.0), Clock())
    refused(rate_limit, ANN, [snowflake(0, number) for number in range(10_000)])
    assert len(rate_limit) == 1
    assert (
        len(refused(rate_limit, ANN, [snowflake(0, number) for number in range(10_000)])) == 9_997
    )
