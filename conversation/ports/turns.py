"""What is needed of the store for turns: what is to be answered, and how answers end."""

from datetime import datetime
from typing import Protocol

from conversation.entities import (
    ClickVerdict,
    Ending,
    Exchange,
    Parameters,
    Press,
    Shown,
    TurnResult,
)


class TurnStore(Protocol):
    """The turns of conversations; see `InboundQueue` for what holds for each method.

    Work is rows: an assistant turn without an outcome, or an inbound that waits, is an answer that
    is still to be given. Whatever raises the wanted revision of a reply does so in its transaction.
    """

    async def next_exchange(
        self, conversation_id: int, *, model: str, parameters: Parameters
    ) -> Exchange | None:
        """Return the next thing to answer in a conversation; None where there is nothing.

        First an answer that was begun and has no outcome, be it a sibling that a click or a start
        has made. Else all that waits, together, becomes one user turn with an answer to be
        streamed, a reply is made for it, and the answer becomes the head.

        A conversation must not be answered twice at once: the caller sees to that.
        """
        ...

    async def finish(self, turn_id: int, result: TurnResult) -> Ending:
        """Store how an assistant turn ended; a turn that has its outcome keeps it.

        Remarks that are made once only, and were made before, are left out.
        """
        ...

    async def answer_again(self, press: Press) -> ClickVerdict:
        """Make a sibling of an answer, to be streamed, which takes over its reply.

        Only where the answer has ended, is the head of its conversation, and that is current in
        its place; and where the turns of the day of who pressed allow it.
        """
        ...

    async def continue_answer(self, press: Press, words: str) -> ClickVerdict:
        """Make an answer to be streamed that goes on with one that ended, in a reply of its own.

        Between the two stands a hidden user turn of these words. As `answer_again` otherwise.
        """
        ...

    async def resume(self, young_since: datetime, attempts: int) -> int:
        """Close every turn without an outcome as interrupted, and return how many there were.

        Called at a start. Where the turn is the head of its conversation, was begun since
        `young_since`, and is not one of `attempts` to the same question that were interrupted in
        a row, a sibling takes over its reply, to be asked.
        """
        ...

    async def conversations_with_work(self) -> tuple[int, ...]:
        """Return the conversations in which something is to be answered, the oldest first."""
        ...

    async def newest_sibling(self, turn_id: int) -> Shown | None:
        """Return the newest answer to the same question, which the reply shows, or is to show."""
        ...

    async def shown_turn(self, turn_id: int) -> Shown | None:
        """Return an assistant turn and whose it is; None for a turn that no reply shows."""
        ...
