"""`/settings`: how the model answers in a place, and which messages are for it."""

from dataclasses import dataclass, replace
from typing import Any, Literal

import discord
from discord import app_commands
from discord.ext import commands

from cogs.commands.failures import tell_failure
from cogs.messages.listen_modes import Attentions
from cogs.permissions.ownership import Steering, place_at
from conversation.entities import Attention, Parameters, PlaceKey, PlaceSettings
from conversation.errors import ModelNameError
from conversation.ports import Bound, ModelCatalog, ParameterBounds, Store
from conversation.service import ConversationService
from delivery.interactions import open_form, respond
from delivery.promptness import in_time
from rendering.wording.english import Notice, say

_PROMPT_LIMIT_CHARS = 4000
"""What Discord lets people type into one field."""
_FORM_LIFE_S = 86_400.0
"""How long a form that somebody has open is remembered; Discord does not tell when it is closed."""
_AGAIN_LIFE_S = 900.0
_ANY = ParameterBounds(Bound(0, 2), Bound(0, 1), Bound(1, 1_000_000))
"""For a place whose model is unknown."""


@dataclass(frozen=True, slots=True)
class Typed:
    """What somebody typed into the fields, as text; a blank field inherits."""

    temperature: str
    top_p: str
    max_tokens: str
    system_prompt: str


class SettingsCommand(commands.Cog):
    """Shows and changes the settings of a place.

    Args:
        service: Knows what is in force.
        catalog: Knows the bounds.
        store: Keeps what is set.
        attentions: Keeps which places are listened to.
        steering: Checks who may.
    """

    def __init__(
        self,
        service: ConversationService,
        catalog: ModelCatalog,
        store: Store,
        attentions: Attentions,
        steering: Steering,
    ) -> None:
        self._service = service
        self._catalog = catalog
        self._store = store
        self._attentions = attentions
        self._steering = steering

    @app_commands.command(name="settings", description="How I answer here, and to what")
    @app_commands.describe(answer_to="Which messages here are for me; without it, a form opens")
    async def settings(
        self,
        interaction: discord.Interaction,
        answer_to: Literal["every message", "mentions and replies"] | None = None,
    ) -> None:
        """Open the form with what is set, or change which messages are for the bot."""
        refusal = await self._steering.refusal(interaction)
        if refusal is not None:
            await respond(interaction, refusal)
            return
        place = place_at(interaction)
        if answer_to is not None:
            is_all = answer_to == "every message"
            attention = Attention.EVERYTHING if is_all else Attention.MENTIONS
            await in_time(interaction, self._attentions.change(place, attention))
            await respond(interaction, Notice.HEARS_ALL if is_all else Notice.HEARS_MENTIONS)
            return
        typed = _as_typed(await self._store.settings(place.channel_id))
        form = SettingsForm(self, place, typed, await self._bounds(place))
        await open_form(interaction, form)

    async def save(self, interaction: discord.Interaction, place: PlaceKey, typed: Typed) -> None:
        """Store what somebody typed, all or nothing; a refusal offers the form again."""
        refusal = await self._steering.refusal(interaction)
        if refusal is not None:
            await respond(interaction, refusal)
            return
        bounds = await self._bounds(place)
        parameters, problems = checked(typed, bounds)
        if problems:
            text = say(Notice.SETTINGS_REFUSED, problems="\n".join(problems))
            await respond(interaction, text, _Again(self, place, typed, bounds))
            return
        saved = await in_time(interaction, self._saved(place, parameters, typed.system_prompt))
        await respond(interaction, saved)

    async def _saved(self, place: PlaceKey, parameters: Parameters, system_prompt: str) -> str:
        """Store the values, and give the words for what is in force now."""
        prompt = system_prompt.strip() or None
        await self._store.alter_settings(
            place,
            lambda settings: replace(settings, parameters=parameters, system_prompt=prompt),
        )
        choice = await self._service.choice(place)
        lines = _in_words(choice.parameters, choice.system_prompt)
        return say(Notice.SETTINGS_SAVED, settings=lines)

    async def _bounds(self, place: PlaceKey) -> ParameterBounds:
        choice = await self._service.choice(place)
        try:
            return self._catalog.bounds(self._catalog.resolve(choice.model).full_name)
        except ModelNameError:
            return _ANY


