"""Replies and their parts: which Discord messages show which turn."""

from datetime import datetime
from itertools import takewhile

from sqlalchemy import Result, bindparam, func, insert, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from conversation.entities import Outcome, Part, Shown, Turn
from storage.column_types import SpeakerJson
from storage.mapping import conversation_of, part_of, turn_of
from storage.queries.places import PLACED
from storage.tables import ConversationRow, PartRow, PlaceRow, ReplyRow, TurnRow

_Found = Result[ConversationRow, PlaceRow, int, TurnRow, list[SpeakerJson]]


_QUESTION = aliased(TurnRow)

_SHOWN = (
    PLACED.add_columns(ReplyRow.id, TurnRow, _QUESTION.speakers)
    .join(TurnRow, TurnRow.conversation_id == ConversationRow.id)
    .join(ReplyRow, ReplyRow.turn_id == TurnRow.id)
    .outerjoin(_QUESTION, _QUESTION.id == TurnRow.parent_id)
)

_SHOWN_BY = _SHOWN.join(PartRow, PartRow.reply_id == ReplyRow.id).where(
    PartRow.message_id == bindparam("message")
)

_SHOWN_TURN = _SHOWN.where(TurnRow.id == bindparam("turn"))

_PARTS = select(PartRow).where(PartRow.reply_id == bindparam("reply")).order_by(PartRow.ordinal)

_NOTED = insert(PartRow).prefix_with("OR REPLACE")
"""Replaces whatever has the same message, and whatever has the same ordinal of the reply."""

_LOOKED_AT = 1000

_NEWEST = select(func.max(TurnRow.id))

_ENDED_SINCE = (
    select(TurnRow.id)
    .join(ReplyRow, ReplyRow.turn_id == TurnRow.id)
    .where(
        TurnRow.id >= bindparam("before") - _LOOKED_AT,
        TurnRow.id < bindparam("before"),
        TurnRow.finished_at >= bindparam("since"),
    )
    .order_by(TurnRow.id.desc())
    .limit(bindparam("most"))
)

_OUTCOMES = (
    select(TurnRow.outcome)
    .where(TurnRow.parent_id == bindparam("question"), TurnRow.id <= bindparam("turn"))
    .order_by(TurnRow.id.desc())
)


_REPLACED = (
    select(TurnRow.text)
    .where(
        TurnRow.parent_id == bindparam("question"),
        TurnRow.id < bindparam("turn"),
        func.trim(TurnRow.text, " \n\t") != "",
    )
    .order_by(TurnRow.id.desc())
    .limit(1)
)


async def add_part(session: AsyncSession, reply_id: int, part: Part) -> None:
    """See `Store.add_part`; a Discord message is a part of one reply, the last that names it."""
    values = {
        "reply_id": reply_id,
        "ordinal": part.ordinal,
        "channel_id": part.channel_id,
        "message_id": part.message_id,
        "nonce": part.nonce,
    }
    connection = await session.connection()
    await connection.execute(_NOTED, values)


async def remove_part(session: AsyncSession, reply_id: int, ordinal: int) -> None:
    """See `Store.remove_part`."""
    row = await session.get(PartRow, (reply_id, ordinal))
    if row is not None:
        await session.delete(row)


async def shown_by(session: AsyncSession, message_id: int) -> Shown | None:
    """See `Store.shown_by`."""
    return await _shown(session, await session.execute(_SHOWN_BY, {"message": message_id}))


async def shown_turn(session: AsyncSession, turn_id: int) -> Shown | None:
    """See `Store.shown_turn`; None as well for a turn that no reply shows."""
    return await _shown(session, await session.execute(_SHOWN_TURN, {"turn": turn_id}))


async def ended_since(
    session: AsyncSession, since: datetime, limit: int, before_turn_id: int | None
) -> tuple[Shown, ...]:
    """See `Store.ended_since`: within some newest turns, so that no index is needed."""
    before = before_turn_id or (await session.scalar(_NEWEST) or 0) + 1
    turn_ids = await session.scalars(
        _ENDED_SINCE, {"since": since, "most": limit, "before": before}
    )
    found = [await shown_turn(session, turn_id) for turn_id in turn_ids.all()]
    return tuple(one for one in found if one is not None)


async def parts_of(session: AsyncSession, reply_id: int) -> tuple[Part, ...]:
    """Give the Discord messages of a reply, in order."""
    rows = await session.scalars(_PARTS, {"reply": reply_id})
    return tuple(part_of(one) for one in rows)


async def replaced_text(session: AsyncSession, turn: Turn) -> str:
    """Give the last text that the reply of an answer has shown before; empty if it had none."""
    question = {"question": turn.parent_id, "turn": turn.id}
    return await session.scalar(_REPLACED, question) or ""


async def _shown(session: AsyncSession, found: _Found) -> Shown | None:
    first = found.first()
    if first is None:
        return None
    row, place, reply_id, answer, speakers = first
    turn = turn_of(answer)
    return Shown(
        turn=turn,
        conversation=conversation_of(row, place),
        reply_id=reply_id,
        parts=await parts_of(session, reply_id),
        # From the speakers, which a copy of the turn has as well; inbounds are not copied.
        asker_ids=frozenset(one["author_id"] for one in speakers or await _heard(session, turn)),
        interruptions=await _interruptions(session, turn),
        replaced_text="" if turn.text.strip() else await replaced_text(session, turn),
    )


async def _heard(session: AsyncSession, turn: Turn) -> list[SpeakerJson]:
    """Give who spoke last before a turn, where nobody said the turn that it answers."""
    above = turn.parent_id
    while above is not None:
        row = await session.get_one(TurnRow, above)
        if row.speakers:
            return row.speakers
        above = row.parent_id
    return []


async def _interruptions(session: AsyncSession, turn: Turn) -> int:
    """Count the answers to the same question that were interrupted in a row, this one the last."""
    outcomes = await session.scalars(_OUTCOMES, {"question": turn.parent_id, "turn": turn.id})
    return sum(1 for _ in takewhile(lambda it: it == Outcome.INTERRUPTED.value, outcomes))
