"""What the port does not show: the columns kept for later, and that queries use their indices."""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from conversation.entities import Outcome, Spot, TurnResult
from conversation.errors import StoreError
from storage.sqlite.store import Store
from tests.contracts.store.steps import (
    CHANNEL,
    GUILD,
    THREAD,
    ask,
    begin,
    notice,
    part_of,
    press,
    receive,
    said,
)
from tests.storage.opened import MORNING, Clock, opened_sqlite

PARTIAL = ("ix_turn_unfinished", "ix_reply_behind", "ix_notice_unposted")
"""Indices that hold nothing but what is to be done, so that all of one may be read."""


def rows(folder: Path, statement: str) -> list[Sequence[object]]:
    """Ask the file of a store directly."""
    with closing(sqlite3.connect(folder / "bobbin.db")) as connection:
        return connection.execute(statement).fetchall()


async def test_inbounds_know_their_place_in_the_turn(tmp_path: Path) -> None:
    """The messages of one turn are numbered in the order in which they were written."""
    async with opened_sqlite(tmp_path, Clock()) as store:
        await receive(store, said(9))
        await ask(store, said(5))

        found = rows(tmp_path, "SELECT message_id, ordinal, turn_id FROM inbound ORDER BY ordinal")
        assert found == [(5, 0, 1), (9, 1, 1)]


async def test_times_are_kept_in_utc(tmp_path: Path) -> None:
    """A clock of another zone writes UTC, so that times compare as they are stored."""
    clock = Clock()
    clock.time = MORNING.astimezone(timezone(timedelta(hours=9)))
    async with opened_sqlite(tmp_path, clock) as store:
        await receive(store, said(1))

        assert rows(tmp_path, "SELECT received_at FROM inbound") == [
            ("2031-05-06 09:30:00.000000",)
        ]


async def test_time_without_a_zone_is_refused(tmp_path: Path) -> None:
    """A clock without a zone stores nothing: what moment it means cannot be known."""
    clock = Clock()
    async with opened_sqlite(tmp_path, clock) as store:
        clock.time = datetime(2031, 5, 6)  # noqa: DTZ001 - the mistake that is refused
        with pytest.raises(StoreError):
            await receive(store, said(1))
        assert rows(tmp_path, "SELECT * FROM inbound") == []


async def use_every_method(store: Store) -> None:
    """Call every method of every port once, those read whole once a start excepted."""
    await receive(store, said(1, place=CHANNEL))
    exchange = await ask(store, said(2))
    reply_id, turn_id = exchange.reply.reply_id, exchange.turn.id
    conversation_id = exchange.conversation.id
    await store.replies.place(reply_id, Spot(THREAD.channel_id, GUILD), THREAD)
    part = part_of(exchange, 501)
    await store.replies.record_step(reply_id, [part], turn_id=turn_id, text="so f")
    await store.turns.finish(turn_id, TurnResult("hi", Outcome.TRUNCATED))
    await store.replies.record_shown(reply_id, 2, [part])
    await store.replies.behind(limit=10)
    await store.replies.behind(limit=10, channel_id=1)
    await store.replies.behind(limit=10, conversation_id=conversation_id)
    await store.turns.continue_answer(press(turn_id, daily=9), "go on")
    rest = await begin(store, conversation_id)
    await store.turns.finish(rest.turn.id, TurnResult("", Outcome.FAILED))
    await store.turns.answer_again(press(rest.turn.id, daily=9))
    await store.turns.resume(MORNING, 3)
    await store.turns.conversations_with_work()
    await store.turns.shown_turn(turn_id)
    await store.replies.remove_part(reply_id, 0)
    await store.queue.waiting(conversation_id)
    await receive(store, said(9, replies_to=501), queue=0)
    await store.queue.is_known(1)
    await store.queue.revise(1, "other")
    await store.queue.withdraw(1)
    await store.queue.withdraw_in(THREAD.channel_id)
    notice_id = await store.notices.want(notice("a", is_once_a_run=True)) or 0
    await store.notices.notice(notice_id)
    await store.notices.unposted(limit=10)
    await store.notices.unposted(limit=10, channel_id=1)
    await store.notices.record_try(notice_id)
    await store.notices.record_posted(notice_id, 502)
    await store.notices.is_own_post(502)
    await store.places.conversation(conversation_id)
    await store.places.current_conversation(1)
    await store.places.settings(1)
    await store.places.reset(THREAD)
    await store.heard.record_heard(MORNING)


async def test_queries_use_indices(tmp_path: Path) -> None:
    """No statement reads a whole table, but the one for listen modes, once at a start."""
    statements: list[str] = []
    async with opened_sqlite(tmp_path, Clock()) as store:
        await store.ping()
        await _trace(store, statements)
        await use_every_method(store)
        await store.places.listen_modes()

    tables = ("place", "conversation", "turn", "inbound", "reply", "part", "notice")
    asked = {
        one
        for one in statements
        if one.split(maxsplit=1)[0] in {"SELECT", "WITH", "UPDATE", "DELETE"}
    }
    assert len(asked) > len(tables)
    plans = [
        (str(step[3]), statement)
        for statement in asked
        for step in rows(tmp_path, f"EXPLAIN QUERY PLAN {statement}")
    ]
    scans = [
        (plan, statement)
        for plan, statement in plans
        if plan.startswith("SCAN ")
        and plan.split()[1] in tables
        and not any(name in plan for name in PARTIAL)
    ]
    assert [plan for plan, _ in scans] == ["SCAN place"], scans


async def _trace(store: Store, statements: list[str]) -> None:
    """Collect what the one connection that a store has so far executes, values filled in."""
    async with store.database.reading() as session:
        connection = await (await session.connection()).get_raw_connection()
        driver = connection.driver_connection
        assert driver is not None
        await driver.set_trace_callback(statements.append)
