"""Turns: begun from what waits, ended once, and the path that leads to one."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import literal, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from conversation.entities import (
    SPEAKER_SEPARATOR,
    Exchange,
    InboundState,
    Outcome,
    Parameters,
    Role,
    Shown,
    Speaker,
    Turn,
    TurnResult,
)
from conversation.errors import StoreError
from storage.inbounds import inbounds_of, waiting_rows
from storage.mapping import inbound_of, parameters_json, resume_json, speakers_json, turn_of
from storage.places import conversation_row, described
from storage.replies import parts_of, shown_turn
from storage.tables import ConversationRow, InboundRow, ReplyRow, TurnRow


async def begin(
    session: AsyncSession,
    conversation_id: int,
    *,
    model: str,
    parameters: Parameters,
    at: datetime,
) -> Exchange | None:
    """See `Store.begin`."""
    waiting = await waiting_rows(session, conversation_id)
    if not waiting:
        return None
    row = await conversation_row(session, conversation_id)
    question = await _ask(session, row, waiting, at)
    answer = await _answer(session, question, model, parameters, at)
    row.head_turn_id = answer.id
    reply = ReplyRow(conversation_id=conversation_id, turn_id=answer.id)
    session.add(reply)
    await session.flush()
    return Exchange(
        conversation=await described(session, row),
        path=await _path_to(session, question.id),
        turn=turn_of(answer),
        reply_id=reply.id,
        inbounds=tuple(inbound_of(one) for one in waiting),
    )


async def answer_again(
    session: AsyncSession, turn_id: int, *, model: str, parameters: Parameters, at: datetime
) -> Exchange | None:
    """See `Store.answer_again`."""
    former = await session.get(TurnRow, turn_id)
    if former is None or former.outcome is None or former.parent_id is None:
        return None
    row = await conversation_row(session, former.conversation_id)
    reply = await session.scalar(select(ReplyRow).where(ReplyRow.turn_id == turn_id))
    if row.head_turn_id != turn_id or reply is None:
        return None
    question = await session.get_one(TurnRow, former.parent_id)
    answer = await _answer(session, question, model, parameters, at)
    row.head_turn_id = answer.id
    reply.turn_id = answer.id
    await session.flush()
    return Exchange(
        conversation=await described(session, row),
        path=await _path_to(session, question.id),
        turn=turn_of(answer),
        reply_id=reply.id,
        inbounds=await inbounds_of(session, question.id),
        parts=await parts_of(session, reply.id),
    )


async def checkpoint(session: AsyncSession, texts: Mapping[int, str]) -> None:
    """See `Store.checkpoint`."""
    for turn_id, text in texts.items():
        await session.execute(
            update(TurnRow)
            .where(TurnRow.id == turn_id, TurnRow.outcome.is_(None))
            .values(text=text)
        )


async def finish(session: AsyncSession, turn_id: int, result: TurnResult, at: datetime) -> None:
    """See `Store.finish`.

    Raises:
        StoreError: There is no such assistant turn.
    """
    row = await session.get(TurnRow, turn_id)
    if row is None or row.role != Role.ASSISTANT:
        message = f"there is no assistant turn {turn_id}"
        raise StoreError(message)
    if row.outcome is not None:
        return
    row.text = result.text
    row.reasoning = result.reasoning
    row.outcome = result.outcome.value
    row.failure = None if result.failure is None else result.failure.value
    if result.usage is not None:
        row.prompt_tokens = result.usage.prompt_tokens
        row.completion_tokens = result.usage.completion_tokens
    row.resume = resume_json(result.resume)
    row.finished_at = at


async def interrupt_unfinished(session: AsyncSession, at: datetime) -> tuple[Shown, ...]:
    """See `Store.interrupt_unfinished`; the oldest turn first."""
    unfinished = (TurnRow.role == Role.ASSISTANT.value, TurnRow.outcome.is_(None))
    turn_ids = tuple(await session.scalars(select(TurnRow.id).where(*unfinished)))
    await session.execute(
        update(TurnRow).where(*unfinished).values(outcome=Outcome.INTERRUPTED.value, finished_at=at)
    )
    found = [await shown_turn(session, turn_id) for turn_id in sorted(turn_ids)]
    return tuple(one for one in found if one is not None)


async def _ask(
    session: AsyncSession, row: ConversationRow, waiting: Sequence[InboundRow], at: datetime
) -> TurnRow:
    """Make the user turn of what waited; what waited becomes answered."""
    speakers = [Speaker(one.author_id, one.author_name, len(one.text)) for one in waiting]
    question = TurnRow(
        conversation_id=row.id,
        parent_id=row.head_turn_id,
        role=Role.USER.value,
        text=SPEAKER_SEPARATOR.join(one.text for one in waiting),
        speakers=speakers_json(speakers),
        created_at=at,
    )
    session.add(question)
    await session.flush()
    for ordinal, inbound in enumerate(waiting):
        inbound.state = InboundState.ANSWERED.value
        inbound.turn_id = question.id
        inbound.ordinal = ordinal
        inbound.answered_at = at
    return question


async def _answer(
    session: AsyncSession, question: TurnRow, model: str, parameters: Parameters, at: datetime
) -> TurnRow:
    answer = TurnRow(
        conversation_id=question.conversation_id,
        parent_id=question.id,
        role=Role.ASSISTANT.value,
        text="",
        model=model,
        parameters=parameters_json(parameters),
        created_at=at,
    )
    session.add(answer)
    await session.flush()
    return answer


async def _path_to(session: AsyncSession, turn_id: int) -> tuple[Turn, ...]:
    """Walk up to the root in the database; give the turns from the root down."""
    walk = (
        select(TurnRow.id, TurnRow.parent_id, literal(0).label("height"))
        .where(TurnRow.id == turn_id)
        .cte("walk", recursive=True)
    )
    walk = walk.union_all(
        select(TurnRow.id, TurnRow.parent_id, walk.c.height + 1).join(
            walk, TurnRow.id == walk.c.parent_id
        )
    )
    rows = await session.scalars(
        select(TurnRow).join(walk, TurnRow.id == walk.c.id).order_by(walk.c.height.desc())
    )
    return tuple(turn_of(one) for one in rows)
