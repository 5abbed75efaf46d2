"""`/stop`: ends the answer that is being written here."""

import discord
from discord import app_commands
from discord.ext import commands

from answering.running import RunningAnswers
from cogs.permissions.ownership import may_change_answer
from delivery.interactions import respond
from rendering.wording.sentences import Sentence


class StopCommand(commands.Cog):
    """Stops answers for those who may.

    Args:
        running: The answers that stream now.
    """

    def __init__(self, running: RunningAnswers) -> None:
        self._running = running

    @app_commands.command(name="stop", description="Stop the answer that is being written here")
    async def stop(self, interaction: discord.Interaction) -> None:
        """Stop what streams in this place and may be stopped by this person."""
        running = self._running.in_place(interaction.channel_id or 0)
        mine = [
            answer
            for answer in running
            if may_change_answer(interaction, answer.conversation, answer.asker_ids)
        ]
        for answer in mine:
            answer.stop.set(interaction.user.id)
        if mine:
            await respond(interaction, Sentence.STOP_DONE)
        else:
            await respond(interaction, Sentence.NOT_YOURS if running else Sentence.STOP_NOTHING)
