"""Shows the ends of answers that were stored when the last process was killed, but not shown."""

import logging
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import discord

from conversation.entities import Failure, Outcome, Part, Role, Shown
from conversation.events import TextDelta
from conversation.ports import Store
from rendering.courier import Courier
from rendering.display import ReplyDisplay
from rendering.notices import outcome_notice
from rendering.splitting import Splitter
from rendering.surface import Spot, Surface

log = logging.getLogger(__name__)

MessageById = Callable[[int, int], Awaitable[discord.Message]]
"""Reads a message by its channel's id and its own."""


class Ends:
    """Finds the replies whose last edits were never made, and makes them.

    Only the newest answer of a conversation can be one: the next begins when it is shown.

    Args:
        store: Knows what has to be shown.
        courier: Carries the requests; not owned.
        surface: Makes them.
        message_by_id: Shows what Discord has.
        connection_errors: What the HTTP library raises when a connection fails.
    """

    def __init__(
        self,
        store: Store,
        courier: Courier,
        surface: Surface,
        message_by_id: MessageById,
        connection_errors: tuple[type[Exception], ...],
    ) -> None:
        self._store = store
        self._courier = courier
        self._surface = surface
        self._message_by_id = message_by_id
        self._errors = (discord.HTTPException, OSError, *connection_errors)

    async def show(self, since: datetime, limit: int) -> None:
        """Have the ends shown of answers that ended since then; does not wait until they are."""
        for live in await self._store.live_places(since - timedelta(hours=1), limit=limit):
            conversation = await self._store.current_conversation(live.place.channel_id)
            if conversation is None or conversation.head_turn_id is None:
                continue
            shown = await self._store.shown_turn(conversation.head_turn_id)
            if shown is not None and _has_ended(shown, since) and await self._is_open(shown):
                log.info("turn %d: its end is shown late", shown.turn.id)
                self._show(shown)

    async def _is_open(self, shown: Shown) -> bool:
        """Tell whether the reply lacks a message, or still has a button; true where unknown."""
        splitter = Splitter()
        splitter.feed(shown.turn.text)
        splitter.finish()
        if not shown.parts or len(shown.parts) < len(splitter.parts):
            return True
        last = shown.parts[-1]
        try:
            message = await self._message_by_id(last.channel_id, last.message_id)
        except discord.NotFound:
            return False
        except self._errors:
            return True
        return bool(message.components)

    def _show(self, shown: Shown) -> None:
        async def keep_part(part: Part) -> None:
            await self._store.add_part(shown.reply_id, part)

        place, turn = shown.conversation.place, shown.turn
        root_id = shown.conversation.root_message_id if place.is_channel else None
        spot = Spot(place.channel_id, place.guild_id, root_id)
        display = ReplyDisplay(self._courier, self._surface, spot, turn, keep_part, shown.parts)
        display.feed(TextDelta(turn.text))
        failure = None if turn.failure is None else Failure(turn.failure)
        outcome = turn.outcome or Outcome.INTERRUPTED
        display.finish(
            outcome_notice(outcome, failure, model=turn.model or "", has_text=bool(turn.text))
        )


def _has_ended(shown: Shown, since: datetime) -> bool:
    turn = shown.turn
    if turn.role is not Role.ASSISTANT or turn.outcome is None or turn.finished_at is None:
        return False
    return turn.finished_at >= since
