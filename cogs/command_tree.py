"""The door of all commands: who may give any, and what becomes of one that fails."""

from typing import Any

import discord
from discord import app_commands

from cogs.permissions.admission import Admission
from cogs.permissions.rate_limit import Act
from delivery.interaction_failures import tell_failure
from delivery.interactions import respond


class GuardedTree(app_commands.CommandTree[Any]):
    """Refuses whom the owner's rules refuse, and tells of failures.

    The library makes it, so what it needs is given later: see `admission`.
    """

    admission: Admission | None = None
    """Decides who is let in; None until the bot has logged in, when no interaction can come."""

    async def interaction_check(self, interaction: discord.Interaction) -> bool:
        """Return whether a command is let in; whoever gives one that is not is told why."""
        if self.admission is None:
            return False
        is_command = interaction.type is not discord.InteractionType.autocomplete
        refusal = self.admission.refusal_of(interaction, Act.COMMAND if is_command else None)
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
        """Log a failure and tell the person."""
        if not isinstance(error, app_commands.CheckFailure):
            await tell_failure(interaction, error.__cause__ or error)
