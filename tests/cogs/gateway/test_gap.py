"""Until when everything was heard, and what waits until the rest has been read."""

import asyncio
from collections.abc import Coroutine
from datetime import timedelta

import pytest

from cogs.gateway.gap import Gap
from conversation.entities import Spot
from tests.storage.opened import MORNING, Clock

HERE, THERE = 1, 2


@pytest.fixture
def clock() -> Clock:
    """A clock that a test moves."""
    return Clock()


@pytest.fixture
def gap(clock: Clock) -> Gap:
    """A gap of which nothing is known so far."""
    return Gap(clock.now)


async def _begun(work: Coroutine[None, None, None]) -> asyncio.Task[None]:
    """Begin to wait for something, as far as that goes by itself."""
    task = asyncio.create_task(work)
    await asyncio.sleep(0)
    return task


async def _is_over(task: asyncio.Task[None]) -> bool:
    """Return whether somebody waits no longer, once all has run that can."""
    for _ in range(5):
        await asyncio.sleep(0)
    return task.done()


def _caught_up(gap: Gap) -> None:
    gap.connected()
    gap.chart(())
    gap.caught_up(gap.number)


async def test_before_the_first_session_nothing_begins(gap: Gap) -> None:
    """Until it is known what is to be read, every place waits."""
    waiting = await _begun(gap.until_read(HERE))
    assert not await _is_over(waiting)
    gap.connected()
    assert not await _is_over(waiting)
    gap.chart(())
    await asyncio.wait_for(waiting, 1)


async def test_a_place_waits_for_itself_alone(gap: Gap) -> None:
    """What is to be read elsewhere holds up nobody here."""
    gap.connected()
    gap.chart((HERE, THERE))
    here, there = await _begun(gap.until_read(HERE)), await _begun(gap.until_read(THERE))
    gap.has_read(HERE)
    await asyncio.wait_for(here, 1)
    assert not await _is_over(there)
    gap.has_read(THERE)
    await asyncio.wait_for(there, 1)


async def test_a_place_that_is_not_to_be_read_waits_for_nothing(gap: Gap) -> None:
    """Where nothing was missed an answer begins at once."""
    gap.connected()
    gap.chart((THERE,))
    await asyncio.wait_for(gap.until_read(HERE), 1)


async def test_places_that_are_charted_anew_lose_nobody_who_waits(gap: Gap) -> None:
    """Where a place is to be read in a second attempt, who waited in the first goes on after it."""
    gap.connected()
    gap.chart((HERE,))
    waiting = await _begun(gap.until_read(HERE))
    gap.chart((HERE,))
    assert not await _is_over(waiting)
    gap.has_read(HERE)
    await asyncio.wait_for(waiting, 1)


async def test_who_waits_when_another_gap_opens_waits_for_that_one(gap: Gap) -> None:
    """A session that is lost while places are read leaves nobody behind, nor begins early."""
    gap.connected()
    gap.chart((HERE,))
    waiting = await _begun(gap.until_read(HERE))
    gap.connected()
    assert not await _is_over(waiting)
    gap.chart((HERE,))
    assert not await _is_over(waiting)
    gap.has_read(HERE)
    await asyncio.wait_for(waiting, 1)


async def test_what_the_store_did_not_take_is_read_again(gap: Gap) -> None:
    """A message that could not be stored opens a gap, in which every place waits again."""
    _caught_up(gap)
    gap.lose_track()
    assert gap.is_behind
    await asyncio.wait_for(gap.until_open(), 1)
    assert not await _is_over(await _begun(gap.until_read(HERE)))


async def test_where_something_was_not_heard_is_known_until_it_was_read(gap: Gap) -> None:
    """The first message of each place is remembered: the store may not know the place."""
    _caught_up(gap)
    for channel_id, message_id in ((HERE, 5), (HERE, 6), (THERE, 7)):
        gap.lose_track(Spot(channel_id, None, message_id))
    assert gap.unheard == {HERE: 5, THERE: 7}
    gap.caught_up(gap.number - 1)
    assert gap.unheard == {HERE: 5, THERE: 7}
    gap.caught_up(gap.number)
    assert gap.unheard == {}


async def test_while_nothing_is_missing_nobody_reads(gap: Gap) -> None:
    """Who reads what was missed waits until something may have been."""
    _caught_up(gap)
    assert not gap.is_behind
    waiting = await _begun(gap.until_open())
    assert not await _is_over(waiting)
    gap.connected()
    await asyncio.wait_for(waiting, 1)


async def test_a_gap_that_opens_while_another_is_read_stays_open(gap: Gap) -> None:
    """What was read of the former says nothing of the later one."""
    gap.connected()
    number = gap.number
    gap.connected()
    gap.caught_up(number)
    assert gap.is_behind
    gap.caught_up(gap.number)
    assert not gap.is_behind


def test_heard_is_until_now_only_while_somebody_listens(gap: Gap, clock: Clock) -> None:
    """From a disconnection on nothing counts as heard, until the session goes on."""
    _caught_up(gap)
    assert gap.listened_until() == MORNING
    gap.disconnected()
    clock.advance(minutes=5)
    assert gap.listened_until() == MORNING
    gap.resumed()
    assert gap.listened_until() == MORNING + timedelta(minutes=5)


def test_nothing_counts_as_heard_while_something_is_to_be_read(gap: Gap, clock: Clock) -> None:
    """A process that ends before it has read what was missed leaves it to the next one."""
    gap.until = MORNING
    clock.advance(hours=1)
    gap.connected()
    assert gap.listened_until() == MORNING
    gap.caught_up(gap.number)
    assert gap.listened_until() == MORNING + timedelta(hours=1)


def test_an_absence_is_as_long_as_nothing_was_heard(gap: Gap, clock: Clock) -> None:
    """It lasts from what was heard last to the new session; before the first nothing is known."""
    gap.connected()
    assert (gap.back_at, gap.away_s) == (MORNING, 0.0)
    gap.until = MORNING
    clock.advance(minutes=7)
    gap.connected()
    assert (gap.back_at, gap.away_s) == (MORNING + timedelta(minutes=7), 420.0)


def test_an_outage_of_the_store_is_no_absence_but_makes_what_was_said_stale(
    gap: Gap, clock: Clock
) -> None:
    """What was received before the store worked again is read again, without a word about it."""
    _caught_up(gap)
    clock.advance(minutes=7)
    gap.lose_track()
    assert (gap.back_at, gap.away_s) == (MORNING + timedelta(minutes=7), 0.0)
