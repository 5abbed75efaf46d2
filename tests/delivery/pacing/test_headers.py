"""Reading routes off paths, and limits off headers."""

import pytest

from delivery.pacing.headers import answer_of, route_of
from delivery.pacing.policy import Answer, Call

_API = "/api/v10"


@pytest.mark.parametrize(
    ("method", "path", "route"),
    [
        ("POST", "/channels/12/messages", (Call.POST, 12)),
        ("PATCH", "/channels/12/messages/34", (Call.EDIT, 12)),
        ("POST", "/channels/12/typing", (Call.TYPING, 12)),
        ("POST", "/channels/12/threads", (Call.THREAD, 12)),
        ("POST", "/channels/12/messages/34/threads", (Call.THREAD, 12)),
        ("DELETE", "/channels/12/messages/34", (Call.OTHER, 12)),
        ("GET", "/channels/12/messages/34", (Call.READ, 12)),
        ("GET", "/channels/12/messages", (Call.READ, 12)),
        ("PUT", "/channels/12/messages/34/reactions/x/@me", (Call.OTHER, 12)),
        ("PATCH", "/channels/12", (Call.OTHER, 12)),
        ("GET", "/users/@me", (Call.OTHER, 0)),
        ("PUT", "/applications/1/commands", (Call.OTHER, 0)),
    ],
)
def test_a_request_has_a_kind_and_a_channel(
    method: str, path: str, route: tuple[Call, int]
) -> None:
    """Each kind of request in each channel counts by itself."""
    assert route_of(method, _API + path) == route


@pytest.mark.parametrize(
    "path", ["/interactions/1/token/callback", "/webhooks/1/token", "/webhooks/1/token/messages/2"]
)
def test_interactions_do_not_count(path: str) -> None:
    """Interaction endpoints are outside of the global limit."""
    assert route_of("POST", _API + path) is None


@pytest.mark.parametrize("path", ["/", ""])
def test_the_gateway_does_not_count(path: str) -> None:
    """The gateway's WebSocket is no request of the interface."""
    assert route_of("GET", path) is None


def test_headers_are_read() -> None:
    """An answer says how its bucket stands."""
    headers = {
        "X-RateLimit-Limit": "5",
        "X-RateLimit-Remaining": "0",
        "X-RateLimit-Reset-After": "1.25",
        "X-RateLimit-Bucket": "abc",
        "X-RateLimit-Scope": "shared",
        "X-RateLimit-Global": "true",
        "Retry-After": "2",
    }
    assert answer_of(429, headers) == Answer(429, 5, 0, 1.25, "abc", "shared", 2.0, is_global=True)


@pytest.mark.parametrize("value", ["", "soon", "nan", "inf", "1e999"])
def test_odd_headers_are_as_good_as_none(value: str) -> None:
    """Headers that are missing or odd say nothing."""
    headers = {"X-RateLimit-Limit": value, "X-RateLimit-Reset-After": value, "Retry-After": value}
    assert answer_of(200, headers) == Answer(200)
