"""What is needed of the store to know since when something may have been missed."""

from datetime import datetime
from typing import Protocol


class HeardStore(Protocol):
    """Until when everything was heard; see `InboundQueue` for what holds for each method."""

    async def record_heard(self, until: datetime) -> None:
        """Record that everything said until then was heard."""
        ...

    async def heard_until(self) -> datetime | None:
        """Return what was recorded last; None if nothing ever was."""
        ...
