"""What people do with the bot's commands, buttons, menus and modals.

Everything is checked the way Discord's client does it before anything is sent, so that a test
cannot do what no person could.
"""

from collections.abc import Sequence
from typing import Any

from sandbox.payloads.interaction import Origin, resolved_payload
from sandbox.people.client_refusal import ClientRefusedError
from sandbox.people.command_options import Invocation, invocation
from sandbox.people.interactions import (
    InteractionKind,
    InteractionRecord,
    Interactions,
    may_see,
    wait_until,
)
from sandbox.people.message_components import (
    BUTTON,
    STRING_SELECT,
    chosen_values,
    find_button,
    find_menu,
)
from sandbox.people.modals import Modal, modal_values
from sandbox.world.entities import Channel, Command, Message, Payload, Person
from sandbox.world.permissions import Permission
from sandbox.world.world import World

_SLASH = 1
_ON_PERSON = 2
_ON_MESSAGE = 3
_IN_GUILD = 0
_IN_DIRECT_MESSAGE = 1
_GRACE_S = 1.0


class Acting:
    """The hands of all people, as far as interactions go.

    Each act waits for the bot's first answer, or for Discord to give up on it, and gives the record
    of the interaction, which is kept up to date afterwards. Each raises `ClientRefusedError` where
    a person's client would not let them do it.

    Args:
        world: Where they are.
        interactions: Tells the bot, and takes its answers.
    """

    def __init__(self, world: World, interactions: Interactions) -> None:
        self._world = world
        self._interactions = interactions

    def commands(self, person: Person, channel: Channel, kind: int = _SLASH) -> list[Command]:
        """Return the commands that a person is offered in a channel, by name.

        Args:
            person: Who looks.
            channel: Where.
            kind: 1 for slash commands, 2 and 3 for the menus of people and of messages.
        """
        found: dict[str, Command] = {}
        for command in self._world.commands.values():
            is_here = command.guild_id in (None, channel.guild_id)
            is_covered = command.guild_id is None and command.name in found
            if command.kind != kind or not is_here or is_covered:
                continue
            if self._is_offered(command, person, channel):
                found[command.name] = command
        return [found[name] for name in sorted(found)]

    async def slash(
        self, person: Person, channel: Channel, name: str, /, **options: Any
    ) -> InteractionRecord:
        """Send a slash command.

        Args:
            person: Who.
            channel: Where.
            name: The command, then group and subcommand, divided by blanks; without the slash.
            options: Text and numbers as they are, or `Person`, `Channel`, `Role`, `Attachment`.
        """
        called = invocation(self._offered(person, channel), name, options)
        data = self._command_data(called, channel)
        return await self._act(InteractionKind.COMMAND, Origin(person, channel), data)

    async def autocomplete(
        self, person: Person, channel: Channel, name: str, option: str, typed: str, /, **other: Any
    ) -> list[Payload]:
        """Type into an option and see what is offered.

        Args:
            person: Who.
            channel: Where.
            name: The command, as for `slash`.
            option: The option that is being typed.
            typed: What is typed so far.
            other: The options that are filled in already.

        Returns:
            The choices, each with `name` and `value`; none where the bot did not answer in time.
        """
        called = invocation(
            self._offered(person, channel), name, {**other, option: typed}, focused=option
        )
        data = self._command_data(called, channel)
        data.pop("resolved", None)
        record = await self._act(InteractionKind.AUTOCOMPLETE, Origin(person, channel), data)
        return record.choices

    async def context_menu(
        self, person: Person, name: str, target: Message | Person, channel: Channel | None = None
    ) -> InteractionRecord:
        """Choose a command from the menu of a message or of a person.

        Args:
            person: Who chooses.
            name: What the menu says.
            target: What the menu is of.
            channel: Where a person's menu is opened; a message is where it is.
        """
        if isinstance(target, Message):
            self._require_sight(person, target)
            channel = self._world.channels[target.channel_id]
        if channel is None:
            raise ValueError("the menu of a person is opened in a channel")
        kind = _ON_MESSAGE if isinstance(target, Message) else _ON_PERSON
        offered = self._offered(person, channel, kind)
        command = next((each for each in offered if each.name == name), None)
        if command is None:
            known = [each.name for each in offered]
            raise ClientRefusedError(f"The menu has no {name!r}; it has: {known}.")
        data = self._command_data(Invocation(command, [], (target,)), channel)
        data["target_id"] = str(target.id)
        return await self._act(InteractionKind.COMMAND, Origin(person, channel), data)

    async def click(
        self,
        person: Person,
        message: Message,
        *,
        label: str | None = None,
        custom_id: str | None = None,
    ) -> InteractionRecord:
        """Click a button, found by what it says or by its custom id."""
        self._require_sight(person, message)
        button = find_button(message, label, custom_id)
        data = _component_data(button, BUTTON)
        return await self._act(InteractionKind.COMPONENT, self._on(person, message), data)

    async def select(
        self, person: Person, message: Message, custom_id: str, values: Sequence[Any]
    ) -> InteractionRecord:
        """Choose in a select menu: values or labels of its options, or people, roles, channels."""
        self._require_sight(person, message)
        menu = find_menu(message, custom_id)
        data = _component_data(menu, int(menu["type"]))
        data["values"] = chosen_values(menu, values)
        origin = self._on(person, message)
        if menu["type"] != STRING_SELECT:
            data["resolved"] = resolved_payload(self._world, origin.channel, values)
        return await self._act(InteractionKind.COMPONENT, origin, data)

    async def submit(
        self, person: Person, modal: Modal, /, **values: str | list[str]
    ) -> InteractionRecord:
        """Send a modal that the person was shown.

        Args:
            person: Who was shown it.
            modal: What was shown.
            values: What they put into inputs, by custom id or label; the others stay as they were.
        """
        source = self._interactions.of_id(modal.source_id)
        if source.origin.person is not person:
            raise ClientRefusedError(f"{person.name} was not shown this modal.")
        components = modal_values(modal, values)
        data: Payload = {"custom_id": modal.custom_id, "components": components}
        return await self._act(InteractionKind.MODAL_SUBMIT, source.origin, data, parent=source)

    async def _act(
        self,
        kind: InteractionKind,
        origin: Origin,
        data: Payload,
        *,
        parent: InteractionRecord | None = None,
    ) -> InteractionRecord:
        """Begin an interaction and wait until it is answered or given up."""
        record = self._interactions.begin(kind, origin, data, parent=parent)
        limit_s = self._interactions.first_answer_s + _GRACE_S
        await wait_until(self._world, lambda: record.is_over, limit_s)
        return record

    def _offered(self, person: Person, channel: Channel, kind: int = _SLASH) -> list[Command]:
        """Return the commands of a channel after checking that the person may use any there."""
        bits = self._world.permissions_in(person.id, channel)
        if not bits & Permission.VIEW_CHANNEL or not bits & Permission.USE_APPLICATION_COMMANDS:
            raise ClientRefusedError(f"{person.name} may not use commands in {channel.name!r}.")
        return self.commands(person, channel, kind)

    def _is_offered(self, command: Command, person: Person, channel: Channel) -> bool:
        """Return whether a command's own settings allow it to a person in a channel."""
        place = _IN_DIRECT_MESSAGE if channel.guild_id is None else _IN_GUILD
        contexts = command.body.get("contexts")
        if contexts is not None and place not in contexts:
            return False
        if channel.guild_id is None:
            return contexts is not None or command.body.get("dm_permission") is not False
        needed = int(command.body.get("default_member_permissions") or 0)
        return self._world.permissions_in(person.id, channel) & needed == needed

    def _command_data(self, called: Invocation, channel: Channel) -> Payload:
        """Write the data of a command."""
        command = called.command
        data: Payload = {"id": str(command.id), "name": command.name, "type": command.kind}
        if command.guild_id is not None:
            data["guild_id"] = str(command.guild_id)
        if called.options:
            data["options"] = called.options
        if called.entities:
            data["resolved"] = resolved_payload(self._world, channel, called.entities)
        return data

    def _on(self, person: Person, message: Message) -> Origin:
        """Say that something is done on a message."""
        return Origin(person, self._world.channels[message.channel_id], message)

    def _require_sight(self, person: Person, message: Message) -> None:
        """Go on only with a message that is there and that the person sees."""
        channel = self._world.channels[message.channel_id]
        bits = self._world.permissions_in(person.id, channel)
        if message.is_deleted or not bits & Permission.VIEW_CHANNEL:
            raise ClientRefusedError(f"{person.name} does not see message {message.id}.")
        if not may_see(person, message):
            raise ClientRefusedError(f"Message {message.id} is ephemeral, and for somebody else.")


def _component_data(component: Payload, kind: int) -> Payload:
    """Write the data of a component."""
    data: Payload = {"custom_id": component["custom_id"], "component_type": kind}
    if "id" in component:
        data["id"] = component["id"]
    return data
