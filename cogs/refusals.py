"""Tells people that a message of theirs was stored as refused, and sees to it that they are told.

A process may end between the refusal and its notice. So the store notes that the notice is there,
and the next process tells those of whom nothing is noted.
"""

import asyncio
import logging
from datetime import datetime

from conversation.entities import Inbound
from conversation.errors import StoreError
from conversation.ports import Store
from conversation.reporting import report
from rendering.notices import Notice
from rendering.surface import Spot
from rendering.telling import Teller

log = logging.getLogger(__name__)

_PLACES = 100
"""In so many places somebody is told late."""


class Refusals:
    """Tells of refused messages, each time as a reply to the first of them.

    Args:
        store: Knows who was told.
        teller: Posts notices.
    """

    def __init__(self, store: Store, teller: Teller) -> None:
        self._store = store
        self._teller = teller

    async def tell(self, spot: Spot, message_id: int, notice: str) -> None:
        """Tell of a refused message, and note it once the notice is there.

        The nonce is the message's: who is told by two processes within minutes reads one notice.
        """
        if await self._teller.tell(spot, notice, nonce=f"refused{message_id:x}") is None:
            return
        try:
            await self._store.note_refusal_told(message_id)
        except StoreError as error:
            report(log, error, "message %d: that its author was told is not noted", message_id)

    async def tell_late(self, since: datetime, before: datetime) -> None:
        """Tell, once in each place, those who were refused in that time and were not told.

        Raises:
            StoreError: Who they are could not be read.
        """
        untold = await self._store.untold_refusals(since, before, limit=_PLACES)
        await asyncio.gather(*(self._tell_late(inbound) for inbound in untold))

    async def _tell_late(self, inbound: Inbound) -> None:
        log.info("message %d was refused before the start: told late", inbound.message_id)
        conversation = await self._store.conversation(inbound.conversation_id)
        guild_id = conversation.place.guild_id if conversation is not None else None
        spot = Spot(inbound.channel_id, guild_id, inbound.message_id)
        await self.tell(spot, inbound.message_id, Notice.REFUSED_UNTOLD)
