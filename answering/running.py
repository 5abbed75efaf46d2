"""What is to be done for a conversation, and what is being done."""

import asyncio
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from answering.tellings import Footnotes
from conversation.entities import Conversation, Exchange, PlaceKey, Shown
from conversation.events import Finished, ReplyEvent, TextDelta
from conversation.stop_signal import StopSignal
from delivery.discord_api import Spot
from delivery.reply_lane import ReplyDisplay


@dataclass(slots=True)
class Running:
    """An answer that streams now; its conversation may still move into a thread."""

    turn_id: int
    question_turn_id: int
    conversation: Conversation
    asker_ids: frozenset[int]
    stop: StopSignal


@dataclass(slots=True)
class TakeUp:
    """An ended answer that is to be asked again, or gone on with."""

    turn_id: int
    goes_on: bool
    presser_id: int | None
    """Who pressed a button for it."""
    begun: asyncio.Future[bool]
    """Tells somebody whether that has begun; it has not where the conversation has gone on."""

    def settle(self, *, has_begun: bool) -> None:
        """Tell it, unless it was told."""
        if not self.begun.done():
            self.begun.set_result(has_begun)

    def fail(self, error: Exception) -> bool:
        """Let whoever waits for it have the error; False where it was told already."""
        if self.begun.done():
            return False
        self.begun.set_exception(error)
        return True


@dataclass(slots=True)
class Work:
    """What is to be done for one conversation, by one task."""

    conversation_id: int
    is_wanted: bool = False
    """Something came that has not been looked at."""
    take_up: TakeUp | None = None
    """An ended answer to be taken up before anything that waits; None once that has begun."""
    spot: Spot | None = None
    """Where to say so if all fails."""
    small_print: list[str] = field(default_factory=list[str])
    task: asyncio.Task[None] | None = None
    display: ReplyDisplay | None = None
    """The reply of the running answer."""
    footnotes: Footnotes | None = None
    """What stands below it and is told once only."""
    has_text: bool = False
    """Whether the running answer has said anything that can be seen."""

    def end_take_up(self, *, has_begun: bool) -> None:
        """Take in what has become of the answer to be taken up, if there is one."""
        take_up, self.take_up = self.take_up, None
        if take_up is not None:
            take_up.settle(has_begun=has_begun)

    def take(self, event: ReplyEvent) -> None:
        """Take in what came of the running answer."""
        match event:
            case TextDelta(text) | Finished(text=str(text)) if text.strip():
                self.has_text = True
            case _:
                pass

    def take_small_print(self) -> list[str]:
        """Give the notices for the next answer, and forget them."""
        taken, self.small_print = self.small_print, []
        return taken


class Runs:
    """The answers that stream now: one a conversation at most."""

    def __init__(self) -> None:
        self._runs: dict[int, Running] = {}

    @contextmanager
    def running(self, exchange: Exchange, stop: StopSignal) -> Generator[None, None, None]:
        """Count an answer among them until `end`, or until the context is left."""
        conversation_id = exchange.conversation.id
        self._runs[conversation_id] = Running(
            turn_id=exchange.turn.id,
            question_turn_id=exchange.question.id,
            conversation=exchange.conversation,
            asker_ids=frozenset(inbound.author_id for inbound in exchange.inbounds),
            stop=stop,
        )
        try:
            yield
        finally:
            self.end(conversation_id)

    def expect(self, shown: Shown) -> StopSignal:
        """Count an answer among them that a process did not end, as one that may be begun again.

        Who stops it, or takes its question back, is heeded: the signal tells. It is until `end`.
        """
        conversation_id, stop = shown.conversation.id, StopSignal()
        self._runs[conversation_id] = Running(
            turn_id=shown.turn.id,
            question_turn_id=shown.turn.parent_id or 0,
            conversation=shown.conversation,
            asker_ids=shown.asker_ids,
            stop=stop,
        )
        return stop

    def all(self) -> list[Running]:
        """Give all of them."""
        return list(self._runs.values())

    def end(self, conversation_id: int) -> None:
        """Take in that an answer has ended; harmless where it was told already."""
        self._runs.pop(conversation_id, None)

    def move(self, conversation_id: int, place: PlaceKey) -> None:
        """Take in that the conversation of an answer has moved."""
        run = self._runs.get(conversation_id)
        if run is not None:
            run.conversation = replace(run.conversation, place=place)

    def of_turn(self, turn_id: int) -> Running | None:
        """Give the answer of a turn, if it streams now."""
        return next((it for it in self._runs.values() if it.turn_id == turn_id), None)

    def in_place(self, channel_id: int) -> list[Running]:
        """Give the answers that stream in a place now, or are about to move there."""
        return [it for it in self._runs.values() if it.conversation.is_at(channel_id)]

    def stop_answer_to(self, question_turn_id: int, by_id: int) -> None:
        """Stop the answer to a question, if it streams now."""
        for run in self._runs.values():
            if run.question_turn_id == question_turn_id:
                run.stop.set(by_id)
