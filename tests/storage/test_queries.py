"""What the port does not show: the columns kept for later, and that queries use their indices."""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from conversation.entities import Outcome, Parameters, Part, PlaceKey, Received, TurnResult
from conversation.errors import StoreError
from storage.sqlite.store import SqlStore
from tests.storage.opened import MORNING, Clock, opened_sqlite

PLACE = PlaceKey(1001)


def rows(folder: Path, statement: str) -> list[Sequence[object]]:
    """Ask the file of a store directly."""
    with closing(sqlite3.connect(folder / "bobbin.db")) as connection:
        return connection.execute(statement).fetchall()


async def receive(store: SqlStore, message_id: int, *, queue_limit: int = 10) -> int:
    """Take in a message and give its conversation."""
    receipt = await store.receive(
        Received(message_id, PLACE, 7, "Ann", "hello"),
        queue_limit=queue_limit,
        daily_limit=None,
        day_began_at=MORNING,
    )
    return receipt.conversation_id


async def test_last_message_seen_is_the_newest(tmp_path: Path) -> None:
    """A place remembers its newest message, also when an older one comes late."""
    async with opened_sqlite(tmp_path, Clock()) as store:
        for message_id in (5, 9, 7):
            await receive(store, message_id)

        assert rows(tmp_path, "SELECT last_message_id FROM place") == [(9,)]


async def test_inbounds_know_their_place_in_the_turn(tmp_path: Path) -> None:
    """The messages of one turn are numbered in the order in which they came."""
    async with opened_sqlite(tmp_path, Clock()) as store:
        conversation_id = await receive(store, 9)
        await receive(store, 5)
        await store.begin(conversation_id, model="a/b", parameters=Parameters())

        found = rows(tmp_path, "SELECT message_id, ordinal, turn_id FROM inbound ORDER BY ordinal")
        assert found == [(9, 0, 1), (5, 1, 1)]


async def test_times_are_kept_in_utc(tmp_path: Path) -> None:
    """A clock of another zone writes UTC, so that times compare as they are stored."""
    clock = Clock()
    clock.time = MORNING.astimezone(timezone(timedelta(hours=9)))
    async with opened_sqlite(tmp_path, clock) as store:
        await receive(store, 1)

        assert rows(tmp_path, "SELECT received_at FROM inbound") == [
            ("2031-05-06 09:30:00.000000",)
        ]


async def test_time_without_a_zone_is_refused(tmp_path: Path) -> None:
    """A clock without a zone stores nothing: what moment it means cannot be known."""
    clock = Clock()
    async with opened_sqlite(tmp_path, clock) as store:
        clock.time = datetime(2031, 5, 6)  # noqa: DTZ001 - the mistake that is refused
        with pytest.raises(StoreError):
            await receive(store, 1)
        assert rows(tmp_path, "SELECT * FROM inbound") == []


async def test_queries_use_indices(tmp_path: Path) -> None:
    """No statement reads a whole table, but the one for attentions, once at a start."""
    statements: list[str] = []
    async with opened_sqlite(tmp_path, Clock()) as store:
        await store.ping()
        await _trace(store, statements)
        conversation_id = await receive(store, 1)
        exchange = await store.begin(conversation_id, model="a/b", parameters=Parameters())
        assert exchange is not None
        await store.add_part(exchange.reply_id, Part(0, 1001, 501, "n"))
        await store.finish(exchange.turn.id, TurnResult("hi", Outcome.COMPLETE))
        await store.shown_by(501)
        await store.shown_turn(exchange.turn.id)
        await store.ended_since(MORNING, limit=10)
        await store.waiting(conversation_id)
        await store.waiting_conversations()
        await receive(store, 9, queue_limit=0)
        await store.untold_refusals(MORNING, MORNING.replace(year=2040), limit=10)
        await store.note_refusal_told(9)
        await store.interrupt_unfinished()
        await store.move(conversation_id, PlaceKey(2002, 3, 1001))
        await store.reset(PLACE)
        await store.note_told("a")
        await store.was_told("a")
        await store.is_known(1)
        await store.attentions()

    tables = ("place", "conversation", "turn", "inbound", "reply", "part", "told")
    asked = {
        one
        for one in statements
        if one.split(maxsplit=1)[0] in {"SELECT", "WITH", "UPDATE", "DELETE"}
    }
    assert len(asked) > len(tables)
    plans = [
        str(step[3])
        for statement in asked
        for step in rows(tmp_path, f"EXPLAIN QUERY PLAN {statement}")
    ]
    scans = [plan for plan in plans if plan.removeprefix("SCAN ").split()[0] in tables]
    assert scans == ["SCAN place"]


async def _trace(store: SqlStore, statements: list[str]) -> None:
    """Collect what the one connection that a store has so far executes, values filled in."""
    async with store._database.reading() as session:  # noqa: SLF001  # pyright: ignore[reportPrivateUsage] - the port shows no statements
        connection = await (await session.connection()).get_raw_connection()
        driver = connection.driver_connection
        assert driver is not None
        await driver.set_trace_callback(statements.append)
