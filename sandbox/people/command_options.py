"""What a person types after a slash command, checked the way Discord's client checks it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sandbox.payloads.command_rules import NESTING, OptionKind
from sandbox.payloads.json_values import list_or_empty
from sandbox.people.client_refusal import ClientRefusedError
from sandbox.world.entities import Attachment, Channel, Command, Payload, Person, Role

_ENTITIES: Mapping[OptionKind, tuple[type, ...]] = {
    OptionKind.USER: (Person,),
    OptionKind.CHANNEL: (Channel,),
    OptionKind.ROLE: (Role,),
    OptionKind.MENTIONABLE: (Person, Role),
    OptionKind.ATTACHMENT: (Attachment,),
}
_PLAIN: Mapping[OptionKind, tuple[type, ...]] = {
    OptionKind.STRING: (str,),
    OptionKind.INTEGER: (int,),
    OptionKind.BOOLEAN: (bool,),
    OptionKind.NUMBER: (int, float),
}


@dataclass(frozen=True, slots=True)
class Invocation:
    """A command as it is sent.

    Attributes:
        options: The options of the payload, inside of the subcommand's if there is one.
        entities: The people, channels, roles and attachments that the options name.
    """

    command: Command
    options: list[Payload]
    entities: tuple[Any, ...] = ()


def invocation(
    commands: Sequence[Command], name: str, given: Mapping[str, Any], *, focused: str | None = None
) -> Invocation:
    """Turn what a person typed into the options of a payload.

    Args:
        commands: The slash commands that there are where the person is.
        name: The command's name, followed by those of group and subcommand.
        given: The options' values: text, numbers, or `Person`, `Channel`, `Role`, `Attachment`.
        focused: The option that is being typed, for autocomplete: it and missing ones are not
            checked.

    Raises:
        ClientRefusedError: There is no such command or option, or a value does not fit.
    """
    words = name.split()
    command = next((each for each in commands if each.name == words[0]), None)
    if command is None:
        known = ", ".join(sorted(f"/{each.name}" for each in commands)) or "none at all"
        raise ClientRefusedError(f"/{words[0]} is not registered; what is: {known}.")
    specifications: list[Payload] = command.body.get("options") or []
    path: list[Payload] = []
    for word in words[1:]:
        step = _named(specifications, word, f"/{name}")
        path.append(step)
        specifications = step.get("options") or []
    if any(each["type"] in NESTING for each in specifications):
        raise ClientRefusedError(f"/{name} needs one of: {_names(specifications)}.")
    options, entities = _values(specifications, given, f"/{name}", focused)
    for step in reversed(path):
        options = [{"name": step["name"], "type": step["type"], "options": options}]
    return Invocation(command, options, entities)


def _values(
    specifications: Sequence[Payload], given: Mapping[str, Any], where: str, focused: str | None
) -> tuple[list[Payload], tuple[Any, ...]]:
    """Check the values of one command or subcommand, and write them as the payload has them."""
    options: list[Payload] = []
    entities: list[Any] = []
    for name, value in given.items():
        specification = _named(specifications, name, where)
        kind = OptionKind(specification["type"])
        if name != focused:
            _check_value(specification, kind, value, where)
        written: Payload = {"name": name, "type": int(kind), "value": value}
        if kind in _ENTITIES and name != focused:
            entities.append(value)
            written["value"] = str(value.id)
        if name == focused:
            written["focused"] = True
        options.append(written)
    missing = [
        each["name"]
        for each in specifications
        if each.get("required") and each["name"] not in given
    ]
    if missing and focused is None:
        raise ClientRefusedError(f"{where} needs {', '.join(missing)}.")
    return options, tuple(entities)


def _named(specifications: Iterable[Payload], name: str, where: str) -> Payload:
    """Find an option's registration."""
    specifications = list(specifications)
    for each in specifications:
        if each["name"] == name:
            return each
    known = _names(specifications) or "none"
    raise ClientRefusedError(f"{where} has no option {name!r}; it has: {known}.")


def _names(specifications: Iterable[Payload]) -> str:
    """List the names of options."""
    return ", ".join(each["name"] for each in specifications)


def _check_value(specification: Payload, kind: OptionKind, value: object, where: str) -> None:
    """Hold a value against its option's type, choices and bounds."""
    here = f"{where} {specification['name']}"
    wanted = {**_PLAIN, **_ENTITIES}[kind]
    if not isinstance(value, wanted) or (isinstance(value, bool) and kind != OptionKind.BOOLEAN):
        raise ClientRefusedError(f"{here} takes a {kind.name.lower()}, not {value!r}.")
    choices = [choice["value"] for choice in list_or_empty(specification.get("choices"))]
    if choices and value not in choices:
        raise ClientRefusedError(f"{here} takes one of {choices}, not {value!r}.")
    allowed: list[int] = specification.get("channel_types") or []
    if allowed and isinstance(value, Channel) and int(value.kind) not in allowed:
        raise ClientRefusedError(f"{here} does not take a channel of type {int(value.kind)}.")
    if isinstance(value, str):
        _check_bounds(len(value), specification, "min_length", "max_length", f"{here} (length)")
    elif isinstance(value, int | float):
        _check_bounds(value, specification, "min_value", "max_value", here)


def _check_bounds(number: float, specification: Payload, least: str, most: str, where: str) -> None:
    """Hold a number against the two bounds that an option may have."""
    lower, upper = specification.get(least), specification.get(most)
    if (lower is not None and number < lower) or (upper is not None and number > upper):
        raise ClientRefusedError(f"{where} is between {lower} and {upper}, not {number}.")
