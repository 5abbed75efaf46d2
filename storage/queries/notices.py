"""Notices: each key once, posted once; and which messages they say are not taken."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, exists, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from conversation.entities import InboundState
from conversation.notices import Notice, NoticeKind, StoredNotice
from storage.mapping import notice_of
from storage.tables import InboundRow, NoticeRow, PartRow
from storage.upsert import insert_new

_WANTED = insert_new(NoticeRow).returning(NoticeRow.id)

_RUN_BEGAN_AFTER = select(func.coalesce(func.max(InboundRow.message_id), 0)).where(
    InboundRow.author_id == bindparam("author"),
    InboundRow.channel_id == bindparam("channel"),
    InboundRow.message_id < bindparam("message"),
    InboundRow.state != InboundState.REFUSED.value,
)
"""Of messages, not of rows: one that is read again later is of the run that it was of before."""

_OWN_POST = select(
    or_(
        exists().where(PartRow.message_id == bindparam("message")),
        exists().where(NoticeRow.message_id == bindparam("message")),
    )
)


def covered(author: Any, message: Any) -> ColumnElement[bool]:
    """Return whether somebody was told, or is to be told, that a message is not taken."""
    return exists().where(
        NoticeRow.author_id == author,
        NoticeRow.covers_until_id >= message,
        NoticeRow.answers_message_id <= message,
        or_(NoticeRow.ended_at.is_(None), NoticeRow.message_id.is_not(None)),
    )


async def want(session: AsyncSession, notice: Notice, at: datetime) -> int | None:
    """See `NoticeStore.want`."""
    return await want_on(await session.connection(), notice, at)


async def want_on(connection: AsyncConnection, notice: Notice, at: datetime) -> int | None:
    """Store a notice and return its id; None where its key is known."""
    key = notice.key
    if notice.is_once_a_run:
        where = {
            "author": notice.author_id,
            "channel": notice.channel_id,
            "message": notice.answers_message_id,
        }
        key = f"{key}:{(await connection.execute(_RUN_BEGAN_AFTER, where)).scalar_one()}"
    values = {
        "key": key,
        "kind": notice.kind.value,
        "fields": dict(notice.fields),
        "channel_id": notice.channel_id,
        "guild_id": notice.guild_id,
        "answers_message_id": notice.answers_message_id,
        "author_id": notice.author_id,
        "covers_until_id": notice.covers_until_id,
        "created_at": at,
    }
    return (await connection.execute(_WANTED, values)).scalar_one_or_none()


async def is_first_remark(connection: AsyncConnection, key: str, at: datetime) -> bool:
    """Record a remark that is made once; return whether this is the first time."""
    values: dict[str, Any] = {
        "key": key,
        "kind": NoticeKind.REMARK.value,
        "fields": {},
        "created_at": at,
        "ended_at": at,
    }
    return (await connection.execute(_WANTED, values)).scalar_one_or_none() is not None


async def unposted(
    session: AsyncSession, after_id: int, limit: int, channel_id: int | None
) -> tuple[StoredNotice, ...]:
    """See `NoticeStore.unposted`."""
    rows = await session.scalars(
        select(NoticeRow)
        .where(
            NoticeRow.ended_at.is_(None),
            NoticeRow.id > after_id,
            *(() if channel_id is None else (NoticeRow.channel_id == channel_id,)),
        )
        .order_by(NoticeRow.id)
        .limit(limit)
    )
    return tuple(notice_of(row) for row in rows)


async def notice(session: AsyncSession, notice_id: int) -> StoredNotice | None:
    """See `NoticeStore.notice`."""
    row = await session.get(NoticeRow, notice_id)
    return None if row is None or row.ended_at is not None else notice_of(row)


async def record_try(session: AsyncSession, notice_id: int, at: datetime) -> None:
    """See `NoticeStore.record_try`."""
    await session.execute(
        update(NoticeRow)
        .where(and_(NoticeRow.id == notice_id, NoticeRow.tried_at.is_(None)))
        .values(tried_at=at)
    )


async def record_posted(
    session: AsyncSession, notice_id: int, message_id: int | None, at: datetime
) -> None:
    """See `NoticeStore.record_posted`."""
    await session.execute(
        update(NoticeRow)
        .where(NoticeRow.id == notice_id)
        .values(ended_at=at, message_id=message_id)
    )


async def is_own_post(session: AsyncSession, message_id: int) -> bool:
    """See `NoticeStore.is_own_post` and `ReplyStore.is_own_post`."""
    return bool(await session.scalar(_OWN_POST, {"message": message_id}))
