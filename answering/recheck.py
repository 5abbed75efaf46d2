"""Reads messages again that wait or are to be answered: what became of them while nobody heard."""

import logging
from collections.abc import Awaitable, Callable

import discord

from answering.intake import Intake
from conversation.entities import Inbound, InboundState
from conversation.ports import Store

log = logging.getLogger(__name__)

Revise = Callable[[discord.Message], Awaitable[None]]
"""Takes in what a message says now, as if it had just been edited."""

_GONE = frozenset({10003, 10008})
"""Discord's codes where there is no such channel, or no such message."""


class Rereading:
    """Compares what the store has with what Discord has.

    Args:
        store: Knows what waits.
        intake: Told which messages of an earlier process matter.
        channel: Gives a channel by its id, from the cache or from Discord.
        connection_errors: What the HTTP library raises when a connection fails.
    """

    def __init__(
        self,
        store: Store,
        intake: Intake,
        channel: Callable[[int], Awaitable[object]],
        connection_errors: tuple[type[Exception], ...],
    ) -> None:
        self._store = store
        self._intake = intake
        self._channel = channel
        self._errors = (discord.HTTPException, OSError, *connection_errors)

    async def reread(self, conversation_id: int, revise: Revise) -> None:
        """Bring what waits in a conversation up to date; at most as many as its queue holds.

        A message that Discord does not show for another reason than that it is gone stays as it is.

        Raises:
            StoreError: What waits could not be read or changed.
        """
        waiting = await self._store.waiting(conversation_id)
        self._intake.recall(inbound.message_id for inbound in waiting)
        for inbound in waiting:
            message = await self._message_unless_gone(inbound)
            if message is not None and message.edited_at is not None:
                await revise(message)

    async def taken_back_by(self, question_turn_id: int) -> int | None:
        """Tell who has deleted a message of a question that was asked; None where nobody has.

        Raises:
            StoreError: Which messages those are could not be read, or not be changed.
        """
        said = await self._store.said(question_turn_id)
        self._intake.recall(inbound.message_id for inbound in said)
        for inbound in said:
            if inbound.state is not InboundState.WITHDRAWN:
                await self._message_unless_gone(inbound)
        latest = await self._store.said(question_turn_id)
        gone = [it.author_id for it in latest if it.state is InboundState.WITHDRAWN]
        return gone[0] if gone else None

    async def _message_unless_gone(self, inbound: Inbound) -> discord.Message | None:
        """Read a message; one that is gone is withdrawn, and None is given where it is not seen."""
        try:
            channel = await self._channel(inbound.channel_id)
            if isinstance(channel, discord.abc.Messageable):
                return await channel.fetch_message(inbound.message_id)
        except discord.NotFound as error:
            if error.code in _GONE:
                await self._store.withdraw(inbound.message_id)
                log.info("message %d was deleted while nobody heard", inbound.message_id)
        except self._errors as error:
            log.info("message %d could not be read again: %r", inbound.message_id, error)
        return None
