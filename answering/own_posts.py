"""Reads from Discord what the bot itself has posted."""

from collections.abc import Iterator, Sequence

import discord

from conversation.entities import Part
from delivery.discord_api import ChannelById

_LATEST = 50
"""So many messages of a place are read, in one request."""
_TOGETHER = 100
"""So many messages are read for the parts among them: as many as one request gives."""


class OwnPosts:
    """The bot's own messages, as Discord has them.

    Args:
        channel_by_id: The Discord client's: `Client.get_partial_messageable`.
        own_id: The bot's id.
        connection_errors: What the HTTP library raises when a connection fails.
    """

    def __init__(
        self,
        channel_by_id: ChannelById,
        own_id: int,
        connection_errors: tuple[type[Exception], ...],
    ) -> None:
        self._channel_by_id = channel_by_id
        self._own_id = own_id
        self.errors = (discord.HTTPException, OSError, *connection_errors)
        """What the methods raise where Discord does not say."""

    async def of(self, part: Part) -> discord.Message | None:
        """Read the message of a part; None where somebody deleted it."""
        try:
            return await self._channel_by_id(part.channel_id).fetch_message(part.message_id)
        except discord.NotFound:
            return None

    async def of_all(self, parts: Sequence[Part]) -> list[discord.Message | None]:
        """Read the messages of a reply, together where they follow each other; as `of`."""
        found: dict[int, discord.Message] = {}
        if len(parts) > 1:
            first = parts[0]
            history = self._channel_by_id(first.channel_id).history(
                limit=_TOGETHER, after=discord.Object(first.message_id - 1), oldest_first=True
            )
            found = {message.id: message async for message in history}
        return [found.get(part.message_id) or await self.of(part) for part in parts]

    async def are_gone(self, parts: Sequence[Part]) -> bool:
        """Tell whether somebody has deleted all of some parts; not where Discord does not say."""
        try:
            found = [await self.of(part) for part in parts]
        except self.errors:
            return False
        return bool(found) and not any(found)

    async def latest(self, channel_id: int, after_id: int) -> list[discord.Message]:
        """Read the latest messages of ours in a place that are later than an id, oldest first."""
        history = self._channel_by_id(channel_id).history(
            limit=_LATEST, after=discord.Object(after_id), oldest_first=False
        )
        found = [message async for message in history if message.author.id == self._own_id]
        return found[::-1]


def custom_ids_of(message: discord.Message) -> Iterator[str]:
    """Give the custom ids of a message's buttons."""
    for row in message.components:
        for item in getattr(row, "children", ()):
            if isinstance(item, discord.Button) and item.custom_id is not None:
                yield item.custom_id
