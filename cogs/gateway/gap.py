"""Knows until when everything that was said was heard, and what is still to be read (no I/O)."""

import asyncio
from collections.abc import Iterable
from datetime import datetime

from conversation.entities import Spot
from conversation.ports.clock import Now


class Gap:
    """Follows the gateway: what was said while nobody listened has to be read before it is heard.

    What the store did not take was not heard either. Implements `answering.gate.Gate`.

    Args:
        now: The wall clock.
    """

    def __init__(self, now: Now) -> None:
        self._now = now
        self.until: datetime | None = None
        """Everything said until then was heard; None where it is not known since when we listen."""
        self.back_at: datetime | None = None
        """When we began to listen again, the last time."""
        self.away_s = 0.0
        """How long the last absence lasted, as far as is known; 0 before the first."""
        self.number = 0
        """Counts the gaps: each gateway session begins with one before it."""
        self.unheard: dict[int, int] = {}
        """Places in which something was not heard, each with the first message of that: the store
        may not know them, nor Discord list them, as with somebody's first direct message."""
        self._read_number = 0
        self._is_deaf = True
        self._is_open = asyncio.Event()
        self._is_charted = asyncio.Event()
        """It is known which places are to be read."""
        self._unread: dict[int, asyncio.Event] = {}

    @property
    def is_behind(self) -> bool:
        """Whether something may have been missed that was not read so far."""
        return self._read_number != self.number

    def connected(self) -> None:
        """Record that a new session is ready: what was said before it is not repeated."""
        self._is_deaf = False
        self.back_at = self._now()
        if self.until is not None:
            self.away_s = (self.back_at - self.until).total_seconds()
        self._open()

    def disconnected(self) -> None:
        """Record that nobody listens, until the session is resumed or a new one is ready."""
        self._is_deaf = True

    def resumed(self) -> None:
        """Record that the session goes on: Discord repeats what was missed."""
        self._is_deaf = False

    def lose_track(self, spot: Spot | None = None) -> None:
        """See `Gate.lose_track`."""
        if spot is not None and spot.answers_message_id is not None:
            self.unheard.setdefault(spot.channel_id, spot.answers_message_id)
        self.back_at = self._now()
        self._open()

    async def until_open(self) -> None:
        """Wait until something may have been missed."""
        await self._is_open.wait()

    def chart(self, channel_ids: Iterable[int]) -> None:
        """Record which places are to be read; nothing begins there before they are.

        Whoever waits by what was known before looks again.
        """
        self._release()
        self._unread = {channel_id: asyncio.Event() for channel_id in channel_ids}
        self._is_charted.set()

    def has_read(self, channel_id: int) -> None:
        """Record that a place is read, or that nobody waits for it any longer."""
        event = self._unread.pop(channel_id, None)
        if event is not None:
            event.set()

    def caught_up(self, number: int) -> None:
        """Record that what was said in a gap has been read."""
        self._read_number = number
        if not self.is_behind:
            self.unheard.clear()
            self._is_open.clear()
            self._release()

    async def until_read(self, channel_id: int) -> None:
        """See `Gate.until_read`."""
        while True:
            await self._is_charted.wait()
            event = self._unread.get(channel_id)
            if event is None:
                return
            await event.wait()

    def listened_until(self) -> datetime | None:
        """Return until when everything was heard: now, unless something may be missing."""
        if not self._is_deaf and not self.is_behind:
            self.until = self._now()
        return self.until

    def _open(self) -> None:
        self.number += 1
        self._is_charted.clear()
        self._release()
        self._is_open.set()

    def _release(self) -> None:
        """Let those go who wait for places; they look again."""
        unread, self._unread = self._unread, {}
        for event in unread.values():
            event.set()
