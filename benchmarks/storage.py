"""`python -m benchmarks.storage`: what each method of the store costs, along one message's way.

Statements and trips to a connection's thread are counted, so they are the same on every machine;
processor time is measured, this process alone, and holds for the machine it was measured on.
"""

import asyncio
import logging
import tempfile
import time
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from sqlalchemy import Engine, event

from conversation.entities import (
    Limits,
    Outcome,
    Parameters,
    Part,
    PlaceKey,
    Received,
    Spot,
    TurnResult,
)
from conversation.notices import Notice, NoticeKind
from storage.sqlite.opening import open_store
from storage.sqlite.store import Store

BURST = 60
"""How many people ask at once."""

_ROUNDS = 50
_MODEL = "some/model"
_TEXT = "word " * 400
"""As long as what one message on Discord shows."""
_DAY_BEGAN_AT = datetime(2031, 5, 6, tzinfo=UTC)


@dataclass(slots=True)
class Cost:
    """What was done: `statements` without, `trips` with those that begin and end transactions."""

    statements: int = 0
    trips: int = 0
    cpu_ms: float = 0.0


class _Trips(logging.Handler):
    """Counts the jobs of connections' threads, of which the driver logs each."""

    def __init__(self, cost: Cost) -> None:
        super().__init__(logging.DEBUG)
        self._cost = cost

    def emit(self, record: logging.LogRecord) -> None:
        """Count one."""
        self._cost.trips += record.msg == "executing %s"


@contextmanager
def counted() -> Generator[Cost, None, None]:
    """Count what every store of this process does within; nothing of it reaches a log."""
    cost = Cost()

    def count(*facts: Any) -> None:
        cost.statements += not str(facts[2]).startswith("BEGIN")

    driver, trips = logging.getLogger("aiosqlite"), _Trips(cost)
    level, propagates = driver.level, driver.propagate
    driver.setLevel(logging.DEBUG)
    driver.propagate = False
    driver.addHandler(trips)
    event.listen(Engine, "before_cursor_execute", count)
    try:
        yield cost
    finally:
        event.remove(Engine, "before_cursor_execute", count)
        driver.removeHandler(trips)
        driver.propagate = propagates
        driver.setLevel(level)


