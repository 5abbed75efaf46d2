"""Floods, in short: nobody is forgotten, and Discord has nothing to refuse."""

import sys
from dataclasses import replace

import pytest

from benchmarks.flood import Aftermath, Flood, run, table_of
from benchmarks.ledger import Fate

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="it reads /proc"),
    pytest.mark.timeout(120),
]


def _fates(after: Aftermath) -> dict[Fate, int]:
    """Return the fates that there are."""
    return {fate: count for fate, count in after.fates.items() if count}


async def test_fifty_people_at_once_in_one_channel_are_all_answered() -> None:
    """Each of 50 mentions in the same second gets its answer in its thread, without a 429."""
    after = await run(Flood("one channel", 50))
    assert _fates(after) == {Fate.ANSWERED: 50}
    assert after.violations() == []
    assert table_of([after]).row_count == 1


async def test_past_what_discord_takes_everybody_has_a_place() -> None:
    """Of more mentions than a channel may have threads each is answered, or waits in the store."""
    after = await run(Flood("raid", 50, messages=2, ends_after_s=4.0))
    assert after.fates[Fate.ANSWERED] >= 1
    assert after.fates[Fate.ANSWERED] + after.fates[Fate.WAITING] == 100
    assert after.violations() == []


async def test_one_person_who_floods_is_told_and_costs_a_handful_of_requests() -> None:
    """Of 200 messages of one person some are answered, all others covered by a notice."""
    flood = Flood("one person", 1, messages=200, are_mentions=False, ends_after_s=30.0)
    after = await run(flood)
    assert after.fates[Fate.ANSWERED] >= 11
    assert after.fates[Fate.ANSWERED] + after.fates[Fate.REFUSED] == 200
    assert after.requests <= 25
    assert after.violations() == []


def test_whoever_is_left_without_an_answer_or_a_notice_breaks_a_law() -> None:
    """A silent message or a 429 is a violation, an idle bot is told of; a full house is none."""
    good = Aftermath(
        flood=Flood("any", 100),
        fates=dict.fromkeys(Fate, 0) | {Fate.ANSWERED: 60, Fate.WAITING: 40},
        wrong=0,
        lasted_s=10.0,
        last_answer_s=10.0,
        requests=100,
        refusals=0,
        cpu_s=1.0,
        idle_memory_mib=100.0,
        peak_memory_mib=110.0,
        loop_delay_ms={},
        complaints=[],
    )
    assert good.violations() == []
    for fates in (
        {Fate.ANSWERED: 99, Fate.SILENT: 1},
        {Fate.ANSWERED: 99, Fate.FAILED: 1},
    ):
        bad = replace(good, fates=dict.fromkeys(Fate, 0) | fates)
        assert len(bad.violations()) == 1
    idle = replace(good, fates=dict.fromkeys(Fate, 0) | {Fate.ANSWERED: 40, Fate.WAITING: 60})
    assert (idle.violations(), len(idle.idleness())) == ([], 1)
    assert good.idleness() == []
    assert len(replace(good, refusals=1).violations()) == 1
    assert len(replace(good, wrong=1).violations()) == 1
