"""Reads ids, numbers and objects out of what a client sent, or refuses what is none."""

from collections.abc import Mapping
from typing import Any

from sandbox.payloads.json_values import list_or_empty, object_or_none
from sandbox.payloads.refusals import invalid_form
from sandbox.world.entities import Payload


def snowflake_from(given: Any, path: str) -> int:
    """Read an id, which comes as text as a rule.

    Args:
        given: What came.
        path: Where the field is, for the refusal.

    Raises:
        RefusedError: It is no id.
    """
    text = str(given)
    if not (text.isascii() and text.isdecimal()):
        raise invalid_form(path, "NUMBER_TYPE_COERCE", f'Value "{text}" is not snowflake.')
    return int(text)


def snowflakes_from(given: Any, path: str) -> frozenset[int]:
    """Read a list of ids that may be missing."""
    listed = enumerate(list_or_empty(given))
    return frozenset(snowflake_from(each, f"{path}.{index}") for index, each in listed)


def number_in(query: Mapping[str, str], name: str, default: int) -> int:
    """Read a number of a query string that may be missing."""
    return snowflake_from(query.get(name, default), name)


def flags_from(given: Any) -> int:
    """Read a set of bits that may be missing.

    Raises:
        RefusedError: It is no number.
    """
    if given is None:
        return 0
    if not isinstance(given, int):
        raise invalid_form("flags", "NUMBER_TYPE_COERCE", f'Value "{given}" is not int.')
    return int(given)


def object_from(given: Any, path: str) -> Payload:
    """Read an object; one that is missing is empty.

    Raises:
        RefusedError: It is something else.
    """
    found = object_or_none({} if given is None else given)
    if found is None:
        message = "Only dictionaries may be used in a ModelType"
        raise invalid_form(path, "MODEL_TYPE_CONVERT", message)
    return found


def objects_from(given: Any, path: str) -> list[Payload]:
    """Read a list of objects; one that is missing is empty.

    Raises:
        RefusedError: It is something else.
    """
    listed = enumerate(list_or_empty(given))
    if given is not None and not isinstance(given, list):
        raise invalid_form(path, "LIST_TYPE_CONVERT", "Only iterables may be used in a ListType")
    return [object_from(each, f"{path}.{index}") for index, each in listed]
