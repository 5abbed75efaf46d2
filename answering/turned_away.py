"""Tells people that messages of theirs are not taken at all, and remembers which.

Found again, after a restart, they are not taken either: their authors may have sent them anew.
"""

import logging
from datetime import UTC, datetime

import discord

from answering.remembered import Remembered
from cogs.messages.incoming import Heard
from cogs.permissions.rate_limit import Pace
from conversation.entities import TurnedAway
from conversation.errors import StoreError
from conversation.ports import Store
from conversation.store_failures import report
from delivery.interactions import Teller
from rendering.wording.english import Notice, clock_time, say

log = logging.getLogger(__name__)

_PEOPLE = 1000
"""Of so many people it is remembered, the latest."""


class TurnedAwayMessages:
    """What was turned away lately; the store is told when it can be.

    Args:
        store: Keeps it for the next process.
        teller: Posts notices.
    """

    def __init__(self, store: Store, teller: Teller) -> None:
        self._store = store
        self._teller = teller
        self._known = Remembered[TurnedAway](_PEOPLE)
        self._owed = Remembered[TurnedAway](_PEOPLE)

    async def load(self, since: datetime) -> None:
        """Learn what earlier processes turned away since then.

        Raises:
            StoreError: It could not be read.
        """
        for one in await self._store.turned_away(since):
            self._known.add(one)

    def covers(self, author_id: int, message_id: int) -> bool:
        """Tell whether somebody was told that a message of theirs is not taken."""
        return any(
            it.author_id == author_id and it.first_message_id <= message_id <= it.last_message_id
            for it in self._known
        )

    async def slow_down(self, heard: Heard, pace: Pace, until_s: float) -> bool:
        """Tell somebody who sends too much at once that this is not taken, and until when.

        False where they could not be told.
        """
        notice = say(
            Notice.SLOW_DOWN,
            limit=pace.messages,
            seconds=f"{pace.window_s:g}",
            when=clock_time(until_s),
        )
        last_id = discord.utils.time_snowflake(datetime.fromtimestamp(until_s, UTC))
        is_told = await self._tell(heard, notice, last_id)
        await self.keep()
        return is_told

    async def not_stored(self, heard: Heard) -> None:
        """Tell somebody that a message of theirs could not be stored; to be kept when it can be."""
        await self._tell(heard, Notice.STORE_DOWN, heard.message.id)

    async def keep(self) -> None:
        """Have the store keep what it was not told so far; where that fails, it is told later."""
        for one in list(self._owed):
            try:
                await self._store.note_turned_away(one)
            except StoreError as error:
                report(log, error, "messages that were turned away could not be noted so far")
                return
            self._owed.discard(one)

    async def _tell(self, heard: Heard, notice: str, last_id: int) -> bool:
        """Tell of all that somebody writes up to the message of an id; False where that failed.

        Who was not told does not send it anew: found again, it is taken.
        """
        message = heard.message
        one = TurnedAway(message.author.id, message.id, last_id)
        self._known.add(one)
        if await self._teller.tell(heard.spot, notice, nonce=f"away{message.id:x}") is None:
            self._known.discard(one)
            return False
        self._owed.add(one)
        return True
