"""The form that an interaction can be answered with, as the person sees it and as it is sent back.

Source: Discord documentation, "Component Reference", sections "Text Input", "Label" and "Action
Row", and "Receiving and Responding", section "Modal".
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.payloads.json_values import list_or_empty
from sandbox.payloads.refusals import invalid_form
from sandbox.people.client_refusal import ClientRefusedError
from sandbox.world.entities import Payload

TEXT_INPUT = 4
LABEL = 18
_ACTION_ROW = 1
_TEXT_DISPLAY = 10
_SELECTS = (3, 5, 6, 7, 8)
_LIMIT_CHARS = 4000


@dataclass(frozen=True, slots=True)
class ModalInput:
    """One field of a modal.

    Attributes:
        label: What stands over it.
        value: What it holds when the modal opens.
        kind: The component type: 4 is text, 3 and 5 to 8 are select menus.
        choices: The values of a string select, empty for anything else.
        layout: The type of the component that holds it: 1 an action row, 18 a label.
    """

    custom_id: str
    label: str
    kind: int = TEXT_INPUT
    value: str = ""
    placeholder: str = ""
    required: bool = True
    is_long: bool = False
    min_length: int = 0
    max_length: int = _LIMIT_CHARS
    choices: tuple[str, ...] = ()
    layout: int = _ACTION_ROW


@dataclass(frozen=True, slots=True)
class Modal:
    """An open modal; `inputs` are in the order in which they are shown.

    Attributes:
        source_id: The interaction that it was the answer to.
    """

    custom_id: str
    title: str
    inputs: tuple[ModalInput, ...]
    source_id: int

    def input(self, name: str) -> ModalInput:
        """Find a field by its custom id or its label.

        Raises:
            ClientRefusedError: There is none; the error names those there are.
        """
        for each in self.inputs:
            if name in (each.custom_id, each.label):
                return each
        known = [f"{each.label!r} ({each.custom_id})" for each in self.inputs]
        raise ClientRefusedError(f"The modal has no input {name!r}, only {', '.join(known)}.")


def parse_modal(data: Payload, source_id: int) -> Modal:
    """Read the data of callback type 9.

    Raises:
        RefusedError: Code 50035, naming the first field that is wrong.
    """
    _check_text(data, "custom_id", 100)
    _check_text(data, "title", 45)
    components = _entries(list_or_empty(data.get("components")))
    if not 1 <= len(components) <= 5:
        raise invalid_form(
            "data.components", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 5 in length."
        )
    inputs = tuple(_inputs(components))
    identifiers = [each.custom_id for each in inputs]
    if len(set(identifiers)) != len(identifiers):
        raise invalid_form(
            "data.components",
            "COMPONENT_CUSTOM_ID_DUPLICATED",
            "Component custom id cannot be duplicated",
        )
    return Modal(data["custom_id"], data["title"], inputs, source_id)


def modal_values(modal: Modal, values: Mapping[str, str | list[str]]) -> list[Payload]:
    """Build the components of a submission.

    Args:
        modal: What was open.
        values: What the person put into fields, by custom id or label; the others stay as they
            were.

    Raises:
        ClientRefusedError: A name is not a field of the modal, or a value does not fit.
    """
    given = {modal.input(name).custom_id: value for name, value in values.items()}
    entries: list[Payload] = []
    for each in modal.inputs:
        component = _submitted(each, given.get(each.custom_id, each.value))
        if each.layout == LABEL:
            entries.append({"type": LABEL, "id": len(entries) + 1, "component": component})
        else:
            entries.append({"type": _ACTION_ROW, "id": len(entries) + 1, "components": [component]})
    return entries


def _submitted(field: ModalInput, value: str | list[str]) -> Payload:
    """Build one submitted field after checking what was put into it."""
    component: Payload = {"type": field.kind, "id": 1, "custom_id": field.custom_id}
    if field.kind != TEXT_INPUT:
        chosen = [value] if isinstance(value, str) and value else list(value)
        if field.choices and (wrong := set(chosen) - set(field.choices)):
            raise ClientRefusedError(f"{field.label!r} does not offer {sorted(wrong)}.")
        return {**component, "values": chosen}
    text = value if isinstance(value, str) else "".join(value)
    if field.required and not text:
        raise ClientRefusedError(f"{field.label!r} is required.")
    if text and not field.min_length <= len(text) <= field.max_length:
        raise ClientRefusedError(
            f"{field.label!r} takes {field.min_length} to {field.max_length} characters,"
            f" not {len(text)}."
        )
    return {**component, "value": text}


def _entries(components: list[Any]) -> list[Payload]:
    """Leave out the texts that a modal shows between its fields."""
    return [each for each in components if each.get("type") != _TEXT_DISPLAY]


def _inputs(entries: list[Payload]) -> Iterator[ModalInput]:
    """Read the field of each row or label."""
    for index, entry in enumerate(entries):
        here = f"data.components.{index}"
        if entry.get("type") == LABEL and isinstance(entry.get("component"), dict):
            yield _input(entry["component"], str(entry.get("label", "")), LABEL, here)
        elif entry.get("type") == _ACTION_ROW and len(entry.get("components") or []) == 1:
            inner: Payload = entry["components"][0]
            yield _input(inner, str(inner.get("label") or ""), _ACTION_ROW, here)
        else:
            raise invalid_form(here, "BASE_TYPE_CHOICES", "Must be a row or label of one input.")


def _input(component: Payload, label: str, layout: int, path: str) -> ModalInput:
    """Read one field, holding it against the limits."""
    kind = component.get("type")
    if kind != TEXT_INPUT and (kind not in _SELECTS or layout != LABEL):
        raise invalid_form(f"{path}.type", "UNION_TYPE_CHOICES", "Component type is not allowed.")
    if not 1 <= len(label) <= 45:
        raise invalid_form(
            f"{path}.label", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 45 in length."
        )
    _check_text(component, "custom_id", 100, f"{path}.components.0")
    value = str(component.get("value") or "")
    limit = component.get("max_length") or _LIMIT_CHARS
    if kind == TEXT_INPUT and len(value) > limit:
        raise invalid_form(
            f"{path}.components.0.value",
            "BASE_TYPE_MAX_LENGTH",
            f"Must be {limit} or fewer in length.",
        )
    if len(str(component.get("placeholder") or "")) > 100:
        raise invalid_form(
            f"{path}.components.0.placeholder",
            "BASE_TYPE_MAX_LENGTH",
            "Must be 100 or fewer in length.",
        )
    return ModalInput(
        custom_id=component["custom_id"],
        label=label,
        kind=int(component["type"]),
        value=value,
        placeholder=str(component.get("placeholder") or ""),
        required=bool(component.get("required", True)),
        is_long=component.get("style") == 2,
        min_length=component.get("min_length") or 0,
        max_length=limit,
        choices=tuple(each["value"] for each in list_or_empty(component.get("options"))),
        layout=layout,
    )


def _check_text(data: Payload, name: str, limit: int, path: str = "data") -> None:
    """Check a string that has to be there and must not be too long."""
    value = data.get(name)
    if not isinstance(value, str) or not 1 <= len(value) <= limit:
        raise invalid_form(
            f"{path}.{name}",
            "BASE_TYPE_BAD_LENGTH",
            f"Must be between 1 and {limit} in length.",
        )
