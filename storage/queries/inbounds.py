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

from conversation.entities import (
    Inbound,
    InboundState,
    Limits,
    LivePlace,
    Receipt,
    Received,
    Verdict,
)
from conversation.notices import Field, Notice, NoticeKind
from storage.mapping import attachments_json, inbound_of, place_key_of
from storage.queries.notices import covered, want_on
from storage.queries.places import (
    CURRENT_OR_BEGUN_OUTSIDE,
    ROOTED,
    new_conversation,
    note_place,
)
from storage.tables import ConversationRow, InboundRow, PartRow, PlaceRow, ReplyRow, TurnRow

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
    .order_by(InboundRow.message_id)
)
"""As people wrote them: one that was read late may be older than one that was heard."""

_REPLIED_TO = (
    select(
        ConversationRow.id,
        ConversationRow.channel_id,
        ConversationRow.root_message_id,
        ConversationRow.head_turn_id == ReplyRow.turn_id,
    )
    .join(ReplyRow, ReplyRow.conversation_id == ConversationRow.id)
    .join(PartRow, PartRow.reply_id == ReplyRow.id)
    .where(PartRow.message_id == bindparam("message"))
)
"""The conversation of an answer, and whether that is its newest."""

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
    is_covered: bool
    """Whether its author was told that it is not taken."""


@dataclass(frozen=True, slots=True)
class _Target:
    """The answer that a message replies to."""

    conversation_id: int
    channel_id: int
    root_message_id: int | None
    is_newest: bool


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
) -> Select[int | None, int, int | None, int | None, int, bool]:
    """Return the question for a `_Standing`."""
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
        covered(bindparam("author"), bindparam("message")),
    )


_STANDING_ROOTED = _standing_in(ROOTED)
_STANDING_CURRENT = _standing_in(CURRENT_OR_BEGUN_OUTSIDE)


async def receive(
    session: AsyncSession, message: Received, limits: Limits, at: datetime
) -> Receipt:
    """See `InboundQueue.receive`. A full queue is named before a spent quota."""
    connection = await session.connection()
    target = await _target_of(connection, message)
    root_id = _root_of(message, target)
    standing = await _standing(connection, message, root_id, limits.day_began_at)
    if standing.known_in is not None:
        return Receipt(Verdict.REPEATED, standing.known_in, standing.used)
    if standing.is_covered:
        return Receipt(Verdict.COVERED, standing.conversation_id or 0, standing.used)
    verdict = _verdict(standing, limits)
    conversation_id = await _conversation_for(connection, message, root_id, standing, verdict, at)
    is_gone_on_from = (
        target is not None and target.is_newest and target.conversation_id == conversation_id
    )
    text = message.text if is_gone_on_from else message.whole_text
    values = _values(message, text, conversation_id, verdict, at)
    if limits.daily_limit is not None:
        values["left_today"] = max(0, limits.daily_limit - standing.used - 1)
    await connection.execute(_TAKEN_IN, values)
    if verdict is Verdict.ACCEPTED:
        return Receipt(verdict, conversation_id, standing.used + 1)
    notice = _refusal(verdict, message, conversation_id, limits)
    notice_id = await want_on(connection, notice, at)
    return Receipt(verdict, conversation_id, standing.used, notice_id)


async def is_known(session: AsyncSession, message_id: int) -> bool:
    """See `InboundQueue.is_known`."""
    return await session.scalar(_KNOWN, {"message": message_id}) is not None


async def used(connection: AsyncConnection, author_id: int, since: datetime) -> int:
    """Count somebody's turns since a moment, as `receive` does."""
    found = await connection.execute(_USED, {"author": author_id, "began_at": since})
    return found.scalar_one() or 0


async def waiting(session: AsyncSession, conversation_id: int) -> tuple[Inbound, ...]:
    """See `InboundQueue.waiting`."""
    found = await session.scalars(_IN_ORDER, {"conversation": conversation_id})
    return tuple(inbound_of(row) for row in found)


async def revise(session: AsyncSession, message_id: int, text: str) -> bool:
    """See `InboundQueue.revise`."""
    row = await _row_of(session, message_id)
    if row is None or row.state != WAITING:
        return False
    if text:
        row.text = text
    else:
        row.state = InboundState.WITHDRAWN.value
    return True


async def withdraw(session: AsyncSession, message_id: int) -> Inbound | None:
    """See `InboundQueue.withdraw`."""
    row = await _row_of(session, message_id)
    if row is None:
        return None
    row.state = InboundState.WITHDRAWN.value
    return inbound_of(row)


async def withdraw_in(session: AsyncSession, channel_id: int) -> int:
    """See `InboundQueue.withdraw_in`."""
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
    """See `InboundQueue.live_places`: where it was said, and where the conversation is now."""
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


