"""The Playground's list of models: what is offered, where it runs, and within which bounds."""

from collections.abc import Sequence
from dataclasses import dataclass

from conversation.entities import Parameters
from conversation.ports.provider import Bound, ModelInfo, ParameterBounds
from upstream.model_names import MOST_MODELS, is_model_name
from upstream.playground.documented_models import (
    BOUNDS,
    DEFAULT_HOST,
    HOSTS,
    MODELS,
)
from upstream.wire.decoders.json_objects import JsonObject, number, string

USUAL_DEFAULTS = Parameters(temperature=0.7, top_p=1.0, max_tokens=2048)
"""Protocol, section 2."""


@dataclass(frozen=True, slots=True)
class ListedModel:
    """A model as the Playground lists it."""

    info: ModelInfo
    host: str
    bounds: ParameterBounds = BOUNDS
    defaults: Parameters = USUAL_DEFAULTS
    """In force for what the first message does not send."""
    is_offered: bool = True
    """False for a retired model, which is served all the same, and for one that needs a file."""


def documented_models() -> tuple[ListedModel, ...]:
    """Return the documented models with their documented hosts."""
    return tuple(ListedModel(info, HOSTS.get(info.name, DEFAULT_HOST)) for info in MODELS)


def read_models(items: Sequence[JsonObject]) -> tuple[ListedModel, ...]:
    """Return the models of the list in its order, but those without a name or not for chat."""
    aliases = {info.name: info.aliases for info in MODELS}
    return tuple(
        _read(item, aliases.get(string(item.get("id")), ()))
        for item in items[:MOST_MODELS]
        if is_model_name(string(item.get("id")))
        and item.get("model_type", "chat") in ("chat", None)
    )


def _read(item: JsonObject, aliases: tuple[str, ...]) -> ListedModel:
    description = string(item.get("description")) or string(item.get("name"))
    needs_file = item.get("require_file_to_prompt") in {"first_message", "all_messages"}
    usual = BOUNDS
    temperature, top_p = number(item.get("temperature_default")), number(item.get("top_p_default"))
    max_tokens = number(item.get("max_tokens_default"))
    return ListedModel(
        ModelInfo(string(item.get("id")), description, aliases),
        host=string(item.get("host")),
        bounds=ParameterBounds(
            temperature=_bound(item, "temperature", usual.temperature),
            top_p=_bound(item, "top_p", usual.top_p),
            max_tokens=_bound(item, "max_tokens", usual.max_tokens),
        ),
        defaults=Parameters(
            temperature=0.7 if temperature is None else temperature,
            top_p=1.0 if top_p is None else top_p,
            max_tokens=2048 if max_tokens is None else int(max_tokens),
        ),
        is_offered=item.get("is_visible") is not False and not needs_file,
    )


def _bound(item: JsonObject, name: str, usual: Bound) -> Bound:
    """Return a model's own bound where the dialect has it, on the usual grid.

    The service does not check steps, but refuses a `top_p` under 0.01 in both dialects.
    """
    lower = number(item.get(f"{name}_lower"))
    upper = number(item.get(f"{name}_upper"))
    return Bound(
        usual.lower if lower is None else max(lower, usual.lower),
        usual.upper if upper is None else upper,
        usual.step,
    )
