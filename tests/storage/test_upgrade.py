"""A store that was written before there were revisions: what the upgrade makes of its rows.

The rows are written as the code of version 0005 left them, each with the reason it is there.
"""

import sqlite3
from collections.abc import AsyncGenerator
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

from conversation.entities import (
    ListenMode,
    Outcome,
    Parameters,
    PlaceKey,
    PlaceSettings,
    ReplyState,
    Spot,
    TurnResult,
    Verdict,
)
from conversation.notices import Remark, RemarkKind
from storage.sqlite.migrating import alembic_config
from storage.sqlite.store import Store
from tests.contracts.store.steps import (
    ANN,
    BEN,
    CHANNEL,
    GUILD,
    ask,
    begin,
    begun,
    behind,
    notice,
    receive,
    said,
)
from tests.storage.opened import MORNING, Clock, opened_sqlite

ALIVE = MORNING - timedelta(minutes=2)
"""When the bot of before was last heard of."""
YESTERDAY, LATELY = MORNING - timedelta(days=1), ALIVE - timedelta(minutes=1)
LONG_AGO, ENDED_LATELY, STREAMING, UNSETTLED, WITHOUT_PARTS = 1, 2, 3, 4, 5
"""Conversations, each with one question and one answer; so are the ids of their replies."""
ROOT_ID = 5000
"""The message that begins the conversation in the channel."""


def thread(channel_id: int) -> PlaceKey:
    """Return a thread of the channel."""
    return PlaceKey(channel_id, GUILD, CHANNEL.channel_id)


