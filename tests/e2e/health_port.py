"""The health port of a scene's bot, asked as a container would ask it."""

import asyncio
import json
import logging
import re
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus

import aiohttp
import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.e2e.scene import Scene

_LIMIT_S = 20.0
_RECHECK_S = 0.05
"""Nobody is told when the health changes, so that it is asked again and again."""


@dataclass(frozen=True, slots=True)
class Told:
    """An answer of the health port."""

    status: int
    text: str

    @property
    def wrong(self) -> set[str]:
        """The parts that are not well."""
        parts = json.loads(self.text)["parts"]
        return {name for name, state in parts.items() if state != "ok"}

    def value(self, name: str, **labels: str) -> float:
        """Add up the samples of a name that have these labels."""
        return sum(
            sample.value
            for family in text_string_to_metric_families(self.text)
            for sample in family.samples
            if sample.name == name and labels.items() <= sample.labels.items()
        )


class Port:
    """The health port of the bot that runs.

    Args:
        url: Its address.
    """

    def __init__(self, url: str) -> None:
        self.url = url

    async def get(self, path: str) -> Told:
        """Ask once."""
        async with aiohttp.ClientSession() as session, session.get(self.url + path) as answer:
            return Told(answer.status, await answer.text())

    async def until(self, path: str, condition: Callable[[Told], bool]) -> Told:
        """Ask until the answer is as wanted."""
        told = await self.get(path)
        try:
            async with asyncio.timeout(_LIMIT_S):
                while not condition(told):
                    await asyncio.sleep(_RECHECK_S)
                    told = await self.get(path)
        except TimeoutError:
            pytest.fail(f"{path} still says {told}")
        return told

    async def until_ready(self) -> None:
        """Wait until all is well."""
        told = await self.until("/readyz", lambda told: told.status == HTTPStatus.OK)
        assert told.wrong == set()

    async def until_wrong(self, part: str) -> None:
        """Wait until one part, and no other, is not well."""
        told = await self.until("/readyz", lambda told: told.status != HTTPStatus.OK)
        assert told.status == HTTPStatus.SERVICE_UNAVAILABLE
        assert told.wrong == {part}


@asynccontextmanager
async def bot_with_health(
    scene: Scene, caplog: pytest.LogCaptureFixture, **settings: str
) -> AsyncGenerator[Port, None]:
    """Run the bot with a health port; its gateway is connected, but may not be ready yet."""
    caplog.set_level(logging.INFO, "monitoring.health")
    async with scene.bot(HEALTH_PORT="0", **settings):
        found = re.search(r"health is told at (http://127\.0\.0\.1:\d+)", caplog.text)
        assert found is not None
        yield Port(found[1])
