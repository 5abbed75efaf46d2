"""The door of all commands: who may give any, and what becomes of one that fails."""

from typing import Any

import discord
from discord import app_commands

from cogs.commands.failures import tell_failure
from cogs.permissions.access import Access, who_is
from cogs.permissions.rate_limit import Cooldown
from delivery.interactions import respond
from rendering.wording.english import Notice, clock_time, say


def guarded_tree(access: Access, cooldown: Cooldown) -> type[app_commands.CommandTree[Any]]:
    """Make the tree's class: it refuses whom the owner's rules refuse, and tells of failures.

    Args:
        access: The owner's rules.
        cooldown: Counts the commands of each person.
    """

    class GuardedTree(app_commands.CommandTree[Any]):
        async def interaction_check(self, interaction: discord.Interaction) -> bool:
            is_command = interaction.type is not discord.InteractionType.autocomplete
            refusal: str | None = access.refusal(who_is(interaction.user, interaction.channel))
            if refusal is None and is_command:
                refusal = too_fast(interaction, cooldown)
            if refusal is None:
                return True
            if is_command:
                try:
                    await respond(interaction, refusal)
                except discord.HTTPException as error:
                    await tell_failure(interaction, error)
            return False

        async def on_error(
            self, interaction: discord.Interaction, error: app_commands.AppCommandError
        ) -> None:
            if isinstance(error, app_commands.CheckFailure):
                return
            await tell_failure(interaction, error.__cause__ or error)

    return GuardedTree


def too_fast(interaction: discord.Interaction, cooldown: Cooldown) -> str | None:
    """Count a command; give what to say to somebody who sends too many, None to others."""
    held = cooldown.take(interaction.user.id, interaction.id)
    if held is None:
        return None
    pace = cooldown.pace
    return say(
        Notice.SLOW_DOWN_COMMANDS,
        limit=pace.messages,
        seconds=f"{pace.window_s:g}",
        when=clock_time(held.until_s),
    )
