"""The pauses of a lane after failures that may pass: the one policy for what goes to Discord."""

import asyncio
import random
from collections.abc import Callable

FIRST_S = 1.0
LONGEST_S = 30.0


class Rest:
    """Rests after a failure, twice as long each time, with jitter, until something succeeds.

    Args:
        then: Called when a rest is over.
        draw: Returns a number between two.
    """

    def __init__(
        self, then: Callable[[], None], draw: Callable[[float, float], float] = random.uniform
    ) -> None:
        self._then = then
        self._draw = draw
        self._next_s = FIRST_S
        self._timer: asyncio.TimerHandle | None = None
        self.is_resting = False

    @property
    def is_first(self) -> bool:
        """Whether nothing has failed since something succeeded."""
        return self._next_s == FIRST_S

    def begin(self) -> None:
        """Rest for a while."""
        self.wait()
        pause_s = self._next_s * self._draw(0.8, 1.2)
        self._timer = asyncio.get_running_loop().call_later(pause_s, self._over)
        self._next_s = min(self._next_s * 2, LONGEST_S)

    def wait(self) -> None:
        """Rest until `end`."""
        self.end()
        self.is_resting = True

    def end(self) -> None:
        """Rest no longer."""
        self.is_resting = False
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def reset(self) -> None:
        """Record that something succeeded."""
        self.end()
        self._next_s = FIRST_S

    def _over(self) -> None:
        self._timer = None
        self.is_resting = False
        self._then()
