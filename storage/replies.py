"""Replies and their parts: which Discord messages show which turn."""

from itertools import takewhile

from sqlalchemy import and_, delete, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from conversation.entities import Outcome, Part, Shown, Turn
from storage.mapping import part_of, turn_of
from storage.places import conversation_row, described
from storage.tables import PartRow, ReplyRow, TurnRow


async def add_part(session: AsyncSession, reply_id: int, part: Part) -> None:
    """See `Store.add_part`; a Discord message is a part of one reply, the last that names it."""
    await session.execute(
        delete(PartRow).where(
            or_(
                PartRow.message_id == part.message_id,
                and_(PartRow.reply_id == reply_id, PartRow.ordinal == part.ordinal),
            )
        )
    )
    session.add(
        PartRow(
            reply_id=reply_id,
            ordinal=part.ordinal,
            channel_id=part.channel_id,
            message_id=part.message_id,
            nonce=part.nonce,
        )
    )


async def shown_by(session: AsyncSession, message_id: int) -> Shown | None:
    """See `Store.shown_by`."""
    reply = await session.scalar(
        select(ReplyRow)
        .join(PartRow, PartRow.reply_id == ReplyRow.id)
        .where(PartRow.message_id == message_id)
    )
    return None if reply is None else await _shown(session, reply)


async def shown_turn(session: AsyncSession, turn_id: int) -> Shown | None:
    """See `Store.shown_turn`; None as well for a turn that no reply shows."""
    reply = await session.scalar(select(ReplyRow).where(ReplyRow.turn_id == turn_id))
    return None if reply is None else await _shown(session, reply)


async def parts_of(session: AsyncSession, reply_id: int) -> tuple[Part, ...]:
    """Give the Discord messages of a reply, in order."""
    rows = await session.scalars(
        select(PartRow).where(PartRow.reply_id == reply_id).order_by(PartRow.ordinal)
    )
    return tuple(part_of(one) for one in rows)


async def _shown(session: AsyncSession, reply: ReplyRow) -> Shown:
    turn = turn_of(await session.get_one(TurnRow, reply.turn_id))
    row = await conversation_row(session, turn.conversation_id)
    return Shown(
        turn=turn,
        conversation=await described(session, row),
        reply_id=reply.id,
        parts=await parts_of(session, reply.id),
        asker_ids=await _asker_ids(session, turn.parent_id),
        interruptions=await _interruptions(session, turn),
    )


async def _asker_ids(session: AsyncSession, question_id: int | None) -> frozenset[int]:
    """Read from the speakers, which a copy of the turn has as well; inbounds are not copied."""
    if question_id is None:
        return frozenset()
    question = await session.get_one(TurnRow, question_id)
    return frozenset(one["author_id"] for one in question.speakers)


async def _interruptions(session: AsyncSession, turn: Turn) -> int:
    """Count the answers to the same question that were interrupted in a row, this one the last."""
    outcomes = await session.scalars(
        select(TurnRow.outcome)
        .where(TurnRow.parent_id == turn.parent_id, TurnRow.id <= turn.id)
        .order_by(TurnRow.id.desc())
    )
    return sum(1 for _ in takewhile(lambda it: it == Outcome.INTERRUPTED.value, outcomes))
