"""Reads Discord's rate-limit facts off a request's path and an answer's headers (pure).

Source: Discord's documentation, "Rate Limits".
"""

import math
import re
from collections.abc import Mapping

from delivery.pacing.policy import Answer, Call

_CHANNEL = re.compile(r"/channels/(?P<id>\d+)(?P<rest>/.*)?$")
_THREADS = re.compile(r"(/messages/\d+)?/threads$")
_EDIT = re.compile(r"/messages/\d+$")
_READ = re.compile(r"/messages(/\d+)?$")
_OUTSIDE = re.compile(r"/(interactions|webhooks)/|^/?(gateway)?$")


def route_of(method: str, path: str) -> tuple[Call, int] | None:
    """Tell a request's kind and channel; channel 0 for routes that have none.

    None for what does not count against the limits we keep: interaction endpoints, which are
    outside of the global limit, and the gateway's WebSocket.
    """
    if _OUTSIDE.search(path):
        return None
    match = _CHANNEL.search(path)
    if match is None:
        return Call.OTHER, 0
    channel_id, rest = int(match["id"]), match["rest"] or ""
    if method == "POST" and rest == "/messages":
        return Call.POST, channel_id
    if method == "PATCH" and _EDIT.fullmatch(rest):
        return Call.EDIT, channel_id
    if method == "GET" and _READ.fullmatch(rest):
        return Call.READ, channel_id
    if method == "POST" and rest == "/typing":
        return Call.TYPING, channel_id
    if method == "POST" and _THREADS.fullmatch(rest):
        return Call.THREAD, channel_id
    return Call.OTHER, channel_id


def answer_of(status: int, headers: Mapping[str, str]) -> Answer:
    """Read what an answer says about limits; headers that are missing or odd are None."""
    return Answer(
        status=status,
        limit=_whole(headers.get("X-RateLimit-Limit")),
        remaining=_whole(headers.get("X-RateLimit-Remaining")),
        reset_after_s=_number(headers.get("X-RateLimit-Reset-After")),
        bucket=headers.get("X-RateLimit-Bucket"),
        scope=headers.get("X-RateLimit-Scope"),
        retry_after_s=_number(headers.get("Retry-After")),
        is_global="X-RateLimit-Global" in headers,
    )


def _number(value: str | None) -> float | None:
    try:
        number = None if value is None else float(value)
    except ValueError:
        return None
    return number if number is None or math.isfinite(number) else None


def _whole(value: str | None) -> int | None:
    number = _number(value)
    return None if number is None else int(number)
