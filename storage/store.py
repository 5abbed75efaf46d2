"""The store on SQLite: each method of the port is one transaction around one function."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.dialects.sqlite import insert

from conversation.entities import (
    Attention,
    Conversation,
    Exchange,
    Inbound,
    Parameters,
    Part,
    PlaceKey,
    PlaceSettings,
    Receipt,
    Received,
    Shown,
    TurnResult,
)
from conversation.ports import Now
from storage import inbounds, places, replies, turns
from storage.database import Database
from storage.tables import ToldRow


class SqlStore:
    """Implements `conversation.ports.Store`; made by `storage.opening.open_store`."""

    def __init__(self, database: Database, *, now: Now) -> None:
        self._database = database
        self._now = now

    @property
    def connections_in_use(self) -> int:
        """How many connections are handed out now; 0 whenever no method runs."""
        return self._database.connections_in_use

    async def ping(self) -> None:
        """Write nothing, as a writer: raises what the next method would raise."""
        async with self._database.writing() as session:
            await session.execute(text("SELECT 1"))

    async def integrity(self) -> list[str]:
        """Read the whole file and give what is damaged or points nowhere; empty when sound."""
        async with self._database.reading() as session:
            found = await session.scalars(text("PRAGMA integrity_check"))
            problems = [line for line in found if line != "ok"]
            orphans = await session.execute(text("PRAGMA foreign_key_check"))
            problems += [f"{row[0]} row {row[1]} points nowhere in {row[2]}" for row in orphans]
        return problems

    async def receive(
        self,
        message: Received,
        *,
        queue_limit: int,
        daily_limit: int | None,
        day_began_at: datetime,
    ) -> Receipt:
        """See `Store.receive`."""
        async with self._database.writing() as session:
            return await inbounds.receive(
                session,
                message,
                queue_limit=queue_limit,
                daily_limit=daily_limit,
                day_began_at=day_began_at,
                at=self._now(),
            )

    async def begin(
        self, conversation_id: int, *, model: str, parameters: Parameters
    ) -> Exchange | None:
        """See `Store.begin`."""
        async with self._database.writing() as session:
            return await turns.begin(
                session, conversation_id, model=model, parameters=parameters, at=self._now()
            )

    async def finish(self, turn_id: int, result: TurnResult) -> None:
        """See `Store.finish`."""
        async with self._database.writing() as session:
            await turns.finish(session, turn_id, result, self._now())

    async def interrupt_unfinished(self) -> tuple[Shown, ...]:
        """See `Store.interrupt_unfinished`."""
        async with self._database.writing() as session:
            return await turns.interrupt_unfinished(session, self._now())

    async def waiting(self, conversation_id: int) -> tuple[Inbound, ...]:
        """See `Store.waiting`."""
        async with self._database.reading() as session:
            return await inbounds.waiting(session, conversation_id)

    async def waiting_conversations(self) -> tuple[int, ...]:
        """See `Store.waiting_conversations`."""
        async with self._database.reading() as session:
            return await inbounds.waiting_conversations(session)

    async def add_part(self, reply_id: int, part: Part) -> None:
        """See `Store.add_part`."""
        async with self._database.writing() as session:
            await replies.add_part(session, reply_id, part)

    async def shown_by(self, message_id: int) -> Shown | None:
        """See `Store.shown_by`."""
        async with self._database.reading() as session:
            return await replies.shown_by(session, message_id)

    async def shown_turn(self, turn_id: int) -> Shown | None:
        """See `Store.shown_turn`."""
        async with self._database.reading() as session:
            return await replies.shown_turn(session, turn_id)

    async def conversation(self, conversation_id: int) -> Conversation | None:
        """See `Store.conversation`."""
        async with self._database.reading() as session:
            return await places.conversation(session, conversation_id)

    async def current_conversation(self, channel_id: int) -> Conversation | None:
        """See `Store.current_conversation`."""
        async with self._database.reading() as session:
            return await places.current_conversation(session, channel_id)

    async def move(self, conversation_id: int, place: PlaceKey) -> None:
        """See `Store.move`."""
        async with self._database.writing() as session:
            await places.move(session, conversation_id, place)

    async def reset(self, place: PlaceKey) -> Conversation:
        """See `Store.reset`."""
        async with self._database.writing() as session:
            return await places.reset(session, place, self._now())

    async def settings(self, channel_id: int) -> PlaceSettings:
        """See `Store.settings`."""
        async with self._database.reading() as session:
            return await places.settings(session, channel_id)

    async def change_settings(self, place: PlaceKey, settings: PlaceSettings) -> None:
        """See `Store.change_settings`."""
        async with self._database.writing() as session:
            await places.change_settings(session, place, settings)

    async def attentions(self) -> Mapping[int, Attention]:
        """See `Store.attentions`."""
        async with self._database.reading() as session:
            return await places.attentions(session)

    async def first_time(self, key: str) -> bool:
        """See `Store.first_time`."""
        told = insert(ToldRow).values(key=key, told_at=self._now()).on_conflict_do_nothing()
        async with self._database.writing() as session:
            return await session.scalar(told.returning(ToldRow.key)) is not None
