"""Stopping an answer: `/stop` and the button under it."""

import discord
from discord import app_commands
from discord.ext import commands

from answering.running import Running, Runs
from cogs.buttons.dispatch import turn_button
from cogs.permissions.ownership import may_steer_answer
from delivery.interactions import acknowledge, answered_once, respond
from rendering.buttons import Button
from rendering.wording.english import Notice


class Stopping(commands.Cog):
    """Stops answers for those who may.

    Args:
        runs: The answers that stream now.
    """

    def __init__(self, runs: Runs) -> None:
        self._runs = runs
        self.button = turn_button(Button.STOP, self.stop_turn)
        """To be registered with the client, so that clicks reach this cog also after a restart."""

    @app_commands.command(name="stop", description="Stop the answer that is being written here")
    async def stop(self, interaction: discord.Interaction) -> None:
        """Stop what streams in this place and may be stopped by this person."""
        running = self._runs.in_place(interaction.channel_id or 0)
        mine = [answer for answer in running if _may_stop(interaction, answer)]
        for answer in mine:
            answer.stop.set(interaction.user.id)
        if mine:
            await respond(interaction, Notice.STOP_DONE)
        else:
            await respond(interaction, Notice.NOT_YOURS if running else Notice.STOP_NOTHING)

    async def stop_turn(self, interaction: discord.Interaction, turn_id: int) -> None:
        """Stop the answer under whose button somebody clicked."""
        answer = self._runs.of_turn(turn_id)
        if answer is None:
            with answered_once(interaction):
                await interaction.response.edit_message(view=None)
            await respond(interaction, Notice.STOP_ENDED)
        elif _may_stop(interaction, answer):
            answer.stop.set(interaction.user.id)
            await acknowledge(interaction)
        else:
            await respond(interaction, Notice.NOT_YOURS)


def _may_stop(interaction: discord.Interaction, answer: Running) -> bool:
    return may_steer_answer(interaction, answer.conversation, answer.asker_ids)
