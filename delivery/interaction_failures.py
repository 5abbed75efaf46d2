"""What becomes of a command or a form that failed: a line in the log, words for the person."""

import logging

import discord

from conversation.errors import StoreError
from conversation.store_failures import report
from delivery.interactions import respond
from rendering.wording.sentences import Sentence

log = logging.getLogger(__name__)

_UNKNOWN_INTERACTION = 10062
"""Discord's code where the three seconds for an answer are over."""


async def tell_failure(interaction: discord.Interaction, error: BaseException) -> None:
    """Log a failure and tell the person, where the interaction still takes an answer."""
    name = interaction.command.name if interaction.command else interaction.type.name
    if isinstance(error, discord.HTTPException) and error.code == _UNKNOWN_INTERACTION:
        log.warning("/%s in channel %s was answered too late", name, interaction.channel_id)
        return
    if isinstance(error, StoreError):
        report(log, error, "/%s in channel %s failed", name, interaction.channel_id)
    elif _is_passing(error):
        log.warning("/%s in channel %s: Discord fails: %s", name, interaction.channel_id, error)
    else:
        log.error("/%s in channel %s failed", name, interaction.channel_id, exc_info=error)
    if interaction.type is discord.InteractionType.autocomplete:
        return
    is_store = isinstance(error, StoreError)
    try:
        await respond(interaction, Sentence.COMMAND_STORE_DOWN if is_store else Sentence.BROKEN)
    except Exception as refused:
        # RuntimeError is what the HTTP library says when all is being closed.
        is_known = isinstance(refused, discord.DiscordException | RuntimeError)
        if not is_known and not _is_passing(refused):
            raise
        log.warning("the person could not be told: %r", refused)


def _is_passing(error: BaseException) -> bool:
    """Return whether Discord, or the way to it, fails for the moment: nobody has to act."""
    if isinstance(error, discord.HTTPException):
        return error.status == 429 or error.status >= 500
    return isinstance(error, OSError) or _is_of_http_library(error)


def _is_of_http_library(error: BaseException) -> bool:
    """Return whether it is an error of aiohttp, which is not imported here: a lost connection."""
    return any(kind.__module__.partition(".")[0] == "aiohttp" for kind in type(error).__mro__)
