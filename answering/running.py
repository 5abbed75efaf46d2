"""The answers that stream now: who is answered, where, and how each is stopped."""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from conversation.entities import Conversation, Exchange, Inbound, PlaceKey
from conversation.stop_signal import StopSignal

NOBODY = 0
"""Who stops an answer that nobody waits for any more."""


@dataclass(slots=True)
class Running:
    """An answer that streams now; its conversation may still move into a thread."""

    turn_id: int
    reply_id: int
    question_turn_id: int
    inbounds: tuple[Inbound, ...]
    """The messages that it answers."""
    conversation: Conversation
    asker_ids: frozenset[int]
    stop: StopSignal


class RunningAnswers:
    """One a conversation at most."""

    def __init__(self) -> None:
        self._running: dict[int, Running] = {}

    @contextmanager
    def running(self, exchange: Exchange, stop: StopSignal) -> Generator[None, None, None]:
        """Count an answer among them until `end`, or until the context is left."""
        conversation_id = exchange.conversation.id
        speakers = exchange.question.speakers
        self._running[conversation_id] = Running(
            turn_id=exchange.turn.id,
            reply_id=exchange.reply.reply_id,
            question_turn_id=exchange.question.id,
            inbounds=exchange.inbounds,
            conversation=exchange.conversation,
            asker_ids=frozenset(speaker.author_id for speaker in speakers),
            stop=stop,
        )
        try:
            yield
        finally:
            self.end(conversation_id)

    def end(self, conversation_id: int) -> None:
        """Record that an answer has ended; harmless where it was recorded already."""
        self._running.pop(conversation_id, None)

    def move(self, conversation_id: int, place: PlaceKey) -> None:
        """Record that the conversation of an answer has moved."""
        running = self._running.get(conversation_id)
        if running is not None:
            running.conversation = replace(running.conversation, place=place)

    def of_turn(self, turn_id: int) -> Running | None:
        """Return the answer of a turn, if it streams now."""
        return next((it for it in self._running.values() if it.turn_id == turn_id), None)

    def in_place(self, channel_id: int) -> list[Running]:
        """Return the answers that stream in a place now, or are about to move there."""
        return [it for it in self._running.values() if it.conversation.is_at(channel_id)]

    def all(self) -> list[Running]:
        """Return the answers that stream now."""
        return list(self._running.values())

    def stop_answer_to(self, question_turn_id: int, by_id: int) -> None:
        """Stop the answer to a question, if it streams now."""
        for running in self._running.values():
            if running.question_turn_id == question_turn_id:
                running.stop.set(by_id)
