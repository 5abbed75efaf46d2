"""What is in force at a place: its own settings, then the channel's above it, then the bot's."""

from dataclasses import dataclass, field
from enum import StrEnum

from conversation.entities import Parameters, PlaceKey, PlaceSettings
from conversation.ports import Store


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


async def choice_at(
    store: Store, place: PlaceKey, *, default_model: str, default_system_prompt: str
) -> Choice:
    """Find what is in force at a place.

    Raises:
        StoreError: The settings could not be read.
    """
    own = await store.settings(place.channel_id)
    above = PlaceSettings()
    if place.parent_channel_id is not None:
        above = await store.settings(place.parent_channel_id)
    model, origin = default_model, Origin.BOT
    if above.model is not None:
        model, origin = above.model, Origin.CHANNEL
    if own.model is not None:
        model, origin = own.model, Origin.PLACE
    prompts = (own.system_prompt, above.system_prompt, default_system_prompt)
    return Choice(
        model=model,
        model_origin=origin,
        parameters=_merged(own.parameters, above.parameters),
        system_prompt=next(prompt for prompt in prompts if prompt is not None),
    )


def _merged(own: Parameters, above: Parameters) -> Parameters:
    return Parameters(
        temperature=above.temperature if own.temperature is None else own.temperature,
        top_p=above.top_p if own.top_p is None else own.top_p,
        max_tokens=above.max_tokens if own.max_tokens is None else own.max_tokens,
    )
