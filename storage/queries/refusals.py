"""Refused messages, and whether their authors were told: a run of them is told of once.

A run is what was refused of one person in one place with nothing of theirs taken in between. It is
known by the last inbound of theirs before it.
"""

from datetime import datetime

from sqlalchemy import bindparam, func, select
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.ext.asyncio import AsyncSession

from conversation.entities import Inbound, InboundState
from storage.mapping import inbound_of
from storage.tables import InboundRow, ToldRow

_REFUSED = InboundState.REFUSED.value

_IN_PLACE = (
    InboundRow.author_id == bindparam("author"),
    InboundRow.channel_id == bindparam("channel"),
)

_RUN_BEGAN_AFTER = select(func.coalesce(func.max(InboundRow.id), 0)).where(
    *_IN_PLACE, InboundRow.state != _REFUSED, InboundRow.id < bindparam("id")
)

_FIRST_OF_RUN = (
    select(InboundRow)
    .where(*_IN_PLACE, InboundRow.state == _REFUSED, InboundRow.id > bindparam("after"))
    .order_by(InboundRow.id)
    .limit(1)
)


async def note_refusal_told(session: AsyncSession, message_id: int, at: datetime) -> None:
    """See `Store.note_refusal_told`."""
    row = await session.scalar(select(InboundRow).where(InboundRow.message_id == message_id))
    if row is None:
        return
    after = await _run_began_after(session, row.author_id, row.channel_id, row.id)
    told = insert(ToldRow).on_conflict_do_nothing()
    key = _key(row.author_id, row.channel_id, after)
    await session.execute(told.values(key=key, told_at=at))


async def untold_refusals(
    session: AsyncSession, since: datetime, before: datetime, limit: int
) -> tuple[Inbound, ...]:
    """See `Store.untold_refusals`."""
    latest = await session.execute(
        select(InboundRow.author_id, InboundRow.channel_id, func.max(InboundRow.id))
        .where(
            InboundRow.state == _REFUSED,
            InboundRow.received_at >= since,
            InboundRow.received_at < before,
        )
        .group_by(InboundRow.author_id, InboundRow.channel_id)
        .order_by(func.max(InboundRow.id).desc())
        .limit(limit)
    )
    found: list[Inbound] = []
    for author_id, channel_id, inbound_id in latest.all():
        after = await _run_began_after(session, author_id, channel_id, inbound_id)
        if await session.get(ToldRow, _key(author_id, channel_id, after)) is not None:
            continue
        place = {"author": author_id, "channel": channel_id, "after": after}
        rows = await session.scalars(_FIRST_OF_RUN, place)
        found.append(inbound_of(rows.one()))
    return tuple(found)


async def _run_began_after(
    session: AsyncSession, author_id: int, channel_id: int, inbound_id: int
) -> int:
    """Give the last inbound before a run that holds one; 0 where none was before it."""
    place = {"author": author_id, "channel": channel_id, "id": inbound_id}
    return await session.scalar(_RUN_BEGAN_AFTER, place) or 0


def _key(author_id: int, channel_id: int, after: int) -> str:
    return f"refusal:{author_id}:{channel_id}:{after}"
