"""What the page is told of commands and forms, and what it says of them in return."""

from collections.abc import Iterator
from typing import Any

from sandbox.payloads.command_rules import NESTING, OptionKind
from sandbox.payloads.json_values import list_or_empty, object_or_none
from sandbox.people.client_refusal import ClientRefusedError
from sandbox.people.modals import Modal
from sandbox.world.entities import Command, Payload
from sandbox.world.world import World

_KEPT = ("type", "required", "autocomplete", "min_value", "max_value", "min_length", "max_length")


def command_views(command: Command, locale: str) -> Iterator[Payload]:
    """Write a slash command, or each of its subcommands, in a person's language."""
    yield from _steps(command.body, str(command.body["name"]), locale)


def _steps(body: Payload, name: str, locale: str) -> Iterator[Payload]:
    options: list[Payload] = list_or_empty(body.get("options"))
    nested = [each for each in options if each["type"] in NESTING]
    if nested:
        for each in nested:
            yield from _steps(each, f"{name} {each['name']}", locale)
        return
    yield {
        "name": name,
        "about": _localized(body, "description", locale),
        "options": [_option(each, locale) for each in options],
    }


def _option(option: Payload, locale: str) -> Payload:
    view: Payload = {key: option[key] for key in _KEPT if option.get(key) is not None}
    view["name"] = option["name"]
    view["about"] = _localized(option, "description", locale)
    view["choices"] = [
        {"name": _localized(each, "name", locale), "value": each["value"]}
        for each in list_or_empty(option.get("choices"))
    ]
    return view


def _localized(body: Payload, key: str, locale: str) -> str:
    translations = object_or_none(body.get(f"{key}_localizations")) or {}
    return str(translations.get(locale) or body.get(key) or "")


def form_view(modal: Modal) -> Payload:
    """Write a form."""
    return {
        "id": str(modal.source_id),
        "title": modal.title,
        "inputs": [
            {
                "id": each.custom_id,
                "label": each.label,
                "kind": each.kind,
                "value": each.value,
                "placeholder": each.placeholder,
                "required": each.required,
                "long": each.is_long,
                "least": each.min_length,
                "most": each.max_length,
                "choices": list(each.choices),
            }
            for each in modal.inputs
        ],
    }


def option_values(
    world: World, command: Command | None, name: str, given: Payload
) -> dict[str, Any]:
    """Turn the options that the page sends into what a person's hands take.

    Raises:
        ClientRefusedError: There is no such person, channel or role.
    """
    options: list[Payload] = [] if command is None else list_or_empty(command.body.get("options"))
    for word in name.split()[1:]:
        step = next((each for each in options if each["name"] == word), None)
        options = [] if step is None else list_or_empty(step.get("options"))
    kinds = {str(each["name"]): OptionKind(each["type"]) for each in options}
    return {key: _value(world, kinds.get(key), value) for key, value in given.items()}


def entity(world: World, text: object) -> Any:
    """Find a person, channel or role by its id.

    Raises:
        ClientRefusedError: There is none.
    """
    number = int(text) if isinstance(text, str) and text.isdecimal() else 0
    for shelf in (world.people, world.channels, world.roles):
        if number in shelf:
            return shelf[number]
    raise ClientRefusedError("There is no such person, channel or role.")


def _value(world: World, kind: OptionKind | None, value: object) -> Any:
    entities = (OptionKind.USER, OptionKind.CHANNEL, OptionKind.ROLE, OptionKind.MENTIONABLE)
    if kind in entities:
        return entity(world, value)
    if kind is OptionKind.NUMBER and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    return value
