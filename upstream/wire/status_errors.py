"""Errors by HTTP status, for responses whose body says no more."""

import re

from conversation.entities import Failure, FailureReason
from upstream.errors import UpstreamError

_REASONS = {
    401: FailureReason.UNAUTHORIZED,
    402: FailureReason.UNAUTHORIZED,
    403: FailureReason.FORBIDDEN,
    413: FailureReason.TOO_LONG,
    429: FailureReason.RATE_LIMITED,
    503: FailureReason.OVERLOADED,
    529: FailureReason.OVERLOADED,
}
_WORTH_A_RETRY = frozenset(
    {FailureReason.RATE_LIMITED, FailureReason.OVERLOADED, FailureReason.SERVER_ERROR}
)
_CODE = re.compile(r"[A-Za-z][A-Za-z0-9_. -]{0,47}")


def status_error(
    status: int,
    *,
    reason: FailureReason | None = None,
    retry_after_s: float | None = None,
    detail: str = "",
) -> UpstreamError:
    """Return the error for a status that is no success; a `reason` from the body goes first.

    Some services send 529 instead of 503.
    """
    by_status = FailureReason.SERVER_ERROR if status >= 500 else FailureReason.INVALID
    said = reason or _REASONS.get(status, by_status)
    return UpstreamError(
        Failure(said, status=status, retry_after_s=retry_after_s, detail=detail),
        may_retry=said in _WORTH_A_RETRY,
    )


def loggable_code(value: object) -> str:
    """Return a code if it is fit for a log, else nothing: it may be somebody's text.

    Example: `context_length_exceeded`, `model overloaded`.
    """
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value if isinstance(value, str) and _CODE.fullmatch(value) else ""
