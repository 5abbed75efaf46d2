"""A Playground provider with its stand-in and a clock, for the tests of its own ways."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

import aiohttp

from sandbox.models.playground.server import PlaygroundServer
from sandbox.models.recording import RecordedRequest
from sandbox.models.script import Script
from tests.contracts.provider_stands import QUICK
from upstream.playground.provider import Playground
from upstream.wire.deadlines import Limits
from upstream.wire.session import open_session

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
"""When every test begins."""

FOLDED = (
    "This is our conversation so far:\n\nUser: one\n\nAssistant: {}\n\n"
    "Go on from there. My next message:\n\ntwo"
)
"""What a new thread is told of one exchange, with the answer to be filled in."""


@dataclass
class House:
    """A Playground, its stand-in, and the clock between them."""

    server: PlaygroundServer
    session: aiohttp.ClientSession
    dialect: Literal["m25", "t26"]
    now: datetime = START

    def provider(
        self, *, host: str | None = None, private: bool = True, limits: Limits = QUICK
    ) -> Playground:
        """Make a provider, as after a restart: what it remembers is in resume states only."""
        return Playground(
            self.session,
            self.server.base_url,
            dialect=self.dialect,
            host=host,
            private=private,
            limits=limits,
            now=lambda: self.now,
        )

    @property
    def script(self) -> Script:
        """What the stand-in says."""
        return self.server.script

    @property
    def posts(self) -> list[RecordedRequest]:
        """The messages that came."""
        return [request for request in self.server.requests if request.method == "POST"]


@asynccontextmanager
async def open_house(dialect: Literal["m25", "t26"]) -> AsyncGenerator[House, None]:
    """Open everything for one dialect."""
    async with (
        PlaygroundServer(Script(), overload_after_s=0.05) as server,
        open_session() as session,
    ):
        yield House(server, session, dialect)
