"""Retries until the first token, and exactly one `Finished` at the end of every answer."""

import logging
import unicodedata
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import replace

import stamina

from conversation.entities import Failure, FailureReason, Outcome
from conversation.events import Finished, StreamEvent, TextDelta
from upstream.errors import UpstreamError
from upstream.wire.deadlines import Limits

log = logging.getLogger(__name__)

Events = AsyncGenerator[StreamEvent, None]
"""What an attempt yields: deltas and a `Finished`, or an `UpstreamError` where it breaks off."""


async def with_retries(attempt: Callable[[], Events], limits: Limits) -> Events:
    """Yield the events of the first attempt from which anything came, to its one `Finished`.

    A clean end without a visible character becomes `EMPTY`.
    """
    try:
        event, rest = await _begun(attempt, limits)
    except UpstreamError as error:
        yield _ended(error)
        return
    is_visible = False
    async with aclosing(rest):
        while not isinstance(event, Finished):
            is_visible = is_visible or (isinstance(event, TextDelta) and _is_visible(event.text))
            yield event
            try:
                event = await anext(rest)
            except UpstreamError as error:
                event = _ended(error)
    yield _judged(event, is_visible=is_visible)


async def _begun(attempt: Callable[[], Events], limits: Limits) -> tuple[StreamEvent, Events]:
    """Retry until something comes, an end included.

    Raises:
        UpstreamError: The last attempt's.
    """
    async for try_ in stamina.retry_context(
        on=lambda error: _wait_before_retry(error, limits),
        attempts=max(1, limits.attempts),
        timeout=None,
        wait_initial=limits.backoff_s,
        wait_max=limits.backoff_max_s,
        wait_jitter=limits.backoff_s,
    ):
        with try_:
            events = attempt()
            try:
                return await anext(events), events
            except UpstreamError as error:
                log.debug("attempt %d: %s %s", try_.num, error, error.failure.detail)
                raise
    raise AssertionError("stamina raises the last attempt's error")


def _wait_before_retry(error: Exception, limits: Limits) -> bool | float:
    """Return whether to try again: with the usual backoff (true), or after so many seconds."""
    if not isinstance(error, UpstreamError) or not error.may_retry:
        return False
    asked_s = error.failure.retry_after_s
    if asked_s is None:
        return True
    return max(asked_s, limits.backoff_s) if asked_s <= limits.retry_after_max_s else False


def _judged(end: Finished, *, is_visible: bool) -> Finished:
    """Return the end, as a failure where it is clean but nothing of the answer is visible."""
    if end.text is not None:
        is_visible = _is_visible(end.text)
    if is_visible or end.outcome is not Outcome.COMPLETE:
        return end
    return replace(end, outcome=Outcome.FAILED, failure=Failure(FailureReason.EMPTY), resume=None)


def _ended(error: UpstreamError) -> Finished:
    log.debug("the answer ended: %s %s", error, error.failure.detail)
    return Finished(error.outcome, error.failure)


def _is_visible(text: str) -> bool:
    """Return whether a text has more than white space, controls and joiners."""
    return any(
        not letter.isspace() and unicodedata.category(letter) not in {"Cc", "Cf"} for letter in text
    )
