"""What is read of a response's headers."""

import pytest

from upstream.wire.transport import read_retry_after_s


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("7", 7.0),
        ("0.5", 0.5),
        ("Sun, 01 Mar 2026 12:00:30 GMT", 30.0),
        ("Sun, 01 Mar 2026 11:00:00 GMT", 0.0),
        ("", None),
        ("soon", None),
        ("-3", None),
        ("9" * 400, 604_800.0),
        ("1e9999", None),
        ("²", None),
    ],
)
def test_retry_after(value: str, seconds: float | None) -> None:
    """`Retry-After` is read as seconds or as a date, and nonsense as absence."""
    headers = {"Retry-After": value, "Date": "Sun, 01 Mar 2026 12:00:00 GMT"}
    assert read_retry_after_s(headers) == seconds
