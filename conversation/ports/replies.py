"""What is needed of the store for replies: what Discord should show, and what it does."""

from collections.abc import Sequence
from typing import Protocol

from conversation.entities import BehindReply, Part, PlaceKey, ReplyState, Spot


class ReplyStore(Protocol):
    """Replies and their parts; see `InboundQueue` for what holds for each method."""

    async def state(self, reply_id: int) -> ReplyState | None:
        """Return all that decides what a reply should look like; None for an unknown one."""
        ...

    async def behind(
        self,
        *,
        after_id: int = 0,
        limit: int,
        channel_id: int | None = None,
        conversation_id: int | None = None,
    ) -> tuple[BehindReply, ...]:
        """Return replies whose shown revision is behind the wanted one, the oldest first.

        Those whose answer is still to be given, or streams, are left out.
        """
        ...

    async def place(self, reply_id: int, spot: Spot, thread: PlaceKey | None = None) -> None:
        """Record where a reply goes; its conversation moves into the thread opened for it, if any.

        The conversation becomes current in that thread, whose listen mode becomes `EVERYTHING`.
        """
        ...

    async def record_step(
        self, reply_id: int, parts: Sequence[Part], *, turn_id: int, text: str | None
    ) -> None:
        """Store what is about to be shown, before it is: the text so far, and parts as they are.

        Args:
            reply_id: The reply.
            parts: Those that have changed since they were stored last; the same ordinal replaces
                what is stored, and the same message is a part of no other reply any more.
            turn_id: The answer.
            text: What came of it so far; None leaves it. A turn with an outcome is left alone.
        """
        ...

    async def is_own_post(self, message_id: int) -> bool:
        """Return whether a Discord message is known as a part of a reply or as a notice."""
        ...

    async def remove_part(self, reply_id: int, ordinal: int) -> None:
        """Record that a Discord message that showed a reply is not there any more."""
        ...

    async def record_shown(self, reply_id: int, revision: int, parts: Sequence[Part]) -> bool:
        """Record that Discord shows a revision; return whether that is the one wanted now."""
        ...
