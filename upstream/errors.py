"""How a question to an upstream service can end badly, inside this package.

::

    UpstreamError           the answer ended otherwise than well; becomes a `Finished`
    └── ResumeLostError     the service does not continue from the remembered answer

None of them leaves a provider: its generator turns them into its last event.
"""

from conversation.entities import Failure, FailureReason, Outcome


class UpstreamError(Exception):
    """The answer ended otherwise than well.

    Its text is the reason alone, because libraries log exceptions.

    Attributes:
        failure: Why.
        outcome: `failed`, or `truncated` where the text that came stands as far as it goes.
        may_retry: Whether a second try may succeed, provided that nothing has come yet.
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


class ResumeLostError(UpstreamError):
    """What the service remembered is gone or not ours: the conversation can only be begun anew."""


def garbage_error(detail: str) -> UpstreamError:
    """Return the error for data that cannot be understood; `detail` must quote nothing of it."""
    return UpstreamError(Failure(FailureReason.GARBAGE, detail=detail))
