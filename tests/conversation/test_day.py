"""The day that quotas are counted by."""

from datetime import UTC, datetime

from conversation.day import day_of


def test_a_day_begins_and_ends_at_midnight_in_utc() -> None:
    """A day begins and ends at midnight UTC, whatever the hour."""
    night = datetime(2031, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)
    began_at, ends_at = day_of(night)
    assert began_at == datetime(2031, 12, 31, tzinfo=UTC)
    assert ends_at == datetime(2032, 1, 1, tzinfo=UTC)
    assert day_of(ends_at)[0] == ends_at
