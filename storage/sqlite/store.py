"""The store: one class for each port, each method one transaction around one query function."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from conversation.entities import (
    BehindReply,
    ClickVerdict,
    Conversation,
    Ending,
    Exchange,
    FreshStart,
    Inbound,
    Limits,
    ListenMode,
    LivePlace,
    Parameters,
    Part,
    PlaceKey,
    PlaceSettings,
    Press,
    Receipt,
    Received,
    ReplyState,
    Shown,
    Spot,
    TurnResult,
)
from conversation.notices import Notice, StoredNotice
from conversation.ports.clock import Now
from storage.queries import clicks, heard, inbounds, notices, places, replies, turns
from storage.sqlite.database import Database


class SqlQueue:
    """Implements `InboundQueue`."""

    def __init__(self, database: Database, now: Now) -> None:
        self._database = database
        self._now = now

    async def receive(self, message: Received, limits: Limits) -> Receipt:
        """See `InboundQueue.receive`."""
        return await self._database.write(
            lambda session: inbounds.receive(session, message, limits, self._now())
        )

    async def is_known(self, message_id: int) -> bool:
        """See `InboundQueue.is_known`."""
        return await self._database.read(lambda session: inbounds.is_known(session, message_id))

    async def revise(self, message_id: int, text: str) -> bool:
        """See `InboundQueue.revise`."""
        return await self._database.write(
            lambda session: inbounds.revise(session, message_id, text)
        )

    async def withdraw(self, message_id: int) -> Inbound | None:
        """See `InboundQueue.withdraw`."""
        return await self._database.write(lambda session: inbounds.withdraw(session, message_id))

    async def withdraw_in(self, channel_id: int) -> int:
        """See `InboundQueue.withdraw_in`."""
        return await self._database.write(lambda session: inbounds.withdraw_in(session, channel_id))

    async def waiting(self, conversation_id: int) -> tuple[Inbound, ...]:
        """See `InboundQueue.waiting`."""
        return await self._database.read(lambda session: inbounds.waiting(session, conversation_id))

    async def live_places(self, since: datetime, *, limit: int) -> tuple[LivePlace, ...]:
        """See `InboundQueue.live_places`."""
        return await self._database.read(
            lambda session: inbounds.live_places(session, since, limit)
        )

    async def waiting_count(self) -> int:
        """Return how many messages wait for an answer, in all conversations."""
        return await self._database.read(inbounds.waiting_count)


class SqlTurns:
    """Implements `TurnStore`."""

    def __init__(self, database: Database, now: Now) -> None:
        self._database = database
        self._now = now

    async def next_exchange(
        self, conversation_id: int, *, model: str, parameters: Parameters
    ) -> Exchange | None:
        """See `TurnStore.next_exchange`."""
        return await self._database.write(
            lambda session: turns.next_exchange(
                session, conversation_id, model=model, parameters=parameters, at=self._now()
            )
        )

    async def finish(self, turn_id: int, result: TurnResult) -> Ending:
        """See `TurnStore.finish`."""
        return await self._database.write(
            lambda session: turns.finish(session, turn_id, result, self._now())
        )

    async def answer_again(self, press: Press) -> ClickVerdict:
        """See `TurnStore.answer_again`."""
        return await self._database.write(
            lambda session: clicks.answer_again(session, press, self._now())
        )

    async def continue_answer(self, press: Press, words: str) -> ClickVerdict:
        """See `TurnStore.continue_answer`."""
        return await self._database.write(
            lambda session: clicks.continue_answer(session, press, words, self._now())
        )

    async def resume(self, young_since: datetime, attempts: int) -> int:
        """See `TurnStore.resume`."""
        return await self._database.write(
            lambda session: turns.resume(session, young_since, attempts, self._now())
        )

    async def conversations_with_work(self) -> tuple[int, ...]:
        """See `TurnStore.conversations_with_work`."""
        return await self._database.read(turns.conversations_with_work)

    async def newest_sibling(self, turn_id: int) -> Shown | None:
        """See `TurnStore.newest_sibling`."""
        return await self._database.read(lambda session: turns.newest_sibling(session, turn_id))

    async def shown_turn(self, turn_id: int) -> Shown | None:
        """See `TurnStore.shown_turn`."""
        return await self._database.read(lambda session: turns.shown_turn(session, turn_id))


class SqlReplies:
    """Implements `ReplyStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def state(self, reply_id: int) -> ReplyState | None:
        """See `ReplyStore.state`."""
        return await self._database.read(lambda session: replies.state(session, reply_id))

    async def behind(
        self,
        *,
        after_id: int = 0,
        limit: int,
        channel_id: int | None = None,
        conversation_id: int | None = None,
    ) -> tuple[BehindReply, ...]:
        """See `ReplyStore.behind`."""
        return await self._database.read(
            lambda session: replies.behind(session, after_id, limit, channel_id, conversation_id)
        )

    async def place(self, reply_id: int, spot: Spot, thread: PlaceKey | None = None) -> None:
        """See `ReplyStore.place`."""
        await self._database.write(lambda session: replies.place(session, reply_id, spot, thread))

    async def record_step(
        self, reply_id: int, parts: Sequence[Part], *, turn_id: int, text: str | None
    ) -> None:
        """See `ReplyStore.record_step`."""
        await self._database.write(
            lambda session: replies.record_step(session, reply_id, parts, turn_id, text)
        )

    async def is_own_post(self, message_id: int) -> bool:
        """See `ReplyStore.is_own_post`."""
        return await self._database.read(lambda session: notices.is_own_post(session, message_id))

    async def remove_part(self, reply_id: int, ordinal: int) -> None:
        """See `ReplyStore.remove_part`."""
        await self._database.write(lambda session: replies.remove_part(session, reply_id, ordinal))

    async def record_shown(self, reply_id: int, revision: int, parts: Sequence[Part]) -> bool:
        """See `ReplyStore.record_shown`."""
        return await self._database.write(
            lambda session: replies.record_shown(session, reply_id, revision, parts)
        )


class SqlNotices:
    """Implements `NoticeStore`."""

    def __init__(self, database: Database, now: Now) -> None:
        self._database = database
        self._now = now

    async def want(self, notice: Notice) -> int | None:
        """See `NoticeStore.want`."""
        return await self._database.write(
            lambda session: notices.want(session, notice, self._now())
        )

    async def unposted(
        self, *, after_id: int = 0, limit: int, channel_id: int | None = None
    ) -> tuple[StoredNotice, ...]:
        """See `NoticeStore.unposted`."""
        return await self._database.read(
            lambda session: notices.unposted(session, after_id, limit, channel_id)
        )

    async def notice(self, notice_id: int) -> StoredNotice | None:
        """See `NoticeStore.notice`."""
        return await self._database.read(lambda session: notices.notice(session, notice_id))

    async def record_try(self, notice_id: int) -> None:
        """See `NoticeStore.record_try`."""
        await self._database.write(
            lambda session: notices.record_try(session, notice_id, self._now())
        )

    async def record_posted(self, notice_id: int, message_id: int | None) -> None:
        """See `NoticeStore.record_posted`."""
        await self._database.write(
            lambda session: notices.record_posted(session, notice_id, message_id, self._now())
        )

    async def is_own_post(self, message_id: int) -> bool:
        """See `NoticeStore.is_own_post`."""
        return await self._database.read(lambda session: notices.is_own_post(session, message_id))


class SqlPlaces:
    """Implements `PlaceStore`."""

    def __init__(self, database: Database, now: Now) -> None:
        self._database = database
        self._now = now

    async def conversation(self, conversation_id: int) -> Conversation | None:
        """See `PlaceStore.conversation`."""
        return await self._database.read(
            lambda session: places.conversation(session, conversation_id)
        )

    async def current_conversation(self, channel_id: int) -> Conversation | None:
        """See `PlaceStore.current_conversation`."""
        return await self._database.read(
            lambda session: places.current_conversation(session, channel_id)
        )

    async def reset(self, place: PlaceKey) -> FreshStart:
        """See `PlaceStore.reset`."""
        return await self._database.write(lambda session: places.reset(session, place, self._now()))

    async def settings(self, channel_id: int) -> PlaceSettings:
        """See `PlaceStore.settings`."""
        return await self._database.read(lambda session: places.settings(session, channel_id))

    async def alter_settings(
        self, place: PlaceKey, alter: Callable[[PlaceSettings], PlaceSettings]
    ) -> None:
        """See `PlaceStore.alter_settings`."""
        await self._database.write(lambda session: places.alter_settings(session, place, alter))

    async def listen_modes(self) -> Mapping[int, ListenMode]:
        """See `PlaceStore.listen_modes`."""
        return await self._database.read(places.listen_modes)


class SqlHeard:
    """Implements `HeardStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def record_heard(self, until: datetime) -> None:
        """See `HeardStore.record_heard`."""
        await self._database.write(lambda session: heard.record_heard(session, until))

    async def heard_until(self) -> datetime | None:
        """See `HeardStore.heard_until`."""
        return await self._database.read(heard.heard_until)


