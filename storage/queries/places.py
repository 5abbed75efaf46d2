"""Places and the conversations in them: which is current, where one moved, what was set."""

from collections.abc import Callable, Mapping
from datetime import datetime

from sqlalchemy import Row, and_, bindparam, case, exists, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from conversation.entities import (
    Conversation,
    FreshStart,
    InboundState,
    ListenMode,
    PlaceKey,
    PlaceSettings,
)
from conversation.errors import StoreError
from storage.mapping import conversation_of, parameters_json, settings_of
from storage.tables import ConversationRow, InboundRow, PlaceRow, ReplyRow
from storage.upsert import excluded, insert_or_update

_NOTED = insert_or_update(
    PlaceRow,
    ["channel_id"],
    ["guild_id", "parent_channel_id"],
    last_message_id=case(
        (
            func.coalesce(PlaceRow.last_message_id, 0) < excluded(PlaceRow, "last_message_id"),
            excluded(PlaceRow, "last_message_id"),
        ),
        else_=PlaceRow.last_message_id,
    ),
)

_MOVED_INTO = insert_or_update(
    PlaceRow,
    ["channel_id"],
    ["guild_id", "parent_channel_id", "current_conversation_id", "listen_mode"],
)

_BEGUN = insert(ConversationRow).returning(ConversationRow.id)

_MADE_CURRENT = (
    update(PlaceRow)
    .where(PlaceRow.channel_id == bindparam("channel"))
    .values(current_conversation_id=bindparam("conversation"))
)

_LEFT = (
    update(PlaceRow)
    .where(
        PlaceRow.channel_id
        == select(ConversationRow.channel_id)
        .where(ConversationRow.id == bindparam("conversation"))
        .scalar_subquery(),
        PlaceRow.current_conversation_id == bindparam("conversation"),
    )
    .values(current_conversation_id=None)
)
"""Nothing is current in the place that a conversation leaves."""

_MOVED = (
    update(ConversationRow)
    .where(ConversationRow.id == bindparam("conversation"))
    .values(channel_id=bindparam("channel"))
)

_OVERTAKEN = (
    update(ReplyRow)
    .where(
        ReplyRow.turn_id
        == select(ConversationRow.head_turn_id)
        .where(ConversationRow.id == bindparam("conversation"))
        .scalar_subquery()
    )
    .values(wanted_rev=ReplyRow.wanted_rev + 1)
)
"""The newest answer of a conversation is that no longer: what stands below it changes."""

PLACED = select(ConversationRow, PlaceRow).join(
    PlaceRow, PlaceRow.channel_id == ConversationRow.channel_id
)
"""A conversation and the place that it is in."""

_PLACED_BY_ID = PLACED.where(ConversationRow.id == bindparam("conversation"))

_CURRENT = (
    select(PlaceRow.current_conversation_id)
    .where(PlaceRow.channel_id == bindparam("channel"))
    .correlate(None)
    .scalar_subquery()
)
"""What is current in a channel, which need not be the place of the statement around it."""

_PLACED_CURRENT = PLACED.where(ConversationRow.id == _CURRENT)

ROOTED = (
    select(ConversationRow.id)
    .where(
        ConversationRow.channel_id == bindparam("channel"),
        ConversationRow.root_message_id == bindparam("root"),
    )
    .scalar_subquery()
)
"""The conversation that a message of a text channel began.

One that moved into a thread is not found: a private thread is not reached from outside.
"""

_BEGUN_OUTSIDE = (
    select(ConversationRow.id)
    .where(
        ConversationRow.channel_id == bindparam("parent"),
        ConversationRow.root_message_id == bindparam("channel"),
        or_(
            and_(
                ConversationRow.head_turn_id.is_(None),
                exists().where(
                    InboundRow.conversation_id == ConversationRow.id,
                    InboundRow.state == InboundState.WAITING.value,
                ),
            ),
            exists().where(
                ReplyRow.turn_id == ConversationRow.head_turn_id, ReplyRow.channel_id.is_(None)
            ),
        ),
    )
    .scalar_subquery()
)
"""The conversation that waits to move into a thread: its answer has no place yet.

A thread has the id of the message it was opened from (Discord's documentation, "Start Thread from
Message"), and people may write in it before Discord has told us that it is open.
"""

CURRENT_OR_BEGUN_OUTSIDE = select(func.coalesce(_CURRENT, _BEGUN_OUTSIDE)).scalar_subquery()
"""The current conversation of a thread or of direct messages."""


