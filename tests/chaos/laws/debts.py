"""Laws about what is owed when all is quiet, and about Discord's limits."""

from collections.abc import Iterator
from http import HTTPStatus
from typing import Any, cast

from sandbox.rest.requests import RecordedRequest
from tests.chaos.laws.violation import Violation, broken
from tests.chaos.record import Record

INJECTED_RETRY_AFTER_S = 0.219
"""What a storm of 429 on purpose says: no window of the sandbox is over after just that."""
_WINDOW_S = 5.0
"""The longest window that a life cannot know of which the one before it has used up."""


def nothing_is_owed(record: Record) -> Iterator[Violation]:
    """Every reply shows the revision that is wanted, and every notice was posted or refused."""
    for reply in record.stored.replies.values():
        if reply.shown_rev != reply.wanted_rev:
            words = f"reply {reply.id} shows {reply.shown_rev}, wanted is {reply.wanted_rev}"
            yield broken(words, reply.channel_id)
    for notice in record.stored.notices:
        if not notice.is_ended:
            yield broken(f"notice {notice.key} was not posted", notice.channel_id)


def limits_are_kept(record: Record) -> Iterator[Violation]:
    """Discord answers no request with a 429, but on purpose, or for what an earlier life did."""
    known: set[tuple[int, str]] = set()
    for request in record.requests:
        number = _life_of(record, request)
        bucket = "global" if _is_global(request) else f"{request.method} {_major(request)}"
        if request.status == HTTPStatus.TOO_MANY_REQUESTS and not _is_injected(request):
            is_inherited = request.time_s < _ended_s(record, number - 1) + _WINDOW_S
            if not is_inherited or (number, bucket) in known:
                words = f"{request.method} {request.path} was one too many ({bucket})"
                yield broken(words, int(_major(request) or 0))
        if request.status is not None:
            known.add((number, bucket))


def _life_of(record: Record, request: RecordedRequest) -> int:
    began = (number for number, life in enumerate(record.lives) if life.began_s <= request.time_s)
    return max(began, default=0)


def _ended_s(record: Record, number: int) -> float:
    """Return when a life ended; long ago where there was none."""
    return record.lives[number].ended_s if number >= 0 else float("-inf")


def _answer_of(request: RecordedRequest) -> dict[str, Any]:
    answer: Any = request.answer
    return cast("dict[str, Any]", answer) if isinstance(answer, dict) else {}


def _is_global(request: RecordedRequest) -> bool:
    return bool(_answer_of(request).get("global"))


def _is_injected(request: RecordedRequest) -> bool:
    return _answer_of(request).get("retry_after") == INJECTED_RETRY_AFTER_S


def _major(request: RecordedRequest) -> str:
    """Return the channel of a request; empty where it has none."""
    pieces = request.path.split("/")
    return pieces[2] if len(pieces) > 2 and pieces[1] == "channels" else ""
