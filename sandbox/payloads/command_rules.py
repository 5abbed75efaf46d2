"""What an application command has to look like to be registered.

Source: Discord documentation, "Application Commands" (naming, option structure, registering), and
the request schemas of its OpenAPI description.
"""

import re
from collections.abc import Sequence
from enum import IntEnum

from sandbox.payloads.json_values import object_or_none
from sandbox.payloads.refusals import invalid_form
from sandbox.world.entities import Payload

LIMITS = {1: 100, 2: 15, 3: 15}
"""How many commands of each kind there may be in one scope."""

_SLASH_NAME = re.compile(r"[-_'\w\u0900-\u097f\u0e00-\u0e7f]{1,32}")
_KNOWN_KINDS = (1, 2, 3)
_MAXIMUM_CHOICES = 25
_MAXIMUM_OPTIONS = 25


class OptionKind(IntEnum):
    """Discord's option types."""

    SUBCOMMAND = 1
    SUBCOMMAND_GROUP = 2
    STRING = 3
    INTEGER = 4
    BOOLEAN = 5
    USER = 6
    CHANNEL = 7
    ROLE = 8
    MENTIONABLE = 9
    NUMBER = 10
    ATTACHMENT = 11


NESTING = (OptionKind.SUBCOMMAND, OptionKind.SUBCOMMAND_GROUP)
"""The kinds that hold options instead of a value."""


def check_command(body: Payload, path: str = "") -> None:
    """Hold a command against the rules.

    Args:
        body: What was sent.
        path: What goes in front of a field's name in the error, such as `3.` in a bulk request.

    Raises:
        RefusedError: Code 50035, naming the first field that is wrong.
    """
    kind = body.get("type") or 1
    if kind not in _KNOWN_KINDS:
        raise invalid_form(f"{path}type", "BASE_TYPE_CHOICES", "Value must be one of (1, 2, 3).")
    _check_name(body.get("name"), f"{path}name", is_slash=kind == 1)
    _check_description(body.get("description"), f"{path}description", is_slash=kind == 1)
    if kind == 1:
        _check_options(body.get("options") or [], f"{path}options")
    elif body.get("options"):
        raise invalid_form(
            f"{path}options",
            "APPLICATION_COMMAND_CONTEXT_MENU_OPTIONS",
            "Context menu commands cannot have options",
        )


def check_scope(commands: Sequence[Payload]) -> None:
    """Hold all commands of one scope, global or of one guild, against the rules for sets.

    Raises:
        RefusedError: Two share kind and name, or there are too many of one kind.
    """
    seen: set[tuple[int, str]] = set()
    for index, body in enumerate(commands):
        key = (body.get("type") or 1, str(body["name"]).casefold())
        if key in seen:
            raise invalid_form(
                f"{index}.name",
                "APPLICATION_COMMANDS_DUPLICATE_NAME",
                "Application command names must be unique",
            )
        seen.add(key)
    for kind, limit in LIMITS.items():
        if sum(kind == key[0] for key in seen) > limit:
            raise invalid_form(
                "_commands",
                "BASE_TYPE_MAX_LENGTH",
                f"Must be {limit} or fewer commands of type {kind}.",
            )


def _check_name(name: object, path: str, *, is_slash: bool) -> None:
    """Check the name of a command or option; people type those of slash commands."""
    _check_length(name, path, 1, 32)
    if is_slash and (not _SLASH_NAME.fullmatch(str(name)) or str(name) != str(name).lower()):
        raise invalid_form(path, "APPLICATION_COMMAND_INVALID_NAME", "Command name is invalid")


def _check_description(text: object, path: str, *, is_slash: bool) -> None:
    """Check a description: needed where it is shown, refused where it is not."""
    if is_slash:
        _check_length(text, path, 1, 100)
    elif text:
        raise invalid_form(
            path,
            "APPLICATION_COMMAND_CONTEXT_MENU_DESCRIPTION_FORBIDDEN",
            "Context menu commands cannot have description",
        )


def _check_length(text: object, path: str, least: int, most: int) -> None:
    """Check a string that has to be there and has a least and a most length, in code points."""
    if text is None:
        raise invalid_form(path, "BASE_TYPE_REQUIRED", "This field is required")
    if not isinstance(text, str) or not least <= len(text) <= most:
        raise invalid_form(
            path, "BASE_TYPE_BAD_LENGTH", f"Must be between {least} and {most} in length."
        )


def _check_options(options: Sequence[Payload], path: str) -> None:
    """Check the options of a command or subcommand, and those inside of them."""
    if len(options) > _MAXIMUM_OPTIONS:
        raise invalid_form(path, "BASE_TYPE_MAX_LENGTH", "Must be 25 or fewer in length.")
    names: set[str] = set()
    is_optional_seen = False
    for index, option in enumerate(options):
        here = f"{path}.{index}"
        _check_option(option, here)
        if option["name"] in names:
            raise invalid_form(
                f"{here}.name",
                "APPLICATION_COMMAND_OPTIONS_NAME_ALREADY_EXISTS",
                "Option name already exists",
            )
        names.add(option["name"])
        if option.get("required") and is_optional_seen:
            raise invalid_form(
                here,
                "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID",
                "Required options must be placed before non-required options",
            )
        is_optional_seen = is_optional_seen or not option.get("required")


def _check_option(option: Payload, path: str) -> None:
    """Check one option with its choices."""
    try:
        kind = OptionKind(option.get("type", 0))
    except ValueError:
        raise invalid_form(
            f"{path}.type", "BASE_TYPE_CHOICES", "Value must be one of (1 to 11)."
        ) from None
    _check_name(option.get("name"), f"{path}.name", is_slash=True)
    _check_description(option.get("description"), f"{path}.description", is_slash=True)
    if kind in NESTING:
        _check_options(option.get("options") or [], f"{path}.options")
        return
    _check_choices(option.get("choices") or [], f"{path}.choices")
    if option.get("autocomplete") and option.get("choices"):
        raise invalid_form(
            f"{path}.autocomplete",
            "APPLICATION_COMMAND_OPTIONS_CHOICES_AUTOCOMPLETE",
            "Autocomplete and choices cannot both be set",
        )


def _check_choices(choices: Sequence[Payload], path: str) -> None:
    """Check the values that an option is limited to."""
    if len(choices) > _MAXIMUM_CHOICES:
        raise invalid_form(path, "BASE_TYPE_MAX_LENGTH", "Must be 25 or fewer in length.")
    for index, choice in enumerate(choices):
        check_choice(choice, f"{path}.{index}")


def check_choice(choice: object, path: str) -> None:
    """Check one choice: a name of 1 to 100 characters, and a value of at most 100 if it is text.

    Raises:
        RefusedError: Code 50035.
    """
    fields = object_or_none(choice)
    if fields is None:
        raise invalid_form(path, "DICT_TYPE_CONVERT", "Only dictionaries may be used in a DictType")
    _check_length(fields.get("name"), f"{path}.name", 1, 100)
    value: object = fields.get("value")
    if value is None:
        raise invalid_form(f"{path}.value", "BASE_TYPE_REQUIRED", "This field is required")
    if isinstance(value, str):
        _check_length(value, f"{path}.value", 0, 100)
