"""Interactions: begun by a person, answered by the bot, within the limits that Discord sets.

Source: Discord documentation, "Receiving and Responding".
"""

import asyncio
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import IntEnum

from sandbox.payloads.interaction import Origin, interaction_payload, owners
from sandbox.payloads.people import user_payload
from sandbox.payloads.refusals import Refusal, refused
from sandbox.people.modals import Modal
from sandbox.world.entities import Message, MessageFlag, Payload, Person
from sandbox.world.happenings import InteractionBegun
from sandbox.world.world import World

FIRST_ANSWER_S = 3.0
TOKEN_LIFE_S = 15 * 60.0
DID_NOT_RESPOND = "The application did not respond"
"""What Discord shows to the person where the first answer has not come in time."""


class InteractionKind(IntEnum):
    """What a person did."""

    COMMAND = 2
    COMPONENT = 3
    AUTOCOMPLETE = 4
    MODAL_SUBMIT = 5


class CallbackKind(IntEnum):
    """What the bot answers with."""

    PONG = 1
    MESSAGE = 4
    DEFERRED_MESSAGE = 5
    DEFERRED_UPDATE = 6
    UPDATE = 7
    CHOICES = 8
    MODAL = 9


@dataclass(slots=True, eq=False)
class InteractionRecord:
    """One interaction, as the person sees it become; it is kept up to date.

    Attributes:
        origin: Who made it, where, on which message.
        began_s: When, by the world's clock.
        command_kind: For commands, 1 for slash and 2 or 3 for the menus of a person or message.
        callback: How the bot answered first; null as long as it has not.
        response: The message that is the answer, edits included; for an update it is the message
            that the component is on. It is empty while the bot "is thinking".
        followups: Further messages, in order.
        modal: The modal that the person was shown.
        choices: What autocomplete offered: names and values.
        failed: What Discord told the person where the bot did not answer in time, null otherwise.
    """

    id: int
    token: str
    kind: InteractionKind
    origin: Origin
    world: World
    began_s: float
    command_kind: int = 0
    callback: CallbackKind | None = None
    response: Message | None = None
    followups: list[Message] = field(default_factory=list[Message])
    modal: Modal | None = None
    choices: list[Payload] = field(default_factory=list[Payload])
    failed: str | None = None
    parent: Payload | None = None

    @property
    def deferred(self) -> bool:
        """Whether the bot's first answer was that it will answer later."""
        return self.callback in (CallbackKind.DEFERRED_MESSAGE, CallbackKind.DEFERRED_UPDATE)

    @property
    def is_thinking(self) -> bool:
        """Whether the person sees that the bot is thinking, and nothing else yet."""
        response = self.response
        return response is not None and bool(response.flags & MessageFlag.LOADING)

    @property
    def is_over(self) -> bool:
        """Whether the bot gave its first answer, or its time for that is over."""
        return self.callback is not None or self.failed is not None

    async def until(self, condition: Callable[[], object], timeout_s: float = 5.0) -> None:
        """Wait for a condition that depends on what happens in the sandbox.

        Raises:
            TimeoutError: It has not come true in time.
        """
        await wait_until(self.world, condition, timeout_s)

    def metadata(self) -> Payload:
        """Write what the messages of the answer remember of this interaction."""
        metadata: Payload = {
            "id": str(self.id),
            "type": int(self.kind),
            "user": user_payload(self.origin.person),
            "authorizing_integration_owners": owners(self.origin.channel),
        }
        if self.kind is InteractionKind.COMMAND:
            metadata["command_type"] = self.command_kind
        if self.kind is InteractionKind.COMPONENT and self.origin.message is not None:
            metadata["interacted_message_id"] = str(self.origin.message.id)
        if self.parent is not None:
            metadata["triggering_interaction_metadata"] = self.parent
        return metadata


