"""`/reset` and `/help`: beginning afresh, and what the bot can do."""

import discord
from discord import app_commands
from discord.ext import commands

from answering.worker import Answering
from cogs.messages.listen_modes import Attentions
from cogs.permissions.access import Access
from cogs.permissions.ownership import Steering, place_at
from conversation.entities import Attention
from conversation.ports import Store
from conversation.service import ConversationService
from delivery.discord_api import Spot
from delivery.interactions import respond
from delivery.promptness import in_time
from rendering.wording.english import Notice, say


class Conversations(commands.Cog):
    """Begins conversations afresh, and explains.

    Args:
        own_name: The bot's name.
        access: Who may, and how much.
        service: Knows the model in force.
        store: Makes the new conversation.
        answering: Stops what streams at a reset, and answers what waits.
        attentions: Which places are listened to.
        steering: Checks who may.
    """

    def __init__(
        self,
        own_name: str,
        access: Access,
        service: ConversationService,
        store: Store,
        answering: Answering,
        attentions: Attentions,
        steering: Steering,
    ) -> None:
        self._own_name = own_name
        self._access = access
        self._service = service
        self._store = store
        self._answering = answering
        self._attentions = attentions
        self._steering = steering

    @app_commands.command(name="reset", description="Begin afresh here; nothing is deleted")
    async def reset(self, interaction: discord.Interaction) -> None:
        """Make a new current conversation in this place; what waits is answered in it."""
        place = place_at(interaction)
        if place.is_channel:
            await respond(interaction, Notice.RESET_CHANNEL)
            return
        refusal = await self._steering.refusal(interaction)
        if refusal is not None:
            await respond(interaction, refusal)
            return
        fresh = await in_time(interaction, self._store.reset(place), ephemeral=False)
        for answer in self._answering.runs.in_place(place.channel_id):
            if answer.conversation.id != fresh.id:
                answer.stop.set(interaction.user.id)
        self._answering.wake(fresh.id, Spot(place.channel_id, place.guild_id))
        await respond(interaction, Notice.RESET_DONE, ephemeral=False)

    @app_commands.command(name="help", description="What I can do here, for you")
    async def help(self, interaction: discord.Interaction) -> None:
        """Say what the bot can do, here, for this person, in one screen."""
        place = place_at(interaction)
        choice = await self._service.choice(place)
        lines = [self._how_to_talk(interaction), say(Notice.HELP_MODEL, model=choice.model)]
        if await self._steering.refusal(interaction) is None:
            lines.append(Notice.HELP_STEER)
        else:
            lines.append(Notice.HELP_NO_STEER)
        if self._access.turns_per_day is not None:
            lines.append(say(Notice.HELP_QUOTA, limit=self._access.turns_per_day))
        lines.append(Notice.HELP_STORED)
        await respond(interaction, "\n".join(lines))

    def _how_to_talk(self, interaction: discord.Interaction) -> str:
        if interaction.guild is None:
            return Notice.HELP_DIRECT
        if self._attentions.of(interaction.channel) is Attention.EVERYTHING:
            return Notice.HELP_THREAD
        if isinstance(interaction.channel, discord.Thread):
            return say(Notice.HELP_OTHER_THREAD, bot=self._own_name)
        return say(Notice.HELP_CHANNEL, bot=self._own_name)
