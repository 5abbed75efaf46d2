"""How many answers may stream at once, in all and from one provider: the others wait in line."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain, repeat

REPORT_AFTER_S = (2.0, 5.0, 10.0, 20.0, 40.0, 60.0)
"""After how long a wait, and how long after that, the number of those ahead is reported; the last
pause is repeated. Each report costs an edit on Discord, for everybody who waits."""


@dataclass(slots=True, eq=False)
class _Waiter:
    provider: str
    its_turn: asyncio.Event = field(default_factory=asyncio.Event)


class Slot:
    """The right of one answer to stream, once its turn has come.

    Args:
        slots: Where it comes from.
        waiter: Its place in the line.
        report_after_s: See `REPORT_AFTER_S`.
    """

    def __init__(self, slots: "Slots", waiter: _Waiter, report_after_s: Sequence[float]) -> None:
        self._slots = slots
        self._waiter = waiter
        self._report_after_s = report_after_s

    async def until_its_turn(self) -> AsyncGenerator[int, None]:
        """Wait, and yield how many are ahead, each time a report is due and it has changed."""
        reported: int | None = None
        for pause_s in chain(self._report_after_s, repeat(self._report_after_s[-1])):
            if await self._its_turn_comes_within(pause_s):
                return
            ahead = self._slots.ahead_of(self._waiter)
            if ahead != reported:
                reported = ahead
                yield ahead

    async def _its_turn_comes_within(self, limit_s: float) -> bool:
        if self._waiter.its_turn.is_set():
            return True
        try:
            async with asyncio.timeout(limit_s):
                await self._waiter.its_turn.wait()
        except TimeoutError:
            return self._waiter.its_turn.is_set()
        return True


class Slots:
    """Admit as many answers as the limits allow, the others in the order in which they came.

    One that waits for a busy provider does not hold up those that want another provider.

    Args:
        most: How many may stream at once.
        most_per_provider: How many of them from one provider.
        report_after_s: See `REPORT_AFTER_S`.
    """

    def __init__(
        self, most: int, most_per_provider: int, report_after_s: Sequence[float] = REPORT_AFTER_S
    ) -> None:
        self._most = most
        self._most_per_provider = most_per_provider
        self._report_after_s = report_after_s
        self._running: Counter[str] = Counter()
        self._line: list[_Waiter] = []

    @property
    def running_count(self) -> int:
        """How many stream now."""
        return self._running.total()

    @property
    def waiting_count(self) -> int:
        """How many wait for their turn."""
        return len(self._line)

    @contextmanager
    def slot(self, provider: str) -> Generator[Slot, None, None]:
        """Return a slot, whose turn has to be waited for; it is free again after the context."""
        waiter = _Waiter(provider)
        self._line.append(waiter)
        self._assign_free()
        try:
            yield Slot(self, waiter, self._report_after_s)
        finally:
            if waiter.its_turn.is_set():
                self._running[provider] -= 1
            else:
                self._line.remove(waiter)
            self._assign_free()

    def ahead_of(self, waiter: "_Waiter") -> int:
        """Return how many have their turn before: all, or those that wait for the same provider."""
        before = self._line[: self._line.index(waiter)]
        if self.running_count >= self._most:
            return len(before)
        return sum(it.provider == waiter.provider for it in before)

    def _assign_free(self) -> None:
        """Assign the free slots to those at the head of the line."""
        room = self._most - self.running_count
        for waiter in list(self._line) if room > 0 else ():
            if self._running[waiter.provider] < self._most_per_provider:
                self._line.remove(waiter)
                self._running[waiter.provider] += 1
                waiter.its_turn.set()
                room -= 1
                if room == 0:
                    return
