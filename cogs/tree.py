"""The door of all commands: who may give any, and what becomes of one that fails."""

from typing import Any

import discord
from discord import app_commands

from cogs.access import Access, who_is
from cogs.failures import tell_failure
from rendering.telling import respond


def guarded_tree(access: Access) -> type[app_commands.CommandTree[Any]]:
    """Make the tree's class: it refuses whom the owner's rules refuse, and tells of failures.

    Args:
        access: The owner's rules.
    """

    class GuardedTree(app_commands.CommandTree[Any]):
        async def interaction_check(self, interaction: discord.Interaction) -> bool:
            refusal = access.refusal(who_is(interaction.user, interaction.channel))
            if refusal is None:
                return True
            if interaction.type is not discord.InteractionType.autocomplete:
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
