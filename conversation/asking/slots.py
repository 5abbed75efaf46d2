"""How many answers stream at once, in the process and of one provider: the others wait in line."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain, repeat

LOOKS_S = (2.0, 5.0, 10.0, 20.0, 40.0, 60.0)
"""After how long, and how long after that, somebody who waits is told how many are before them; the
last holds for all that follow. Each time costs an edit on Discord, of all who wait."""


@dataclass(slots=True, eq=False)
class _Waiter:
    provider: str
    its_turn: asyncio.Event = field(default_factory=asyncio.Event)


class Slot:
    """The right of one answer to stream, once its turn has come.

    Args:
        slots: What it is one of.
        waiter: Its place in the line.
        looks_s: See `LOOKS_S`.
    """

    def __init__(self, slots: "Slots", waiter: _Waiter, looks_s: Sequence[float]) -> None:
        self._slots = slots
        self._waiter = waiter
        self._looks_s = looks_s

    async def until_its_turn(self) -> AsyncGenerator[int, None]:
        """Wait, and now and then yield how many are before this one, where that has changed."""
        told: int | None = None
        for pause_s in chain(self._looks_s, repeat(self._looks_s[-1])):
            if await self._comes_within(pause_s):
                return
            ahead = self._slots.ahead_of(self._waiter)
            if ahead != told:
                told = ahead
                yield ahead

    async def _comes_within(self, limit_s: float) -> bool:
        if self._waiter.its_turn.is_set():
            return True
        try:
            async with asyncio.timeout(limit_s):
                await self._waiter.its_turn.wait()
        except TimeoutError:
            return self._waiter.its_turn.is_set()
        return True


class Slots:
    """Lets as many stream as the bounds allow, the others in the order in which they came.

    One whose provider has no room holds up nobody who waits for another.

    Args:
        most: How many may stream at once.
        most_per_provider: How many of them from one provider.
        looks_s: See `LOOKS_S`.
    """

    def __init__(
        self, most: int, most_per_provider: int, looks_s: Sequence[float] = LOOKS_S
    ) -> None:
        self._most = most
        self._most_per_provider = most_per_provider
        self._looks_s = looks_s
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
        """Give a slot, whose turn has to be waited for; it is given back with the context."""
        waiter = _Waiter(provider)
        self._line.append(waiter)
        self._call()
        try:
            yield Slot(self, waiter, self._looks_s)
        finally:
            if waiter.its_turn.is_set():
                self._running[provider] -= 1
            else:
                self._line.remove(waiter)
            self._call()

    def ahead_of(self, waiter: "_Waiter") -> int:
        """Count those whose turn comes before: all, or only those who wait for the same room."""
        before = self._line[: self._line.index(waiter)]
        if self.running_count >= self._most:
            return len(before)
        return sum(it.provider == waiter.provider for it in before)

    def _call(self) -> None:
        """Tell those whose turn it is."""
        room = self._most - self.running_count
        for waiter in list(self._line) if room > 0 else ():
            if self._running[waiter.provider] < self._most_per_provider:
                self._line.remove(waiter)
                self._running[waiter.provider] += 1
                waiter.its_turn.set()
                room -= 1
                if room == 0:
                    return
