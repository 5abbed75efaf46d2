"""Answers that a test holds in mid-stream, and what the bot stored of them."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from sqlalchemy import select

from conversation.entities import Outcome, Turn
from sandbox.models.recording import RecordedRequest
from sandbox.models.script import Answer, Fault, Gate
from sandbox.world.entities import Channel, Message, Person
from storage.sqlite.opening import open_store
from storage.sqlite.store import Store
from storage.tables import PartRow, ReplyRow
from tests.e2e.scene import Scene, labels_of

_LIMIT_S = 15.0
_RECHECK_S = 0.05
"""The store tells nobody of its changes, so that it is asked again and again."""


_Found = TypeVar("_Found")


@dataclass(frozen=True, slots=True)
class Held:
    """An answer that comes piece by piece, as its gate lets it."""

    gate: Gate
    thread: Channel


async def hold(
    scene: Scene, *chunks: str, person: Person | None = None, fault: Fault | None = None
) -> Held:
    """Ask in the channel for an answer of these pieces, none of which comes by itself."""
    gate = Gate()
    scene.script.queue(Answer(chunks=chunks, hold=gate, fault=fault))
    question = scene.actor(person or scene.ann).say(scene.channel, scene.mention("tell me"))
    return Held(gate, await scene.thread_of(question))


async def first_shown(scene: Scene, held: Held) -> Message:
    """Let the first piece come and wait for the message that shows it."""
    held.gate.release()
    await scene.until(lambda: scene.from_bot(held.thread))
    return scene.from_bot(held.thread)[0]


def asked(scene: Scene) -> list[RecordedRequest]:
    """Return the questions that the Playground was asked; its lists of models are none."""
    return [request for request in scene.playground.requests if request.method == "POST"]


def has_stop_button(message: Message) -> bool:
    """Whether a message has one button, and it says *Stop*."""
    return labels_of(message) == ["Stop"]


def database_url(folder: Path) -> str:
    """Name the database of a scene's bot."""
    return f"sqlite:///{(folder / 'bobbin.db').as_posix()}"


@asynccontextmanager
async def opened_store(scene: Scene) -> AsyncGenerator[Store, None]:
    """Open the bot's store beside it."""
    async with open_store(database_url(scene.folder), now=lambda: datetime.now(UTC)) as store:
        yield store


async def stored(scene: Scene, message: Message) -> Turn:
    """Return the turn that a message of the bot shows, as the store has it."""
    async with opened_store(scene) as store:
        turn = await _turn_of(store, message)
    assert turn is not None
    return turn


async def until_stored(scene: Scene, message: Message, outcome: Outcome | None) -> Turn:
    """Wait until the turn that a message shows has this outcome in the store."""

    async def found(store: Store) -> Turn | None:
        turn = await _turn_of(store, message)
        return turn if turn is not None and turn.outcome is outcome else None

    return await _until(scene, found)


async def until_shown(scene: Scene) -> None:
    """Wait until no reply is behind, and no notice is still to be posted."""

    async def found(store: Store) -> bool:
        behind = await store.replies.behind(limit=1)
        return not behind and not await store.notices.unposted(limit=1)

    await _until(scene, found)


async def until_known(scene: Scene, message: Message) -> None:
    """Wait until a message is stored, whatever has come of it."""

    async def found(store: Store) -> bool:
        return await store.queue.is_known(message.id)

    await _until(scene, found)


async def until_waiting(scene: Scene, thread: Channel, count: int) -> None:
    """Wait until so many messages in a thread are stored and wait for their answer."""

    async def found(store: Store) -> bool:
        conversation = await store.places.current_conversation(thread.id)
        assert conversation is not None
        return len(await store.queue.waiting(conversation.id)) >= count

    await _until(scene, found)


async def until_waits(scene: Scene, thread: Channel, *texts: str) -> None:
    """Wait until just these messages in a thread are stored and wait for their answer."""

    async def found(store: Store) -> bool:
        conversation = await store.places.current_conversation(thread.id)
        assert conversation is not None
        waiting = await store.queue.waiting(conversation.id)
        return [inbound.text for inbound in waiting] == list(texts)

    await _until(scene, found)


async def until_nothing_waits(scene: Scene) -> None:
    """Wait until no stored message waits for its answer, in any conversation."""

    async def found(store: Store) -> bool:
        return await store.queue.waiting_count() == 0

    await _until(scene, found)


async def until_heard(scene: Scene, since: datetime | None = None) -> None:
    """Wait until the bot has recorded that everything was heard, since then if that is given."""

    async def found(store: Store) -> bool:
        until = await store.heard.heard_until()
        return until is not None and (since is None or until >= since)

    await _until(scene, found)


async def _turn_of(store: Store, message: Message) -> Turn | None:
    """Return the turn that a message shows; no port asks that way round."""
    turn_id = await store.database.read(
        lambda session: session.scalar(
            select(ReplyRow.turn_id)
            .join(PartRow, PartRow.reply_id == ReplyRow.id)
            .where(PartRow.message_id == message.id)
        )
    )
    shown = None if turn_id is None else await store.turns.shown_turn(turn_id)
    return None if shown is None else shown.turn


async def _until(scene: Scene, found: Callable[[Store], Awaitable[_Found | None]]) -> _Found:
    """Wait until the bot's store has something; it tells nobody of its changes."""
    async with opened_store(scene) as store, asyncio.timeout(_LIMIT_S):
        while True:
            result = await found(store)
            if result:
                return result
            await asyncio.sleep(_RECHECK_S)
