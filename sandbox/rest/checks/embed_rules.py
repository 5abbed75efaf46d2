"""The rules that the embeds of a message must keep.

Source: Discord documentation, "Message", section "Embed Limits".
"""

from typing import Any

from sandbox.payloads.refusals import invalid_form
from sandbox.rest.checks.fields import object_from, objects_from
from sandbox.world.entities import Payload

_MAX_EMBEDS = 10
_MAX_FIELDS = 25
_MAX_TOTAL = 6000
_MAX_LENGTHS = (
    (("title",), 256),
    (("description",), 4096),
    (("footer", "text"), 2048),
    (("author", "name"), 256),
)
_MAX_FIELD_LENGTHS = (("name", 256), ("value", 1024))


def checked_embeds(given: Any) -> tuple[Payload, ...]:
    """Check a message's embeds; `type` is filled in.

    Raises:
        RefusedError: They break a rule.
    """
    embeds = tuple({"type": "rich"} | each for each in objects_from(given, "embeds"))
    if len(embeds) > _MAX_EMBEDS:
        raise invalid_form("embeds", "BASE_TYPE_MAX_LENGTH", "Must be 10 or fewer in length.")
    total = sum(_checked_length(f"embeds.{index}", embed) for index, embed in enumerate(embeds))
    if total > _MAX_TOTAL:
        message = "Embed size exceeds maximum size of 6000"
        raise invalid_form("embeds", "MAX_EMBED_SIZE_EXCEEDED", message)
    return embeds


def _checked_length(path: str, embed: Payload) -> int:
    """Check an embed's texts and add up their lengths."""
    total = 0
    for steps, limit_chars in _MAX_LENGTHS:
        parent = (
            embed if len(steps) == 1 else object_from(embed.get(steps[0]), f"{path}.{steps[0]}")
        )
        total += _checked(f"{path}.{'.'.join(steps)}", parent.get(steps[-1]), limit_chars)
    fields = objects_from(embed.get("fields"), f"{path}.fields")
    if len(fields) > _MAX_FIELDS:
        message = "Must be 25 or fewer in length."
        raise invalid_form(f"{path}.fields", "BASE_TYPE_MAX_LENGTH", message)
    for index, one in enumerate(fields):
        for name, limit_chars in _MAX_FIELD_LENGTHS:
            where = f"{path}.fields.{index}.{name}"
            if not one.get(name):
                raise invalid_form(where, "BASE_TYPE_REQUIRED", "This field is required")
            total += _checked(where, one[name], limit_chars)
    return total


def _checked(path: str, value: object, limit_chars: int) -> int:
    """Check one text and give its length."""
    length = 0 if value is None else len(str(value))
    if length > limit_chars:
        message = f"Must be {limit_chars} or fewer in length."
        raise invalid_form(path, "BASE_TYPE_MAX_LENGTH", message)
    return length