async def waiting_count(session: AsyncSession) -> int:
    """Count what waits, in all conversations."""
    waiting = select(func.count()).select_from(InboundRow).where(InboundRow.state == WAITING)
    return await session.scalar(waiting) or 0


async def inbounds_of(session: AsyncSession, turn_id: int) -> tuple[Inbound, ...]:
    """Return the inbounds that became a user turn, in their order."""
    found = await session.scalars(
        select(InboundRow).where(InboundRow.turn_id == turn_id).order_by(InboundRow.ordinal)
    )
    return tuple(inbound_of(row) for row in found)


async def _row_of(session: AsyncSession, message_id: int) -> InboundRow | None:
    return await session.scalar(select(InboundRow).where(InboundRow.message_id == message_id))


async def _target_of(connection: AsyncConnection, message: Received) -> _Target | None:
    """Return the answer that a message replies to; None where it replies to none."""
    if message.replies_to_message_id is None:
        return None
    found = await connection.execute(_REPLIED_TO, {"message": message.replies_to_message_id})
    row = found.first()
    return None if row is None else _Target(*row)


def _root_of(message: Received, target: _Target | None) -> int | None:
    """Return the message that begins the conversation, in a text channel; None elsewhere."""
    if not message.place.is_channel:
        return None
    if target is not None and target.channel_id == message.place.channel_id:
        return target.root_message_id or message.message_id
    return message.message_id


async def _standing(
    connection: AsyncConnection, message: Received, root_id: int | None, began_at: datetime
) -> _Standing:
    """Ask all that decides about a message, in one statement."""
    found = await connection.execute(
        _STANDING_CURRENT if root_id is None else _STANDING_ROOTED,
        {
            "message": message.message_id,
            "author": message.author_id,
            "began_at": began_at,
            "channel": message.place.channel_id,
            "parent": message.place.parent_channel_id,
            "root": root_id,
        },
    )
    return _Standing(*found.one())


def _verdict(standing: _Standing, limits: Limits) -> Verdict:
    if standing.waiting >= limits.queue_limit:
        return Verdict.QUEUE_FULL
    if limits.daily_limit is not None and standing.used >= limits.daily_limit:
        return Verdict.QUOTA_SPENT
    return Verdict.ACCEPTED


async def _conversation_for(
    connection: AsyncConnection,
    message: Received,
    root_id: int | None,
    standing: _Standing,
    verdict: Verdict,
    at: datetime,
) -> int:
    """Return the conversation of a message, made where there is none; its place is recorded."""
    starter_id = message.author_id if verdict is Verdict.ACCEPTED else None
    await note_place(connection, message.place, last_message_id=message.message_id)
    conversation_id = standing.conversation_id
    if conversation_id is None:
        return await new_conversation(
            connection, message.place, at, root_message_id=root_id, starter_id=starter_id
        )
    if starter_id is not None and standing.starter_id is None:
        await connection.execute(_STARTED, {"conversation": conversation_id, "starter": starter_id})
    return conversation_id


def _refusal(verdict: Verdict, message: Received, conversation_id: int, limits: Limits) -> Notice:
    """Return the notice for a message that was refused: one a run, or one a day."""
    author_id = message.author_id
    if verdict is Verdict.QUEUE_FULL:
        kind, key = NoticeKind.QUEUE_FULL, f"queue-full:{conversation_id}:{author_id}"
        fields: dict[str, Field] = {"limit": limits.queue_limit}
    else:
        kind = NoticeKind.QUOTA_SPENT
        key = f"quota-spent:{author_id}:{limits.day_began_at:%Y-%m-%d}"
        fields = {"limit": limits.daily_limit or 0, "when": limits.day_ends_at.timestamp()}
    return Notice(
        key=key,
        kind=kind,
        channel_id=message.place.channel_id,
        guild_id=message.place.guild_id,
        answers_message_id=message.message_id,
        author_id=author_id,
        fields=fields,
        is_once_a_run=verdict is Verdict.QUEUE_FULL,
    )


def _values(
    message: Received, text: str, conversation_id: int, verdict: Verdict, at: datetime
) -> dict[str, Any]:
    accepted = verdict is Verdict.ACCEPTED
    state = InboundState.WAITING if accepted else InboundState.REFUSED
    return {
        "message_id": message.message_id,
        "channel_id": message.place.channel_id,
        "conversation_id": conversation_id,
        "author_id": message.author_id,
        "author_name": message.author_name,
        "text": text,
        "attachments": attachments_json(message.attachments),
        "state": state.value,
        "received_at": at,
    }
