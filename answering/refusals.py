"""Tells people that a message of theirs was stored as refused, and sees to it that they are told.

A process may end between the refusal and its notice. So the store notes that the notice is there,
and the next process tells those of whom nothing is noted.
"""

import logging
from collections.abc import Hashable
from datetime import datetime

from answering.aside import Aside
from answering.remembered import Remembered
from conversation.entities import Inbound
from conversation.errors import StoreError
from conversation.ports import Store
from conversation.store_failures import report
from delivery.discord_api import Spot
from delivery.interactions import Teller
from rendering.wording.english import Notice

log = logging.getLogger(__name__)

_PLACES = 100
"""In so many places somebody is told late."""

_REMEMBERED = 2000
"""So many times it is remembered that somebody was told, and why."""


class Refusals:
    """Tells of refused messages, each time as a reply to the first of them.

    Args:
        store: Knows who was told.
        teller: Posts notices.
        aside: Has people told late while the rest of what is owed is paid.
    """

    def __init__(self, store: Store, teller: Teller, aside: Aside) -> None:
        self._store = store
        self._teller = teller
        self._aside = aside
        self._telling = Remembered[Hashable](_REMEMBERED)
        self._told = Remembered[Hashable](_REMEMBERED)

    async def tell_once(self, reason: Hashable, spot: Spot, message_id: int, notice: str) -> None:
        """Tell of a refused message, unless its author was told of that reason, or is being told.

        Who was told already, be it in another place, is not told late of this one either. Who
        could not be told is told of the next message.
        """
        if reason in self._told:
            await self._note(message_id)
        elif self._telling.add(reason):
            try:
                if await self.tell(spot, message_id, notice):
                    self._told.add(reason)
            finally:
                self._telling.discard(reason)

    def forget(self, reason: Hashable) -> None:
        """Take in that a reason is gone: somebody whom it befalls again is told again."""
        self._told.discard(reason)

    async def tell(self, spot: Spot, message_id: int, notice: str) -> bool:
        """Tell of a refused message, and note it once the notice is there; False where it is not.

        The nonce is the message's: who is told by two processes within minutes reads one notice.
        """
        if await self._teller.tell(spot, notice, nonce=f"refused{message_id:x}") is None:
            return False
        await self._note(message_id)
        return True

    async def _note(self, message_id: int) -> None:
        try:
            await self._store.note_refusal_told(message_id)
        except StoreError as error:
            report(log, error, "message %d: that its author was told is not noted", message_id)

    async def tell_late(self, since: datetime, before: datetime) -> None:
        """Have those told, once in each place, who were refused in that time and were not told.

        Raises:
            StoreError: Who they are could not be read.
        """
        untold = await self._store.untold_refusals(since, before, limit=_PLACES)
        for inbound in untold:
            self._aside.begin(self._tell_late(inbound), f"refused-{inbound.message_id}")

    async def _tell_late(self, inbound: Inbound) -> None:
        log.info("message %d was refused before the start: told late", inbound.message_id)
        conversation = await self._store.conversation(inbound.conversation_id)
        guild_id = conversation.place.guild_id if conversation is not None else None
        spot = Spot(inbound.channel_id, guild_id, inbound.message_id)
        await self.tell(spot, inbound.message_id, Notice.REFUSED_UNTOLD)
