"""The core's ports: what it needs of providers, of the model catalog and of the store.

The contracts stand here. `tests/contracts` holds one suite for every provider and one for every
store; an adapter that passes its suite may stand in for any other.

One module in spite of its length, so that all that an adapter has to keep stands in one place.
"""

from collections.abc import AsyncGenerator, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from conversation.entities import (
    Attention,
    Conversation,
    Exchange,
    Inbound,
    LivePlace,
    Parameters,
    Part,
    PlaceKey,
    PlaceSettings,
    Receipt,
    Received,
    ResumeState,
    Role,
    Shown,
    TurnedAway,
    TurnResult,
)
from conversation.events import StreamEvent

Now = Callable[[], datetime]
"""The wall clock: an aware datetime in UTC."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the history that a model is asked with."""

    role: Role
    text: str = field(repr=False)
    resume: ResumeState | None = None
    """Assistant entries only: what the provider that gave the answer needs to go on from it."""


@dataclass(frozen=True, slots=True)
class Request:
    """A question to a provider.

    `entries` alternates between user and assistant, begins with either, ends with the user's new
    entry, and holds no blank text.
    """

    model: str
    """The provider's own name of the model, without the provider's."""
    entries: tuple[Entry, ...]
    system_prompt: str = field(default="", repr=False)
    parameters: Parameters = field(default_factory=Parameters)


@dataclass(frozen=True, slots=True)
class Bound:
    """A closed interval of allowed values, and the grid they lie on."""

    lower: float
    upper: float
    step: float | None = None
    """None: any value within."""


@dataclass(frozen=True, slots=True)
class ParameterBounds:
    """What a provider takes."""

    temperature: Bound
    top_p: Bound
    max_tokens: Bound


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """A model as its provider lists it."""

    name: str
    """The provider's own name of it, which may hold slashes."""
    description: str = ""
    aliases: tuple[str, ...] = ()
    context_tokens: int | None = None
    """How many tokens prompt and answer may have together; None where the provider is silent."""


class Provider(Protocol):
    """One upstream service. Holds no conversation: what it must remember is in the resume state.

    Owns nothing that needs closing: the HTTP session is passed in and closed by who made it.
    """

    @property
    def name(self) -> str:
        """The part of a model's full name before the first slash; lower case, without one."""
        ...

    @property
    def bounds(self) -> ParameterBounds:
        """The values of parameters it takes; others it brings to the nearest one allowed."""
        ...

    def stream(self, request: Request) -> AsyncGenerator[StreamEvent, None]:
        """Ask, and yield the answer as it comes.

        Ends with exactly one `Finished`, whatever happens upstream: refusals, cuts and nonsense
        are outcomes, not exceptions. Before the first token it tries again, within bounds and
        with backoff, what may succeed at a second try. Nothing that came is dropped: the deltas,
        joined, are the text, unless `Finished.text` says otherwise. Closing or cancelling the
        generator closes the connection at once.
        """
        ...

    async def models(self) -> tuple[ModelInfo, ...]:
        """Ask the service what it offers, in its own order; a documented list where it is silent.

        Raises nothing: a service that does not answer offers what is documented or configured.
        """
        ...


@dataclass(frozen=True, slots=True)
class CatalogModel:
    """A model that can be chosen."""

    full_name: str
    """`provider/model`."""
    description: str = ""
    context_tokens: int | None = None


class ModelCatalog(Protocol):
    """Which models there are; answers from memory, refreshed in the background."""

    def resolve(self, name: str) -> CatalogModel:
        """Find the one model meant by a full name, a bare name or an alias.

        Case does not matter. A full name of a known provider whose list could not be read is
        taken on trust.

        Raises:
            UnknownModelError: There is none; carries the nearest names.
            AmbiguousModelError: A bare name that several providers have; carries the full names.
        """
        ...

    def nearest(self, full_name: str) -> tuple[str, ...]:
        """Give the full names of other models most like this one's, best first; maybe none."""
        ...

    def search(self, typed: str, *, current: str | None = None) -> tuple[CatalogModel, ...]:
        """Give the models whose name matches what was typed so far, best first.

        `current`, a full name, comes first where it matches; an empty `typed` matches all.
        """
        ...

    def bounds(self, full_name: str) -> ParameterBounds:
        """Give the bounds of the provider that a full name belongs to.

        Raises:
            UnknownModelError: No such provider.
        """
        ...


