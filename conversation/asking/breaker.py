"""A circuit breaker: a model that keeps failing is not asked for a while (pure).

Written here because what there is (pybreaker, purgatory, aiobreaker) wraps a call that raises: an
answer is a stream whose first token proves life and whose end is a value, a half-open circuit has
to admit one question among many that run, and the pauses have to grow, by a clock of ours.
"""

from collections.abc import Callable
from dataclasses import dataclass

from conversation.entities import Failure, FailureReason, Outcome
from conversation.events import Finished

OPENS_AFTER = 3
"""So many failures in a row open a circuit; fewer may be bad luck."""
LONGEST_PAUSE = 16
"""The pause doubles with each probe that fails, up to so many times the first one."""
FORGOTTEN_AFTER_S = 3600.0
"""So long after its last failure nothing is known of a model any more."""

_OF_THE_PROVIDER = frozenset(
    {
        FailureReason.UNREACHABLE,
        FailureReason.UNAUTHORIZED,
        FailureReason.FORBIDDEN,
        FailureReason.CAPTCHA,
    }
)
"""Failures of the whole service, whatever it is asked. A refused key is tried again like the rest:
only its owner can mend it, but nothing tells us when."""

_OF_THE_MODEL = frozenset(
    {FailureReason.NO_FIRST_TOKEN, FailureReason.OVERLOADED, FailureReason.SERVER_ERROR}
)
"""Failures that may concern one model only: another one of the same service may replace it."""


@dataclass(slots=True)
class _Circuit:
    """The failures in a row of a model, or of a provider; one that succeeds has none."""

    failure: Failure
    """The last one."""
    count: int = 0
    pause_s: float = 0.0
    """0 while it is closed."""
    until_s: float = 0.0
    is_probed: bool = False
    """Whether the one question that a half-open circuit admits is under way."""
    last_at_s: float = 0.0


class Breaker:
    """Record failures in a row, and say which models, or whole providers, are not worth asking now.

    Models are named by their full names. Nothing is kept of one that answers.

    Args:
        clock: A steady clock, in seconds.
        first_pause_s: How long the first pause is.
    """

    def __init__(self, clock: Callable[[], float], first_pause_s: float = 30.0) -> None:
        self._clock = clock
        self._first_pause_s = first_pause_s
        self._circuits: dict[str, _Circuit] = {}

    def known_failure(self, model: str) -> Failure | None:
        """Return how a model would fail again; None where that is not known, or not any more."""
        now_s = self._clock()
        for circuit in self._circuits_of(model):
            if circuit.is_probed or now_s < circuit.until_s:
                return circuit.failure
        return None

    def admit(self, model: str) -> Failure | None:
        """Admit a question to a model and return None, or return how it would fail again.

        After a pause one question is admitted as a probe, and no other until the probe has said
        something or ended. The end of each admitted question has to be recorded.
        """
        known = self.known_failure(model)
        if known is None:
            for circuit in self._circuits_of(model):
                circuit.is_probed = circuit.pause_s > 0
        return known

    def record_token(self, model: str) -> None:
        """Record that a model has said something: it has no failures in a row any more."""
        for name in _names(model):
            self._circuits.pop(name, None)

    def record_end(self, model: str, end: Finished) -> None:
        """Record how an answer ended; one that was stopped or interrupted changes no count."""
        failure = end.failure
        if end.outcome in {Outcome.STOPPED, Outcome.INTERRUPTED}:
            for circuit in self._circuits_of(model):
                circuit.is_probed = False
        elif failure is not None and failure.reason in _OF_THE_PROVIDER:
            for name in _names(model):
                self._fail(name, failure)
        elif failure is not None and failure.reason in _OF_THE_MODEL:
            self._circuits.pop(_names(model)[0], None)
            self._fail(model, failure)
        else:
            self.record_token(model)

    def _circuits_of(self, model: str) -> list[_Circuit]:
        return [self._circuits[name] for name in _names(model) if name in self._circuits]

    def _fail(self, name: str, failure: Failure) -> None:
        now_s = self._clock()
        self._forget_old(now_s)
        circuit = self._circuits.setdefault(name, _Circuit(failure))
        circuit.failure, circuit.last_at_s = failure, now_s
        circuit.count += 1
        was_probed, circuit.is_probed = circuit.is_probed, False
        if circuit.pause_s and not was_probed:
            return  # it was asked before the pause began
        if circuit.count >= OPENS_AFTER:
            longest_s = LONGEST_PAUSE * self._first_pause_s
            circuit.pause_s = min(circuit.pause_s * 2 or self._first_pause_s, longest_s)
            circuit.until_s = now_s + circuit.pause_s

    def _forget_old(self, now_s: float) -> None:
        for name, circuit in list(self._circuits.items()):
            if now_s - circuit.last_at_s > FORGOTTEN_AFTER_S and now_s >= circuit.until_s:
                del self._circuits[name]


def _names(model: str) -> tuple[str, str]:
    return model.partition("/")[0], model
