"""The day that quotas are counted by: UTC's."""

from datetime import datetime, timedelta


def day_of(moment: datetime) -> tuple[datetime, datetime]:
    """Return when the day (UTC) of a moment began and when it ends."""
    began_at = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    return began_at, began_at + timedelta(days=1)
