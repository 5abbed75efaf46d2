"""The sandbox's Discord: everything that exists in it and can happen in it."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Self

from sandbox.world.entities import Bot
from sandbox.world.threads import ThreadActs

_TOKEN = "c2FuZGJveA.sandbox.bot-token-of-the-sandbox"  # noqa: S105 - it opens this world only


class World(ThreadActs):
    """A Discord with one bot in it, empty but for the bot and its owner until it is furnished.

    It is built of layers, each a module: `Registry` remembers, `GuildActs` makes places and people,
    `MessageActs` and `ThreadActs` do what its name says. It listens to no port: that is
    `DiscordServer`. Everything happens on one event loop and at once.

    Args:
        wall_clock: Seconds since 1970, for what Discord shows.
        clock: A clock that never jumps, in seconds, for what tests measure.
        path: The file to bring back and to keep; null keeps nothing. The caller calls `close`.
    """

    def __init__(
        self,
        *,
        wall_clock: Callable[[], float] = time.time,
        clock: Callable[[], float] = time.monotonic,
        path: Path | None = None,
    ) -> None:
        super().__init__(wall_clock=wall_clock, clock=clock, path=path)
        if not self.people:
            owner = self.create_person("developer")
            self.keep(
                Bot(
                    id=self.ids.make(),
                    name="bobbin",
                    is_bot=True,
                    token=_TOKEN,
                    application_owner_id=owner.id,
                )
            )

    @classmethod
    def open(cls, path: Path) -> Self:
        """Bring a world back from its file, or start one that is kept there."""
        return cls(path=path)
