"""When a model is known to answer nobody, and how that is found out again."""

import pytest

from conversation.asking.breaker import FORGOTTEN_AFTER_S, LONGEST_PAUSE, OPENS_AFTER, Breaker
from conversation.entities import Failure, FailureReason, Outcome
from conversation.events import Finished

PAUSE_S = 30.0
MODEL, SIBLING, OTHER = "a/big", "a/small", "b/big"
GONE = Failure(FailureReason.UNREACHABLE)
OVERLOADED = Failure(FailureReason.OVERLOADED)


class _Clock:
    time_s = 1000.0

    def now(self) -> float:
        return self.time_s


class _Stage:
    """A breaker and its clock."""

    def __init__(self) -> None:
        self.clock = _Clock()
        self.breaker = Breaker(self.clock.now, PAUSE_S)

    def fail(self, failure: Failure = GONE, *, times: int = OPENS_AFTER) -> None:
        """Record so many failed questions."""
        for _ in range(times):
            assert self.breaker.admit(MODEL) is None
            self.breaker.record_end(MODEL, Finished(Outcome.FAILED, failure))

    def probe(self, end: Finished) -> None:
        """Wait for the pause to end, and let the next question end so."""
        while self.breaker.known_failure(MODEL) is not None:
            self.clock.time_s += 1
        assert self.breaker.admit(MODEL) is None
        self.breaker.record_end(MODEL, end)

    def pause_s(self) -> float:
        """Return how long the model is not asked from now on, to the second."""
        began_s = self.clock.time_s
        while self.breaker.known_failure(MODEL) is not None:
            self.clock.time_s += 1
        return self.clock.time_s - began_s


@pytest.fixture
def stage() -> _Stage:
    """Return a breaker that has recorded nothing."""
    return _Stage()


def test_failures_in_a_row_open_it(stage: _Stage) -> None:
    """So many failures in a row and no fewer, and nobody is asked for a while."""
    stage.fail(times=OPENS_AFTER - 1)
    assert stage.breaker.known_failure(MODEL) is None
    stage.fail(times=1)
    assert stage.breaker.known_failure(MODEL) == GONE
    assert stage.breaker.admit(MODEL) == GONE


def test_a_service_that_is_gone_is_gone_for_all_its_models(stage: _Stage) -> None:
    """What concerns the provider holds for each of its models, and for no other provider's."""
    stage.fail(GONE)
    assert stage.breaker.known_failure(SIBLING) == GONE
    assert stage.breaker.known_failure(OTHER) is None


def test_a_model_that_fails_leaves_its_siblings_alone(stage: _Stage) -> None:
    """A model that is overloaded may be replaced by another one of the same service."""
    stage.fail(OVERLOADED)
    assert stage.breaker.known_failure(MODEL) == OVERLOADED
    assert stage.breaker.admit(SIBLING) is None
    stage.breaker.record_token(SIBLING)
    assert stage.breaker.known_failure(MODEL) == OVERLOADED


@pytest.mark.parametrize(
    "end",
    [
        Finished(Outcome.COMPLETE),
        Finished(Outcome.TRUNCATED, Failure(FailureReason.LENGTH)),
        *(
            Finished(Outcome.FAILED, Failure(reason))
            for reason in (
                FailureReason.TOO_LONG,
                FailureReason.UNSAFE,
                FailureReason.INVALID,
                FailureReason.UNKNOWN_MODEL,
                FailureReason.STALLED,
            )
        ),
    ],
    ids=["complete", "length", "too long", "unsafe", "invalid", "unknown", "stalled"],
)
def test_any_answer_is_life(stage: _Stage, end: Finished) -> None:
    """What only a service that is there can say begins the count anew."""
    stage.fail(times=OPENS_AFTER - 1)
    stage.breaker.record_end(MODEL, end)
    stage.fail(times=OPENS_AFTER - 1)
    assert stage.breaker.known_failure(MODEL) is None


def test_the_first_words_are_life(stage: _Stage) -> None:
    """Nobody waits for the end of a long answer to ask again."""
    stage.fail()
    stage.breaker.record_token(MODEL)
    assert stage.breaker.known_failure(MODEL) is None


@pytest.mark.parametrize("outcome", [Outcome.STOPPED, Outcome.INTERRUPTED])
def test_what_we_cut_off_says_nothing(stage: _Stage, outcome: Outcome) -> None:
    """An answer that a person stopped, or that our end interrupted, changes no count."""
    stage.fail(times=OPENS_AFTER - 1)
    stage.breaker.record_end(MODEL, Finished(outcome))
    stage.fail(times=1)
    assert stage.breaker.known_failure(MODEL) == GONE


def test_after_the_pause_one_question_is_let_through(stage: _Stage) -> None:
    """While it is under way all others are told what is known."""
    stage.fail()
    stage.clock.time_s += PAUSE_S
    assert stage.breaker.admit(MODEL) is None
    assert stage.breaker.admit(MODEL) == GONE
    assert stage.breaker.known_failure(SIBLING) == GONE
    stage.breaker.record_end(MODEL, Finished(Outcome.COMPLETE))
    assert stage.breaker.admit(MODEL) is None
    assert stage.breaker.admit(MODEL) is None


@pytest.mark.parametrize("failure", [GONE, OVERLOADED], ids=["provider", "model"])
@pytest.mark.parametrize("probed", [GONE, OVERLOADED], ids=["as provider", "as model"])
def test_a_probe_that_fails_makes_the_pause_longer(
    stage: _Stage, failure: Failure, probed: Failure
) -> None:
    """The pause doubles up to a bound, whatever the probe failed of; a success forgets it."""
    stage.fail(failure)
    pauses = [stage.pause_s()]
    for _ in range(6):
        stage.probe(Finished(Outcome.FAILED, probed))
        pauses.append(stage.pause_s())
    assert pauses == [min(PAUSE_S * 2**count, PAUSE_S * LONGEST_PAUSE) for count in range(7)]
    stage.probe(Finished(Outcome.COMPLETE))
    stage.fail(failure)
    assert stage.pause_s() == PAUSE_S


def test_a_probe_that_is_cut_off_leaves_room_for_the_next(stage: _Stage) -> None:
    """A stopped probe has told nothing: the next question is let through instead."""
    stage.fail()
    stage.probe(Finished(Outcome.STOPPED))
    assert stage.breaker.admit(MODEL) is None


def test_what_was_asked_before_does_not_lengthen_the_pause(stage: _Stage) -> None:
    """Of a hundred answers that fail together the first few say all."""
    for _ in range(100):
        assert stage.breaker.admit(MODEL) is None
    for _ in range(100):
        stage.breaker.record_end(MODEL, Finished(Outcome.FAILED, GONE))
    assert stage.pause_s() == PAUSE_S


def test_old_failures_are_forgotten(stage: _Stage) -> None:
    """Failures that are hours apart are no failures in a row."""
    stage.fail(times=OPENS_AFTER - 1)
    stage.clock.time_s += FORGOTTEN_AFTER_S + 1
    stage.fail(times=1)
    assert stage.breaker.known_failure(MODEL) is None
