"""Bounds how long discord.py waits before it connects again to the gateway.

Of itself it waits longer after each loss, up to 17 minutes after the tenth, and forgets losses only
when none came for 34 minutes. Nobody is heard all that time, though Discord may be back already.
"""

import random
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Literal

import discord.client
from discord.backoff import ExponentialBackoff

LONGEST_S = 30.0
"""Long enough for a Discord that is down: connecting again each quarter of a minute burdens nobody,
and resuming a session is not one of the thousand identifications that a bot has a day."""

HELD_S = 90.0
"""A connection that has held so long is well; an attempt is given up by the library after 60 s."""


class BoundedBackoff(ExponentialBackoff[Literal[False]]):
    """Chooses pauses as the library's does, by exponential backoff with full jitter, but bounded.

    Args:
        longest_s: No pause is longer.
        clock: Seconds on a clock that never jumps.
        draw: Gives a number between two.
    """

    def __init__(
        self,
        longest_s: float = LONGEST_S,
        clock: Callable[[], float] = time.monotonic,
        draw: Callable[[float, float], float] = random.uniform,
    ) -> None:
        super().__init__()
        self._longest_s = longest_s
        self._clock = clock
        self._draw = draw
        self._losses = 0
        self._paused_until_s = clock()

    def delay(self) -> float:
        """Return the pause after a loss, in seconds; anew after a connection that has held."""
        now = self._clock()
        if now - self._paused_until_s >= HELD_S:
            self._losses = 0
        bound_s = min(2.0 ** (self._losses + 1), self._longest_s)
        if bound_s < self._longest_s:
            self._losses += 1
        pause_s = self._draw(0.0, bound_s)
        self._paused_until_s = now + pause_s
        return pause_s


_NAME = "ExponentialBackoff"
"""By this name `discord.client` knows the class that its `Client.connect` makes its backoff of."""


@contextmanager
def bounded_pauses(longest_s: float = LONGEST_S) -> Generator[None, None, None]:
    """Have each `Client.connect` that begins herein wait no longer than that between attempts.

    The library has no setting for it, and `connect` no part that could be overridden. So the name
    is replaced, in all of the process, for as long as this lasts; a test fails where the library
    does not heed it any more.
    """
    own = getattr(discord.client, _NAME)
    setattr(discord.client, _NAME, lambda: BoundedBackoff(longest_s))
    try:
        yield
    finally:
        setattr(discord.client, _NAME, own)
