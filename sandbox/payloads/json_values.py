"""Typed views of JSON whose shape is not known yet."""

from typing import Any, cast

from sandbox.world.entities import Payload


def object_or_none(value: object) -> Payload | None:
    """Return a JSON object as what it is, null if it is something else."""
    return cast("Payload", value) if isinstance(value, dict) else None


def list_or_empty(value: object) -> list[Any]:
    """Return a JSON list as what it is, an empty one if it is something else."""
    return cast("list[Any]", value) if isinstance(value, list) else []
