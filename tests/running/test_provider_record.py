"""When a provider is known to answer nobody."""

import pytest

from conversation.entities import Failure, FailureReason, Outcome
from conversation.events import Finished
from startup.provider_record import DEAD_AFTER, FORGOTTEN_AFTER_S, ProviderRecord

_DOWN = Finished(Outcome.FAILED, Failure(FailureReason.UNREACHABLE))


class _Clock:
    time_s = 1000.0

    def now(self) -> float:
        return self.time_s


def _failed(clock: _Clock, times: int) -> ProviderRecord:
    record = ProviderRecord(clock.now)
    for _ in range(times):
        record.note("a", _DOWN)
    return record


def test_failures_in_a_row_are_death() -> None:
    """So many failures in a row and no fewer are death, of that provider alone."""
    assert not _failed(_Clock(), DEAD_AFTER - 1).is_dead("a")
    record = _failed(_Clock(), DEAD_AFTER)
    assert record.is_dead("a")
    assert not record.is_dead("b")


@pytest.mark.parametrize(
    "end",
    [
        Finished(Outcome.COMPLETE),
        Finished(Outcome.TRUNCATED, Failure(FailureReason.LENGTH)),
        Finished(Outcome.FAILED, Failure(FailureReason.TOO_LONG)),
        Finished(Outcome.FAILED, Failure(FailureReason.STALLED)),
    ],
    ids=["complete", "length", "too long", "stalled"],
)
def test_any_answer_is_life(end: Finished) -> None:
    """What only a service that is there can say begins the count anew."""
    record = _failed(_Clock(), DEAD_AFTER)
    record.note("a", end)
    assert not record.is_dead("a")
    record.note("a", _DOWN)
    assert not record.is_dead("a")


@pytest.mark.parametrize("outcome", [Outcome.STOPPED, Outcome.INTERRUPTED])
def test_what_we_cut_off_says_nothing(outcome: Outcome) -> None:
    """An answer that a person stopped, or that our end interrupted, changes nothing."""
    record = _failed(_Clock(), DEAD_AFTER)
    record.note("a", Finished(outcome))
    assert record.is_dead("a")


def test_death_is_forgotten() -> None:
    """Long after the last question nothing is known of a provider."""
    clock = _Clock()
    record = _failed(clock, DEAD_AFTER)
    clock.time_s += FORGOTTEN_AFTER_S
    assert record.is_dead("a")
    clock.time_s += 1
    assert not record.is_dead("a")
