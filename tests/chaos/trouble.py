"""What goes wrong during a run, on purpose, besides the bot being killed."""

import asyncio
import sqlite3
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

from sandbox.models.script import Answer, HangUp, Http
from sandbox.people.client_refusal import ClientRefusedError
from tests.chaos.laws.debts import INJECTED_RETRY_AFTER_S
from tests.chaos.people import Act
from tests.chaos.stage import Stage

_POST, _EDIT = "/channels/*/messages", "/channels/*/messages/*"
_TARGETS = (("POST", _POST), ("PATCH", _EDIT), ("POST", "*/threads"), ("GET", "*"), ("*", "*"))
_STATUSES = (500, 502, 503, 504)
_SAID_MEANWHILE = 3
_LOCK_PAUSE_S = 0.02


@dataclass(frozen=True, slots=True)
class Severity:
    """How long what lasts goes on.

    `locked_s` is how long somebody else holds the database, longer than the bot waits for it;
    `frozen_s` how long the process stands still, in the rounds `frozen_long_in` `frozen_long_s`.
    """

    locked_s: float = 7.0
    full_s: float = 4.0
    frozen_s: float = 3.0
    frozen_long_s: float = 90.0
    frozen_long_in: frozenset[int] = frozenset()
    rare: float = 0.12
    """In how many rounds one of these happens."""


class Trouble:
    """Everything that can be broken.

    Args:
        stage: Where it is broken.
        talk: Has somebody say something anywhere.
        mention: Has somebody ask in a text channel, where each question stands alone.
        severity: How long what lasts goes on.
    """

    def __init__(self, stage: Stage, talk: Act, mention: Act, severity: Severity) -> None:
        self._stage = stage
        self._random = stage.random
        self._talk = talk
        self._mention = mention
        self._severity = severity

    def some(self, round_number: int) -> list[Act]:
        """Return what goes wrong in one round."""
        acts: list[Act] = self._random.choices(
            (
                self._drop_gateway,
                self._lose_session,
                self._repeat_event,
                self._ask_to_reconnect,
                self._storm,
                self._server_error,
                self._reset,
                self._slowness,
                self._outage,
                self._break_upstream,
            ),
            weights=(2, 2, 3, 1, 1, 4, 4, 1, 1, 8),
            k=self._random.randint(1, 5),
        )
        if round_number in self._severity.frozen_long_in:
            acts.append(self._freeze_long)
        elif self._random.random() < self._severity.rare:
            acts.append(self._random.choice((self._lock_store, self._fill_disk, self._freeze)))
        return acts

    def end(self) -> None:
        """Mend everything."""
        self._stage.discord.faults.clear()
        self._stage.discord.gateway.faults.latency_s = 0.0
        self._stage.talker.faults.clear()
        while self._stage.script.take_refusal() is not None:
            pass

    async def _drop_gateway(self) -> None:
        self._note("the gateway's connection is cut")
        self._stage.discord.gateway.faults.drop_all()

    async def _lose_session(self) -> None:
        """Lose an event along with the session, as when Discord moves it."""
        is_invalidated = self._random.random() < 0.3
        self._note(f"the gateway's session is lost (invalidated: {is_invalidated})")
        faults = self._stage.discord.gateway.faults
        if is_invalidated:
            faults.invalidate()
            return
        if self._random.random() < 0.5:
            faults.swallow_next("MESSAGE_CREATE")
            await self._mention()
            faults.drop_all(resumable=False)
        else:
            faults.drop_all(resumable=False)
            await self._talk()

    async def _repeat_event(self) -> None:
        name = self._random.choice(("MESSAGE_CREATE", "MESSAGE_UPDATE", None))
        self._note(f"the last event {name or ''} comes again")
        with suppress(LookupError):
            self._stage.discord.gateway.faults.repeat_last_event(
                name, new_sequence=self._random.random() < 0.5
            )

    async def _ask_to_reconnect(self) -> None:
        self._note("the gateway asks to reconnect")
        self._stage.discord.gateway.faults.ask_to_reconnect()

    async def _storm(self) -> None:
        self._note("a storm of 429")
        self._stage.discord.faults.storm_429(
            self._random.uniform(0.3, 1.5), retry_after_s=INJECTED_RETRY_AFTER_S
        )

    async def _server_error(self) -> None:
        method, pattern = self._random.choice(_TARGETS)
        status, is_after = self._random.choice(_STATUSES), self._random.random() < 0.5
        times = self._random.randint(1, 3)
        self._note(f"{times} times {status} to {method} {pattern}, after: {is_after}")
        faults = self._stage.discord.faults
        faults.answer(method, pattern, status, times=times, after=is_after)

    async def _reset(self) -> None:
        method, pattern = self._random.choice(_TARGETS)
        is_after = self._random.random() < 0.5
        times = self._random.randint(1, 2)
        self._note(f"{times} resets of {method} {pattern}, after: {is_after}")
        self._stage.discord.faults.reset(method, pattern, times=times, after=is_after)

    async def _slowness(self) -> None:
        self._note("Discord is slow")
        self._stage.discord.faults.latency_s = self._random.uniform(0.05, 0.4)
        self._stage.discord.gateway.faults.latency_s = self._random.uniform(0.0, 0.3)

    async def _outage(self) -> None:
        self._note("Discord is down")
        self._stage.discord.faults.begin_outage()
        await asyncio.sleep(self._random.uniform(0.3, 2.0))
        self._stage.discord.faults.end_outage()
        self._note("Discord is up")

    async def _break_upstream(self) -> None:
        fault = self._stage.talker.fault()
        self._note(f"the next answer fails: {fault}")
        if isinstance(fault, Http | HangUp):
            self._stage.script.queue(Answer(fault=fault))
        else:
            self._stage.talker.faults.append(fault)

    async def _lock_store(self) -> None:
        """Hold the database for longer than the bot waits for it, while people go on talking."""
        async with _locked(self._stage):
            self._note("the database is locked")
            await self._talk_for(self._severity.locked_s)
        self._note("the database is free")

    async def _fill_disk(self) -> None:
        async with self._stage.lives.disk_full():
            self._note("the disk is full")
            await self._talk_for(self._severity.full_s)
        self._note("the disk has room")

    async def _freeze(self) -> None:
        await self._freeze_for(self._severity.frozen_s)

    async def _freeze_long(self) -> None:
        await self._freeze_for(self._severity.frozen_long_s)

    async def _freeze_for(self, seconds: float) -> None:
        async with self._stage.lives.frozen():
            self._note("the process stands still")
            await self._talk_for(seconds)
        self._note("the process goes on")

    async def _talk_for(self, seconds: float) -> None:
        for _ in range(_SAID_MEANWHILE):
            await asyncio.sleep(seconds / (_SAID_MEANWHILE + 1))
            with suppress(ClientRefusedError):
                await self._talk()
        await asyncio.sleep(seconds / (_SAID_MEANWHILE + 1))

    def _note(self, words: str) -> None:
        self._stage.chronicle.note(words)


@asynccontextmanager
async def _locked(stage: Stage) -> AsyncGenerator[None, None]:
    """Hold the database's lock for writing, as soon as the bot lets go of it."""
    connection = sqlite3.connect(stage.database, timeout=0, isolation_level=None)
    try:
        while True:
            try:
                connection.execute("BEGIN EXCLUSIVE")
                break
            except sqlite3.OperationalError:
                await asyncio.sleep(_LOCK_PAUSE_S)
        yield
    finally:
        connection.close()
