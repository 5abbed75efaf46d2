"""Who streams, who waits, and what those who wait are told."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing, asynccontextmanager

import pytest

from conversation.asking.slots import Slots

NEVER_S = (3600.0,)
AT_ONCE_S = (0.0,)


class _Line:
    """Somebody's streams: each of a provider, begun when its turn comes, ended by name."""

    def __init__(self, slots: Slots) -> None:
        self._slots = slots
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._ends: dict[str, asyncio.Event] = {}
        self.begun: list[str] = []

    async def ask(self, name: str, provider: str = "a") -> None:
        """Add one that wants to stream, and let everybody act."""
        self._ends[name] = asyncio.Event()
        self._tasks[name] = asyncio.create_task(self._stream(name, provider))
        await self.settle()

    async def end(self, name: str) -> None:
        """End a stream."""
        self._ends[name].set()
        await self.settle()

    async def give_up(self, name: str) -> None:
        """Cancel one, whether it streams or waits."""
        self._tasks[name].cancel()
        await self.settle()

    async def close(self) -> None:
        """End all."""
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    @staticmethod
    async def settle() -> None:
        """Yield to the loop until every task waits."""
        for _ in range(10):
            await asyncio.sleep(0)

    async def _stream(self, name: str, provider: str) -> None:
        with self._slots.slot(provider) as slot:
            async with aclosing(slot.until_its_turn()) as turns:
                async for _ in turns:
                    pass
            self.begun.append(name)
            await self._ends[name].wait()


@asynccontextmanager
async def lined_up(slots: Slots) -> AsyncGenerator[_Line, None]:
    """Yield a line, and check that it leaves nothing behind."""
    line = _Line(slots)
    try:
        yield line
    finally:
        await line.close()
        assert (slots.running_count, slots.waiting_count) == (0, 0)


async def test_as_many_stream_as_may_and_the_others_follow_in_order() -> None:
    """Whoever came first streams first, one for each that ends."""
    slots = Slots(2, 2, NEVER_S)
    async with lined_up(slots) as line:
        for name in "12345":
            await line.ask(name)
        assert (line.begun, slots.running_count, slots.waiting_count) == (["1", "2"], 2, 3)
        await line.end("2")
        await line.end("1")
        assert line.begun == ["1", "2", "3", "4"]
        await line.end("3")
        assert (line.begun[-1], slots.waiting_count) == ("5", 0)


async def test_a_provider_without_room_holds_up_nobody_else() -> None:
    """One that waits for a busy provider is passed by those who want another."""
    async with lined_up(Slots(3, 1, NEVER_S)) as line:
        await line.ask("1", "a")
        await line.ask("2", "a")
        await line.ask("3", "b")
        assert line.begun == ["1", "3"]
        await line.end("1")
        assert line.begun == ["1", "3", "2"]


async def test_one_that_gives_up_leaves_the_line() -> None:
    """It neither streams later nor keeps anybody waiting, before its turn and in it."""
    slots = Slots(1, 1, NEVER_S)
    async with lined_up(slots) as line:
        for name in "123":
            await line.ask(name)
        await line.give_up("2")
        assert slots.waiting_count == 1
        await line.give_up("1")
        assert line.begun == ["1", "3"]


@pytest.mark.parametrize(("most", "ahead"), [(3, 1), (2, 2)], ids=["of its provider", "of all"])
async def test_those_who_wait_are_told_how_many_are_before_them(most: int, ahead: int) -> None:
    """All who wait count where nobody may begin, else those who wait for the same provider."""
    slots = Slots(most, 1, AT_ONCE_S)
    async with lined_up(slots) as line:
        await line.ask("1", "a")
        await line.ask("2", "b")
        with slots.slot("a"), slots.slot("b"), slots.slot("a") as last:
            async with aclosing(last.until_its_turn()) as turns, asyncio.timeout(5):
                assert await anext(turns) == ahead


async def test_they_are_told_again_only_of_a_change() -> None:
    """Nobody is told the same twice, and the turn itself ends the telling."""
    slots = Slots(1, 1, AT_ONCE_S)
    async with lined_up(slots) as line:
        await line.ask("1")
        await line.ask("2")
        with slots.slot("a") as last:
            async with aclosing(last.until_its_turn()) as turns, asyncio.timeout(5):
                assert await anext(turns) == 1
                told = asyncio.ensure_future(anext(turns))
                await line.settle()
                assert not told.done()
                await line.give_up("2")
                assert await told == 0
                await line.end("1")
                with pytest.raises(StopAsyncIteration):
                    await anext(turns)


async def test_whoever_does_not_wait_long_is_told_nothing() -> None:
    """A turn that comes at once, or within the first seconds, needs no words."""
    slots = Slots(1, 1, NEVER_S)
    with slots.slot("a") as first:
        assert [it async for it in first.until_its_turn()] == []
