"""The providers that the contract suite runs over, each with the stand-in that it talks to."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, aclosing, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

import aiohttp

from conversation.entities import FailureReason, Parameters, ResumeState, Role
from conversation.events import Finished, ReasoningDelta, StreamEvent, TextDelta
from conversation.ports.provider import Entry, Provider, Request
from sandbox.models.openai.server import OpenAIServer
from sandbox.models.playground.server import PlaygroundServer
from sandbox.models.recording import RecordedRequest
from sandbox.models.script import Script
from upstream.openai.provider import OpenAICompatible
from upstream.playground.provider import Playground
from upstream.wire.deadlines import Limits

QUICK = Limits(connect_s=2.0, first_token_s=5.0, between_chunks_s=5.0, attempts=3, backoff_s=0.005)
"""Limits that no healthy test reaches, and backoff that none has to wait for."""


def utc_now() -> datetime:
    """Return the time."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Stand:
    """A provider and what it talks to."""

    provider: Provider
    script: Script
    requests: Callable[[], Sequence[RecordedRequest]]
    """The questions that came, without requests for the list of models."""
    until: Callable[[Callable[[], object]], Awaitable[None]]
    model: str
    has_memory: bool


OpenStand = Callable[[aiohttp.ClientSession, Limits], AbstractAsyncContextManager[Stand]]


@asynccontextmanager
async def playground_m25(
    session: aiohttp.ClientSession, limits: Limits
) -> AsyncGenerator[Stand, None]:
    """The Playground of 2025."""
    script = Script()
    async with PlaygroundServer(script) as server:
        provider = Playground(session, server.base_url, dialect="m25", limits=limits, now=utc_now)
        yield Stand(
            provider,
            script,
            lambda: _posts(server.requests),
            server.until,
            "tulu3-405b",
            has_memory=True,
        )


@asynccontextmanager
async def playground_t26(
    session: aiohttp.ClientSession, limits: Limits
) -> AsyncGenerator[Stand, None]:
    """The Playground of 2026."""
    script = Script()
    async with PlaygroundServer(script) as server:
        provider = Playground(session, server.base_url, dialect="t26", limits=limits, now=utc_now)
        yield Stand(
            provider,
            script,
            lambda: _posts(server.requests),
            server.until,
            "tulu3-405b",
            has_memory=True,
        )


@asynccontextmanager
async def openai_compatible(
    session: aiohttp.ClientSession, limits: Limits
) -> AsyncGenerator[Stand, None]:
    """A server as OpenAI's."""
    script = Script()
    async with OpenAIServer(script, flavour="openai", models=("demo",), api_key="k3y") as server:
        provider = OpenAICompatible(session, "local", server.base_url, api_key="k3y", limits=limits)
        yield Stand(
            provider,
            script,
            lambda: _posts(server.requests),
            server.until,
            "demo",
            has_memory=False,
        )


STANDS: dict[str, OpenStand] = {
    "playground-m25": playground_m25,
    "playground-t26": playground_t26,
    "openai-compatible": openai_compatible,
}
"""A new provider is one more line here."""


def _posts(requests: Sequence[RecordedRequest]) -> Sequence[RecordedRequest]:
    return [request for request in requests if request.method == "POST"]


@dataclass(frozen=True, slots=True)
class Told:
    """All that a provider said to one question."""

    events: tuple[StreamEvent, ...]

    @property
    def said(self) -> str:
        """The deltas, joined."""
        return "".join(event.text for event in self.events if isinstance(event, TextDelta))

    @property
    def thought(self) -> str:
        """The reasoning, joined."""
        return "".join(event.text for event in self.events if isinstance(event, ReasoningDelta))

    @property
    def end(self) -> Finished:
        """The one end, which is the last event."""
        ends = [event for event in self.events if isinstance(event, Finished)]
        assert len(ends) == 1
        assert self.events[-1] is ends[0]
        return ends[0]

    @property
    def reason(self) -> FailureReason | None:
        """Why it did not end well."""
        return self.end.failure.reason if self.end.failure else None

    @property
    def text(self) -> str:
        """What a person reads in the end."""
        return self.said if self.end.text is None else self.end.text


async def told(provider: Provider, request: Request) -> Told:
    """Ask and listen to the end."""
    async with aclosing(provider.stream(request)) as events:
        return Told(tuple([event async for event in events]))


def ask(
    model: str,
    *texts: str,
    resume: ResumeState | None = None,
    system_prompt: str = "",
    parameters: Parameters | None = None,
) -> Request:
    """Make a request of texts that alternate and end with a user's; the last answer may resume."""
    roles = [Role.USER, Role.ASSISTANT]
    entries = [Entry(roles[(len(texts) - 1 - index) % 2], text) for index, text in enumerate(texts)]
    if resume is not None:
        entries[-2] = Entry(Role.ASSISTANT, entries[-2].text, resume)
    return Request(model, tuple(entries), system_prompt, parameters or Parameters())