async def note_place(connection: AsyncConnection, place: PlaceKey, *, last_message_id: int) -> None:
    """Make a place or bring it up to date: where it belongs, and its newest message."""
    await connection.execute(
        _NOTED,
        {
            "channel_id": place.channel_id,
            "guild_id": place.guild_id,
            "parent_channel_id": place.parent_channel_id,
            "last_message_id": last_message_id,
        },
    )


async def new_conversation(
    connection: AsyncConnection,
    place: PlaceKey,
    at: datetime,
    *,
    root_message_id: int | None,
    starter_id: int | None,
) -> int:
    """Begin a conversation in a place that is noted; one without a root becomes current there."""
    values = {
        "channel_id": place.channel_id,
        "root_message_id": root_message_id,
        "starter_id": starter_id,
        "created_at": at,
    }
    found = await connection.execute(_BEGUN, values)
    conversation_id = found.scalar_one()
    if root_message_id is None:
        await connection.execute(
            _MADE_CURRENT, {"channel": place.channel_id, "conversation": conversation_id}
        )
    return conversation_id


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
    """Return the conversation of a row, with the place that it is in."""
    return conversation_of(row, await session.get_one(PlaceRow, row.channel_id))


async def conversation(session: AsyncSession, conversation_id: int) -> Conversation | None:
    """See `PlaceStore.conversation`."""
    found = await session.execute(_PLACED_BY_ID, {"conversation": conversation_id})
    return _conversation_in(found.first())


async def current_conversation(session: AsyncSession, channel_id: int) -> Conversation | None:
    """See `PlaceStore.current_conversation`."""
    found = await session.execute(_PLACED_CURRENT, {"channel": channel_id})
    return _conversation_in(found.first())


async def move(session: AsyncSession, conversation_id: int, place: PlaceKey) -> None:
    """Move a conversation into its thread; where it was current before, nothing is.

    Raises:
        IntegrityError: There is no such conversation to be current in the thread.
    """
    connection = await session.connection()
    await connection.execute(_LEFT, {"conversation": conversation_id})
    await connection.execute(
        _MOVED_INTO,
        {
            "channel_id": place.channel_id,
            "guild_id": place.guild_id,
            "parent_channel_id": place.parent_channel_id,
            "current_conversation_id": conversation_id,
            "listen_mode": ListenMode.EVERYTHING.value,
        },
    )
    await connection.execute(_MOVED, {"conversation": conversation_id, "channel": place.channel_id})


async def reset(session: AsyncSession, place: PlaceKey, at: datetime) -> FreshStart:
    """See `PlaceStore.reset`."""
    row = await place_row(session, place)
    former_id, starter_id = row.current_conversation_id, None
    if former_id is not None:
        starter_id = (await conversation_row(session, former_id)).starter_id
    fresh_id = await new_conversation(
        await session.connection(), place, at, root_message_id=None, starter_id=starter_id
    )
    if former_id is not None:
        await session.execute(_OVERTAKEN, {"conversation": former_id})
        await session.execute(
            update(InboundRow)
            .where(
                InboundRow.conversation_id == former_id,
                InboundRow.state == InboundState.WAITING.value,
            )
            .values(conversation_id=fresh_id)
        )
    return FreshStart(Conversation(fresh_id, place, None, None, starter_id), former_id)


async def settings(session: AsyncSession, channel_id: int) -> PlaceSettings:
    """See `PlaceStore.settings`."""
    row = await session.get(PlaceRow, channel_id)
    return PlaceSettings() if row is None else settings_of(row)


async def alter_settings(
    session: AsyncSession, place: PlaceKey, alter: Callable[[PlaceSettings], PlaceSettings]
) -> None:
    """See `PlaceStore.alter_settings`."""
    row = await place_row(session, place)
    wanted = alter(settings_of(row))
    row.model = wanted.model
    row.parameters = parameters_json(wanted.parameters)
    row.system_prompt = wanted.system_prompt
    row.listen_mode = None if wanted.listen_mode is None else wanted.listen_mode.value
    fallbacks = wanted.fallback_models
    row.fallback_models = None if fallbacks is None else list(fallbacks)


def _conversation_in(found: Row[ConversationRow, PlaceRow] | None) -> Conversation | None:
    return None if found is None else conversation_of(*found)


async def listen_modes(session: AsyncSession) -> Mapping[int, ListenMode]:
    """See `PlaceStore.listen_modes`; reads the whole table, once a start."""
    rows = await session.execute(
        select(PlaceRow.channel_id, PlaceRow.listen_mode).where(PlaceRow.listen_mode.is_not(None))
    )
    return {channel_id: ListenMode(word) for channel_id, word in rows}
