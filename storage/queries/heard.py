"""Until when everything was heard: one row."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from storage.tables import HeardRow
from storage.upsert import insert_or_update

_RECORDED = insert_or_update(HeardRow, ["id"], ["until"])


async def record_heard(session: AsyncSession, until: datetime) -> None:
    """See `HeardStore.record_heard`."""
    await session.execute(_RECORDED, {"id": 1, "until": until})


async def heard_until(session: AsyncSession) -> datetime | None:
    """See `HeardStore.heard_until`."""
    return await session.scalar(select(HeardRow.until))
