"""`/settings`: how the model answers in a place, and which messages are for it."""

from dataclasses import replace
from typing import Literal

import discord
from discord import app_commands
from discord.ext import commands

from cogs.commands.settings_form import FormAgain, SettingsForm, Typed, as_typed, checked, in_words
from cogs.messages.listen_modes import ListenModes
from cogs.permissions.ownership import Ownership
from cogs.places import place_at
from conversation.entities import ListenMode, Parameters, PlaceKey
from conversation.errors import ModelNameError
from conversation.ports.catalog import ModelCatalog
from conversation.ports.places import PlaceStore
from conversation.ports.provider import Bound, ParameterBounds
from conversation.service import ConversationService
from delivery.interactions import in_time, open_form, respond
from rendering.wording.sentences import Sentence, say

_ANY = ParameterBounds(Bound(0, 2), Bound(0, 1), Bound(1, 1_000_000))
"""For a place whose model is unknown."""


class SettingsCommand(commands.Cog):
    """Shows and changes the settings of a place.

    Args:
        service: Knows what is in force.
        catalog: Knows the bounds.
        places: Keeps what is set.
        modes: Keeps which places are listened to.
        ownership: Checks who may.
    """

    def __init__(
        self,
        service: ConversationService,
        catalog: ModelCatalog,
        places: PlaceStore,
        modes: ListenModes,
        ownership: Ownership,
    ) -> None:
        self._service = service
        self._catalog = catalog
        self._places = places
        self._modes = modes
        self._ownership = ownership

    @app_commands.command(name="settings", description="How I answer here, and to what")
    @app_commands.describe(answer_to="Which messages here are for me; without it, a form opens")
    async def settings(
        self,
        interaction: discord.Interaction,
        answer_to: Literal["every message", "mentions and replies"] | None = None,
    ) -> None:
        """Open the form with what is set, or change which messages are for the bot."""
        if not await self._ownership.may_change(interaction):
            await respond(interaction, Sentence.NOT_YOURS)
            return
        place = place_at(interaction)
        if answer_to is not None:
            is_all = answer_to == "every message"
            mode = ListenMode.EVERYTHING if is_all else ListenMode.MENTIONS
            await in_time(interaction, self._modes.change(place, mode))
            await respond(interaction, Sentence.HEARS_ALL if is_all else Sentence.HEARS_MENTIONS)
            return
        typed = as_typed(await self._places.settings(place.channel_id))
        form = SettingsForm(self.save, place, typed, await self._bounds(place))
        await open_form(interaction, form)

    async def save(self, interaction: discord.Interaction, place: PlaceKey, typed: Typed) -> None:
        """Store what somebody typed, all or nothing; a refusal offers the form again."""
        if not await self._ownership.may_change(interaction):
            await respond(interaction, Sentence.NOT_YOURS)
            return
        bounds = await self._bounds(place)
        parameters, problems = checked(typed, bounds)
        if problems:
            text = say(Sentence.SETTINGS_REFUSED, problems="\n".join(problems))
            await respond(interaction, text, FormAgain(self.save, place, typed, bounds))
            return
        saved = await in_time(interaction, self._saved(place, parameters, typed.system_prompt))
        await respond(interaction, saved)

    async def _saved(self, place: PlaceKey, parameters: Parameters, system_prompt: str) -> str:
        """Store the values, and return the words for what is in force now."""
        prompt = system_prompt.strip() or None
        await self._places.alter_settings(
            place,
            lambda settings: replace(settings, parameters=parameters, system_prompt=prompt),
        )
        choice = await self._service.choice(place)
        lines = in_words(choice.parameters, choice.system_prompt)
        return say(Sentence.SETTINGS_SAVED, settings=lines)

    async def _bounds(self, place: PlaceKey) -> ParameterBounds:
        choice = await self._service.choice(place)
        try:
            return self._catalog.bounds(self._catalog.resolve(choice.model).full_name)
        except ModelNameError:
            return _ANY
