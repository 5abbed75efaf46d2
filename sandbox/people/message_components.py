"""Finding the buttons and menus of a message, as a person does: by what is written on them.

Source: Discord documentation, "Component Reference".
"""

from collections.abc import Iterator, Sequence
from typing import Any

from sandbox.payloads.json_values import list_or_empty, object_or_none
from sandbox.people.client_refusal import ClientRefusedError
from sandbox.world.entities import Channel, Message, Payload, Person, Role

BUTTON = 2
STRING_SELECT = 3
_LINK = 5
_ACCEPTED: dict[int, tuple[type, ...]] = {
    5: (Person,),
    6: (Role,),
    7: (Person, Role),
    8: (Channel,),
}
"""What the menus take that offer people, roles and channels instead of given options."""


def find_button(message: Message, label: str | None, custom_id: str | None) -> Payload:
    """Find a button that can be clicked and tells the bot so.

    Raises:
        ClientRefusedError: There is none, or it is disabled or only a link.
    """
    buttons = [each for each in _walk(message.components) if each.get("type") == BUTTON]
    found = [
        each
        for each in buttons
        if (label is None or each.get("label") == label)
        and (custom_id is None or each.get("custom_id") == custom_id)
    ]
    if not found:
        known = [each.get("label") or each.get("emoji") for each in buttons]
        raise ClientRefusedError(f"There is no button {label or custom_id!r}, only {known}.")
    button = found[0]
    if button.get("disabled") or button.get("style") == _LINK:
        raise ClientRefusedError(f"The button {label or custom_id!r} cannot be clicked.")
    return button


def find_menu(message: Message, custom_id: str) -> Payload:
    """Find a select menu that can be used.

    Raises:
        ClientRefusedError: There is none, or it is disabled.
    """
    menus = [
        each
        for each in _walk(message.components)
        if each.get("type") == STRING_SELECT or each.get("type") in _ACCEPTED
    ]
    for menu in menus:
        if menu.get("custom_id") == custom_id and not menu.get("disabled"):
            return menu
    known = [each.get("custom_id") for each in menus if not each.get("disabled")]
    raise ClientRefusedError(f"There is no menu {custom_id!r} to use, only {known}.")


def chosen_values(menu: Payload, values: Sequence[Any]) -> list[str]:
    """Check what a person chose in a menu and write it as it is sent.

    Args:
        menu: The menu's component.
        values: Values or labels of its options; for the other menus `Person`, `Role`, `Channel`.

    Raises:
        ClientRefusedError: It is not on offer, or it is too few or too many.
    """
    least, most = menu.get("min_values", 1), menu.get("max_values", 1)
    if not least <= len(values) <= most:
        raise ClientRefusedError(f"The menu takes {least} to {most} values, not {len(values)}.")
    if menu["type"] != STRING_SELECT:
        accepted = _ACCEPTED[menu["type"]]
        if wrong := [each for each in values if not isinstance(each, accepted)]:
            raise ClientRefusedError(f"The menu does not take {wrong}.")
        return [str(each.id) for each in values]
    by_name = {each["label"]: each["value"] for each in list_or_empty(menu.get("options"))}
    by_name |= {value: value for value in by_name.values()}
    if wrong := [each for each in values if each not in by_name]:
        raise ClientRefusedError(f"The menu does not offer {wrong}, only {sorted(by_name)}.")
    return [by_name[each] for each in values]


def _walk(components: Sequence[Payload]) -> Iterator[Payload]:
    """Return every component, also those inside of rows, sections and containers."""
    for component in components:
        yield component
        yield from _walk(list_or_empty(component.get("components")))
        if (accessory := object_or_none(component.get("accessory"))) is not None:
            yield accessory
