"""What is to be done for a conversation, and what is being done."""

import asyncio
from dataclasses import dataclass, field

from conversation.entities import Conversation, Exchange
from conversation.stopping import StopSignal
from rendering.display import ReplyDisplay
from rendering.surface import Spot


@dataclass(frozen=True, slots=True)
class Running:
    """An answer that streams now."""

    turn_id: int
    question_turn_id: int
    conversation: Conversation
    asker_ids: frozenset[int]
    stop: StopSignal


@dataclass(slots=True)
class Work:
    """What is to be done for one conversation, by one task."""

    conversation_id: int
    is_wanted: bool = False
    """Something came that has not been looked at."""
    again_turn_id: int | None = None
    """An ended answer whose question is to be asked again, before anything that waits."""
    spot: Spot | None = None
    """Where to say so if all fails."""
    small_print: list[str] = field(default_factory=list[str])
    task: asyncio.Task[None] | None = None
    display: ReplyDisplay | None = None
    """The reply of the running answer."""
    has_text: bool = False
    """Whether the running answer has said anything."""

    def take_small_print(self) -> list[str]:
        """Give the notices for the next answer, and forget them."""
        taken, self.small_print = self.small_print, []
        return taken


def running_of(exchange: Exchange, stop: StopSignal) -> Running:
    """Describe an answer that begins to stream."""
    return Running(
        turn_id=exchange.turn.id,
        question_turn_id=exchange.path[-1].id,
        conversation=exchange.conversation,
        asker_ids=frozenset(inbound.author_id for inbound in exchange.inbounds),
        stop=stop,
    )
