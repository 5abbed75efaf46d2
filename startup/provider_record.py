"""Which providers have lately answered nobody."""

from collections.abc import Callable
from dataclasses import dataclass

from conversation.entities import FailureReason, Outcome
from conversation.events import Finished

DEAD_AFTER = 3
"""So many answers in a row that failed on the provider's side; one may be bad luck."""
FORGOTTEN_AFTER_S = 300.0
"""After this long without a question nothing is known of a provider any more."""

_DEAD = frozenset(
    {
        FailureReason.UNREACHABLE,
        FailureReason.NO_FIRST_TOKEN,
        FailureReason.OVERLOADED,
        FailureReason.SERVER_ERROR,
        FailureReason.UNAUTHORIZED,
        FailureReason.FORBIDDEN,
        FailureReason.CAPTCHA,
    }
)
"""What says that the provider answers nobody, whatever it is asked."""


@dataclass(slots=True)
class _Failures:
    count: int
    last_at_s: float


class ProviderRecord:
    """Remembers the failures in a row of each provider.

    Args:
        clock: A steady clock, in seconds.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._failures: dict[str, _Failures] = {}

    def note(self, provider: str, end: Finished) -> None:
        """Take in how an answer ended; one that we cut off ourselves says nothing."""
        if end.outcome in {Outcome.STOPPED, Outcome.INTERRUPTED}:
            return
        if end.failure is None or end.failure.reason not in _DEAD:
            self._failures.pop(provider, None)
            return
        before = self._failures.get(provider)
        self._failures[provider] = _Failures(before.count + 1 if before else 1, self._clock())

    def is_dead(self, provider: str) -> bool:
        """Tell whether a provider is known to answer nobody."""
        known = self._failures.get(provider)
        if known is None or self._clock() - known.last_at_s > FORGOTTEN_AFTER_S:
            return False
        return known.count >= DEAD_AFTER