class Former:
    """Writes rows of version 0005."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def insert(self, table: str, **values: object) -> None:
        """Insert a row; datetimes as SQLAlchemy wrote them."""
        columns = ", ".join(values)
        marks = ", ".join("?" * len(values))
        self._connection.execute(
            f"INSERT INTO {table} ({columns}) VALUES ({marks})",  # noqa: S608 - our own names
            [_stored(value) for value in values.values()],
        )

    def place(self, channel_id: int, parent_id: int | None, **values: object) -> None:
        """Insert a place."""
        ids = {"channel_id": channel_id, "guild_id": GUILD, "parent_channel_id": parent_id}
        self.insert("place", **{**ids, "parameters": "{}", **values})

    def answered(
        self,
        number: int,
        channel_id: int,
        *,
        at: datetime,
        text: str,
        outcome: Outcome | None,
        finished_at: datetime | None,
        part_ids: tuple[int, ...] = (),
        root_id: int | None = None,
    ) -> None:
        """Insert a conversation with a question and an answer, which is its head."""
        question_id, answer_id = number * 10, number * 10 + 1
        common = {"conversation_id": number, "reasoning": "", "parameters": "{}", "created_at": at}
        self.insert(
            "conversation",
            id=number,
            channel_id=channel_id,
            root_message_id=root_id,
            head_turn_id=answer_id,
            starter_id=ANN,
            created_at=at,
        )
        speakers = f'[{{"author_id": {ANN}, "name": "Ann", "length_chars": 4}}]'
        question = {"role": "user", "text": "why?", "speakers": speakers}
        self.insert("turn", id=question_id, **common, **question)
        answer = {"role": "assistant", "text": text, "speakers": "[]", "model": "a/b"}
        end = {"outcome": outcome, "finished_at": finished_at}
        self.insert("turn", id=answer_id, parent_id=question_id, **common, **answer, **end)
        self.inbound(number, root_id or 1000 + number, channel_id, at=at, turn_id=question_id)
        self.insert("reply", id=number, conversation_id=number, turn_id=answer_id)
        for ordinal, message_id in enumerate(part_ids):
            self.insert(
                "part",
                reply_id=number,
                ordinal=ordinal,
                channel_id=channel_id,
                message_id=message_id,
                nonce=f"{answer_id}.{ordinal}",
            )

    def inbound(
        self,
        number: int,
        message_id: int,
        channel_id: int,
        *,
        at: datetime,
        author_id: int = ANN,
        turn_id: int | None = None,
        state: str = "waiting",
    ) -> None:
        """Insert a message of a conversation, answered where it has a turn."""
        self.insert(
            "inbound",
            message_id=message_id,
            channel_id=channel_id,
            conversation_id=number,
            author_id=author_id,
            author_name="Ann",
            text="why?",
            attachments="[]",
            state=state if turn_id is None else "answered",
            turn_id=turn_id,
            ordinal=None if turn_id is None else 0,
            received_at=at,
            answered_at=None if turn_id is None else at,
        )


def _stored(value: object) -> object:
    return f"{value:%Y-%m-%d %H:%M:%S.%f}" if isinstance(value, datetime) else value


def write_former(path: Path) -> None:
    """Write a store of version 0005."""
    engine = create_engine(f"sqlite:///{path}", poolclass=NullPool)
    with engine.begin() as connection:
        command.upgrade(alembic_config(connection), "0005")
    with closing(sqlite3.connect(path)) as connection:
        _write_rows(Former(connection))
        connection.execute("UPDATE place SET current_conversation_id = channel_id - 100")
        connection.execute("UPDATE place SET current_conversation_id = NULL WHERE channel_id > 999")
        connection.commit()


def _write_rows(former: Former) -> None:
    former.place(
        CHANNEL.channel_id,
        None,
        model="x/y",
        parameters='{"temperature": 0.5}',
        system_prompt="Be brief.",
        attention="everything",
        fallback_models='["c/d"]',
    )
    for number in (LONG_AGO, ENDED_LATELY, STREAMING, UNSETTLED):
        former.place(100 + number, CHANNEL.channel_id, attention="mentions")
    done, cut_off = Outcome.COMPLETE, Outcome.INTERRUPTED
    ended = YESTERDAY + timedelta(seconds=9)
    former.answered(
        LONG_AGO, 101, at=YESTERDAY, text="old", outcome=done, finished_at=ended, part_ids=(901,)
    )
    former.answered(
        ENDED_LATELY, 102, at=LATELY, text="new", outcome=done, finished_at=LATELY, part_ids=(902,)
    )
    former.answered(
        STREAMING, 103, at=LATELY, text="so f", outcome=None, finished_at=None, part_ids=(903, 913)
    )
    former.answered(
        UNSETTLED, 104, at=LATELY, text="bro", outcome=cut_off, finished_at=None, part_ids=(904,)
    )
    former.answered(
        WITHOUT_PARTS,
        CHANNEL.channel_id,
        at=LATELY,
        text="",
        outcome=None,
        finished_at=None,
        root_id=ROOT_ID,
    )
    former.inbound(LONG_AGO, 1100, 101, at=LATELY)
    former.inbound(STREAMING, 1200, 103, at=LATELY)
    former.inbound(STREAMING, 1199, 103, at=YESTERDAY, author_id=BEN, state="withdrawn")
    former.inbound(STREAMING, 1201, 103, at=LATELY, author_id=BEN, state="refused")
    former.inbound(ENDED_LATELY, 1300, 102, at=LATELY, author_id=9, state="refused")
    _write_notes(former)


def _write_notes(former: Former) -> None:
    former.insert("alive", id=1, at=ALIVE)
    keys = (
        "refused:GUILD_NOT_ALLOWED:7:80351110224678912",
        "wordless:1400",
        "withheld:101",
        "shortened:1",
        "no-thread:1001:may not open threads in this channel",
        "no-thread:1002:cannot open threads in this kind of channel",
        "no-thread:1003:lack the permission *Create Public Threads* in this channel",
        "no-thread:1003:lack the permission *Send Messages in Threads* in this channel",
        f"refusal:{BEN}:103:8",
        "refusal:9:102:0",
    )
    for key in keys:
        former.insert("told", key=key, told_at=LATELY)
    former.insert(
        "turned_away", author_id=BEN, first_message_id=2000, last_message_id=3000, told_at=LATELY
    )


@pytest.fixture
async def store(tmp_path: Path) -> AsyncGenerator[Store, None]:
    """Yield the store of before, opened by the code of now."""
    write_former(tmp_path / "bobbin.db")
    async with opened_sqlite(tmp_path, Clock()) as opened:
        yield opened
        assert await opened.integrity() == []


async def state(store: Store, reply_id: int) -> ReplyState:
    """Return what is stored of a reply."""
    found = await store.replies.state(reply_id)
    assert found is not None
    return found


async def resume(store: Store) -> int:
    """Do what a start does first."""
    return await store.turns.resume(MORNING - timedelta(hours=1), 3)


async def test_what_was_shown_counts_as_shown(store: Store) -> None:
    """An answer that ended long before the bot was last alive is not edited again."""
    shown = await state(store, LONG_AGO)
    assert shown.shown_rev == shown.wanted_rev
    assert (shown.turn.text, shown.turn.outcome) == ("old", Outcome.COMPLETE)
    assert shown.spot == Spot(101, GUILD)
    assert [(one.message_id, one.nonce) for one in shown.parts] == [(901, "11.0")]


async def test_what_ended_lately_is_behind(store: Store) -> None:
    """The last edit of an answer that ended just before may be missing: it is edited again."""
    assert await behind(store) == [ENDED_LATELY]
    parts = (await state(store, ENDED_LATELY)).parts
    assert [(one.message_id, one.is_confirmed) for one in parts] == [(902, False)]


async def test_what_streamed_is_resumed(store: Store) -> None:
    """Answers cut off, also by an earlier start, are asked again in the messages they have."""
    assert await resume(store) == 3
    for number, text, message_ids in ((STREAMING, "so f", [903, 913]), (UNSETTLED, "bro", [904])):
        exchange = await begin(store, number)
        assert exchange.reply.reply_id == number
        assert [one.message_id for one in exchange.reply.parts] == message_ids
        assert exchange.reply.replaced_text == text
        assert exchange.reply.spot == Spot(100 + number, GUILD)
        assert [one.message_id for one in exchange.inbounds] == [1000 + number]


async def test_an_answer_without_a_place_finds_one(store: Store) -> None:
    """Where nothing was shown yet in a channel, it is still open whether a thread is opened."""
    await resume(store)
    exchange = await begin(store, WITHOUT_PARTS)

    assert exchange.reply.spot is None
    assert exchange.reply.home == Spot(CHANNEL.channel_id, GUILD, ROOT_ID)
    early = await receive(store, said(ROOT_ID + 1, place=thread(ROOT_ID)))
    assert early.conversation_id == WITHOUT_PARTS


async def test_what_waits_is_answered(store: Store) -> None:
    """What waited waits on, and is answered after what was cut off before it."""
    exchange = await begin(store, LONG_AGO)
    assert [turn.text for turn in exchange.path] == ["why?", "old", "why?"]
    work = await store.turns.conversations_with_work()
    assert set(work) == {LONG_AGO, STREAMING, UNSETTLED, WITHOUT_PARTS}


async def test_a_cut_off_answer_is_resumed_once(store: Store) -> None:
    """What was said while an answer streamed comes after its sibling."""
    await resume(store)
    sibling = await begin(store, STREAMING)
    await store.turns.finish(sibling.turn.id, TurnResult("whole", Outcome.COMPLETE))

    after = await begin(store, STREAMING)
    assert [turn.text for turn in after.path] == ["why?", "whole", "why?"]
    assert await begun(store, ENDED_LATELY) is None


async def test_settings_stay(store: Store) -> None:
    """All that was set is in force, the listen mode under its new name."""
    assert await store.places.settings(CHANNEL.channel_id) == PlaceSettings(
        model="x/y",
        parameters=Parameters(temperature=0.5),
        system_prompt="Be brief.",
        listen_mode=ListenMode.EVERYTHING,
        fallback_models=("c/d",),
    )
    modes = await store.places.listen_modes()
    assert modes == {
        CHANNEL.channel_id: ListenMode.EVERYTHING,
        **{100 + number: ListenMode.MENTIONS for number in (1, 2, 3, 4)},
    }


async def test_nobody_is_told_twice(store: Store) -> None:
    """Rules, and what was said of messages without words, stay told; nothing is to be posted."""
    assert await store.notices.unposted(limit=10) == ()
    keys = ("refused:GUILD_NOT_ALLOWED:7:80351110224678912", "wordless:1400", "withheld:101")
    assert [await store.notices.want(notice(key)) for key in keys] == [None] * 3


async def test_remarks_are_not_made_twice(store: Store) -> None:
    """What was remarked once of a conversation or a channel is not remarked again."""
    kinds = {
        "shortened:1": RemarkKind.SHORTENED,
        "no-thread:1001:no_thread_refused": RemarkKind.NO_THREAD_REFUSED,
        "no-thread:1002:no_thread_kind": RemarkKind.NO_THREAD_KIND,
        "no-thread:1003:no_thread_permissions": RemarkKind.NO_THREAD_PERMISSIONS,
    }
    remarks = tuple(Remark(kind, once_key=key) for key, kind in kinds.items())
    exchange = await ask(store, said(9000))
    result = TurnResult("hi", Outcome.COMPLETE, remarks=remarks)
    assert (await store.turns.finish(exchange.turn.id, result)).remarks == ()


async def test_covered_messages_stay_covered(store: Store) -> None:
    """Who was told that messages are not taken has them not taken, and no other's are covered."""
    verdicts = [
        (await receive(store, said(message_id, author_id=author_id))).verdict
        for message_id, author_id in ((1999, BEN), (2000, BEN), (3000, BEN), (3001, BEN), (2500, 7))
    ]
    covered, taken = Verdict.COVERED, Verdict.ACCEPTED
    assert verdicts == [taken, covered, covered, taken, taken]


async def test_a_run_of_refusals_goes_on(store: Store) -> None:
    """Who was told of a full queue is not told again while the run goes on."""
    refused = await receive(store, said(1202, place=thread(103), author_id=BEN), queue=1)

    assert (refused.verdict, refused.notice_id) == (Verdict.QUEUE_FULL, None)
    later = await receive(store, said(1203, place=thread(103), author_id=BEN), daily=0)
    assert later.verdict is Verdict.QUOTA_SPENT
    assert later.notice_id is not None


async def test_a_spent_quota_is_not_told_twice_a_day(store: Store) -> None:
    """Who was refused where nothing waited was told of the quota: not again on that day."""
    refused = await receive(store, said(1301, author_id=9), daily=0)

    assert (refused.verdict, refused.notice_id) == (Verdict.QUOTA_SPENT, None)


async def test_hearing_goes_on_from_where_it_was(store: Store) -> None:
    """When the bot was last alive is until when everything was heard."""
    assert await store.heard.heard_until() == ALIVE
