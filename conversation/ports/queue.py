"""What is needed of the store for messages that are meant for us."""

from datetime import datetime
from typing import Protocol

from conversation.entities import Inbound, Limits, LivePlace, Receipt, Received


class InboundQueue(Protocol):
    """The messages that were meant for us: taken once, held within limits, answered in order.

    Every method is one short transaction: it is done as a whole or not at all. What one process
    writes is written in the order in which it was begun, also where nobody waited for what was
    begun before. All raise `StoreUnavailableError` when the database cannot be used now, and
    `StoreError` for what will not go away by itself. That holds for every port of the store.
    """

    async def receive(self, message: Received, limits: Limits) -> Receipt:
        """Write a message that was meant for us, for the conversation it belongs to.

        The place and, where there is none yet, the conversation are made: in a text channel the
        one of the answer that it replies to, or one of its own; else the place's current one. A
        thread that was opened from a root, whose id it has, takes that root's conversation while
        this waits to be moved. What it replies to is part of its text, unless that is the newest
        answer of its conversation. A message id that is known changes nothing (`REPEATED`), nor
        one that a notice covers. Past a limit it is stored as refused, with the notice that says
        so: one for each run of refusals, or for each day. A turn counts once, however many
        messages it was made of; a waiting message counts as one, and so does an answer that its
        author pressed a button for. Also records the message as the last one seen in its place.
        """
        ...

    async def is_known(self, message_id: int) -> bool:
        """Return whether a message was written by `receive`, whatever has become of it since."""
        ...

    async def revise(self, message_id: int, text: str) -> bool:
        """Change what an inbound says while it waits; False when it does not wait (any more).

        One that says nothing any more is withdrawn.
        """
        ...

    async def withdraw(self, message_id: int) -> Inbound | None:
        """Mark an inbound as withdrawn by its author and return it; None for an unknown message.

        One that waited is not answered; one that was answered keeps its turn.
        """
        ...

    async def withdraw_in(self, channel_id: int) -> int:
        """Withdraw all that waits for an answer in a place that is gone; return how many."""
        ...

    async def waiting(self, conversation_id: int) -> tuple[Inbound, ...]:
        """Return the inbounds that wait in a conversation, in the order of their messages."""
        ...

    async def live_places(self, since: datetime, *, limit: int) -> tuple[LivePlace, ...]:
        """Return the places in which something was meant for us since then, the latest first.

        After those come direct messages, however old: at most `limit` each.
        """
        ...