@dataclass(frozen=True, slots=True)
class Store:
    """The ports of one database, and what its owner asks of it; made by `open_store`."""

    queue: SqlQueue
    turns: SqlTurns
    replies: SqlReplies
    notices: SqlNotices
    places: SqlPlaces
    heard: SqlHeard
    database: Database

    async def ping(self) -> None:
        """Write what is there already: raises what the next method would raise.

        SQLite writes this page although nothing in it changes, so a full disk shows.
        """
        await self.database.write(lambda session: session.execute(text("PRAGMA user_version = 0")))

    async def integrity(self) -> list[str]:
        """Read the whole file and return what is damaged or points nowhere; empty when sound."""
        return await self.database.read(_damages)


def store_on(database: Database, now: Now) -> Store:
    """Make the ports of a database."""
    return Store(
        queue=SqlQueue(database, now),
        turns=SqlTurns(database, now),
        replies=SqlReplies(database),
        notices=SqlNotices(database, now),
        places=SqlPlaces(database, now),
        heard=SqlHeard(database),
        database=database,
    )


async def _damages(session: AsyncSession) -> list[str]:
    found = await session.scalars(text("PRAGMA integrity_check"))
    problems = [line for line in found if line != "ok"]
    orphans = await session.execute(text("PRAGMA foreign_key_check"))
    return problems + [f"{row[0]} row {row[1]} points nowhere in {row[2]}" for row in orphans]