class Way:
    """The way of a person's messages through a store, each in a channel of its own."""

    def __init__(self, store: Store, first_id: int) -> None:
        self._store = store
        self._id = first_id
        self._place = PlaceKey(first_id, 1)
        self._conversation_id = self._reply_id = self._turn_id = self._revision = 0

    def steps(self) -> dict[str, Callable[[], Awaitable[object]]]:
        """Return the methods in the order in which a message calls them."""
        store, thread = self._store, PlaceKey(self._id + 1, 1, self._id)
        return {
            "receive, the first": self.receive,
            "conversation": lambda: store.places.conversation(self._conversation_id),
            "settings": lambda: store.places.settings(self._place.channel_id),
            "next_exchange": self.begin,
            "behind": lambda: store.replies.behind(
                limit=100, conversation_id=self._conversation_id
            ),
            "place": lambda: store.replies.place(self._reply_id, Spot(self._id + 1, 1), thread),
            "record_step, a part": lambda: self.record_step(None, "so"),
            "record_step, its message": lambda: self.record_step(self._id + 3, None),
            "record_step, text": lambda: store.replies.record_step(
                self._reply_id, [], turn_id=self._turn_id, text=_TEXT
            ),
            "finish": self.finish,
            "record_shown": self.record_shown,
            "next_exchange, none": self.begin,
            "receive, a second": self.receive_more,
            "want": lambda: store.notices.want(self._notice()),
            "current_conversation": lambda: store.places.current_conversation(thread.channel_id),
            "record_heard": lambda: store.heard.record_heard(_DAY_BEGAN_AT),
        }

    async def receive(self) -> None:
        """Write a message that begins a conversation."""
        self._conversation_id = await self._received(self._id)

    async def receive_more(self) -> None:
        """Write a message of a conversation that there is."""
        self._place = PlaceKey(self._id + 1, 1, self._id)
        await self._received(self._id + 4)

    async def begin(self) -> None:
        """Begin to answer, if there is anything to be answered."""
        exchange = await self._store.turns.next_exchange(
            self._conversation_id, model=_MODEL, parameters=Parameters()
        )
        if exchange is not None:
            self._reply_id, self._turn_id = exchange.reply.reply_id, exchange.turn.id

    async def record_step(self, message_id: int | None, text: str | None) -> None:
        """Store what is about to be shown, or the message that shows it."""
        await self._store.replies.record_step(
            self._reply_id, [self._part(message_id)], turn_id=self._turn_id, text=text
        )

    async def finish(self) -> None:
        """Store the answer's end."""
        ending = await self._store.turns.finish(self._turn_id, TurnResult(_TEXT, Outcome.COMPLETE))
        self._revision = ending.revision

    async def record_shown(self) -> None:
        """Store that Discord shows the end."""
        await self._store.replies.record_shown(
            self._reply_id, self._revision, [self._part(self._id + 3)]
        )

    async def whole(self) -> None:
        """Ask and be answered."""
        await self.receive()
        await self.begin()
        await self.record_step(None, "so")
        await self.finish()
        await self.record_shown()

    def _part(self, message_id: int | None) -> Part:
        return Part(0, self._id + 1, message_id, "1.0", digest="d" * 32)

    def _notice(self) -> Notice:
        key, kind = str(self._id), NoticeKind.ONLY_WORDS
        return Notice(key, kind, self._id + 1, 1, answers_message_id=self._id + 5, author_id=7)

    async def _received(self, message_id: int) -> int:
        receipt = await self._store.queue.receive(
            Received(message_id, self._place, 7, "Ann", "a question"),
            Limits(10, 1_000_000, _DAY_BEGAN_AT, _DAY_BEGAN_AT + timedelta(days=1)),
        )
        return receipt.conversation_id


async def costs(store: Store, *, rounds: int = _ROUNDS) -> dict[str, Cost]:
    """Go the way of many messages; give each method's counts, and its mean processor time."""
    await _gone(store, 1)
    found: dict[str, Cost] = {}
    for name, step in Way(store, 101).steps().items():
        with counted() as found[name]:
            await step()
    for number in range(rounds):
        for name, step in Way(store, 1001 + 10 * number).steps().items():
            began_at = time.process_time()
            await step()
            found[name].cpu_ms += (time.process_time() - began_at) * 1000 / rounds
    return found


async def burst(store: Store, *, people: int = BURST) -> Cost:
    """Ask and be answered, many at once."""
    await _gone(store, 1)
    began_at = time.process_time()
    with counted() as cost:
        async with asyncio.TaskGroup() as group:
            for number in range(people):
                group.create_task(Way(store, 100_001 + 10 * number).whole())
    cost.cpu_ms = (time.process_time() - began_at) * 1000
    return cost


async def _gone(store: Store, first_id: int) -> None:
    """Go the way once, so that a connection is open and every statement is compiled."""
    for step in Way(store, first_id).steps().values():
        await step()


async def _main() -> None:
    with tempfile.TemporaryDirectory(prefix="bobbin-bench-") as name:
        url = f"sqlite:///{Path(name)}/bobbin.db"
        async with open_store(url, now=lambda: datetime.now(UTC)) as store:
            found = await costs(store)
        url = f"sqlite:///{Path(name)}/burst.db"
        async with open_store(url, now=lambda: datetime.now(UTC)) as store:
            found[f"{BURST} at once"] = await burst(store)
    table = Table("method", "statements", "trips", "CPU ms")
    for name, cost in found.items():
        table.add_row(name, str(cost.statements), str(cost.trips), f"{cost.cpu_ms:.1f}")
    Console().print(table)


if __name__ == "__main__":
    asyncio.run(_main())
