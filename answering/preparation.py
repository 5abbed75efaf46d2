"""What has to be known before an answer begins: all that was said before, and what became of it."""

from answering.gate import Gate, Recheck
from conversation.entities import Inbound
from conversation.ports.places import PlaceStore
from conversation.ports.queue import InboundQueue


class Preparation:
    """Sees to it that an answer begins from what people have said, as it stands now.

    Args:
        places: Knows where conversations are.
        queue: Knows what waits.
        gate: Knows what may have been missed.
        recheck: Reads messages again that may have changed while nobody listened.
    """

    def __init__(
        self, places: PlaceStore, queue: InboundQueue, gate: Gate, recheck: Recheck
    ) -> None:
        self._places = places
        self._queue = queue
        self._gate = gate
        self._recheck = recheck

    async def until_read(self, conversation_id: int) -> None:
        """Wait until all that was said in a conversation's place has been heard.

        Raises:
            StoreError: Where it is could not be read.
        """
        conversation = await self._places.conversation(conversation_id)
        if conversation is None:
            return
        await self._gate.until_read(conversation.place.channel_id)
        if conversation.root_message_id is not None:
            await self._gate.until_read(conversation.root_message_id)  # a thread about to be ours
        stale = self._stale(await self._queue.waiting(conversation_id))
        if stale:
            await self._recheck.bring_up_to_date(stale)

    async def is_taken_back(self, inbounds: tuple[Inbound, ...]) -> bool:
        """Return whether one of the messages that are answered was deleted while nobody listened.

        Raises:
            StoreError: What became of it could not be stored.
        """
        stale = self._stale(inbounds)
        return bool(stale) and await self._recheck.bring_up_to_date(stale)

    def _stale(self, inbounds: tuple[Inbound, ...]) -> list[Inbound]:
        """Return the messages that were received before the bot listened again."""
        back_at = self._gate.back_at
        if back_at is None:
            return []
        return [it for it in inbounds if it.received_at is not None and it.received_at < back_at]
