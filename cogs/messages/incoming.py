"""A message that is meant for the bot, with its place."""

from dataclasses import dataclass

import discord

from conversation.entities import PlaceKey
from delivery.discord_api import Spot


@dataclass(frozen=True, slots=True)
class Heard:
    """A message meant for us."""

    message: discord.Message
    place: PlaceKey
    own_ids: frozenset[int]
    """The bot's id and that of its own role."""

    @property
    def spot(self) -> Spot:
        """Where a notice about it goes."""
        return Spot(self.place.channel_id, self.place.guild_id, self.message.id)

    @property
    def begins_post(self) -> bool:
        """Whether it is the first message of a forum post, which has the id of its thread."""
        return self.place.parent_channel_id is not None and self.message.id == self.place.channel_id
