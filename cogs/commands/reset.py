"""`/reset`: begins afresh here."""

import discord
from discord import app_commands
from discord.ext import commands

from answering.reconciler import Reconciler
from answering.worker import Worker
from cogs.permissions.ownership import Ownership
from cogs.places import place_at
from conversation.entities import FreshStart, PlaceKey
from conversation.ports.places import PlaceStore
from delivery.interactions import in_time, respond
from rendering.wording.sentences import Sentence


class ResetCommand(commands.Cog):
    """Begins conversations afresh.

    Args:
        ownership: Checks who may.
        places: Makes the new conversation.
        worker: Answers what waits.
        reconciler: Shows that the former answers cannot be gone on from.
    """

    def __init__(
        self,
        ownership: Ownership,
        places: PlaceStore,
        worker: Worker,
        reconciler: Reconciler,
    ) -> None:
        self._ownership = ownership
        self._places = places
        self._worker = worker
        self._reconciler = reconciler

    @app_commands.command(name="reset", description="Begin afresh here; nothing is deleted")
    async def reset(self, interaction: discord.Interaction) -> None:
        """Make a new current conversation in this place; what waits is answered in it."""
        place = place_at(interaction)
        if place.is_channel:
            await respond(interaction, Sentence.RESET_CHANNEL)
            return
        if not await self._ownership.may_change(interaction):
            await respond(interaction, Sentence.NOT_YOURS)
            return
        made = await in_time(interaction, self._places.reset(place), ephemeral=False)
        self._go_on(interaction, place, made)
        await respond(interaction, Sentence.RESET_DONE, ephemeral=False)

    def _go_on(self, interaction: discord.Interaction, place: PlaceKey, made: FreshStart) -> None:
        for answer in self._worker.running.in_place(place.channel_id):
            if answer.conversation.id != made.conversation.id:
                answer.stop.set(interaction.user.id)
        if made.former_id is not None:
            self._reconciler.refresh_conversation(made.former_id)
        self._worker.wake(made.conversation.id)
