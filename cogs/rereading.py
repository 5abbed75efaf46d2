"""Reads messages that wait for an answer again: some were edited or deleted while nobody heard."""

import logging
from collections.abc import Awaitable, Callable

import discord

from conversation.entities import Inbound
from conversation.ports import Store

log = logging.getLogger(__name__)

Revise = Callable[[discord.Message], Awaitable[None]]
"""Takes in what a message says now, as if it had just been edited."""

_UNKNOWN_MESSAGE = 10008


class Rereading:
    """Compares what waits with what Discord has.

    Args:
        store: Knows what waits.
        channel: Gives a channel by its id, from the cache or from Discord.
        connection_errors: What the HTTP library raises when a connection fails.
    """

    def __init__(
        self,
        store: Store,
        channel: Callable[[int], Awaitable[object]],
        connection_errors: tuple[type[Exception], ...],
    ) -> None:
        self._store = store
        self._channel = channel
        self._errors = (discord.HTTPException, OSError, *connection_errors)

    async def reread(self, conversation_id: int, revise: Revise) -> None:
        """Bring what waits in a conversation up to date; at most as many as its queue holds.

        A message that Discord does not show for another reason than that it is gone stays as it is.
        """
        for inbound in await self._store.waiting(conversation_id):
            try:
                message = await self._message(inbound)
            except discord.NotFound as error:
                if error.code == _UNKNOWN_MESSAGE:
                    await self._store.withdraw(inbound.message_id)
                    log.info("message %d was deleted while it waited", inbound.message_id)
            except self._errors as error:
                log.info("message %d could not be read again: %r", inbound.message_id, error)
            else:
                if message is not None and message.edited_at is not None:
                    await revise(message)

    async def _message(self, inbound: Inbound) -> discord.Message | None:
        channel = await self._channel(inbound.channel_id)
        if isinstance(channel, discord.abc.Messageable):
            return await channel.fetch_message(inbound.message_id)
        return None
