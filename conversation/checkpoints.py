"""The text of answers while they come, and how much of it survives a process that is killed."""

import asyncio
import logging
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field

from conversation.entities import Outcome, TurnResult
from conversation.errors import StoreError, StoreUnavailableError
from conversation.events import (
    Began,
    Finished,
    Queued,
    ReasoningDelta,
    ReplyEvent,
    Shortened,
    Switched,
    TextDelta,
)
from conversation.ports import Store
from conversation.store_failures import report

log = logging.getLogger(__name__)

CHECKPOINT_INTERVAL_S = 2.0
"""At most this much of an answer is lost to a killed process."""

OWED_LIMIT = 1000
"""So many ended answers are kept in memory while the database takes none."""


@dataclass(slots=True)
class Answer:
    """What has come so far of one answer."""

    texts: list[str] = field(default_factory=list[str])
    thoughts: list[str] = field(default_factory=list[str])
    last: Finished | None = None
    model: str | None = None
    """The one that answers instead of the one chosen."""

    def take(self, event: ReplyEvent) -> None:
        """Add an event; costs the same however long the answer is."""
        match event:
            case TextDelta(text):
                self.texts.append(text)
            case ReasoningDelta(text):
                self.thoughts.append(text)
            case Finished():
                self.last = event
            case Switched(model):
                self.model = model
            case Began() | Queued() | Shortened():
                pass

    def result(self) -> TurnResult:
        """Give what is to be stored; an answer without an end was interrupted."""
        last = self.last or Finished(Outcome.INTERRUPTED)
        return TurnResult(
            text="".join(self.texts) if last.text is None else last.text,
            outcome=last.outcome,
            failure=last.failure.reason if last.failure else None,
            reasoning="".join(self.thoughts),
            usage=last.usage,
            resume=last.resume if last.outcome is Outcome.COMPLETE else None,
            model=self.model,
        )


@dataclass(frozen=True, slots=True)
class _Owed:
    """An end that the store did not take."""

    result: TurnResult
    is_settled: asyncio.Event = field(default_factory=asyncio.Event)
    """Set once it is stored, or given up."""


class Checkpoints:
    """Stores the text of every answer that streams, every two seconds, in one transaction.

    Args:
        store: Where it is kept; not owned.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._streaming: dict[int, Answer] = {}
        self._stored: dict[int, int] = {}
        self._owed: dict[int, _Owed] = {}

    @contextmanager
    def tracked(self, turn_id: int) -> Generator[Answer, None, None]:
        """Give the answer of a turn, which is kept in the store while the context is open."""
        answer = self._streaming[turn_id] = Answer()
        try:
            yield answer
        finally:
            del self._streaming[turn_id]
            self._stored.pop(turn_id, None)

    def owe(self, turn_id: int, result: TurnResult) -> None:
        """Store an end that the store did not take as soon as it takes it."""
        self._owed[turn_id] = _Owed(result)
        while len(self._owed) > OWED_LIMIT:
            given_up = next(iter(self._owed))
            self._settle(given_up)
            log.error("turn %d is lost: too many answers wait for the database", given_up)

    async def until_settled(self, turn_id: int) -> None:
        """Wait until the end of a turn is owed no longer: it is stored, or given up."""
        owed = self._owed.get(turn_id)
        if owed is not None:
            await owed.is_settled.wait()

    async def run(self) -> None:
        """Store what has come, again and again, until cancelled; the caller owns the task."""
        while True:
            await asyncio.sleep(CHECKPOINT_INTERVAL_S)
            try:
                await self.store_now()
            except StoreError as error:
                report(log, error, "answers under way could not be stored")

    async def store_now(self) -> None:
        """Store what has come since the last time.

        Raises:
            StoreError: It could not be stored; the next time it will be tried again.
        """
        await self._pay()
        await self._store_grown()

    async def _pay(self) -> None:
        """Store the ends that are owed; one that the store will never take holds up no other.

        Raises:
            StoreUnavailableError: The store takes none now.
        """
        for turn_id, owed in list(self._owed.items()):
            try:
                await self._store.finish(turn_id, owed.result)
            except StoreUnavailableError:
                raise
            except StoreError as error:
                report(log, error, "turn %d is lost: the database refuses it", turn_id)
            else:
                log.info("turn %d is stored after all", turn_id)
            self._settle(turn_id)

    def _settle(self, turn_id: int) -> None:
        owed = self._owed.pop(turn_id, None)
        if owed is not None:
            owed.is_settled.set()

    async def _store_grown(self) -> None:
        counts = {turn_id: len(answer.texts) for turn_id, answer in self._streaming.items()}
        grown = {
            turn_id: "".join(self._streaming[turn_id].texts)
            for turn_id, count in counts.items()
            if count > self._stored.get(turn_id, 0)
        }
        if grown:
            await self._store.checkpoint(grown)
            self._stored |= {it: counts[it] for it in grown if it in self._streaming}
