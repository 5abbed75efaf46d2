"""Read JSON objects whose shape is not trusted: a value of a wrong type counts as absent."""

import json
import math
from collections.abc import Mapping
from typing import cast

import orjson

from upstream.errors import garbage_error

JsonObject = Mapping[str, object]
"""A JSON object as it is read."""

_LARGEST = 2**63 - 1
"""What a database takes; JSON has no bounds, and the lenient parser none either."""


def parse(data: bytes | str) -> object:
    """Parse one JSON value; bytes are UTF-8, and what is not is replaced.

    Real servers send what a strict parser refuses: `NaN`, half a surrogate pair, cut characters.
    What orjson refuses is parsed once more, leniently.

    Raises:
        UpstreamError: `GARBAGE`, for what is no JSON.
    """
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError:
        return _parse_leniently(data)


def _parse_leniently(data: bytes | str) -> object:
    text = data.decode("utf-8", errors="replace") if isinstance(data, bytes) else data
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise garbage_error("not JSON") from error


def parse_object(data: bytes | str) -> JsonObject:
    """Parse one JSON object.

    Raises:
        UpstreamError: `GARBAGE`, for what is no JSON or no object.
    """
    value = parse(data)
    if not isinstance(value, dict):
        raise garbage_error("JSON, but not an object")
    return cast(JsonObject, value)


def as_object(value: object) -> JsonObject:
    """Return a value if it is an object, else an empty one."""
    return cast(JsonObject, value) if isinstance(value, dict) else {}


def objects(value: object) -> tuple[JsonObject, ...]:
    """Return the objects of an array; empty for anything but an array."""
    if not isinstance(value, list):
        return ()
    items = cast(list[object], value)
    return tuple(cast(JsonObject, item) for item in items if isinstance(item, dict))


def first_object(value: object) -> JsonObject:
    """Return the first object of an array; an empty one where there is none."""
    items = cast(list[object], value) if isinstance(value, list) else []
    for item in items:
        if isinstance(item, dict):
            return cast(JsonObject, item)
    return {}


def string(value: object) -> str:
    """Return a value if it is a string, else an empty one; lone surrogates are replaced.

    JSON can escape half of a surrogate pair, which no encoder would take later on.
    """
    if not isinstance(value, str):
        return ""
    if value.isascii():
        return value
    return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def integer(value: object) -> int | None:
    """Return a value if it is a whole number of at most 64 bits; a boolean is none."""
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) <= _LARGEST:
        return value
    return None


def number(value: object) -> float | None:
    """Return a value if it is a finite number; a boolean is none."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    whole = integer(value)
    return None if whole is None else float(whole)
