"""Places and the conversations in them: which is current, where one moved, what was set."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from conversation.entities import Attention, Conversation, PlaceKey, PlaceSettings
from conversation.errors import StoreError
from storage.mapping import conversation_of, parameters_json, settings_of
from storage.tables import ConversationRow, PlaceRow


async def place_row(session: AsyncSession, place: PlaceKey) -> PlaceRow:
    """Find or make a place; where it belongs is brought up to date."""
    row = await session.get(PlaceRow, place.channel_id)
    if row is None:
        row = PlaceRow(channel_id=place.channel_id)
        session.add(row)
    row.guild_id = place.guild_id
    row.parent_channel_id = place.parent_channel_id
    await session.flush()
    return row


async def conversation_row(session: AsyncSession, conversation_id: int) -> ConversationRow:
    """Find a conversation that must exist.

    Raises:
        StoreError: It does not.
    """
    row = await session.get(ConversationRow, conversation_id)
    if row is None:
        message = f"there is no conversation {conversation_id}"
        raise StoreError(message)
    return row


async def described(session: AsyncSession, row: ConversationRow) -> Conversation:
    """Give the conversation of a row, with the place that it is in."""
    return conversation_of(row, await session.get_one(PlaceRow, row.channel_id))


async def current_row(session: AsyncSession, place: PlaceRow, at: datetime) -> ConversationRow:
    """Find or make the current conversation of a thread or of direct messages."""
    if place.current_conversation_id is not None:
        return await session.get_one(ConversationRow, place.current_conversation_id)
    return await _new_current(session, place, at)


async def rooted_row(
    session: AsyncSession, place: PlaceRow, root_message_id: int, at: datetime
) -> ConversationRow:
    """Find or make the conversation that a message of a text channel began.

    One that moved into a thread is not found: a private thread is not reached from outside.
    """
    found = await session.scalar(
        select(ConversationRow).where(
            ConversationRow.channel_id == place.channel_id,
            ConversationRow.root_message_id == root_message_id,
        )
    )
    if found is not None:
        return found
    return await _new(session, place, root_message_id, at)


async def _new(
    session: AsyncSession, place: PlaceRow, root_message_id: int | None, at: datetime
) -> ConversationRow:
    row = ConversationRow(
        channel_id=place.channel_id, root_message_id=root_message_id, created_at=at
    )
    session.add(row)
    await session.flush()
    return row


async def _new_current(session: AsyncSession, place: PlaceRow, at: datetime) -> ConversationRow:
    row = await _new(session, place, None, at)
    place.current_conversation_id = row.id
    return row


async def conversation(session: AsyncSession, conversation_id: int) -> Conversation | None:
    """See `Store.conversation`."""
    row = await session.get(ConversationRow, conversation_id)
    return None if row is None else await described(session, row)


async def current_conversation(session: AsyncSession, channel_id: int) -> Conversation | None:
    """See `Store.current_conversation`."""
    place = await session.get(PlaceRow, channel_id)
    if place is None or place.current_conversation_id is None:
        return None
    return await conversation(session, place.current_conversation_id)


async def move(session: AsyncSession, conversation_id: int, place: PlaceKey) -> None:
    """See `Store.move`; where it was current before, nothing is."""
    row = await conversation_row(session, conversation_id)
    thread = await place_row(session, place)
    await session.execute(
        update(PlaceRow)
        .where(
            PlaceRow.channel_id == row.channel_id,
            PlaceRow.current_conversation_id == conversation_id,
        )
        .values(current_conversation_id=None)
    )
    row.channel_id = thread.channel_id
    thread.current_conversation_id = conversation_id
    thread.attention = Attention.EVERYTHING.value


async def reset(session: AsyncSession, place: PlaceKey, at: datetime) -> Conversation:
    """See `Store.reset`."""
    row = await place_row(session, place)
    former_id = row.current_conversation_id
    fresh = await _new_current(session, row, at)
    if former_id is not None:
        fresh.starter_id = (await conversation_row(session, former_id)).starter_id
    return conversation_of(fresh, row)


async def settings(session: AsyncSession, channel_id: int) -> PlaceSettings:
    """See `Store.settings`."""
    row = await session.get(PlaceRow, channel_id)
    return PlaceSettings() if row is None else settings_of(row)


async def change_settings(session: AsyncSession, place: PlaceKey, wanted: PlaceSettings) -> None:
    """See `Store.change_settings`."""
    row = await place_row(session, place)
    row.model = wanted.model
    row.parameters = parameters_json(wanted.parameters)
    row.system_prompt = wanted.system_prompt
    row.attention = None if wanted.attention is None else wanted.attention.value


async def attentions(session: AsyncSession) -> Mapping[int, Attention]:
    """See `Store.attentions`; reads the whole table, once a start."""
    rows = await session.execute(
        select(PlaceRow.channel_id, PlaceRow.attention).where(PlaceRow.attention.is_not(None))
    )
    return {channel_id: Attention(word) for channel_id, word in rows}
