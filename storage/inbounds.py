"""Messages that were meant for us: taken in once, held within limits, queued."""

from datetime import datetime

from sqlalchemy import distinct, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from conversation.entities import Inbound, InboundState, LivePlace, Receipt, Received, Verdict
from storage.mapping import attachments_json, inbound_of, place_key_of
from storage.places import current_row, place_row, rooted_row
from storage.tables import ConversationRow, InboundRow, PlaceRow

WAITING = InboundState.WAITING.value


async def receive(
    session: AsyncSession,
    message: Received,
    *,
    queue_limit: int,
    daily_limit: int | None,
    day_began_at: datetime,
    at: datetime,
) -> Receipt:
    """See `Store.receive`. A full queue is named before a spent quota."""
    used = await _used_since(session, message.author_id, day_began_at)
    known_in = await session.scalar(
        select(InboundRow.conversation_id).where(InboundRow.message_id == message.message_id)
    )
    if known_in is not None:
        return Receipt(Verdict.REPEATED, known_in, used)
    row = await _conversation_for(session, message, at)
    verdict = Verdict.ACCEPTED
    if await _waiting_in(session, row.id) >= queue_limit:
        verdict = Verdict.QUEUE_FULL
    elif daily_limit is not None and used >= daily_limit:
        verdict = Verdict.QUOTA_SPENT
    session.add(_inbound_row(message, row.id, verdict, at))
    if verdict is not Verdict.ACCEPTED:
        return Receipt(verdict, row.id, used)
    if row.starter_id is None:
        row.starter_id = message.author_id
    return Receipt(verdict, row.id, used + 1)


async def waiting(session: AsyncSession, conversation_id: int) -> tuple[Inbound, ...]:
    """See `Store.waiting`."""
    return tuple(inbound_of(row) for row in await waiting_rows(session, conversation_id))


async def revise(session: AsyncSession, message_id: int, text: str) -> bool:
    """See `Store.revise`."""
    row = await _row_of(session, message_id)
    if row is None or row.state != WAITING:
        return False
    row.text = text
    return True


async def withdraw(session: AsyncSession, message_id: int) -> Inbound | None:
    """See `Store.withdraw`."""
    row = await _row_of(session, message_id)
    if row is None:
        return None
    row.state = InboundState.WITHDRAWN.value
    return inbound_of(row)


async def live_places(session: AsyncSession, since: datetime, limit: int) -> tuple[LivePlace, ...]:
    """See `Store.live_places`: where it was said, and where the conversation is now."""
    latest, newest = func.max(InboundRow.received_at), func.max(InboundRow.message_id)
    seen: dict[int, tuple[datetime, int]] = {}
    for channel_id in (InboundRow.channel_id, ConversationRow.channel_id):
        rows = await session.execute(
            select(channel_id, latest, newest)
            .join(ConversationRow, ConversationRow.id == InboundRow.conversation_id)
            .where(InboundRow.received_at >= since)
            .group_by(channel_id)
        )
        for key, at, message_id in rows:
            known_at, known_id = seen.get(key, (at, message_id))
            seen[key] = (max(at, known_at), max(message_id, known_id))
    ordered = sorted(seen, key=lambda key: seen[key][0], reverse=True)[:limit]
    return tuple(
        [
            LivePlace(place_key_of(await session.get_one(PlaceRow, key)), seen[key][1])
            for key in ordered
        ]
    )


async def waiting_conversations(session: AsyncSession) -> tuple[int, ...]:
    """See `Store.waiting_conversations`."""
    found = await session.scalars(
        select(InboundRow.conversation_id)
        .where(InboundRow.state == WAITING)
        .group_by(InboundRow.conversation_id)
        .order_by(func.min(InboundRow.id))
    )
    return tuple(found)


async def waiting_rows(session: AsyncSession, conversation_id: int) -> tuple[InboundRow, ...]:
    """Give what waits in a conversation, in the order in which it came."""
    found = await session.scalars(
        select(InboundRow)
        .where(InboundRow.state == WAITING, InboundRow.conversation_id == conversation_id)
        .order_by(InboundRow.id)
    )
    return tuple(found)


async def inbounds_of(session: AsyncSession, turn_id: int) -> tuple[Inbound, ...]:
    """Give the inbounds that became a user turn, in their order."""
    found = await session.scalars(
        select(InboundRow).where(InboundRow.turn_id == turn_id).order_by(InboundRow.ordinal)
    )
    return tuple(inbound_of(row) for row in found)


async def _row_of(session: AsyncSession, message_id: int) -> InboundRow | None:
    return await session.scalar(select(InboundRow).where(InboundRow.message_id == message_id))


async def _conversation_for(
    session: AsyncSession, message: Received, at: datetime
) -> ConversationRow:
    place = await place_row(session, message.place)
    place.last_message_id = max(message.message_id, place.last_message_id or 0)
    if message.root_message_id is None:
        return await current_row(session, place, at)
    return await rooted_row(session, place, message.root_message_id, at)


async def _waiting_in(session: AsyncSession, conversation_id: int) -> int:
    return (
        await session.scalar(
            select(func.count()).where(
                InboundRow.state == WAITING, InboundRow.conversation_id == conversation_id
            )
        )
        or 0
    )


async def _used_since(session: AsyncSession, author_id: int, began_at: datetime) -> int:
    """Count an author's turns; what was withdrawn after its answer still counts."""
    turns = await session.scalar(
        select(func.count(distinct(InboundRow.turn_id))).where(
            InboundRow.author_id == author_id, InboundRow.answered_at >= began_at
        )
    )
    waiting = await session.scalar(
        select(func.count()).where(InboundRow.state == WAITING, InboundRow.author_id == author_id)
    )
    return (turns or 0) + (waiting or 0)


def _inbound_row(
    message: Received, conversation_id: int, verdict: Verdict, at: datetime
) -> InboundRow:
    accepted = verdict is Verdict.ACCEPTED
    state = InboundState.WAITING if accepted else InboundState.REFUSED
    return InboundRow(
        message_id=message.message_id,
        channel_id=message.place.channel_id,
        conversation_id=conversation_id,
        author_id=message.author_id,
        author_name=message.author_name,
        text=message.text,
        attachments=attachments_json(message.attachments),
        state=state.value,
        received_at=at,
    )
