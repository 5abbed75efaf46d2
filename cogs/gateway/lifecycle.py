"""From the first session to the last: what is owed is paid, and what was heard is recorded."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine

from discord.ext import commands

from answering.answering import Answering
from answering.periodic import again_and_again
from cogs.gateway.catch_up import CatchUp
from cogs.gateway.gap import Gap
from cogs.messages.listener import Listener
from conversation.ports.heard import HeardStore
from conversation.ports.turns import TurnStore

log = logging.getLogger(__name__)

_HEARD_INTERVAL_S = 10.0
_WORK_INTERVAL_S = 60.0
_CATCH_UP_PAUSE_S = 0.5
"""Before what was missed is read again where the store fails."""


class Lifecycle(commands.Cog):
    """Begins to work when the gateway is ready, and ends it while events still come.

    Args:
        gap: Knows what may have been missed.
        catch_up: Reads it.
        listener: Hears it.
        turns: Knows what is to be answered.
        heard: Where it is recorded until when everything was heard.
        answering: What answers; closed when this cog is unloaded.
    """

    def __init__(
        self,
        gap: Gap,
        catch_up: CatchUp,
        listener: Listener,
        turns: TurnStore,
        heard: HeardStore,
        answering: Answering,
    ) -> None:
        self._gap = gap
        self._catch_up = catch_up
        self._listener = listener
        self._turns = turns
        self._heard = heard
        self._answering = answering
        self._tasks: list[asyncio.Task[None]] = []
        self._is_closed = False

    async def cog_load(self) -> None:
        """Read until when everything was heard; called before any event comes."""
        self._gap.until = await self._heard.heard_until()

    async def end(self) -> None:
        """End what streams, hearing messages all the while: they are stored for the next start."""
        await self._answering.worker.close()
        self._is_closed = True
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def cog_unload(self) -> None:
        """Send nothing more; the library waits for this before it closes its HTTP session."""
        await self.end()
        await self._answering.close()

    @commands.Cog.listener()
    async def on_ready(self) -> None:
        """Go on with what is owed; the gateway is ready again after each new session."""
        if self._is_closed:
            return
        self._gap.connected()
        if not self._tasks:
            self._begin(self._read_missed, _CATCH_UP_PAUSE_S, "what was missed")
            self._begin(self._record_heard, _HEARD_INTERVAL_S, "until when all was heard")
            self._begin(self._look_for_work, _WORK_INTERVAL_S, "what is to be answered")
            self._own(self._answering.reconciler.run(), "reconciler")

    @commands.Cog.listener()
    async def on_disconnect(self) -> None:
        """Record that nothing is heard from now on."""
        self._gap.disconnected()

    @commands.Cog.listener()
    async def on_resumed(self) -> None:
        """Record that what was said meanwhile comes again."""
        self._gap.resumed()

    def _begin(self, work: Callable[[], Awaitable[None]], pause_s: float, what: str) -> None:
        self._own(again_and_again(work, pause_s, what), what)

    def _own(self, work: Coroutine[None, None, None], name: str) -> None:
        task = asyncio.create_task(work, name=name)
        task.add_done_callback(_log_end)
        self._tasks.append(task)

    async def _read_missed(self) -> None:
        """Read what was missed, once something may have been."""
        await self._gap.until_open()
        await self._record_heard()  # what could not be stored need not be read
        await self._catch_up.read(self._listener.hear_again)
        await self._answering.worker.stop_taken_back()
        await self._record_heard()

    async def _record_heard(self) -> None:
        """Record until when everything was heard."""
        until = self._gap.listened_until()
        if until is not None:
            await self._heard.record_heard(until)
            if not self._gap.is_behind:
                self._answering.outage.is_over()

    async def _look_for_work(self) -> None:
        """Begin what is to be answered, whoever should have begun it."""
        for conversation_id in await self._turns.conversations_with_work():
            self._answering.worker.wake(conversation_id)


def _log_end(task: asyncio.Task[None]) -> None:
    """Log the end of what was to go on for ever."""
    if not task.cancelled() and task.exception() is not None:
        log.error("the task %s broke off", task.get_name(), exc_info=task.exception())