async def wait_until(world: World, condition: Callable[[], object], timeout_s: float) -> None:
    """Wait until a condition holds; it is looked at whenever something changes in the world.

    Raises:
        TimeoutError: It has not come true in time.
    """
    happened = asyncio.Event()
    forget = world.on_change(happened.set)
    try:
        async with asyncio.timeout(timeout_s):
            while not condition():
                await happened.wait()
                happened.clear()
    finally:
        forget()


def may_see(person: Person, message: Message) -> bool:
    """Return whether a message is for a person's eyes: an ephemeral one is for one person only."""
    if not message.is_ephemeral:
        return True
    return bool(message.interaction) and message.interaction["user"]["id"] == str(person.id)


class Interactions:
    """The interactions of a world, found by their tokens.

    Args:
        world: Where they happen, and whose listeners are told of them.
        first_answer_s: How long the bot has for its first answer.
        token_life_s: How long a token can be used, by the world's clock.
    """

    def __init__(
        self,
        world: World,
        *,
        first_answer_s: float = FIRST_ANSWER_S,
        token_life_s: float = TOKEN_LIFE_S,
    ) -> None:
        self.world = world
        self.first_answer_s = first_answer_s
        self.token_life_s = token_life_s
        self._by_token: dict[str, InteractionRecord] = {}
        self._timers: dict[int, asyncio.TimerHandle] = {}

    def begin(
        self,
        kind: InteractionKind,
        origin: Origin,
        data: Payload,
        *,
        parent: InteractionRecord | None = None,
    ) -> InteractionRecord:
        """Tell the bot what a person did, and start the time for its first answer."""
        record = InteractionRecord(
            id=self.world.ids.make(),
            token=secrets.token_urlsafe(48),
            kind=kind,
            origin=origin,
            world=self.world,
            began_s=self.world.clock(),
            command_kind=int(data.get("type", 0)),
            parent=None if parent is None else parent.metadata(),
        )
        self._by_token[record.token] = record
        loop = asyncio.get_running_loop()
        self._timers[record.id] = loop.call_later(self.first_answer_s, self._give_up, record)
        payload = interaction_payload(
            self.world,
            origin,
            interaction_id=record.id,
            kind=int(kind),
            token=record.token,
            data=data,
        )
        self.world.tell(InteractionBegun(origin.channel, payload))
        return record

    def unanswered(self, interaction_id: int, token: str) -> InteractionRecord:
        """Return the interaction that a first answer is for.

        Raises:
            RefusedError: There is none, it was answered, or its time is over.
        """
        record = self._by_token.get(token)
        if record is None or record.id != interaction_id or record.failed is not None:
            raise refused(Refusal.UNKNOWN_INTERACTION)
        if record.callback is not None:
            raise refused(Refusal.ALREADY_ACKNOWLEDGED)
        return record

    def answered(self, application_id: int, token: str) -> InteractionRecord:
        """Return the interaction that a token is for, once it has its first answer.

        Raises:
            RefusedError: There is none, or the token is too old.
        """
        record = self._by_token.get(token)
        if record is None or record.callback is None or application_id != self.world.bot.id:
            raise refused(Refusal.UNKNOWN_WEBHOOK)
        if self.world.clock() - record.began_s > self.token_life_s:
            raise refused(Refusal.INVALID_TOKEN)
        return record

    def of_id(self, interaction_id: int) -> InteractionRecord:
        """Return an interaction by its id.

        Raises:
            LookupError: There is none.
        """
        for record in self._by_token.values():
            if record.id == interaction_id:
                return record
        raise LookupError(f"There is no interaction {interaction_id}.")

    def acknowledge(self, record: InteractionRecord, callback: CallbackKind) -> None:
        """Note the first answer and stop the clock."""
        record.callback = callback
        if (timer := self._timers.pop(record.id, None)) is not None:
            timer.cancel()
        self.world.changed()

    def close(self) -> None:
        """Stop all clocks."""
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()

    def _give_up(self, record: InteractionRecord) -> None:
        """Tell the person that the bot has not answered in time."""
        del self._timers[record.id]
        record.failed = DID_NOT_RESPOND
        self.world.changed()
