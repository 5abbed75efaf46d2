"""The store on SQLite: each method of the port is one transaction around one function."""

from collections.abc import Callable, Mapping
from datetime import datetime

from sqlalchemy import select, text
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.ext.asyncio import AsyncSession

from conversation.entities import (
    Attention,
    Conversation,
    Exchange,
    Inbound,
    LivePlace,
    Parameters,
    Part,
    PlaceKey,
    PlaceSettings,
    Receipt,
    Received,
    Shown,
    TurnedAway,
    TurnResult,
)
from conversation.ports import Now
from storage.queries import inbounds, places, refusals, replies, taking_up, turned_away, turns
from storage.sqlite.database import Database
from storage.tables import AliveRow, ToldRow

_TOLD = insert(ToldRow).on_conflict_do_nothing()


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
        """Write what is there already: raises what the next method would raise.

        SQLite writes this page although nothing in it changes, so a full disk shows.
        """
        await self._database.write(lambda session: session.execute(text("PRAGMA user_version = 0")))

    async def integrity(self) -> list[str]:
        """Read the whole file and give what is damaged or points nowhere; empty when sound."""
        return await self._database.read(_damages)

    async def receive(
        self,
        message: Received,
        *,
        queue_limit: int,
        daily_limit: int | None,
        day_began_at: datetime,
    ) -> Receipt:
        """See `Store.receive`."""
        return await self._database.write(
            lambda session: inbounds.receive(
                session,
                message,
                queue_limit=queue_limit,
                daily_limit=daily_limit,
                day_began_at=day_began_at,
                at=self._now(),
            )
        )

    async def begin(
        self, conversation_id: int, *, model: str, parameters: Parameters
    ) -> Exchange | None:
        """See `Store.begin`."""
        return await self._database.write(
            lambda session: turns.begin(
                session, conversation_id, model=model, parameters=parameters, at=self._now()
            )
        )

    async def finish(self, turn_id: int, result: TurnResult) -> None:
        """See `Store.finish`."""
        await self._database.write(
            lambda session: turns.finish(session, turn_id, result, self._now())
        )

    async def answer_again(
        self, turn_id: int, *, model: str, parameters: Parameters, presser_id: int | None = None
    ) -> Exchange | None:
        """See `Store.answer_again`."""
        return await self._database.write(
            lambda session: taking_up.answer_again(
                session,
                turn_id,
                model=model,
                parameters=parameters,
                presser_id=presser_id,
                at=self._now(),
            )
        )

    async def go_on(
        self,
        turn_id: int,
        words: str,
        *,
        model: str,
        parameters: Parameters,
        presser_id: int | None = None,
    ) -> Exchange | None:
        """See `Store.go_on`."""
        return await self._database.write(
            lambda session: taking_up.go_on(
                session,
                turn_id,
                words,
                model=model,
                parameters=parameters,
                presser_id=presser_id,
                at=self._now(),
            )
        )

    async def is_known(self, message_id: int) -> bool:
        """See `Store.is_known`."""
        return await self._database.read(lambda session: inbounds.is_known(session, message_id))

    async def used(self, author_id: int, since: datetime) -> int:
        """See `Store.used`."""
        return await self._database.read(lambda session: inbounds.used(session, author_id, since))

    async def checkpoint(self, texts: Mapping[int, str]) -> None:
        """See `Store.checkpoint`."""
        await self._database.write(lambda session: turns.checkpoint(session, texts))

    async def interrupt_unfinished(self) -> tuple[Shown, ...]:
        """See `Store.interrupt_unfinished`."""
        return await self._database.write(turns.interrupt_unfinished)

    async def settle(self, turn_id: int) -> None:
        """See `Store.settle`."""
        await self._database.write(lambda session: turns.settle(session, turn_id, self._now()))

    async def said(self, turn_id: int) -> tuple[Inbound, ...]:
        """See `Store.said`."""
        return await self._database.read(lambda session: inbounds.inbounds_of(session, turn_id))

    async def waiting(self, conversation_id: int) -> tuple[Inbound, ...]:
        """See `Store.waiting`."""
        return await self._database.read(lambda session: inbounds.waiting(session, conversation_id))

    async def revise(self, message_id: int, text: str) -> bool:
        """See `Store.revise`."""
        return await self._database.write(
            lambda session: inbounds.revise(session, message_id, text)
        )

    async def withdraw(self, message_id: int) -> Inbound | None:
        """See `Store.withdraw`."""
        return await self._database.write(lambda session: inbounds.withdraw(session, message_id))

    async def withdraw_in(self, channel_id: int) -> int:
        """See `Store.withdraw_in`."""
        return await self._database.write(lambda session: inbounds.withdraw_in(session, channel_id))

    async def note_refusal_told(self, message_id: int) -> None:
        """See `Store.note_refusal_told`."""
        await self._database.write(
            lambda session: refusals.note_refusal_told(session, message_id, self._now())
        )

    async def untold_refusals(
        self, since: datetime, before: datetime, *, limit: int
    ) -> tuple[Inbound, ...]:
        """See `Store.untold_refusals`."""
        return await self._database.read(
            lambda session: refusals.untold_refusals(session, since, before, limit)
        )

    async def waiting_conversations(self) -> tuple[int, ...]:
        """See `Store.waiting_conversations`."""
        return await self._database.read(inbounds.waiting_conversations)

    async def waiting_count(self) -> int:
        """Count the messages that wait for an answer, in all conversations."""
        return await self._database.read(inbounds.waiting_count)

    async def add_part(self, reply_id: int, part: Part) -> None:
        """See `Store.add_part`."""
        await self._database.write(lambda session: replies.add_part(session, reply_id, part))

    async def remove_part(self, reply_id: int, ordinal: int) -> None:
        """See `Store.remove_part`."""
        await self._database.write(lambda session: replies.remove_part(session, reply_id, ordinal))

    async def shown_by(self, message_id: int) -> Shown | None:
        """See `Store.shown_by`."""
        return await self._database.read(lambda session: replies.shown_by(session, message_id))

    async def shown_turn(self, turn_id: int) -> Shown | None:
        """See `Store.shown_turn`."""
        return await self._database.read(lambda session: replies.shown_turn(session, turn_id))

    async def ended_since(
        self, since: datetime, *, limit: int, before_turn_id: int | None = None
    ) -> tuple[Shown, ...]:
        """See `Store.ended_since`."""
        return await self._database.read(
            lambda session: replies.ended_since(session, since, limit, before_turn_id)
        )

    async def conversation(self, conversation_id: int) -> Conversation | None:
        """See `Store.conversation`."""
        return await self._database.read(
            lambda session: places.conversation(session, conversation_id)
        )

    async def current_conversation(self, channel_id: int) -> Conversation | None:
        """See `Store.current_conversation`."""
        return await self._database.read(
            lambda session: places.current_conversation(session, channel_id)
        )

    async def move(self, conversation_id: int, place: PlaceKey) -> None:
        """See `Store.move`."""
        await self._database.write(lambda session: places.move(session, conversation_id, place))

    async def reset(self, place: PlaceKey) -> Conversation:
        """See `Store.reset`."""
        return await self._database.write(lambda session: places.reset(session, place, self._now()))

    async def settings(self, channel_id: int) -> PlaceSettings:
        """See `Store.settings`."""
        return await self._database.read(lambda session: places.settings(session, channel_id))

    async def change_settings(self, place: PlaceKey, settings: PlaceSettings) -> None:
        """See `Store.change_settings`."""
        await self._database.write(lambda session: places.change_settings(session, place, settings))

    async def alter_settings(
        self, place: PlaceKey, alter: Callable[[PlaceSettings], PlaceSettings]
    ) -> None:
        """See `Store.alter_settings`."""
        await self._database.write(lambda session: places.alter_settings(session, place, alter))

    async def attentions(self) -> Mapping[int, Attention]:
        """See `Store.attentions`."""
        return await self._database.read(places.attentions)

    async def live_places(self, since: datetime, *, limit: int) -> tuple[LivePlace, ...]:
        """See `Store.live_places`."""
        return await self._database.read(
            lambda session: inbounds.live_places(session, since, limit)
        )

    async def note_alive(self, until: datetime) -> None:
        """See `Store.note_alive`."""
        noted = insert(AliveRow).values(id=1, at=until).on_conflict_do_update(set_={"at": until})
        await self._database.write(lambda session: session.execute(noted))

    async def last_alive(self) -> datetime | None:
        """See `Store.last_alive`."""
        return await self._database.read(lambda session: session.scalar(select(AliveRow.at)))

    async def note_turned_away(self, one: TurnedAway) -> None:
        """See `Store.note_turned_away`."""
        await self._database.write(
            lambda session: turned_away.note_turned_away(session, one, self._now())
        )

    async def turned_away(self, since: datetime) -> tuple[TurnedAway, ...]:
        """See `Store.turned_away`."""
        return await self._database.write(lambda session: turned_away.turned_away(session, since))

    async def was_told(self, key: str) -> bool:
        """See `Store.was_told`."""
        row = await self._database.read(lambda session: session.get(ToldRow, key))
        return row is not None

    async def note_told(self, key: str) -> None:
        """See `Store.note_told`."""
        values = {"key": key, "told_at": self._now()}
        await self._database.write(lambda session: session.execute(_TOLD, values))


async def _damages(session: AsyncSession) -> list[str]:
    found = await session.scalars(text("PRAGMA integrity_check"))
    problems = [line for line in found if line != "ok"]
    orphans = await session.execute(text("PRAGMA foreign_key_check"))
    return problems + [f"{row[0]} row {row[1]} points nowhere in {row[2]}" for row in orphans]
