"""The rules that the components of a message must keep.

Source: Discord documentation, "Component Reference". Their ids are filled in here as Discord does.
"""

from collections.abc import Iterator
from typing import Any

from sandbox.payloads.refusals import invalid_form
from sandbox.rest.checks.fields import object_from, objects_from
from sandbox.world.entities import Payload

_ACTION_ROW = 1
_BUTTON = 2
_STRING_SELECT = 3
_TEXT_DISPLAY = 10
_SELECTS = (3, 5, 6, 7, 8)
_LINK = 5
_PREMIUM = 6
_MAX_ROWS = 5
_MAX_BUTTONS = 5
_MAX_CUSTOM_ID = 100
_MAX_LABEL = 80
_MAX_OPTIONS = 25
_MAX_COMPONENTS = 40
_MAX_TEXT = 4000
_KNOWN_AT_TOP = (1, 9, 10, 12, 13, 14, 17)


def checked_components(given: Any, *, is_v2: bool) -> tuple[Payload, ...]:
    """Check a message's components and number those that have no id.

    Args:
        given: The field as it came.
        is_v2: Whether the message has the flag for Components V2.

    Raises:
        RefusedError: They break a rule.
    """
    top = tuple(dict(each) for each in objects_from(given, "components"))
    if not is_v2 and len(top) > _MAX_ROWS:
        raise invalid_form(
            "components", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 5 in length."
        )
    known = _KNOWN_AT_TOP if is_v2 else (_ACTION_ROW,)
    for index, component in enumerate(top):
        if component.get("type") not in known:
            message = f'Value of field "type" must be one of {known}.'
            raise invalid_form(f"components.{index}.type", "UNION_TYPE_CHOICES", message)
    everything = list(_walk(top, "components"))
    _check_whole(everything)
    for path, component in everything:
        _check_one(path, component)
    _number(component for _, component in everything)
    return top


def _walk(components: tuple[Payload, ...], path: str) -> Iterator[tuple[str, Payload]]:
    """Return every component with its path, parents first."""
    for index, component in enumerate(components):
        here = f"{path}.{index}"
        yield here, component
        children = objects_from(component.get("components"), f"{here}.components")
        yield from _walk(tuple(children), f"{here}.components")
        if component.get("accessory") is not None:
            accessory = f"{here}.accessory"
            yield accessory, object_from(component["accessory"], accessory)


def _check_whole(everything: list[tuple[str, Payload]]) -> None:
    """Check what holds for all components together."""
    if len(everything) > _MAX_COMPONENTS:
        message = "The maximum number of components (40) was exceeded."
        raise invalid_form("components", "COMPONENT_MAX_TOTAL_COMPONENTS_EXCEEDED", message)
    texts = [
        str(each.get("content", "")) for _, each in everything if each.get("type") == _TEXT_DISPLAY
    ]
    if sum(map(len, texts)) > _MAX_TEXT:
        message = "The total length of displayable text must be 4000 or fewer."
        raise invalid_form("components", "COMPONENT_DISPLAYABLE_TEXT_SIZE_EXCEEDED", message)
    seen: set[str] = set()
    for path, component in everything:
        custom_id = component.get("custom_id")
        if custom_id in seen:
            message = "Component custom id cannot be duplicated"
            raise invalid_form(f"{path}.custom_id", "COMPONENT_CUSTOM_ID_DUPLICATED", message)
        if custom_id is not None:
            seen.add(custom_id)


def _check_one(path: str, component: Payload) -> None:
    """Check one component by its type."""
    kind = component.get("type")
    if kind == _ACTION_ROW:
        _check_row(path, component)
    elif kind == _BUTTON:
        _check_button(path, component)
    elif kind in _SELECTS:
        _check_custom_id(path, component)
        options = objects_from(component.get("options"), f"{path}.options")
        if kind == _STRING_SELECT and not 1 <= len(options) <= _MAX_OPTIONS:
            message = "Must be between 1 and 25 in length."
            raise invalid_form(f"{path}.options", "BASE_TYPE_BAD_LENGTH", message)
    elif kind == _TEXT_DISPLAY and not str(component.get("content", "")).strip():
        raise invalid_form(f"{path}.content", "BASE_TYPE_REQUIRED", "This field is required")


def _check_row(path: str, row: Payload) -> None:
    """Check how much a row holds: five buttons, or one select."""
    children = objects_from(row.get("components"), f"{path}.components")
    selects = sum(child.get("type") in _SELECTS for child in children)
    if not 1 <= len(children) <= _MAX_BUTTONS or (selects and len(children) > 1):
        message = "Must be between 1 and 5 in length."
        raise invalid_form(f"{path}.components", "BASE_TYPE_BAD_LENGTH", message)


def _check_button(path: str, button: Payload) -> None:
    """Check a button's label and what it does."""
    if len(str(button.get("label") or "")) > _MAX_LABEL:
        message = "Must be 80 or fewer in length."
        raise invalid_form(f"{path}.label", "BASE_TYPE_MAX_LENGTH", message)
    if button.get("style") == _LINK:
        if not button.get("url"):
            raise invalid_form(f"{path}.url", "BUTTON_COMPONENT_URL_REQUIRED", "A url is required")
    elif button.get("style") != _PREMIUM:
        _check_custom_id(path, button)
    if not button.get("label") and not button.get("emoji") and button.get("style") != _PREMIUM:
        message = "A button must have a label or emoji"
        raise invalid_form(f"{path}.label", "BUTTON_COMPONENT_LABEL_OR_EMOJI_REQUIRED", message)


def _check_custom_id(path: str, component: Payload) -> None:
    """Check that a custom id is there and not too long."""
    custom_id = component.get("custom_id")
    if not custom_id:
        message = "A custom id is required"
        raise invalid_form(f"{path}.custom_id", "COMPONENT_CUSTOM_ID_REQUIRED", message)
    if len(str(custom_id)) > _MAX_CUSTOM_ID:
        message = "Must be between 1 and 100 in length."
        raise invalid_form(f"{path}.custom_id", "BASE_TYPE_BAD_LENGTH", message)


def _number(components: Iterator[Payload]) -> None:
    """Return every component without an id the next free one."""
    for number, component in enumerate(components, start=1):
        component.setdefault("id", number)
