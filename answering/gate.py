"""What an answer waits for before it begins: that all that was said before it has been heard."""

from collections.abc import Sequence
from typing import Protocol

from answering.remarks import Absence
from conversation.entities import Inbound, Spot


class Gate(Absence, Protocol):
    """Knows what may have been missed; see `cogs.gateway`."""

    async def until_read(self, channel_id: int) -> None:
        """Wait until what was said in a place while nobody listened has been read."""
        ...

    def lose_track(self, spot: Spot | None = None) -> None:
        """Record that something could not be stored, and so was not heard: it is read again.

        Args:
            spot: The message that was not heard; None for a change of what was.
        """
        ...


class Recheck(Protocol):
    """Learns what became of messages while nobody listened; see `cogs.gateway.recheck`."""

    async def bring_up_to_date(self, inbounds: Sequence[Inbound]) -> bool:
        """Read messages again, and store what became of them: edits and deletions.

        Returns whether one of them is not there any more.

        Raises:
            StoreError: What became of them could not be stored.
        """
        ...
