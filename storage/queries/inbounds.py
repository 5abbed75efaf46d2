"""Messages that were meant for us: taken in once, held within limits, queued."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    ScalarSelect,
    Select,
    bindparam,
    distinct,
    func,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession
from sqlalchemy.orm import aliased

from conversation.entities import Inbound, InboundState, LivePlace, Receipt, Received, Verdict
from storage.mapping import attachments_json, inbound_of, place_key_of
from storage.queries.places import CURRENT_OR_BEGUN_OUTSIDE, ROOTED, new_conversation, note_place
from storage.tables import ConversationRow, InboundRow, PlaceRow, TurnRow

WAITING = InboundState.WAITING.value

_TAKEN_IN = insert(InboundRow)

_KNOWN = select(InboundRow.id).where(InboundRow.message_id == bindparam("message"))

_STARTED = (
    update(ConversationRow)
    .where(ConversationRow.id == bindparam("conversation"))
    .values(starter_id=bindparam("starter"))
)

_IN_ORDER = (
    select(InboundRow)
    .where(InboundRow.state == WAITING, InboundRow.conversation_id == bindparam("conversation"))
    .order_by(InboundRow.id)
)

_DIRECT = (
    select(PlaceRow)
    .where(PlaceRow.guild_id.is_(None), PlaceRow.last_message_id.is_not(None))
    .order_by(PlaceRow.last_message_id.desc())
    .limit(bindparam("most"))
)
"""Direct messages; Discord does not list them to a bot, nor whether anything was said there."""


@dataclass(frozen=True, slots=True)
class _Standing:
    """What is known when a message comes."""

    known_in: int | None
    """The conversation that has the message already."""
    used: int
    """The turns of its author since the day began."""
    conversation_id: int | None
    """The conversation it belongs to; None where it begins one."""
    starter_id: int | None
    waiting: int
    """How many messages wait in that conversation."""


def _used() -> ColumnElement[int]:
    """Count somebody's turns; what was withdrawn after its answer still counts."""
    turns, author = aliased(InboundRow), aliased(InboundRow)
    said = select(func.count(distinct(turns.turn_id))).where(
        turns.author_id == bindparam("author"), turns.answered_at >= bindparam("began_at")
    )
    waiting = select(func.count()).where(
        author.state == WAITING, author.author_id == bindparam("author")
    )
    pressed = select(func.count()).where(
        TurnRow.presser_id == bindparam("author"), TurnRow.created_at >= bindparam("began_at")
    )
    return said.scalar_subquery() + waiting.scalar_subquery() + pressed.scalar_subquery()


_USED = select(_used())


def _standing_in(
    conversation_id: ScalarSelect[Any],
) -> Select[int | None, int, int | None, int | None, int]:
    """Ask for a `_Standing`."""
    found = select(conversation_id.label("id")).subquery("found")
    known, own = aliased(InboundRow), aliased(InboundRow)
    return select(
        select(known.conversation_id)
        .where(known.message_id == bindparam("message"))
        .scalar_subquery(),
        _used(),
        found.c.id,
        select(ConversationRow.starter_id)
        .where(ConversationRow.id == found.c.id)
        .scalar_subquery(),
        select(func.count())
        .where(own.state == WAITING, own.conversation_id == found.c.id)
        .scalar_subquery(),
    )


_STANDING_ROOTED = _standing_in(ROOTED)
_STANDING_CURRENT = _standing_in(CURRENT_OR_BEGUN_OUTSIDE)


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
    connection = await session.connection()
    standing = await _standing(connection, message, day_began_at)
    used = standing.used
    if standing.known_in is not None:
        return Receipt(Verdict.REPEATED, standing.known_in, used)
    verdict = Verdict.ACCEPTED
    if standing.waiting >= queue_limit:
        verdict = Verdict.QUEUE_FULL
    elif daily_limit is not None and used >= daily_limit:
        verdict = Verdict.QUOTA_SPENT
    starter_id = message.author_id if verdict is Verdict.ACCEPTED else None
    await note_place(connection, message.place, last_message_id=message.message_id)
    conversation_id = standing.conversation_id
    if conversation_id is None:
        conversation_id = await new_conversation(
            connection,
            message.place,
            at,
            root_message_id=message.root_message_id,
            starter_id=starter_id,
        )
    elif starter_id is not None and standing.starter_id is None:
        await connection.execute(_STARTED, {"conversation": conversation_id, "starter": starter_id})
    await connection.execute(_TAKEN_IN, _values(message, conversation_id, verdict, at))
    return Receipt(verdict, conversation_id, used + (verdict is Verdict.ACCEPTED))


