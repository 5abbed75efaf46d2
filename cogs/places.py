"""Which place of ours a Discord channel is."""

import discord

from conversation.entities import PlaceKey


def place_of(channel: object, guild: discord.Guild | None) -> PlaceKey:
    """Return the place that a channel is; a thread's parent comes with it."""
    channel_id = int(getattr(channel, "id", 0))
    parent_id = channel.parent_id if isinstance(channel, discord.Thread) else None
    return PlaceKey(channel_id, guild.id if guild is not None else None, parent_id)


def place_at(interaction: discord.Interaction) -> PlaceKey:
    """Return the place in which a command was given."""
    return place_of(interaction.channel, interaction.guild)
