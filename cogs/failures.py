"""What becomes of a command or a form that failed: a line in the log, words for the person."""

import logging

import discord

from conversation.errors import StoreError
from rendering.notices import Notice
from rendering.telling import respond

log = logging.getLogger(__name__)

_UNKNOWN_INTERACTION = 10062
"""Discord's code where the three seconds for an answer are over."""


async def tell_failure(interaction: discord.Interaction, error: BaseException) -> None:
    """Log a failure and tell the person, where the interaction still takes an answer."""
    name = interaction.command.name if interaction.command else interaction.type.name
    if isinstance(error, discord.HTTPException) and error.code == _UNKNOWN_INTERACTION:
        log.warning("/%s in channel %s was answered too late", name, interaction.channel_id)
        return
    log.error("/%s in channel %s failed", name, interaction.channel_id, exc_info=error)
    if interaction.type is discord.InteractionType.autocomplete:
        return
    notice = Notice.COMMAND_STORE_DOWN if isinstance(error, StoreError) else Notice.BROKEN
    try:
        await respond(interaction, notice)
    except discord.HTTPException as refused:
        log.warning("the person could not be told: %s", refused)