async def is_known(session: AsyncSession, message_id: int) -> bool:
    """See `Store.is_known`."""
    return await session.scalar(_KNOWN, {"message": message_id}) is not None


async def used(session: AsyncSession, author_id: int, since: datetime) -> int:
    """See `Store.used`."""
    return await session.scalar(_USED, {"author": author_id, "began_at": since}) or 0


async def waiting(session: AsyncSession, conversation_id: int) -> tuple[Inbound, ...]:
    """See `Store.waiting`."""
    found = await session.scalars(_IN_ORDER, {"conversation": conversation_id})
    return tuple(inbound_of(row) for row in found)


async def revise(session: AsyncSession, message_id: int, text: str) -> bool:
    """See `Store.revise`."""
    row = await _row_of(session, message_id)
    if row is None or row.state != WAITING:
        return False
    if text:
        row.text = text
    else:
        row.state = InboundState.WITHDRAWN.value
    return True


async def withdraw(session: AsyncSession, message_id: int) -> Inbound | None:
    """See `Store.withdraw`."""
    row = await _row_of(session, message_id)
    if row is None:
        return None
    row.state = InboundState.WITHDRAWN.value
    return inbound_of(row)


async def withdraw_in(session: AsyncSession, channel_id: int) -> int:
    """See `Store.withdraw_in`."""
    gone = await session.scalars(
        update(InboundRow)
        .where(
            InboundRow.state == WAITING,
            or_(
                InboundRow.channel_id == channel_id,
                InboundRow.conversation_id.in_(
                    select(ConversationRow.id).where(ConversationRow.channel_id == channel_id)
                ),
            ),
        )
        .values(state=InboundState.WITHDRAWN.value)
        .returning(InboundRow.id)
    )
    return len(gone.all())


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
    live = [
        LivePlace(place_key_of(await session.get_one(PlaceRow, key)), seen[key][1])
        for key in ordered
    ]
    direct = await session.scalars(_DIRECT, {"most": limit})
    others = [row for row in direct if row.channel_id not in ordered]
    return (*live, *(LivePlace(place_key_of(row), row.last_message_id or 0) for row in others))


async def waiting_conversations(session: AsyncSession) -> tuple[int, ...]:
    """See `Store.waiting_conversations`."""
    found = await session.scalars(
        select(InboundRow.conversation_id)
        .where(InboundRow.state == WAITING)
        .group_by(InboundRow.conversation_id)
        .order_by(func.min(InboundRow.id))
    )
    return tuple(found)


async def waiting_count(session: AsyncSession) -> int:
    """Count what waits, in all conversations."""
    waiting = select(func.count()).select_from(InboundRow).where(InboundRow.state == WAITING)
    return await session.scalar(waiting) or 0


async def inbounds_of(session: AsyncSession, turn_id: int) -> tuple[Inbound, ...]:
    """Give the inbounds that became a user turn, in their order."""
    found = await session.scalars(
        select(InboundRow).where(InboundRow.turn_id == turn_id).order_by(InboundRow.ordinal)
    )
    return tuple(inbound_of(row) for row in found)


async def _row_of(session: AsyncSession, message_id: int) -> InboundRow | None:
    return await session.scalar(select(InboundRow).where(InboundRow.message_id == message_id))


async def _standing(
    connection: AsyncConnection, message: Received, began_at: datetime
) -> _Standing:
    """Ask all that decides about a message, in one statement."""
    is_rooted = message.root_message_id is not None
    found = await connection.execute(
        _STANDING_ROOTED if is_rooted else _STANDING_CURRENT,
        {
            "message": message.message_id,
            "author": message.author_id,
            "began_at": began_at,
            "channel": message.place.channel_id,
            "parent": message.place.parent_channel_id,
            "root": message.root_message_id,
        },
    )
    return _Standing(*found.one())


def _values(
    message: Received, conversation_id: int, verdict: Verdict, at: datetime
) -> dict[str, Any]:
    accepted = verdict is Verdict.ACCEPTED
    state = InboundState.WAITING if accepted else InboundState.REFUSED
    return {
        "message_id": message.message_id,
        "channel_id": message.place.channel_id,
        "conversation_id": conversation_id,
        "author_id": message.author_id,
        "author_name": message.author_name,
        "text": message.text,
        "attachments": attachments_json(message.attachments),
        "state": state.value,
        "received_at": at,
    }