class SettingsForm(discord.ui.Modal, title="How I answer here"):
    """The form: four fields, each of which may be left blank to inherit.

    It is sent once, under an id of its own: two people may fill in the same place's at a time.

    Args:
        command: Saves what was typed.
        place: The place the form is about.
        typed: What the fields begin with.
        bounds: What the model's service takes.
    """

    def __init__(
        self, command: SettingsCommand, place: PlaceKey, typed: Typed, bounds: ParameterBounds
    ) -> None:
        super().__init__(timeout=_FORM_LIFE_S)
        self._command = command
        self._place = place
        self._temperature = _field(
            "Temperature", f"{_between(bounds.temperature)}; higher is freer", typed.temperature
        )
        self._top_p = _field("Top p", _between(bounds.top_p), typed.top_p)
        self._max_tokens = _field(
            "Maximum length", f"{_between(bounds.max_tokens)} tokens", typed.max_tokens
        )
        self._system_prompt: discord.ui.TextInput[SettingsForm] = discord.ui.TextInput(
            label="System prompt",
            style=discord.TextStyle.paragraph,
            placeholder="Who the model is to be here, and how it is to answer",
            default=typed.system_prompt or None,
            required=False,
            max_length=_PROMPT_LIMIT_CHARS,
        )
        for item in (self._temperature, self._top_p, self._max_tokens, self._system_prompt):
            self.add_item(item)

    async def on_submit(self, interaction: discord.Interaction) -> None:
        """Save what was typed."""
        typed = Typed(
            self._temperature.value,
            self._top_p.value,
            self._max_tokens.value,
            self._system_prompt.value,
        )
        await self._command.save(interaction, self._place, typed)

    async def on_error(self, interaction: discord.Interaction, error: Exception) -> None:
        """Tell the person that nothing came of it."""
        await tell_failure(interaction, error)


class _Again(discord.ui.View):
    """Offers a form again with what was typed into it, so that nothing typed is lost."""

    def __init__(
        self, command: SettingsCommand, place: PlaceKey, typed: Typed, bounds: ParameterBounds
    ) -> None:
        super().__init__(timeout=_AGAIN_LIFE_S)
        self._command = command
        self._place = place
        self._typed = typed
        self._bounds = bounds

    @discord.ui.button(label="Edit again", style=discord.ButtonStyle.primary)
    async def again(
        self,
        interaction: discord.Interaction,
        button: discord.ui.Button["_Again"],  # noqa: ARG002 - discord.py's signature
    ) -> None:
        form = SettingsForm(self._command, self._place, self._typed, self._bounds)
        await open_form(interaction, form)

    async def on_error(
        self,
        interaction: discord.Interaction,
        error: Exception,
        item: discord.ui.Item[Any],  # noqa: ARG002 - discord.py's signature
    ) -> None:
        """Tell the person that nothing came of it."""
        await tell_failure(interaction, error)


def checked(typed: Typed, bounds: ParameterBounds) -> tuple[Parameters, list[str]]:
    """Read the fields; the second value names what is wrong with each, and nothing else counts."""
    problems: list[str] = []

    def number(name: str, text: str, bound: Bound) -> float | None:
        text = text.strip().replace(",", ".")
        if not text:
            return None
        try:
            value = float(text)
        except ValueError:
            value = float("nan")
        if bound.lower <= value <= bound.upper:
            return value
        problems.append(say(Notice.OUT_OF_BOUNDS, name=name, bounds=_between(bound)))
        return None

    temperature = number("Temperature", typed.temperature, bounds.temperature)
    top_p = number("Top p", typed.top_p, bounds.top_p)
    length = number("Maximum length", typed.max_tokens, bounds.max_tokens)
    return Parameters(temperature, top_p, None if length is None else int(length)), problems


def _field(label: str, placeholder: str, value: str) -> "discord.ui.TextInput[SettingsForm]":
    return discord.ui.TextInput(
        label=label, placeholder=placeholder, default=value or None, required=False, max_length=16
    )


def _between(bound: Bound) -> str:
    return f"from {_written(bound.lower)} to {_written(bound.upper)}"


def _written(value: float) -> str:
    return str(int(value)) if value == int(value) else f"{value:g}"


def _as_typed(settings: PlaceSettings) -> Typed:
    values = (settings.parameters.temperature, settings.parameters.top_p)
    temperature, top_p = ("" if value is None else _written(value) for value in values)
    length = settings.parameters.max_tokens
    return Typed(
        temperature, top_p, "" if length is None else str(length), settings.system_prompt or ""
    )


def _in_words(parameters: Parameters, system_prompt: str) -> str:
    values = {
        "Temperature": parameters.temperature,
        "Top p": parameters.top_p,
        "Maximum length": parameters.max_tokens,
    }
    lines = [
        f"- {name}: {Notice.MODELS_OWN if value is None else _written(value)}"
        for name, value in values.items()
    ]
    prompt = discord.utils.escape_markdown(system_prompt[:300]) or "none"
    return "\n".join([*lines, f"- System prompt: {prompt}"])
