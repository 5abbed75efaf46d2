"""Answers that a test holds in mid-stream, and what the bot stored of them."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from conversation.entities import Outcome, Turn
from sandbox.models.recording import RecordedRequest
from sandbox.models.script import Answer, Fault, Gate
from sandbox.world.entities import Channel, Message, Person
from storage.sqlite.opening import open_store
from storage.sqlite.store import SqlStore
from tests.e2e.scene import Scene, labels_of

_LIMIT_S = 15.0
_PAID_LIMIT_S = 9.0
"""A bot notes that it lives after ten seconds, whether it has paid or not."""
_RECHECK_S = 0.05
"""The store tells nobody of its changes, so that it is asked again and again."""


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
    """Give the questions that the Playground was asked; its lists of models are none."""
    return [request for request in scene.playground.requests if request.method == "POST"]


def has_stop_button(message: Message) -> bool:
    """Whether a message has one button, and it says *Stop*."""
    return labels_of(message) == ["Stop"]


def database_url(folder: Path) -> str:
    """Name the database of a scene's bot."""
    return f"sqlite:///{(folder / 'bobbin.db').as_posix()}"


@asynccontextmanager
async def opened_store(scene: Scene) -> AsyncGenerator[SqlStore, None]:
    """Open the bot's store beside it."""
    async with open_store(database_url(scene.folder), now=lambda: datetime.now(UTC)) as store:
        yield store


async def stored(scene: Scene, message: Message) -> Turn:
    """Give the turn that a message of the bot shows, as the store has it."""
    async with opened_store(scene) as store:
        shown = await store.shown_by(message.id)
    assert shown is not None
    return shown.turn


async def until_stored(scene: Scene, message: Message, outcome: Outcome | None) -> Turn:
    """Wait until the turn that a message shows has this outcome in the store."""
    async with opened_store(scene) as store, asyncio.timeout(_LIMIT_S):
        while True:
            shown = await store.shown_by(message.id)
            if shown is not None and shown.turn.outcome is outcome:
                return shown.turn
            await asyncio.sleep(_RECHECK_S)


async def until_waiting(scene: Scene, thread: Channel, count: int) -> None:
    """Wait until so many messages in a thread are stored and wait for their answer."""
    async with opened_store(scene) as store, asyncio.timeout(_LIMIT_S):
        conversation = await store.current_conversation(thread.id)
        assert conversation is not None
        while True:
            if len(await store.waiting(conversation.id)) >= count:
                return
            await asyncio.sleep(_RECHECK_S)


async def until_nothing_waits(scene: Scene) -> None:
    """Wait until no stored message waits for its answer, in any conversation."""
    async with opened_store(scene) as store, asyncio.timeout(_LIMIT_S):
        while True:
            if await store.waiting_count() == 0:
                return
            await asyncio.sleep(_RECHECK_S)


async def until_alive(scene: Scene) -> None:
    """Wait until the bot has noted that it listens."""
    async with opened_store(scene) as store, asyncio.timeout(_LIMIT_S):
        while True:
            if await store.last_alive() is not None:
                return
            await asyncio.sleep(_RECHECK_S)


async def until_paid(scene: Scene, since: datetime) -> None:
    """Wait until a bot begun since then has paid what it owed: it notes that it lives after that.

    What it has people told late may still be under way.
    """
    async with opened_store(scene) as store, asyncio.timeout(_PAID_LIMIT_S):
        while True:
            alive_at = await store.last_alive()
            if alive_at is not None and alive_at >= since:
                return
            await asyncio.sleep(_RECHECK_S)
