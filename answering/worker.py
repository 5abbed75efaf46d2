"""Answers conversations: one task each, its turns strictly in order, none waiting for another."""

import asyncio
import logging
from dataclasses import dataclass

from answering.notifier import Notifier
from answering.outage import OutageNotices
from answering.preparation import Preparation
from answering.running import NOBODY
from answering.store_retry import until_stored
from answering.stream import AnswerStream
from conversation.entities import InboundState, Spot
from conversation.errors import StoreError
from conversation.notices import Notice, NoticeKind
from conversation.service import Assignment, ConversationService
from conversation.store_failures import report

log = logging.getLogger(__name__)

AT_WORK = 1000
"""So many conversations are at work at once; rows wait for no task."""


@dataclass(slots=True)
class _Wake:
    """Why a conversation is looked at."""

    spot: Spot | None = None
    """The message that came last, to say so if all fails."""
    author_id: int = 0


class Worker:
    """Owns the tasks that answer.

    Args:
        service: Knows what is to be answered.
        preparation: Waits for what has to be known before.
        stream: Gives one answer.
        outage: Tells people that they are answered later.
        notifier: Tells people of what went wrong.
        grace_s: How long running answers may go on when this is closed.
        at_work: How many conversations are at work at once.
    """

    def __init__(
        self,
        service: ConversationService,
        preparation: Preparation,
        stream: AnswerStream,
        outage: OutageNotices,
        notifier: Notifier,
        *,
        grace_s: float,
        at_work: int = AT_WORK,
    ) -> None:
        self._service = service
        self._preparation = preparation
        self._stream = stream
        self.running = stream.running
        """The answers that stream now."""
        self._outage = outage
        self._notifier = notifier
        self._grace_s = grace_s
        self._at_work = at_work
        self._wanted: dict[int, _Wake] = {}
        """The conversations in which something may be to be answered, the first to come first."""
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self.is_closing = False
        """Nothing new is begun any more."""

    def wake(
        self,
        conversation_id: int,
        *,
        spot: Spot | None = None,
        author_id: int = 0,
    ) -> None:
        """Answer what is to be answered in a conversation, now or after what is being answered.

        Args:
            conversation_id: The conversation.
            spot: The message that is the reason, to say so if that fails.
            author_id: Whose message it is.
        """
        if self.is_closing:
            return
        wake = self._wanted.setdefault(conversation_id, _Wake())
        wake.spot, wake.author_id = spot or wake.spot, author_id or wake.author_id
        self._start()

    async def stop_taken_back(self) -> None:
        """Stop the answers whose questions were deleted while nobody listened.

        Raises:
            StoreError: What became of the questions could not be stored.
        """
        for running in self.running.all():
            if await self._preparation.is_taken_back(running.inbounds):
                running.stop.set(NOBODY)

    async def close(self) -> None:
        """Take nothing new, give what streams some seconds to end, then interrupt it."""
        self.is_closing = True
        self._wanted.clear()
        tasks = list(self._tasks.values())
        if not tasks:
            return
        log.info("waiting up to %g s for %d answers", self._grace_s, len(tasks))
        _, late = await asyncio.wait(tasks, timeout=self._grace_s)
        for task in late:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _start(self) -> None:
        """Begin with the conversations that wait, as far as there is room."""
        for conversation_id in list(self._wanted):
            if len(self._tasks) >= self._at_work or self.is_closing:
                return
            if conversation_id not in self._tasks:
                self._tasks[conversation_id] = asyncio.create_task(
                    self._run(conversation_id), name=f"conversation-{conversation_id}"
                )

    async def _run(self, conversation_id: int) -> None:
        """Answer until nothing is to be answered; the door at which every failure becomes words."""
        wake = _Wake()
        try:
            while conversation_id in self._wanted and not self.is_closing:
                wake = self._wanted.pop(conversation_id)
                while await self._answer_next(conversation_id, wake) and not self.is_closing:
                    wake = self._wanted.pop(conversation_id, wake)
        except StoreError as error:
            report(log, error, "conversation %d: the store failed", conversation_id)
        except Exception:
            log.exception("conversation %d: not answered", conversation_id)
            await self._tell_broken(wake)
        finally:
            del self._tasks[conversation_id]
            self._start()

    async def _answer_next(self, conversation_id: int, wake: _Wake) -> bool:
        """Return the next answer in a conversation; False where there is none to be given."""

        async def prepared() -> Assignment | None:
            await self._preparation.until_read(conversation_id)
            return await self._service.next_assignment(conversation_id)

        def tell() -> None:
            if wake.spot is not None:
                self._outage.tell(wake.spot, wake.author_id)

        what = f"conversation {conversation_id}: what is to be answered"
        assignment = await until_stored(prepared, what, tell)
        if assignment is None:
            return False
        exchange = assignment.exchange
        is_taken_back = any(it.state is InboundState.WITHDRAWN for it in exchange.inbounds)
        is_taken_back = is_taken_back or await until_stored(
            lambda: self._preparation.is_taken_back(exchange.inbounds), what
        )
        await self._stream.run(assignment, is_taken_back=is_taken_back)
        return True

    async def _tell_broken(self, wake: _Wake) -> None:
        spot = wake.spot
        if spot is None or spot.answers_message_id is None:
            return
        notice = Notice(
            key=f"broken:{spot.answers_message_id}",
            kind=NoticeKind.BROKEN,
            channel_id=spot.channel_id,
            guild_id=spot.guild_id,
            answers_message_id=spot.answers_message_id,
            author_id=wake.author_id,
        )
        try:
            await self._notifier.tell(notice)
        except StoreError as error:
            report(log, error, "message %d: its failure is not told", spot.answers_message_id)
