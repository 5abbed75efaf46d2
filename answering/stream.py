"""One answer, from the question to its end on Discord: streamed, placed, stored, shown."""

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace

from answering.reconciler import Reconciler
from answering.remarks import Absence, about_question
from answering.running import NOBODY, RunningAnswers
from answering.store_retry import until_stored
from answering.threads import Threads
from conversation.answer import Answer
from conversation.entities import (
    Ending,
    Exchange,
    Failure,
    FailureReason,
    Outcome,
    Turn,
    TurnResult,
)
from conversation.errors import StoreError
from conversation.events import Finished
from conversation.meter import NO_METER, Meter
from conversation.notices import Remark
from conversation.service import Assignment, ConversationService
from conversation.stop_signal import StopSignal
from conversation.store_failures import report
from delivery.reply_lane import ReplyLane

log = logging.getLogger(__name__)

_STORE_LIMIT_S = 10.0
"""How long the last write of a turn may take when we are being cancelled."""
_LAST_EDIT_LIMIT_S = 1.5
"""How long the last edit of an interrupted reply may take: with the default grace period all is
over within the ten seconds that `docker stop` waits."""


class AnswerStream:
    """Gives an answer: asks, shows what comes, and stores how it ended, however it ends.

    Args:
        service: Asks and stores.
        reconciler: Makes the reply's lane, and shows the rest.
        threads: Finds where the answer goes.
        absence: Knows when the bot was away.
        turns_per_day: How many answers a person may have a day; None for no limit.
        meter: Records how late an end is shown.
    """

    def __init__(
        self,
        service: ConversationService,
        reconciler: Reconciler,
        threads: Threads,
        absence: Absence,
        *,
        turns_per_day: int | None = None,
        meter: Meter = NO_METER,
    ) -> None:
        self._service = service
        self._reconciler = reconciler
        self._threads = threads
        self._absence = absence
        self._turns_per_day = turns_per_day
        self._meter = meter
        self.running = RunningAnswers()

    async def run(self, assignment: Assignment, *, is_taken_back: bool = False) -> None:
        """Return an answer, and wait until Discord has it, or cannot have it now.

        Args:
            assignment: The answer.
            is_taken_back: Whether its question was deleted: it ends before it is asked.
        """
        exchange = assignment.exchange
        answer = Answer(exchange.conversation.id, exchange.turn.model or "")
        answer.remarks += about_question(exchange, self._absence, self._turns_per_day)
        lane = self._reconciler.open(exchange.reply, answer)
        self._reconciler.refresh(exchange.touched_replies)
        stop = StopSignal()
        if is_taken_back:
            stop.set(NOBODY)
        try:
            await self._ask(assignment, answer, lane, stop)
        except asyncio.CancelledError:
            answer.last = None
            await self._interrupt(exchange, answer, lane)
            raise
        except Exception:
            log.exception("conversation %d: an answer broke off", exchange.conversation.id)
            answer.last = Finished(Outcome.FAILED, Failure(FailureReason.INTERNAL))
        try:
            await self._end(exchange, answer.result(), lane)
        except asyncio.CancelledError:
            await self._interrupt(exchange, answer, lane)
            raise
        except Exception:
            lane.close()
            raise

    async def _ask(
        self, assignment: Assignment, answer: Answer, lane: ReplyLane, stop: StopSignal
    ) -> None:
        """Ask, and hand on what comes; where the answer goes is found meanwhile."""
        exchange = assignment.exchange
        async with self._placing(exchange, answer, lane):
            with self.running.running(exchange, stop):
                async with aclosing(self._service.stream(assignment, stop)) as events:
                    async for event in events:
                        answer.add(event)
                        lane.feed(event)
                        if lane.is_deleted:
                            stop.set(NOBODY)

    @asynccontextmanager
    async def _placing(
        self, exchange: Exchange, answer: Answer, lane: ReplyLane
    ) -> AsyncGenerator[None, None]:
        """Find the place of an answer while it comes: opening a thread costs nobody time."""
        placing = asyncio.create_task(
            self._place(exchange, lane), name=f"place-{exchange.reply.reply_id}"
        )
        try:
            yield
            remark = await placing
            if remark is not None:
                answer.remarks.append(remark)
        finally:
            placing.cancel()
            await asyncio.gather(placing, return_exceptions=True)

    async def _place(self, exchange: Exchange, lane: ReplyLane) -> Remark | None:
        """Let an answer go to its place, after what was to be shown before it."""
        place, spot, remark = await self._threads.place(exchange)
        self.running.move(exchange.conversation.id, place)
        try:
            await self._reconciler.until_caught_up(
                exchange.conversation.id, exchange.reply.reply_id
            )
        except StoreError as error:
            report(log, error, "reply %d does not wait for others", exchange.reply.reply_id)
        lane.go_to(spot)
        return remark

    async def _end(self, exchange: Exchange, result: TurnResult, lane: ReplyLane) -> None:
        """Store how an answer ended, however long that takes, and wait until it is shown."""
        turn_id = exchange.turn.id
        what = f"turn {turn_id}: its end"
        try:
            ending = await until_stored(lambda: self._service.finish(turn_id, result), what)
        except Exception:
            log.exception("turn %d is lost: it cannot be stored", turn_id)
            result = TurnResult("", Outcome.FAILED, Failure(FailureReason.INTERNAL))
            ending = await until_stored(lambda: self._service.finish(turn_id, result), what)
        began_s = asyncio.get_running_loop().time()
        self._show_end(exchange, result, ending, lane)
        await lane.until_ended()
        self._meter.ended(asyncio.get_running_loop().time() - began_s)

    async def _interrupt(self, exchange: Exchange, answer: Answer, lane: ReplyLane) -> None:
        """Store and show an answer that is cut off by the end of the process, in short time."""
        turn_id, result = exchange.turn.id, answer.result()
        try:
            async with asyncio.timeout(_STORE_LIMIT_S):
                ending = await asyncio.shield(self._service.finish(turn_id, result))
        except (StoreError, TimeoutError) as error:
            log.warning("turn %d could not be stored: %s", turn_id, error)
            return
        if not lane.is_finished:
            self._show_end(exchange, result, ending, lane)
        try:
            async with asyncio.timeout(_LAST_EDIT_LIMIT_S):
                await lane.until_ended()
        except TimeoutError:
            log.warning("the end of an interrupted answer could not be shown in time")

    def _show_end(
        self, exchange: Exchange, result: TurnResult, ending: Ending, lane: ReplyLane
    ) -> None:
        turn = _ended(exchange.turn, result, ending)
        lane.finish(turn, ending.revision, is_newest=True)


def _ended(turn: Turn, result: TurnResult, ending: Ending) -> Turn:
    """Return a turn as it is stored now."""
    return replace(
        turn,
        text=result.text,
        outcome=result.outcome,
        failure=result.failure,
        remarks=ending.remarks,
        model=result.model or turn.model,
        finished_at=ending.ended_at,
    )
