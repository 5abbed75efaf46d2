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
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from sqlalchemy import Engine, event

from conversation.entities import Outcome, Parameters, Part, PlaceKey, Received, TurnResult
from conversation.ports import Store
from storage.sqlite.opening import open_store

BURST = 60
"""How many people ask at once."""

_ROUNDS = 50
_MODEL = "some/model"
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
    """The way of a person's messages through a store, each in a thread of its own."""

    def __init__(self, store: Store, first_id: int) -> None:
        self._store = store
        self._id = first_id
        self._place = PlaceKey(first_id, 1, 2)
        self._conversation_id = self._reply_id = self._turn_id = 0

    def steps(self) -> dict[str, Callable[[], Awaitable[object]]]:
        """Give the methods in the order in which a message calls them."""
        store, thread = self._store, PlaceKey(self._id + 1, 1, 2)
        return {
            "settings": lambda: store.settings(self._place.channel_id),
            "receive, the first": self.receive,
            "conversation": lambda: store.conversation(self._conversation_id),
            "waiting": lambda: store.waiting(self._conversation_id),
            "move": lambda: store.move(self._conversation_id, thread),
            "begin": self.begin,
            "add_part": self.add_part,
            "checkpoint": lambda: store.checkpoint({self._turn_id: "so far"}),
            "finish": self.finish,
            "was_told": lambda: store.was_told(str(self._id)),
            "note_told": lambda: store.note_told(str(self._id)),
            "current_conversation": lambda: store.current_conversation(thread.channel_id),
            "shown_by": lambda: store.shown_by(self._id + 3),
            "receive, a second": self.receive_more,
        }

    async def receive(self) -> None:
        """Take in a message that begins a conversation."""
        self._conversation_id = await self._received(self._id)

    async def receive_more(self) -> None:
        """Take in a message of a conversation that there is."""
        self._place = PlaceKey(self._id + 1, 1, 2)
        await self._received(self._id + 4)

    async def begin(self) -> None:
        """Begin to answer."""
        exchange = await self._store.begin(
            self._conversation_id, model=_MODEL, parameters=Parameters()
        )
        if exchange is None:
            message = "the message does not wait"
            raise RuntimeError(message)
        self._reply_id, self._turn_id = exchange.reply_id, exchange.turn.id

    async def add_part(self) -> None:
        """Note the message that shows the answer."""
        part = Part(0, self._place.channel_id, self._id + 3, "1.0")
        await self._store.add_part(self._reply_id, part)

    async def finish(self) -> None:
        """Store the answer's end."""
        await self._store.finish(self._turn_id, TurnResult("an answer", Outcome.COMPLETE))

    async def whole(self) -> None:
        """Ask and be answered."""
        await self.receive()
        await self.begin()
        await self.add_part()
        await self.finish()

    async def _received(self, message_id: int) -> int:
        receipt = await self._store.receive(
            Received(message_id, self._place, 7, "Ann", "a question"),
            queue_limit=10,
            daily_limit=None,
            day_began_at=_DAY_BEGAN_AT,
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
