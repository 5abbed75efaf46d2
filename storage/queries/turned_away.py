"""Messages that were not taken in at all, and of which their authors were told so."""

from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.ext.asyncio import AsyncSession

from conversation.entities import TurnedAway
from storage.tables import TurnedAwayRow

_NOTED = insert(TurnedAwayRow).on_conflict_do_nothing()


async def note_turned_away(session: AsyncSession, one: TurnedAway, at: datetime) -> None:
    """See `Store.note_turned_away`."""
    connection = await session.connection()
    values = {
        "author_id": one.author_id,
        "first_message_id": one.first_message_id,
        "last_message_id": one.last_message_id,
        "told_at": at,
    }
    await connection.execute(_NOTED, values)


async def turned_away(session: AsyncSession, since: datetime) -> tuple[TurnedAway, ...]:
    """See `Store.turned_away`."""
    await session.execute(delete(TurnedAwayRow).where(TurnedAwayRow.told_at < since))
    rows = await session.scalars(select(TurnedAwayRow))
    return tuple(
        TurnedAway(row.author_id, row.first_message_id, row.last_message_id) for row in rows
    )
