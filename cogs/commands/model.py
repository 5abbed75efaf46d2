"""`/model`: which model answers in a place."""

from dataclasses import replace

import discord
from discord import app_commands
from discord.ext import commands

from cogs.commands.fallback_list import (
    INHERITED,
    MOST_FALLBACKS,
    NOBODY,
    TooManyError,
    completed,
    read,
)
from cogs.permissions.ownership import Ownership
from cogs.places import place_at
from conversation.effective_settings import Choice, Origin
from conversation.entities import PlaceSettings
from conversation.errors import AmbiguousModelError, ModelNameError
from conversation.ports.catalog import ModelCatalog
from conversation.ports.places import PlaceStore
from conversation.service import ConversationService
from delivery.interactions import in_time, respond
from rendering.wording.fields import either, one_after_another
from rendering.wording.sentences import Sentence, say

_LISTED = 15
_CHOICES = 25
"""Discord shows no more in an autocompletion."""
_NOW = {
    Origin.PLACE: Sentence.MODEL_NOW_PLACE,
    Origin.CHANNEL: Sentence.MODEL_NOW_CHANNEL,
    Origin.BOT: Sentence.MODEL_NOW_BOT,
}
_FALLBACKS_NOW = {
    Origin.PLACE: Sentence.FALLBACK_NOW_PLACE,
    Origin.CHANNEL: Sentence.FALLBACK_NOW_CHANNEL,
    Origin.BOT: Sentence.FALLBACK_NOW_BOT,
}
_NO_FALLBACKS = {
    Origin.PLACE: Sentence.FALLBACK_NONE_PLACE,
    Origin.CHANNEL: Sentence.FALLBACK_NONE_CHANNEL,
    Origin.BOT: Sentence.FALLBACK_NONE_BOT,
}


class ModelCommand(commands.Cog):
    """Shows and sets the model of a place.

    Args:
        service: Knows what is in force.
        catalog: Knows which models there are.
        places: Keeps what is set.
        ownership: Checks who may.
    """

    def __init__(
        self,
        service: ConversationService,
        catalog: ModelCatalog,
        places: PlaceStore,
        ownership: Ownership,
    ) -> None:
        self._service = service
        self._catalog = catalog
        self._places = places
        self._ownership = ownership

    @app_commands.command(name="model", description="Show or choose the model that answers here")
    @app_commands.describe(
        name="The model to use from the next answer on",
        fallback=f"Up to {MOST_FALLBACKS} models to ask where it fails, with commas between; or "
        f"{NOBODY}, or {INHERITED}",
    )
    async def model(
        self,
        interaction: discord.Interaction,
        name: str | None = None,
        fallback: str | None = None,
    ) -> None:
        """Show this place's model and those that are asked where it fails, or set them."""
        if name is None and fallback is None:
            await respond(
                interaction, self._shown(await self._service.choice(place_at(interaction)))
            )
        else:
            set_ = self._set(interaction, name, fallback)
            await respond(interaction, await in_time(interaction, set_))

    @model.autocomplete("name")
    async def complete(
        self, interaction: discord.Interaction, typed: str
    ) -> list[app_commands.Choice[str]]:
        """Offer the models that match what is typed so far, the current one first."""
        choice = await self._service.choice(place_at(interaction))
        found = self._catalog.search(typed, current=self._full_name(choice.model))
        return [
            app_commands.Choice(name=model.full_name[:100], value=model.full_name[:100])
            for model in found[:_CHOICES]
        ]

    @model.autocomplete("fallback")
    async def complete_fallback(
        self,
        interaction: discord.Interaction,  # noqa: ARG002 - discord.py's signature
        typed: str,
    ) -> list[app_commands.Choice[str]]:
        """Offer what the list that is typed so far may become."""
        return [
            app_commands.Choice(name=text, value=text)
            for text in completed(typed, self._catalog)[:_CHOICES]
        ]

    async def _set(
        self, interaction: discord.Interaction, name: str | None, fallback: str | None
    ) -> str:
        """Set what is given, all or nothing; return the words for what came of it."""
        if not await self._ownership.may_change(interaction):
            return Sentence.NOT_YOURS
        try:
            chosen = None if name is None else self._catalog.resolve(name).full_name
            fallbacks = None if fallback is None else read(fallback, self._catalog)
        except ModelNameError as error:
            return _not_found(error)
        except TooManyError:
            return say(Sentence.FALLBACK_TOO_MANY, limit=MOST_FALLBACKS)
        place = place_at(interaction)
        before = await self._service.choice(place)

        def altered(settings: PlaceSettings) -> PlaceSettings:
            if chosen is not None:
                settings = replace(settings, model=chosen)
            if fallback is not None:
                settings = replace(settings, fallback_models=fallbacks)
            return settings

        await self._places.alter_settings(place, altered)
        lines: list[str] = []
        if chosen is not None:
            is_same = chosen == self._full_name(before.model)
            lines.append(say(Sentence.MODEL_SAME if is_same else Sentence.MODEL_SET, model=chosen))
        if fallback is not None:
            lines.append(_fallbacks_shown(await self._service.choice(place)))
        return "\n".join(lines)

    def _shown(self, choice: Choice) -> str:
        current = self._full_name(choice.model)
        found = self._catalog.search("", current=current)
        lines = [f"- `{model.full_name}`" for model in found[:_LISTED]]
        if len(found) > _LISTED:
            lines.append(say(Sentence.MODEL_MORE, count=len(found) - _LISTED))
        shown = say(_NOW[choice.model_origin], model=current, choices="\n".join(lines))
        if not choice.fallback_models and choice.fallback_origin is Origin.BOT:
            return shown
        return f"{shown}\n\n{_fallbacks_shown(choice)}"

    def _full_name(self, name: str) -> str:
        try:
            return self._catalog.resolve(name).full_name
        except ModelNameError:
            return name


def _fallbacks_shown(choice: Choice) -> str:
    """Return which models are asked where the chosen one fails."""
    if not choice.fallback_models:
        return say(_NO_FALLBACKS[choice.fallback_origin])
    names = one_after_another(choice.fallback_models)
    return say(_FALLBACKS_NOW[choice.fallback_origin], names=names)


def _not_found(error: ModelNameError) -> str:
    name = error.name.replace("`", "")[:100]
    if isinstance(error, AmbiguousModelError):
        return say(Sentence.MODEL_AMBIGUOUS, name=name, nearest=either(error.candidates))
    if error.candidates:
        nearest = either(error.candidates)
        return say(Sentence.MODEL_UNKNOWN_NEAREST, name=name, nearest=nearest)
    return say(Sentence.MODEL_UNKNOWN, name=name)
