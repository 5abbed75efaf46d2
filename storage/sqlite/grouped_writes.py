"""Writers that come together share one transaction, and so the one thing that takes long.

A commit waits until the disk has it, some milliseconds: sixty questions at once are 240 writes, and
a commit for each would hold up the last of them for seconds.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy.ext.asyncio import AsyncSession

from conversation.errors import StoreUnavailableError

_Result = TypeVar("_Result")
_Work = Callable[[AsyncSession], Awaitable[_Result]]

_GROUP_LIMIT = 32
"""More in one transaction would save little, and let the first of them wait for the last."""


@dataclass(frozen=True, slots=True, eq=False)
class _Writer:
    work: _Work[Any]
    result: asyncio.Future[Any]

    def succeed(self, result: object) -> None:
        if not self.result.done():
            self.result.set_result(result)

    def fail(self, error: Exception) -> None:
        if not self.result.done():
            self.result.set_exception(error)


class GroupedWrites:
    """Runs writers in the order in which they came; those that wait together, together.

    Each sees what those before it wrote, and is told that it is done when all is committed. Where
    one fails, the group is undone and each has a transaction of its own, so that nobody fails for
    another's fault. Where the database cannot be used, whoever waits is told so at once: nobody
    waits for one lock after another.

    Args:
        writing: Opens a transaction that may write, and commits it at the end.
    """

    def __init__(self, writing: Callable[[], AbstractAsyncContextManager[AsyncSession]]) -> None:
        self._writing = writing
        self._waiting: list[_Writer] = []
        self._task: asyncio.Task[None] | None = None

    async def run(self, work: _Work[_Result]) -> _Result:
        """Write, and give what the work gives.

        The work may be run again when its transaction was undone. Not to be cancelled: what has
        begun goes on to its end.

        Raises:
            StoreError: As the transaction does.
        """
        writer = _Writer(work, asyncio.get_running_loop().create_future())
        self._waiting.append(writer)
        if self._task is None:
            self._task = asyncio.create_task(self._run_all(), name="writers")
        return await writer.result

    async def _run_all(self) -> None:
        try:
            while self._waiting:
                group = self._waiting[:_GROUP_LIMIT]
                del self._waiting[:_GROUP_LIMIT]
                await self._run_group(group)
        finally:
            self._task = None

    async def _run_group(self, group: Sequence[_Writer]) -> None:
        try:
            results = await self._in_one_transaction(group)
        except StoreUnavailableError as error:
            group, self._waiting = [*group, *self._waiting], []
            for writer in group:
                told = StoreUnavailableError(str(error))
                told.__cause__ = error
                writer.fail(told)
        except Exception as error:  # noqa: BLE001 - it is the writer's, who gets it
            if len(group) == 1:
                group[0].fail(error)
                return
            for writer in group:
                await self._run_group([writer])
        else:
            for writer, result in zip(group, results, strict=True):
                writer.succeed(result)

    async def _in_one_transaction(self, group: Sequence[_Writer]) -> list[Any]:
        results: list[Any] = []
        async with self._writing() as session:
            for writer in group:
                if results:
                    await session.flush()
                    session.expunge_all()  # the next one reads what there is, not what was
                    await asyncio.sleep(0)  # for those who do not write
                results.append(await writer.work(session))
        return results
