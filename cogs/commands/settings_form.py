"""The form of `/settings`: four fields, each of which may be left blank to inherit."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import discord

from conversation.entities import Parameters, PlaceKey, PlaceSettings
from conversation.ports.provider import Bound, ParameterBounds
from delivery.interaction_failures import tell_failure
from delivery.interactions import open_form
from rendering.wording.sentences import Sentence, say

_PROMPT_LIMIT_CHARS = 4000
"""What Discord lets people type into one field."""
_SHOWN_PROMPT_CHARS = 300
_FORM_LIFE_S = 86_400.0
"""How long a form that somebody has open is remembered; Discord does not tell when it is closed."""
_AGAIN_LIFE_S = 900.0


@dataclass(frozen=True, slots=True)
class Typed:
    """What somebody typed into the fields, as text; a blank field inherits."""

    temperature: str
    top_p: str
    max_tokens: str
    system_prompt: str


Save = Callable[[discord.Interaction, PlaceKey, Typed], Awaitable[None]]
"""Stores what was typed about a place, and answers."""


class SettingsForm(discord.ui.Modal, title=Sentence.FORM_TITLE):
    """The form.

    It is sent once, under an id of its own: two people may fill in the same place's at a time.

    Args:
        save: Stores what was typed.
        place: The place the form is about.
        typed: What the fields begin with.
        bounds: What the model's service takes.
    """

    def __init__(self, save: Save, place: PlaceKey, typed: Typed, bounds: ParameterBounds) -> None:
        super().__init__(timeout=_FORM_LIFE_S)
        self._save = save
        self._place = place
        self._temperature = _field(
            Sentence.TEMPERATURE_LABEL,
            _between(Sentence.TEMPERATURE_HINT, bounds.temperature),
            typed.temperature,
        )
        self._top_p = _field(
            Sentence.TOP_P_LABEL, _between(Sentence.TOP_P_HINT, bounds.top_p), typed.top_p
        )
        self._max_tokens = _field(
            Sentence.LENGTH_LABEL,
            _between(Sentence.LENGTH_HINT, bounds.max_tokens),
            typed.max_tokens,
        )
        self._system_prompt: discord.ui.TextInput[SettingsForm] = discord.ui.TextInput(
            label=Sentence.PROMPT_LABEL,
            style=discord.TextStyle.paragraph,
            placeholder=Sentence.PROMPT_HINT,
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
        await self._save(interaction, self._place, typed)

    async def on_error(self, interaction: discord.Interaction, error: Exception) -> None:
        """Tell the person that nothing came of it."""
        await tell_failure(interaction, error)


class FormAgain(discord.ui.View):
    """Offers a form again with what was typed into it, so that nothing typed is lost."""

    def __init__(self, save: Save, place: PlaceKey, typed: Typed, bounds: ParameterBounds) -> None:
        super().__init__(timeout=_AGAIN_LIFE_S)
        self._save = save
        self._place = place
        self._typed = typed
        self._bounds = bounds

    @discord.ui.button(label=Sentence.FORM_AGAIN, style=discord.ButtonStyle.primary)
    async def again(
        self,
        interaction: discord.Interaction,
        button: discord.ui.Button["FormAgain"],  # noqa: ARG002 - discord.py's signature
    ) -> None:
        """Open the form."""
        form = SettingsForm(self._save, self._place, self._typed, self._bounds)
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

    def number(refused: Sentence, text: str, bound: Bound) -> float | None:
        text = text.strip().replace(",", ".")
        if not text:
            return None
        try:
            value = float(text)
        except ValueError:
            value = float("nan")
        if bound.lower <= value <= bound.upper:
            return value
        problems.append(_between(refused, bound))
        return None

    temperature = number(Sentence.TEMPERATURE_REFUSED, typed.temperature, bounds.temperature)
    top_p = number(Sentence.TOP_P_REFUSED, typed.top_p, bounds.top_p)
    length = number(Sentence.LENGTH_REFUSED, typed.max_tokens, bounds.max_tokens)
    return Parameters(temperature, top_p, None if length is None else int(length)), problems


def as_typed(settings: PlaceSettings) -> Typed:
    """Return what is set as people would type it."""
    parameters = settings.parameters
    return Typed(
        "" if parameters.temperature is None else _written(parameters.temperature),
        "" if parameters.top_p is None else _written(parameters.top_p),
        "" if parameters.max_tokens is None else str(parameters.max_tokens),
        settings.system_prompt or "",
    )


def in_words(parameters: Parameters, system_prompt: str) -> str:
    """Return the lines that say what is in force."""
    lines = [
        _value(Sentence.TEMPERATURE_IS, Sentence.TEMPERATURE_IS_MODELS, parameters.temperature),
        _value(Sentence.TOP_P_IS, Sentence.TOP_P_IS_MODELS, parameters.top_p),
        _value(Sentence.LENGTH_IS, Sentence.LENGTH_IS_MODELS, parameters.max_tokens),
    ]
    prompt = discord.utils.escape_markdown(system_prompt[:_SHOWN_PROMPT_CHARS])
    lines.append(say(Sentence.PROMPT_IS, value=prompt) if prompt else Sentence.PROMPT_IS_NONE)
    return "\n".join(lines)


def _value(is_set: Sentence, is_not: Sentence, value: float | None) -> str:
    return say(is_not) if value is None else say(is_set, value=_written(value))


def _field(label: str, placeholder: str, value: str) -> "discord.ui.TextInput[SettingsForm]":
    return discord.ui.TextInput(
        label=label, placeholder=placeholder, default=value or None, required=False, max_length=16
    )


def _between(sentence: Sentence, bound: Bound) -> str:
    return say(sentence, lower=_written(bound.lower), upper=_written(bound.upper))


def _written(value: float) -> str:
    return str(int(value)) if value == int(value) else f"{value:g}"
