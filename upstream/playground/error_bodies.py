"""Error bodies of the Playground, read into our errors (protocol, section 3)."""

from conversation.entities import FailureReason
from upstream.errors import ResumeLostError, UpstreamError
from upstream.wire.decoders.json_objects import as_object, objects, parse, string
from upstream.wire.status_errors import status_error

_LOST = (
    "invalid root",
    "Parent and child must have different roles",
    "Visibility must be identical",
)


def error_from_body(
    status: int, body: bytes, *, retry_after_s: float | None, had_parent: bool
) -> UpstreamError:
    """Return the error for a message that was refused.

    With a parent, an objection to that parent is a `ResumeLostError`. A 403 that is not JSON is a
    proxy's, which refuses this address whatever is asked.
    """
    said = _sentences(body)
    if had_parent and _is_lost(status, said):
        failure = status_error(status, detail="the resume state is lost").failure
        return ResumeLostError(failure)
    reason = next((found for found in map(_reason, said) if found), None)
    return status_error(status, reason=reason, retry_after_s=retry_after_s)


def _sentences(body: bytes) -> tuple[str, ...]:
    """Return the sentences that give the reason; none for a body that is not the service's JSON.

    The message above validation errors quotes the request, and with it a person's text, which may
    contain anything: where there are validation errors, only they are read.
    """
    try:
        value = parse(body)
    except UpstreamError:
        return ()
    error = as_object(as_object(value).get("error"))
    validation_errors = objects(error.get("validation_errors"))
    if not validation_errors:
        return (string(error.get("message")),) if error else ()
    return tuple(f"{item.get('loc')} {string(item.get('msg'))}" for item in validation_errors)


def _is_lost(status: int, said: tuple[str, ...]) -> bool:
    if status == 403:
        return bool(said) and not any(_reason(sentence) for sentence in said)
    return status in {400, 404} and any(
        any(words in sentence for words in _LOST)
        or ("Parent message" in sentence and "not found" in sentence)
        for sentence in said
    )


def _reason(sentence: str) -> FailureReason | None:
    folded = sentence.casefold()
    if "captcha" in folded:
        return FailureReason.CAPTCHA
    if "inappropriate_prompt" in folded:
        return FailureReason.UNSAFE
    if "invalid model" in folded:
        return FailureReason.UNKNOWN_MODEL
    return None
