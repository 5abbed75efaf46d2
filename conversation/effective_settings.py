"""What is in force at a place: its own settings, then the channel's above it, then the bot's."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeVar

from conversation.entities import Parameters, PlaceKey, PlaceSettings
from conversation.ports.places import PlaceStore

_Value = TypeVar("_Value")


class Origin(StrEnum):
    """Where a value in force comes from."""

    PLACE = "place"
    CHANNEL = "channel"
    """The text or forum channel that the thread belongs to."""
    BOT = "bot"


@dataclass(frozen=True, slots=True)
class Choice:
    """The model and how it is to answer, as in force at a place."""

    model: str
    """As people wrote it: a full name, a bare name or an alias, possibly of a model now gone."""
    model_origin: Origin
    parameters: Parameters
    system_prompt: str = field(repr=False)
    fallback_models: tuple[str, ...] = ()
    """As people wrote them, the one to be asked first coming first."""
    fallback_origin: Origin = Origin.BOT


@dataclass(frozen=True, slots=True)
class Defaults:
    """What the bot's owner has set for everywhere."""

    model: str
    system_prompt: str = field(default="", repr=False)
    fallback_models: tuple[str, ...] = ()


async def choice_at(places: PlaceStore, place: PlaceKey, defaults: Defaults) -> Choice:
    """Return what is in force at a place.

    Raises:
        StoreError: The settings could not be read.
    """
    own = await places.settings(place.channel_id)
    above = PlaceSettings()
    if place.parent_channel_id is not None:
        above = await places.settings(place.parent_channel_id)
    model, origin = _nearest(own.model, above.model, defaults.model)
    fallbacks, fallback_origin = _nearest(
        own.fallback_models, above.fallback_models, defaults.fallback_models
    )
    prompts = (own.system_prompt, above.system_prompt, defaults.system_prompt)
    return Choice(
        model=model,
        model_origin=origin,
        parameters=_merged(own.parameters, above.parameters),
        system_prompt=next(prompt for prompt in prompts if prompt is not None),
        fallback_models=fallbacks,
        fallback_origin=fallback_origin,
    )


def _nearest(own: _Value | None, above: _Value | None, default: _Value) -> tuple[_Value, Origin]:
    if own is not None:
        return own, Origin.PLACE
    if above is not None:
        return above, Origin.CHANNEL
    return default, Origin.BOT


def _merged(own: Parameters, above: Parameters) -> Parameters:
    return Parameters(
        temperature=above.temperature if own.temperature is None else own.temperature,
        top_p=above.top_p if own.top_p is None else own.top_p,
        max_tokens=above.max_tokens if own.max_tokens is None else own.max_tokens,
    )
