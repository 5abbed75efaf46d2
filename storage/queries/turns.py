"""Turns: what is to be answered next, how answers end, and the path that leads to one."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import takewhile
from typing import Any

from sqlalchemy import (
    Result,
    bindparam,
    func,
    insert,
    literal,
    select,
    union_all,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession
from sqlalchemy.orm import aliased

from conversation.entities import (
    SPEAKER_SEPARATOR,
    Conversation,
    Ending,
    Exchange,
    InboundState,
    Outcome,
    Parameters,
    ReplyState,
    Role,
    Shown,
    Speaker,
    Spot,
    Turn,
    TurnResult,
)
from conversation.errors import StoreError
from conversation.notices import Remark
from storage.column_types import SpeakerJson
from storage.mapping import (
    conversation_of,
    failure_json,
    inbound_of,
    parameters_json,
    remarks_json,
    remarks_of,
    resume_json,
    speakers_json,
    turn_of,
)
from storage.queries.inbounds import inbounds_of
from storage.queries.notices import is_first_remark
from storage.queries.places import PLACED, conversation_row, described
from storage.queries.replies import home_of, state
from storage.tables import ConversationRow, InboundRow, PlaceRow, ReplyRow, TurnRow

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
    .order_by(InboundRow.message_id)
)

_BEGUN = insert(TurnRow).returning(TurnRow.id)

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

_REPLY = insert(ReplyRow).returning(ReplyRow.id)

_UNFINISHED = (TurnRow.role == Role.ASSISTANT.value, TurnRow.outcome.is_(None))

_PENDING = (
    select(TurnRow)
    .where(TurnRow.conversation_id == bindparam("conversation"), *_UNFINISHED)
    .order_by(TurnRow.id)
    .limit(1)
)

_ENDED = update(TurnRow).where(TurnRow.id == bindparam("turn"), *_UNFINISHED)
"""Sets the columns that it is given values of."""

_RAISED = (
    update(ReplyRow)
    .where(ReplyRow.turn_id == bindparam("turn"))
    .values(wanted_rev=ReplyRow.wanted_rev + 1)
    .returning(ReplyRow.wanted_rev)
)

_WITHOUT_BUTTONS = (Outcome.COMPLETE.value, Outcome.STOPPED.value)

_OVERTAKEN = (
    update(ReplyRow)
    .where(
        ReplyRow.turn_id == bindparam("head"),
        select(TurnRow.id)
        .where(TurnRow.id == bindparam("head"), TurnRow.outcome.not_in(_WITHOUT_BUTTONS))
        .exists(),
    )
    .values(wanted_rev=ReplyRow.wanted_rev + 1)
    .returning(ReplyRow.id)
)
"""An answer that is the newest no longer loses its buttons; one that has none stays as it is."""

_OUTCOMES = (
    select(TurnRow.outcome)
    .where(TurnRow.parent_id == bindparam("question"), TurnRow.id <= bindparam("turn"))
    .order_by(TurnRow.id.desc())
)

_QUESTION = aliased(TurnRow)

_SIBLING = aliased(TurnRow)

_NEWEST_SIBLING = select(func.max(_SIBLING.id)).where(
    _SIBLING.parent_id
    == select(TurnRow.parent_id).where(TurnRow.id == bindparam("turn")).scalar_subquery()
)

_SHOWN = (
    PLACED.add_columns(ReplyRow.id, TurnRow, _QUESTION.speakers)
    .join(TurnRow, TurnRow.conversation_id == ConversationRow.id)
    .join(ReplyRow, ReplyRow.turn_id == TurnRow.id)
    .outerjoin(_QUESTION, _QUESTION.id == TurnRow.parent_id)
    .where(TurnRow.id == bindparam("turn"))
)


@dataclass(frozen=True, slots=True)
class _Asked:
    """Who is asked for an answer, and how."""

    model: str
    parameters: Parameters


_Found = Result[ConversationRow, PlaceRow, int, TurnRow, list[SpeakerJson]]


async def next_exchange(
    session: AsyncSession,
    conversation_id: int,
    *,
    model: str,
    parameters: Parameters,
    at: datetime,
) -> Exchange | None:
    """See `TurnStore.next_exchange`."""
    asked = _Asked(model, parameters)
    pending = await session.scalar(_PENDING, {"conversation": conversation_id})
    if pending is None:
        return await _begun(session, conversation_id, asked, at)
    pending.model, pending.parameters = model, parameters_json(parameters)
    await session.flush()
    return await _taken_up(session, pending)


async def finish(session: AsyncSession, turn_id: int, result: TurnResult, at: datetime) -> Ending:
    """See `TurnStore.finish`.

    Raises:
        StoreError: There is no such assistant turn.
    """
    connection = await session.connection()
    ended = await connection.execute(
        _ENDED, {"turn": turn_id, "finished_at": at, **_end_of(result)}
    )
    if ended.rowcount == 1:
        remarks = await _made_first(connection, turn_id, result.remarks, at)
        raised = await connection.execute(_RAISED, {"turn": turn_id})
        return Ending(raised.scalar_one_or_none() or 0, at, remarks)
    row = await session.get(TurnRow, turn_id)
    if row is None or row.role != Role.ASSISTANT:
        raise StoreError(f"there is no assistant turn {turn_id}")
    reply = await session.scalar(select(ReplyRow).where(ReplyRow.turn_id == turn_id))
    wanted_rev = 0 if reply is None else reply.wanted_rev
    return Ending(wanted_rev, row.finished_at or at, remarks_of(row.remarks))


async def resume(session: AsyncSession, young_since: datetime, attempts: int, at: datetime) -> int:
    """See `TurnStore.resume`."""
    connection = await session.connection()
    unfinished = (await session.scalars(select(TurnRow).where(*_UNFINISHED))).all()
    for row in sorted(unfinished, key=lambda row: row.id):
        row.outcome, row.finished_at = Outcome.INTERRUPTED.value, at
        await session.flush()
        conversation = await conversation_row(session, row.conversation_id)
        is_head = conversation.head_turn_id == row.id and row.parent_id is not None
        is_young = row.created_at >= young_since
        if is_head and is_young and await _interruptions(session, row) < attempts:
            await add_sibling(connection, row, at, row.presser_id)
        else:
            await connection.execute(_RAISED, {"turn": row.id})
    return len(unfinished)


async def conversations_with_work(session: AsyncSession) -> tuple[int, ...]:
    """See `TurnStore.conversations_with_work`; by the ids of messages, which tell their age."""
    waiting = select(
        InboundRow.conversation_id.label("id"), func.min(InboundRow.message_id).label("age")
    ).where(InboundRow.state == InboundState.WAITING.value)
    waiting = waiting.group_by(InboundRow.conversation_id)
    pending = (
        select(TurnRow.conversation_id.label("id"), func.min(InboundRow.message_id).label("age"))
        .join(InboundRow, InboundRow.turn_id == TurnRow.parent_id, isouter=True)
        .where(*_UNFINISHED)
        .group_by(TurnRow.conversation_id)
    )
    work = union_all(waiting, pending).subquery()
    found = await session.scalars(
        select(work.c.id).group_by(work.c.id).order_by(func.coalesce(func.min(work.c.age), 0))
    )
    return tuple(found)


async def shown_turn(session: AsyncSession, turn_id: int) -> Shown | None:
    """See `TurnStore.shown_turn`."""
    found: _Found = await session.execute(_SHOWN, {"turn": turn_id})
    first = found.first()
    if first is None:
        return None
    row, place, reply_id, answer, speakers = first
    turn = turn_of(answer)
    # From the speakers, which a copy of the turn has as well; inbounds are not copied.
    heard = speakers or await _heard(session, turn)
    return Shown(
        turn=turn,
        conversation=conversation_of(row, place),
        reply_id=reply_id,
        asker_ids=frozenset(one["author_id"] for one in heard),
    )


async def newest_sibling(session: AsyncSession, turn_id: int) -> Shown | None:
    """See `TurnStore.newest_sibling`."""
    newest = await session.scalar(_NEWEST_SIBLING, {"turn": turn_id})
    return None if newest is None else await shown_turn(session, newest)


async def add_sibling(
    connection: AsyncConnection, former: TurnRow, at: datetime, presser_id: int | None
) -> int:
    """Make an answer to the same question, to be streamed, which takes over the reply."""
    answer_id = await add_answer(
        connection, former.conversation_id, former.parent_id, at, presser_id
    )
    await connection.execute(
        update(ReplyRow)
        .where(ReplyRow.turn_id == former.id)
        .values(turn_id=answer_id, wanted_rev=ReplyRow.wanted_rev + 1)
    )
    return answer_id


async def add_answer(
    connection: AsyncConnection,
    conversation_id: int,
    question_id: int | None,
    at: datetime,
    presser_id: int | None = None,
    asked: _Asked | None = None,
) -> int:
    """Make the assistant turn that the conversation goes on from.

    Who is asked for it is known when it begins.
    """
    begun = await connection.execute(
        _BEGUN,
        {
            "conversation_id": conversation_id,
            "parent_id": question_id,
            "role": Role.ASSISTANT.value,
            "text": "",
            "model": None if asked is None else asked.model,
            "parameters": parameters_json(Parameters() if asked is None else asked.parameters),
            "presser_id": presser_id,
            "created_at": at,
        },
    )
    answer_id = begun.scalar_one()
    await connection.execute(_GONE_ON, {"conversation": conversation_id, "turn": answer_id})
    return answer_id


async def add_hidden_question(
    connection: AsyncConnection, conversation_id: int, parent_id: int, words: str, at: datetime
) -> int:
    """Make a user turn that nobody said."""
    begun = await connection.execute(
        _BEGUN,
        {
            "conversation_id": conversation_id,
            "parent_id": parent_id,
            "role": Role.USER.value,
            "text": words,
            "created_at": at,
        },
    )
    return begun.scalar_one()


async def add_reply(
    connection: AsyncConnection,
    conversation_id: int,
    turn_id: int,
    *,
    channel_id: int | None,
    answers_message_id: int | None = None,
) -> int:
    """Make a reply for an answer; without a channel it is decided later where it goes."""
    values = {
        "conversation_id": conversation_id,
        "turn_id": turn_id,
        "channel_id": channel_id,
        "answers_message_id": answers_message_id,
    }
    return (await connection.execute(_REPLY, values)).scalar_one()


async def overtaken(connection: AsyncConnection, head_turn_id: int | None) -> tuple[int, ...]:
    """Record that an answer is the newest no longer; return the reply that looks different now."""
    if head_turn_id is None:
        return ()
    return tuple((await connection.execute(_OVERTAKEN, {"head": head_turn_id})).scalars())


async def path_to(session: AsyncSession, turn_id: int) -> tuple[Turn, ...]:
    """Return the turns from the root down to this one."""
    rows = await session.scalars(_PATH, {"turn": turn_id})
    return tuple(turn_of(one) for one in rows)


async def _begun(
    session: AsyncSession, conversation_id: int, asked: _Asked, at: datetime
) -> Exchange | None:
    """Turn all that waits into one user turn and an answer."""
    found = (await session.execute(_WAITING, {"conversation": conversation_id})).all()
    if not found:
        return None
    conversation = conversation_of(found[0][0], found[0][1])
    waiting = [one for _, _, one in found]
    connection = await session.connection()
    touched = await overtaken(connection, conversation.head_turn_id)
    question_id = await _ask(connection, conversation, waiting, at)
    answer_id = await add_answer(connection, conversation.id, question_id, at, asked=asked)
    spot = _spot_in(conversation, waiting[-1].message_id)
    reply_id = await add_reply(
        connection,
        conversation_id,
        answer_id,
        channel_id=None if spot is None else spot.channel_id,
        answers_message_id=None if spot is None else spot.answers_message_id,
    )
    *path, answer = await path_to(session, answer_id)
    return Exchange(
        conversation=replace(conversation, head_turn_id=answer_id),
        path=tuple(path),
        turn=answer,
        reply=ReplyState(reply_id, answer, spot, home_of(conversation), is_newest=True),
        inbounds=tuple(
            replace(inbound_of(one), state=InboundState.ANSWERED, turn_id=question_id)
            for one in waiting
        ),
        touched_replies=touched,
    )


def _spot_in(conversation: Conversation, answers_message_id: int) -> Spot | None:
    """Return where an answer goes; None where a thread may have to be opened for it first."""
    place = conversation.place
    if not place.is_channel:
        return Spot(place.channel_id, place.guild_id)
    if conversation.head_turn_id is None:
        return None
    return Spot(place.channel_id, place.guild_id, answers_message_id)


async def _taken_up(session: AsyncSession, answer: TurnRow) -> Exchange:
    """Describe an answer that a click or a start has made."""
    reply = await session.scalar(select(ReplyRow).where(ReplyRow.turn_id == answer.id))
    if reply is None:
        raise StoreError(f"turn {answer.id} has no reply")
    exchange = await _described(session, answer.id, reply.id, presser_id=answer.presser_id)
    inbounds = await inbounds_of(session, exchange.question.id)
    touched: tuple[int, ...] = ()
    if exchange.goes_on:
        former = select(ReplyRow.id).where(ReplyRow.turn_id == exchange.path[-2].id)
        touched = tuple(await session.scalars(former))
    return replace(exchange, inbounds=inbounds, touched_replies=touched)


async def _described(
    session: AsyncSession, answer_id: int, reply_id: int, *, presser_id: int | None
) -> Exchange:
    *path, answer = await path_to(session, answer_id)
    row = await conversation_row(session, answer.conversation_id)
    await session.refresh(row)
    reply = await state(session, reply_id)
    if reply is None:
        raise StoreError(f"there is no reply {reply_id}")
    return Exchange(
        conversation=await described(session, row),
        path=tuple(path),
        turn=answer,
        reply=reply,
        inbounds=(),
        presser_id=presser_id,
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
        _BEGUN,
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


async def _made_first(
    connection: AsyncConnection, turn_id: int, remarks: tuple[Remark, ...], at: datetime
) -> tuple[Remark, ...]:
    """Return the remarks of an answer but for those made before, which are taken from its turn."""
    first = tuple(
        [
            it
            for it in remarks
            if it.once_key is None or await is_first_remark(connection, it.once_key, at)
        ]
    )
    if first != remarks:
        await connection.execute(
            update(TurnRow).where(TurnRow.id == turn_id).values(remarks=remarks_json(first))
        )
    return first


def _end_of(result: TurnResult) -> dict[str, Any]:
    usage, failure = result.usage, result.failure
    answered_by = {} if result.model is None else {"model": result.model}
    return {
        **answered_by,
        "text": result.text,
        "reasoning": result.reasoning,
        "outcome": result.outcome.value,
        "failure": None if failure is None else failure.reason.value,
        "failure_details": failure_json(failure),
        "remarks": remarks_json(result.remarks),
        "prompt_tokens": None if usage is None else usage.prompt_tokens,
        "completion_tokens": None if usage is None else usage.completion_tokens,
        "resume": resume_json(result.resume),
    }


async def _heard(session: AsyncSession, turn: Turn) -> list[SpeakerJson]:
    """Return who spoke last before a turn, where nobody said the turn that it answers."""
    above = turn.parent_id
    while above is not None:
        row = await session.get_one(TurnRow, above)
        if row.speakers:
            return row.speakers
        above = row.parent_id
    return []


async def _interruptions(session: AsyncSession, row: TurnRow) -> int:
    """Count the answers to the same question that were interrupted in a row, this one the last."""
    outcomes = await session.scalars(_OUTCOMES, {"question": row.parent_id, "turn": row.id})
    return sum(1 for _ in takewhile(lambda it: it == Outcome.INTERRUPTED.value, outcomes))
