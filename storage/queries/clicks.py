"""Clicks under an answer: a sibling in the same reply, or a further answer that goes on.

All that decides is decided in the transaction that makes the turn, the quota included: of two
clicks at once at the last answer of the day, one passes.
"""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from conversation.entities import ClickVerdict, Press
from storage.queries.inbounds import used
from storage.queries.places import conversation_row
from storage.queries.turns import (
    add_answer,
    add_hidden_question,
    add_reply,
    add_sibling,
    overtaken,
)
from storage.tables import ConversationRow, PlaceRow, ReplyRow, TurnRow


async def answer_again(session: AsyncSession, press: Press, at: datetime) -> ClickVerdict:
    """See `TurnStore.answer_again`."""
    former = await _ended_head(session, press.turn_id)
    if former is None:
        return ClickVerdict.GONE_ON
    if await _is_spent(session, press):
        return ClickVerdict.QUOTA_SPENT
    await add_sibling(await session.connection(), former, at, press.presser_id)
    return ClickVerdict.TAKEN


async def continue_answer(
    session: AsyncSession, press: Press, words: str, at: datetime
) -> ClickVerdict:
    """See `TurnStore.continue_answer`."""
    former = await _ended_head(session, press.turn_id)
    if former is None:
        return ClickVerdict.GONE_ON
    if await _is_spent(session, press):
        return ClickVerdict.QUOTA_SPENT
    connection = await session.connection()
    conversation_id = former.conversation_id
    await overtaken(connection, former.id)
    hidden_id = await add_hidden_question(connection, conversation_id, former.id, words, at)
    answer_id = await add_answer(connection, conversation_id, hidden_id, at, press.presser_id)
    conversation = await conversation_row(session, conversation_id)
    await add_reply(connection, conversation_id, answer_id, channel_id=conversation.channel_id)
    return ClickVerdict.TAKEN


async def _is_spent(session: AsyncSession, press: Press) -> bool:
    if press.daily_limit is None:
        return False
    connection = await session.connection()
    return await used(connection, press.presser_id, press.day_began_at) >= press.daily_limit


async def _ended_head(session: AsyncSession, turn_id: int) -> TurnRow | None:
    """Return an answer that has ended and is the newest in its place; None if it is not."""
    row = await session.get(TurnRow, turn_id)
    if row is None or row.outcome is None or row.parent_id is None:
        return None
    conversation = await conversation_row(session, row.conversation_id)
    if conversation.head_turn_id != turn_id or not await _is_current(session, conversation):
        return None
    reply = await session.scalar(select(ReplyRow.id).where(ReplyRow.turn_id == turn_id))
    return None if reply is None else row


async def _is_current(session: AsyncSession, conversation: ConversationRow) -> bool:
    """Return whether a conversation is the one of its place; a text channel has many."""
    place = await session.get_one(PlaceRow, conversation.channel_id)
    is_channel = place.guild_id is not None and place.parent_channel_id is None
    return is_channel or place.current_conversation_id == conversation.id
