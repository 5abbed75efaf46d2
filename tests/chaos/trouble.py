"""What goes wrong during a run, on purpose, besides the bot being killed."""

import asyncio
from contextlib import suppress

from sandbox.models.script import Answer, HangUp, Http
from tests.chaos.people import Act
from tests.chaos.stage import Stage

_POST, _EDIT = "/channels/*/messages", "/channels/*/messages/*"
_TARGETS = (("POST", _POST), ("PATCH", _EDIT), ("POST", "*/threads"), ("GET", "*"), ("*", "*"))
_STATUSES = (500, 502, 503, 504)


class Trouble:
    """Everything that can be broken.

    Args:
        stage: Where it is broken.
        people: Talks while an event is lost.
    """

    def __init__(self, stage: Stage, talk: Act) -> None:
        self._stage = stage
        self._random = stage.random
        self._talk = talk

    def some(self) -> list[Act]:
        """Choose what goes wrong in one round."""
        return self._random.choices(
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
            await self._talk()
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
        self._stage.discord.faults.storm_429(self._random.uniform(0.3, 1.5))

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

    def _note(self, words: str) -> None:
        self._stage.chronicle.note(words)
