"""Reads what is in a channel, when the courier lets it: one request each."""

import discord

from delivery.courier import Courier
from delivery.discord_api import DiscordApi
from delivery.errors import DeliveryError
from delivery.pacing.policy import Call


class ChannelReader:
    """Reads channels by their ids.

    Args:
        courier: Carries the requests; not owned.
        api: Makes them.

    Every method raises `DeliveryError` where Discord does not say, with `is_gone` where there is
    nothing (any more).
    """

    def __init__(self, courier: Courier, api: DiscordApi) -> None:
        self._courier = courier
        self._api = api

    async def messages_after(self, channel_id: int, after_id: int) -> list[discord.Message]:
        """Return what was said in a place after a message, the oldest first, a page at most."""
        channel = await self._channel(channel_id)
        return await self._courier.run(
            Call.READ, channel_id, lambda: self._api.messages_after(channel, after_id)
        )

    async def message(self, channel_id: int, message_id: int) -> discord.Message:
        """Return one message."""
        channel = await self._channel(channel_id)
        return await self._courier.run(
            Call.READ, channel_id, lambda: self._api.message(channel, message_id)
        )

    async def _channel(self, channel_id: int) -> discord.abc.Messageable:
        channel = self._api.cached_channel(channel_id)
        if channel is None:
            channel = await self._courier.run(
                Call.OTHER, channel_id, lambda: self._api.channel(channel_id)
            )
        if channel is None:
            raise DeliveryError(is_lasting=True, why="nobody can write there")
        return channel
