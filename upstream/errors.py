"""How a question to an upstream service can end badly, inside this package.

::

    UpstreamError           the answer ended otherwise than well; becomes a `Finished`
    └── ThreadLostError     the service does not go on from the remembered parent

None of them leaves a provider: its generator turns them into its last event.
"""

from conversation.entities import Failure, FailureReason, Outcome


class UpstreamError(Exception):
    """The answer ended otherwise than well.

    Its text is the reason alone, for libraries log exceptions.

    Attributes:
        failure: Why.
        outcome: `failed`, or `truncated` where the text that came stands as far as it goes.
        may_retry: Whether a second try may succeed, provided that nothing came yet.
    """

    def __init__(
        self,
        failure: Failure,
        *,
        outcome: Outcome = Outcome.FAILED,
        may_retry: bool = False,
    ) -> None:
        super().__init__(failure.reason.value)
        self.failure = failure
        self.outcome = outcome
        self.may_retry = may_retry


class ThreadLostError(UpstreamError):
    """The thread is unknown, expired or not ours: it can only be begun anew."""


def garbage(detail: str) -> UpstreamError:
    """Make the error for what could not be understood; `detail` must quote nothing that came."""
    return UpstreamError(Failure(FailureReason.GARBAGE, detail=detail))
