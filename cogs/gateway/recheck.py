"""Reads messages again that wait or are to be answered: what became of them while nobody heard."""

import logging
from collections.abc import Sequence

from cogs.gateway.channel_reader import ChannelReader
from cogs.messages.incoming import MessageReader
from conversation.entities import Inbound, InboundState
from conversation.ports.queue import InboundQueue
from delivery.errors import DeliveryError

log = logging.getLogger(__name__)


class DiscordRecheck:
    """Compares what the store has with what Discord has; implements `answering.gate.Recheck`.

    A message that Discord does not show for another reason than that it is gone stays as it is.

    Args:
        queue: Told what has changed.
        reader: Reads what a message says to us now.
        channels: Reads it.
    """

    def __init__(self, queue: InboundQueue, reader: MessageReader, channels: ChannelReader) -> None:
        self._queue = queue
        self._reader = reader
        self._channels = channels

    async def bring_up_to_date(self, inbounds: Sequence[Inbound]) -> bool:
        """See `Recheck.bring_up_to_date`."""
        is_one_gone = False
        for inbound in inbounds:
            if inbound.state is InboundState.WITHDRAWN:
                is_one_gone = True
                continue
            try:
                message = await self._channels.message(inbound.channel_id, inbound.message_id)
            except DeliveryError as error:
                if error.is_gone:
                    is_one_gone = True
                    await self._queue.withdraw(inbound.message_id)
                    log.info("message %d was deleted while nobody heard", inbound.message_id)
                else:
                    log.info("message %d is not read again: %s", inbound.message_id, error)
                continue
            if message.edited_at is not None:
                await self._queue.revise(inbound.message_id, self._reader.text_now(message))
        return is_one_gone
