"""What the Playground means when it refuses a message before it answers (protocol, section 3)."""

from conversation.entities import FailureReason
from upstream.errors import ThreadLostError, UpstreamError
from upstream.wire.decoders.json_objects import as_object, objects, parse, string
from upstream.wire.status_errors import refusal

_LOST = (
    "invalid root",
    "Parent and child must have different roles",
    "Visibility must be identical",
)


def playground_refusal(
    status: int, body: bytes, *, retry_after_s: float | None, had_parent: bool
) -> UpstreamError:
    """Make the error for an answer that is no stream.

    With a parent, what speaks against the thread is a `ThreadLostError`. A 403 that is not JSON
    is a proxy's, which refuses this address whatever is asked.
    """
    said = _sentences(body)
    if had_parent and _is_lost(status, said):
        failure = refusal(status, detail="the thread is lost").failure
        return ThreadLostError(failure)
    reason = next((found for found in map(_reason, said) if found), None)
    return refusal(status, reason=reason, retry_after_s=retry_after_s)


def _sentences(body: bytes) -> tuple[str, ...]:
    """Give the sentences that say why; empty for a body that is not the server's JSON.

    The message of a validation error quotes the request, and with it a person's text, which might
    say anything: where there are validation errors, they alone count.
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
