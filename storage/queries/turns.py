"""Turns: begun from what waits, ended once, and the path that leads to one."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, insert, literal, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from conversation.entities import (
    SPEAKER_SEPARATOR,
    Conversation,
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
from storage.mapping import (
    conversation_of,
    inbound_of,
    parameters_json,
    resume_json,
    speakers_json,
    turn_of,
)
from storage.queries.places import PLACED
from storage.queries.replies import shown_turn
from storage.tables import ConversationRow, InboundRow, ReplyRow, TurnRow

_WALK = (
    select(TurnRow.id, TurnRow.parent_id, literal(0).label("height"))
    .where(TurnRow.id == bindparam("turn"))
    .cte("walk", recursive=True)
)
_WALKED = _WALK.union_all(
    select(TurnRow.id, TurnRow.parent_id, _WALK.c.height + 1).join(
        _WALK, TurnRow.id == _WALK.c.parent_id
    )
)
_PATH = select(TurnRow).join(_WALKED, TurnRow.id == _WALKED.c.id).order_by(_WALKED.c.height.desc())
"""The way up to the root, walked in the database; the turns from the root down."""

_WAITING = (
    PLACED.add_columns(InboundRow)
    .join(InboundRow, InboundRow.conversation_id == ConversationRow.id)
    .where(
        InboundRow.conversation_id == bindparam("conversation"),
        InboundRow.state == InboundState.WAITING.value,
    )
    .order_by(InboundRow.id)
)

BEGUN = insert(TurnRow).returning(TurnRow.id)

_ANSWERED = (
    update(InboundRow)
    .where(InboundRow.id == bindparam("inbound"))
    .values(
        state=InboundState.ANSWERED.value,
        turn_id=bindparam("turn"),
        ordinal=bindparam("position"),
        answered_at=bindparam("at"),
    )
)

_GONE_ON = (
    update(ConversationRow)
    .where(ConversationRow.id == bindparam("conversation"))
    .values(head_turn_id=bindparam("turn"))
)

SHOWN = insert(ReplyRow).returning(ReplyRow.id)

_SO_FAR = (
    update(TurnRow)
    .where(TurnRow.id == bindparam("turn"), TurnRow.outcome.is_(None))
    .values(text=bindparam("so_far"))
)

_UNFINISHED = (TurnRow.role == Role.ASSISTANT.value, TurnRow.outcome.is_(None))

_UNSETTLED = (
    TurnRow.role == Role.ASSISTANT.value,
    TurnRow.outcome == Outcome.INTERRUPTED.value,
    TurnRow.finished_at.is_(None),
)
"""Broken off by the end of a process, and nobody has seen to it yet."""

_ENDED = update(TurnRow).where(TurnRow.id == bindparam("turn"), *_UNFINISHED)
"""Sets the columns that it is given values of."""


async def begin(
    session: AsyncSession,
    conversation_id: int,
    *,
    model: str,
    parameters: Parameters,
    at: datetime,
) -> Exchange | None:
    """See `Store.begin`."""
    found = (await session.execute(_WAITING, {"conversation": conversation_id})).all()
    if not found:
        return None
    conversation = conversation_of(found[0][0], found[0][1])
    waiting = [one for _, _, one in found]
    connection = await session.connection()
    question_id = await _ask(connection, conversation, waiting, at)
    answer_id = await add_answer(connection, conversation.id, question_id, model, parameters, at)
    shown = {"conversation_id": conversation_id, "turn_id": answer_id}
    reply = await connection.execute(SHOWN, shown)
    *path, answer = await path_to(session, answer_id)
    return Exchange(
        conversation=replace(conversation, head_turn_id=answer_id),
        path=tuple(path),
        turn=answer,
        reply_id=reply.scalar_one(),
        inbounds=tuple(
            replace(inbound_of(one), state=InboundState.ANSWERED, turn_id=question_id)
            for one in waiting
        ),
    )


async def checkpoint(session: AsyncSession, texts: Mapping[int, str]) -> None:
    """See `Store.checkpoint`."""
    if texts:
        connection = await session.connection()
        await connection.execute(
            _SO_FAR, [{"turn": turn_id, "so_far": text} for turn_id, text in texts.items()]
        )


async def finish(session: AsyncSession, turn_id: int, result: TurnResult, at: datetime) -> None:
    """See `Store.finish`.

    Raises:
        StoreError: There is no such assistant turn.
    """
    connection = await session.connection()
    ended = await connection.execute(
        _ENDED, {"turn": turn_id, "finished_at": at, **_end_of(result)}
    )
    if ended.rowcount == 1:
        return
    row = await session.get(TurnRow, turn_id)
    if row is None or row.role != Role.ASSISTANT:
        message = f"there is no assistant turn {turn_id}"
        raise StoreError(message)


async def interrupt_unfinished(session: AsyncSession) -> tuple[Shown, ...]:
    """See `Store.interrupt_unfinished`; the oldest turn first."""
    await session.execute(
        update(TurnRow).where(*_UNFINISHED).values(outcome=Outcome.INTERRUPTED.value)
    )
    turn_ids = await session.scalars(select(TurnRow.id).where(*_UNSETTLED).order_by(TurnRow.id))
    found = [await shown_turn(session, turn_id) for turn_id in turn_ids.all()]
    return tuple(one for one in found if one is not None)


async def settle(session: AsyncSession, turn_id: int, at: datetime) -> None:
    """See `Store.settle`."""
    await session.execute(
        update(TurnRow).where(TurnRow.id == turn_id, *_UNSETTLED).values(finished_at=at)
    )


async def _ask(
    connection: AsyncConnection,
    conversation: Conversation,
    waiting: Sequence[InboundRow],
    at: datetime,
) -> int:
    """Make the user turn of what waited; what waited becomes answered."""
    speakers = [Speaker(one.author_id, one.author_name, len(one.text)) for one in waiting]
    begun = await connection.execute(
        BEGUN,
        {
            "conversation_id": conversation.id,
            "parent_id": conversation.head_turn_id,
            "role": Role.USER.value,
            "text": SPEAKER_SEPARATOR.join(one.text for one in waiting),
            "speakers": speakers_json(speakers),
            "created_at": at,
        },
    )
    question_id = begun.scalar_one()
    await connection.execute(
        _ANSWERED,
        [
            {"inbound": one.id, "turn": question_id, "position": position, "at": at}
            for position, one in enumerate(waiting)
        ],
    )
    return question_id


async def add_answer(
    connection: AsyncConnection,
    conversation_id: int,
    question_id: int | None,
    model: str,
    parameters: Parameters,
    at: datetime,
    presser_id: int | None = None,
) -> int:
    """Make the assistant turn that the conversation goes on from."""
    begun = await connection.execute(
        BEGUN,
        {
            "conversation_id": conversation_id,
            "parent_id": question_id,
            "role": Role.ASSISTANT.value,
            "text": "",
            "model": model,
            "parameters": parameters_json(parameters),
            "presser_id": presser_id,
            "created_at": at,
        },
    )
    answer_id = begun.scalar_one()
    await connection.execute(_GONE_ON, {"conversation": conversation_id, "turn": answer_id})
    return answer_id


def _end_of(result: TurnResult) -> dict[str, Any]:
    usage = result.usage
    answered_by = {} if result.model is None else {"model": result.model}
    return {
        **answered_by,
        "text": result.text,
        "reasoning": result.reasoning,
        "outcome": result.outcome.value,
        "failure": None if result.failure is None else result.failure.value,
        "prompt_tokens": None if usage is None else usage.prompt_tokens,
        "completion_tokens": None if usage is None else usage.completion_tokens,
        "resume": resume_json(result.resume),
    }


async def path_to(session: AsyncSession, turn_id: int) -> tuple[Turn, ...]:
    """Give the turns from the root down to this one."""
    rows = await session.scalars(_PATH, {"turn": turn_id})
    return tuple(turn_of(one) for one in rows)