class Store(Protocol):
    """Everything that must survive a restart.

    Every method is one short transaction: it is done as a whole or not at all, and nothing is
    open when it returns. What one process writes is written in the order in which it was begun,
    also where nobody waited for what was begun before. All raise `StoreUnavailableError` when the
    database cannot be used now, and `StoreError` for what will not go away by itself.
    """

    async def receive(
        self,
        message: Received,
        *,
        queue_limit: int,
        daily_limit: int | None,
        day_began_at: datetime,
    ) -> Receipt:
        """Write a message that was meant for us, for the conversation it belongs to.

        The place and, where there is none yet, the conversation are made: the one whose root is
        `root_message_id` in a text channel, else the place's current one. A thread that was opened
        from a root, whose id it has, takes that root's conversation while this waits to be moved.
        A message id that is known changes nothing (`REPEATED`). With `queue_limit` inbounds
        waiting in the conversation, or `daily_limit` turns of the author since `day_began_at`, it
        is stored as refused. A turn counts once, however many messages it was made of; a waiting
        message counts as one, and so does an answer that its author pressed a button for.
        Also notes the message as the last one seen in its place.
        """
        ...

    async def begin(
        self, conversation_id: int, *, model: str, parameters: Parameters
    ) -> Exchange | None:
        """Turn all that waits in a conversation into one user turn and an answer to be streamed.

        The user turn's parent is the head; the assistant turn becomes the head. The inbounds
        become answered, and a reply is made for the assistant turn. None when nothing waits.
        """
        ...

    async def finish(self, turn_id: int, result: TurnResult) -> None:
        """Store how an assistant turn ended; a turn that has its outcome keeps it."""
        ...

    async def answer_again(
        self, turn_id: int, *, model: str, parameters: Parameters, presser_id: int | None = None
    ) -> Exchange | None:
        """Make a sibling of an answer, to be streamed, which takes over its reply.

        It becomes the head. None unless the answer has ended and is the head of its conversation.
        It is one of the turns of the day of whoever pressed a button for it; None is nobody.
        """
        ...

    async def go_on(
        self,
        turn_id: int,
        words: str,
        *,
        model: str,
        parameters: Parameters,
        presser_id: int | None = None,
    ) -> Exchange | None:
        """Make an answer to be streamed that goes on with one that ended, in a reply of its own.

        Between the two stands a hidden user turn of these words. As `answer_again` otherwise.
        """
        ...

    async def is_known(self, message_id: int) -> bool:
        """Tell whether a message was written by `receive`, whatever has become of it since."""
        ...

    async def used(self, author_id: int, since: datetime) -> int:
        """Count somebody's turns since a moment, as `receive` does."""
        ...

    async def checkpoint(self, texts: Mapping[int, str]) -> None:
        """Store how far the answers that stream have come, by turn id, all of them at once.

        A turn that has its outcome is left alone.
        """
        ...

    async def interrupt_unfinished(self) -> tuple[Shown, ...]:
        """Close every turn that still has no outcome as interrupted, and give what is unsettled.

        Those are the turns that were closed so, now or at an earlier start, and of which nobody
        has seen to it since that they are asked again, or that people are told: see `settle`.
        """
        ...

    async def settle(self, turn_id: int) -> None:
        """Note that people can see what became of a turn that the end of a process broke off.

        A turn that is asked again or gone on with is settled by that.
        """
        ...

    async def said(self, turn_id: int) -> tuple[Inbound, ...]:
        """Give the inbounds that became a user turn, in their order; none for a hidden one."""
        ...

    async def waiting(self, conversation_id: int) -> tuple[Inbound, ...]:
        """Give the inbounds that wait in a conversation, in the order in which they came."""
        ...

    async def revise(self, message_id: int, text: str) -> bool:
        """Change what an inbound says while it waits; False when it does not wait (any more).

        One that says nothing any more is withdrawn.
        """
        ...

    async def withdraw(self, message_id: int) -> Inbound | None:
        """Mark an inbound as withdrawn by its author and give it; None for an unknown message.

        One that waited is not answered; one that was answered keeps its turn.
        """
        ...

    async def withdraw_in(self, channel_id: int) -> int:
        """Withdraw all that waits for an answer in a place that is gone; give how many."""
        ...

    async def note_refusal_told(self, message_id: int) -> None:
        """Note that the author of a refused inbound was told of it.

        That holds for all that was refused of theirs in its place since the last message of theirs
        there that was not, and until the next.
        """
        ...

    async def untold_refusals(
        self, since: datetime, before: datetime, *, limit: int
    ) -> tuple[Inbound, ...]:
        """Give of whose refusal in that time nobody was told: one for each author and place.

        It is the first of those that a note about the latest would hold for. `before` is excluded.
        """
        ...

    async def waiting_conversations(self) -> tuple[int, ...]:
        """Give the conversations in which messages wait, the longest waiting first."""
        ...

    async def add_part(self, reply_id: int, part: Part) -> None:
        """Note a Discord message that shows a reply; the same ordinal again replaces it."""
        ...

    async def remove_part(self, reply_id: int, ordinal: int) -> None:
        """Note that a Discord message that showed a reply is not there any more."""
        ...

    async def shown_by(self, message_id: int) -> Shown | None:
        """Find the turn that a Discord message shows a part of."""
        ...

    async def shown_turn(self, turn_id: int) -> Shown | None:
        """Find an assistant turn and where it is shown; None for an unknown turn."""
        ...

    async def ended_since(
        self, since: datetime, *, limit: int, before_turn_id: int | None = None
    ) -> tuple[Shown, ...]:
        """Give the answers that are shown and have ended since then, of all conversations.

        The latest begun first, among the thousand turns before that one, or else the last
        thousand: whoever wants more asks again, before the earliest that was given.
        """
        ...

    async def conversation(self, conversation_id: int) -> Conversation | None:
        """Give a conversation."""
        ...

    async def current_conversation(self, channel_id: int) -> Conversation | None:
        """Give the current conversation of a thread or of direct messages; None if none is."""
        ...

    async def move(self, conversation_id: int, place: PlaceKey) -> None:
        """Move a conversation into the thread opened for it, and make it current there.

        The thread's `attention` becomes `EVERYTHING`.
        """
        ...

    async def reset(self, place: PlaceKey) -> Conversation:
        """Make a new, empty current conversation in a place; the former is kept.

        Its starter is the former's: who started a thread remains who started it. What waits for
        an answer waits in the new one.
        """
        ...

    async def settings(self, channel_id: int) -> PlaceSettings:
        """Give what was set for a place itself, nothing inherited; all None for an unknown one."""
        ...

    async def change_settings(self, place: PlaceKey, settings: PlaceSettings) -> None:
        """Replace what is set for a place."""
        ...

    async def alter_settings(
        self, place: PlaceKey, alter: Callable[[PlaceSettings], PlaceSettings]
    ) -> None:
        """Make a place's settings others, from what they are; no other change comes between."""
        ...

    async def attentions(self) -> Mapping[int, Attention]:
        """Give the attention of every place where it is set, by channel id."""
        ...

    async def live_places(self, since: datetime, *, limit: int) -> tuple[LivePlace, ...]:
        """Give the places in which something was meant for us since then, the latest first.

        After those come direct messages, however old: at most `limit` each.
        """
        ...

    async def note_alive(self, until: datetime) -> None:
        """Note that everything said until then was heard."""
        ...

    async def last_alive(self) -> datetime | None:
        """Give what was noted last by `note_alive`; None if nothing ever was."""
        ...

    async def note_turned_away(self, one: TurnedAway) -> None:
        """Note that somebody was told of messages that were not taken in; again, it is the same."""
        ...

    async def turned_away(self, since: datetime) -> tuple[TurnedAway, ...]:
        """Give what `note_turned_away` noted since then, and forget what it noted before."""
        ...

    async def was_told(self, key: str) -> bool:
        """Tell whether `note_told` was called with this key, ever."""
        ...

    async def note_told(self, key: str) -> None:
        """Note that something which is told once only was told; again changes nothing."""
        ...
