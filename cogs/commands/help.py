"""`/help`: what the bot can do, here, for this person."""

import discord
from discord import app_commands
from discord.ext import commands

from cogs.messages.listen_modes import ListenModes
from cogs.permissions.ownership import Ownership
from cogs.places import place_at
from conversation.entities import ListenMode
from conversation.service import ConversationService
from delivery.interactions import respond
from rendering.wording.sentences import Sentence, say


class HelpCommand(commands.Cog):
    """Explains.

    Args:
        own_name: The bot's name.
        service: Knows the model in force.
        modes: Which places are listened to.
        ownership: Knows who may.
        turns_per_day: How many answers a person may have a day; None for no limit.
    """

    def __init__(
        self,
        own_name: str,
        service: ConversationService,
        modes: ListenModes,
        ownership: Ownership,
        turns_per_day: int | None,
    ) -> None:
        self._own_name = own_name
        self._service = service
        self._modes = modes
        self._ownership = ownership
        self._turns_per_day = turns_per_day

    @app_commands.command(name="help", description="What I can do here, for you")
    async def help(self, interaction: discord.Interaction) -> None:
        """Say what the bot can do, here, for this person, in one screen."""
        choice = await self._service.choice(place_at(interaction))
        may_change = await self._ownership.may_change(interaction)
        lines = [
            self._how_to_talk(interaction),
            say(Sentence.HELP_MODEL, model=choice.model),
            Sentence.HELP_STEER if may_change else Sentence.HELP_NO_STEER,
        ]
        if self._turns_per_day is not None:
            lines.append(say(Sentence.HELP_QUOTA, limit=self._turns_per_day))
        lines.append(Sentence.HELP_STORED)
        await respond(interaction, "\n".join(lines))

    def _how_to_talk(self, interaction: discord.Interaction) -> str:
        if interaction.guild is None:
            return Sentence.HELP_DIRECT
        if self._modes.of(interaction.channel) is ListenMode.EVERYTHING:
            return Sentence.HELP_THREAD
        if isinstance(interaction.channel, discord.Thread):
            return say(Sentence.HELP_OTHER_THREAD, bot=self._own_name)
        return say(Sentence.HELP_CHANNEL, bot=self._own_name)
