"""Ended answers taken up again: a sibling in the same reply, or a further answer that goes on."""

from dataclasses import replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from conversation.entities import Exchange, Parameters, Role
from storage.queries.inbounds import inbounds_of
from storage.queries.places import conversation_row, described
from storage.queries.replies import parts_of, replaced_text, shown_turn
from storage.queries.turns import BEGUN, SHOWN, add_answer, path_to
from storage.tables import ReplyRow, TurnRow


async def answer_again(
    session: AsyncSession,
    turn_id: int,
    *,
    model: str,
    parameters: Parameters,
    presser_id: int | None,
    at: datetime,
) -> Exchange | None:
    """See `Store.answer_again`."""
    ended = await _ended_head(session, turn_id, at)
    if ended is None:
        return None
    former, reply = ended
    connection = await session.connection()
    answer_id = await add_answer(
        connection, former.conversation_id, former.parent_id, model, parameters, at, presser_id
    )
    reply.turn_id = answer_id
    await session.flush()
    return await _taken_up(session, answer_id, reply.id)


async def go_on(
    session: AsyncSession,
    turn_id: int,
    words: str,
    *,
    model: str,
    parameters: Parameters,
    presser_id: int | None,
    at: datetime,
) -> Exchange | None:
    """See `Store.go_on`."""
    ended = await _ended_head(session, turn_id, at)
    if ended is None:
        return None
    conversation_id = ended[0].conversation_id
    connection = await session.connection()
    hidden = await connection.execute(
        BEGUN,
        {
            "conversation_id": conversation_id,
            "parent_id": turn_id,
            "role": Role.USER.value,
            "text": words,
            "created_at": at,
        },
    )
    answer_id = await add_answer(
        connection, conversation_id, hidden.scalar_one(), model, parameters, at, presser_id
    )
    shown = {"conversation_id": conversation_id, "turn_id": answer_id}
    reply = await connection.execute(SHOWN, shown)
    return await _taken_up(session, answer_id, reply.scalar_one())


async def _ended_head(
    session: AsyncSession, turn_id: int, at: datetime
) -> tuple[TurnRow, ReplyRow] | None:
    """Find an answer that has ended and is the head of its conversation, and its reply.

    It is settled: it is taken up now.
    """
    row = await session.get(TurnRow, turn_id)
    if row is None or row.outcome is None or row.parent_id is None:
        return None
    conversation = await conversation_row(session, row.conversation_id)
    reply = await session.scalar(select(ReplyRow).where(ReplyRow.turn_id == turn_id))
    if conversation.head_turn_id != turn_id or reply is None:
        return None
    row.finished_at = row.finished_at or at
    return row, reply


async def _taken_up(session: AsyncSession, answer_id: int, reply_id: int) -> Exchange:
    """Describe an answer that begins, but not with what waits."""
    *path, answer = await path_to(session, answer_id)
    row = await conversation_row(session, answer.conversation_id)
    exchange = Exchange(
        conversation=replace(await described(session, row), head_turn_id=answer_id),
        path=tuple(path),
        turn=answer,
        reply_id=reply_id,
        inbounds=(),
        parts=await parts_of(session, reply_id),
        replaced_text=await replaced_text(session, answer),
    )
    return replace(
        exchange,
        inbounds=await inbounds_of(session, exchange.question.id),
        former=await shown_turn(session, path[-2].id) if exchange.goes_on else None,
    )
