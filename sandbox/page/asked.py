"""Reads what the page asks: nothing of it is taken to be right before it was looked at."""

from typing import Any

from sandbox.payloads.json_values import list_or_empty, object_or_none
from sandbox.people.client_refusal import ClientRefusedError
from sandbox.world.entities import Channel, Message, Payload, Person
from sandbox.world.permissions import Permission
from sandbox.world.world import World

_NAME_CHARS = 100


class Asked:
    """One request of the page, made by a person.

    Every reader raises `ClientRefusedError` where what is asked for is missing, of another type, or
    not for this person's eyes.

    Args:
        body: The JSON that came.
        person: Who asks.
        world: Where they are.
    """

    def __init__(self, body: Payload, person: Person, world: World) -> None:
        self.person = person
        self._body = body
        self._world = world

    def text(self, name: str, *, limit_chars: int = 4000) -> str:
        """Read a text, blank if it is missing."""
        value = self._body.get(name, "")
        if not isinstance(value, str) or len(value) > limit_chars:
            raise ClientRefusedError(f"{name} is a text of at most {limit_chars} characters.")
        return value

    def name(self, name: str) -> str:
        """Read a text of at most 100 characters that is not blank."""
        value = self.text(name, limit_chars=_NAME_CHARS).strip()
        if not value:
            raise ClientRefusedError(f"The {name} is missing.")
        return value

    def texts(self, name: str) -> list[str]:
        """Read a list of texts, empty if it is missing."""
        values = list_or_empty(self._body.get(name))
        if not all(isinstance(value, str) for value in values):
            raise ClientRefusedError(f"{name} is a list of texts.")
        return values

    def is_set(self, name: str) -> bool:
        """Read a switch, off if it is missing."""
        return self._body.get(name) is True

    def values(self, name: str) -> Payload:
        """Read named texts, numbers, switches and lists of texts."""
        values: dict[str, Any] = object_or_none(self._body.get(name)) or {}
        if not all(isinstance(value, str | int | float | list) for value in values.values()):
            raise ClientRefusedError(f"{name} holds something that is no option's value.")
        return values

    def identifier(self, name: str) -> int:
        """Read an id."""
        value = self._body.get(name)
        if not isinstance(value, str) or not value.isdecimal() or len(value) > 20:
            raise ClientRefusedError(f"{name} is no id.")
        return int(value)

    def has(self, name: str) -> bool:
        """Whether something is given at all."""
        return self._body.get(name) is not None

    def channel(self, name: str = "channel") -> Channel:
        """Find a channel that the person sees."""
        channel = self._world.channels.get(self.identifier(name))
        if channel is None or not sees(self._world, self.person, channel):
            raise ClientRefusedError("This channel does not exist.")
        return channel

    def message(self, name: str = "message") -> Message:
        """Find a message in a channel that the person sees."""
        message = self._world.message(self.channel().id, self.identifier(name))
        if message is None:
            raise ClientRefusedError("This message does not exist.")
        return message


def sees(world: World, person: Person, channel: Channel) -> bool:
    """Whether a person sees a channel."""
    return bool(world.permissions_in(person.id, channel) & Permission.VIEW_CHANNEL)
