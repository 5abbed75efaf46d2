"""Replies and their parts: where they go, what they should show, and what Discord has of them."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import BindParameter, bindparam, case, delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from conversation.entities import (
    BehindReply,
    Conversation,
    Part,
    PlaceKey,
    ReplyState,
    Role,
    Spot,
    Turn,
)
from conversation.errors import StoreError
from storage.mapping import conversation_of, part_of, turn_of
from storage.queries.places import move
from storage.tables import ConversationRow, PartRow, PlaceRow, ReplyRow, TurnRow
from storage.upsert import insert_or_update

_STATE = (
    select(ReplyRow, TurnRow, ConversationRow, PlaceRow)
    .join(TurnRow, TurnRow.id == ReplyRow.turn_id)
    .join(ConversationRow, ConversationRow.id == ReplyRow.conversation_id)
    .join(PlaceRow, PlaceRow.channel_id == ConversationRow.channel_id)
    .where(ReplyRow.id == bindparam("reply"))
)

_PARTS = select(PartRow).where(PartRow.reply_id == bindparam("reply")).order_by(PartRow.ordinal)

_RECORDED = insert_or_update(
    PartRow,
    ["reply_id", "ordinal"],
    ["channel_id", "message_id", "nonce", "digest", "is_confirmed", "is_gone"],
)

_TAKEN_FROM_OTHERS = delete(PartRow).where(
    PartRow.message_id == bindparam("message"),
    (PartRow.reply_id != bindparam("reply")) | (PartRow.ordinal != bindparam("position")),
)
"""A Discord message is a part of one reply, the last that names it."""

_SO_FAR = (
    update(TurnRow)
    .where(TurnRow.id == bindparam("turn"), TurnRow.outcome.is_(None))
    .values(text=bindparam("so_far"))
)

_REVISION: BindParameter[int] = bindparam("revision")

_SHOWN = (
    update(ReplyRow)
    .where(ReplyRow.id == bindparam("reply"))
    .values(
        shown_rev=case(
            (ReplyRow.shown_rev < _REVISION, _REVISION),
            else_=ReplyRow.shown_rev,
        )
    )
    .returning(ReplyRow.wanted_rev)
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


_NEXT_SPEAKERS = select(TurnRow.speakers).where(
    TurnRow.parent_id == bindparam("turn"), TurnRow.role == Role.USER.value
)
"""Who spoke next; nobody where the model was told to go on."""


async def state(session: AsyncSession, reply_id: int) -> ReplyState | None:
    """See `ReplyStore.state`."""
    found = (await session.execute(_STATE, {"reply": reply_id})).first()
    if found is None:
        return None
    reply, answer, conversation, place = found
    turn = turn_of(answer)
    is_current = (
        place.guild_id is not None and place.parent_channel_id is None
    ) or place.current_conversation_id == conversation.id
    spot = None
    if reply.channel_id is not None:
        spot = Spot(reply.channel_id, place.guild_id, reply.answers_message_id)
    return ReplyState(
        reply_id=reply.id,
        turn=turn,
        spot=spot,
        home=home_of(conversation_of(conversation, place)),
        is_newest=is_current and conversation.head_turn_id == turn.id,
        is_continued=[] in (await session.scalars(_NEXT_SPEAKERS, {"turn": turn.id})).all(),
        replaced_text="" if turn.text.strip() else await _replaced_text(session, turn),
        parts=await parts_of(session, reply_id),
        wanted_rev=reply.wanted_rev,
        shown_rev=reply.shown_rev,
    )


def home_of(conversation: Conversation) -> Spot:
    """Return where a conversation is, which is where its replies go if nobody decides otherwise."""
    place = conversation.place
    root_id = conversation.root_message_id if place.is_channel else None
    return Spot(place.channel_id, place.guild_id, root_id)


async def behind(
    session: AsyncSession,
    after_id: int,
    limit: int,
    channel_id: int | None,
    conversation_id: int | None,
) -> tuple[BehindReply, ...]:
    """See `ReplyStore.behind`."""
    where: list[Any] = [ReplyRow.shown_rev < ReplyRow.wanted_rev, ReplyRow.id > after_id]
    if channel_id is not None:
        where.append(ReplyRow.channel_id == channel_id)
    if conversation_id is not None:
        where.append(ReplyRow.conversation_id == conversation_id)
    found = await session.execute(
        select(ReplyRow.id, ReplyRow.channel_id)
        .join(TurnRow, TurnRow.id == ReplyRow.turn_id)
        .where(*where, TurnRow.outcome.is_not(None))
        .order_by(ReplyRow.id)
        .limit(limit)
    )
    return tuple(BehindReply(*row) for row in found)


async def place(session: AsyncSession, reply_id: int, spot: Spot, thread: PlaceKey | None) -> None:
    """See `ReplyStore.place`.

    Raises:
        StoreError: There is no such reply.
    """
    row = await session.get(ReplyRow, reply_id)
    if row is None:
        raise StoreError(f"there is no reply {reply_id}")
    row.channel_id = spot.channel_id
    row.answers_message_id = spot.answers_message_id
    await session.flush()
    if thread is not None:
        await move(session, row.conversation_id, thread)


async def record_step(
    session: AsyncSession, reply_id: int, parts: Sequence[Part], turn_id: int, text: str | None
) -> None:
    """See `ReplyStore.record_step`."""
    connection = await session.connection()
    await record_parts(connection, reply_id, parts)
    if text is not None:
        await connection.execute(_SO_FAR, {"turn": turn_id, "so_far": text})


async def remove_part(session: AsyncSession, reply_id: int, ordinal: int) -> None:
    """See `ReplyStore.remove_part`."""
    await session.execute(
        delete(PartRow).where(PartRow.reply_id == reply_id, PartRow.ordinal == ordinal)
    )


async def record_shown(
    session: AsyncSession, reply_id: int, revision: int, parts: Sequence[Part]
) -> bool:
    """See `ReplyStore.record_shown`."""
    connection = await session.connection()
    await record_parts(connection, reply_id, parts)
    wanted = await connection.execute(_SHOWN, {"reply": reply_id, "revision": revision})
    return wanted.scalar_one_or_none() in (None, revision)


async def parts_of(session: AsyncSession, reply_id: int) -> tuple[Part, ...]:
    """Return the Discord messages of a reply, in order."""
    rows = await session.scalars(_PARTS, {"reply": reply_id})
    return tuple(part_of(one) for one in rows)


async def record_parts(connection: AsyncConnection, reply_id: int, parts: Sequence[Part]) -> None:
    """Store parts as they are; a message that is known as another part's is this one's now."""
    for part in parts:
        if part.message_id is not None:
            await connection.execute(
                _TAKEN_FROM_OTHERS,
                {"message": part.message_id, "reply": reply_id, "position": part.ordinal},
            )
        await connection.execute(
            _RECORDED,
            {
                "reply_id": reply_id,
                "ordinal": part.ordinal,
                "channel_id": part.channel_id,
                "message_id": part.message_id,
                "nonce": part.nonce,
                "digest": part.digest,
                "is_confirmed": part.is_confirmed,
                "is_gone": part.is_gone,
            },
        )


async def _replaced_text(session: AsyncSession, turn: Turn) -> str:
    """Return the last text that the reply of an answer has shown before; empty if it had none."""
    question = {"question": turn.parent_id, "turn": turn.id}
    return await session.scalar(_REPLACED, question) or ""
