"""Answers conversations: one task each, its turns strictly in order, none waiting for another."""

import asyncio
import logging
from collections.abc import Iterable

from answering.changes import Changes
from answering.late_ends import LateEnds
from answering.running import TakeUp, Work
from answering.stream import Showing
from conversation.entities import Outcome
from conversation.errors import StoreError
from conversation.meter import NO_METER, Meter
from conversation.service import ConversationService
from conversation.stop_signal import StopSignal
from conversation.store_failures import report
from delivery.discord_api import Spot
from delivery.interactions import Teller
from delivery.reply_lane import ReplyDisplay
from rendering.buttons import NONE, Buttons, buttons_after
from rendering.wording.english import Notice

log = logging.getLogger(__name__)

_LAST_EDIT_LIMIT_S = 2.0
"""How long the last edit of an interrupted reply may take: with the default grace period all is
over within the ten seconds that `docker stop` waits."""


class Answering:
    """Owns the tasks that answer.

    Args:
        service: Answers one conversation.
        showing: Shows it as it comes.
        teller: Posts notices.
        late_ends: Shows what is stored late.
        changes: What the store has to take before anything is answered.
        grace_s: How long running answers may go on when this is closed.
        meter: Takes how late an end is shown.
    """

    def __init__(
        self,
        service: ConversationService,
        showing: Showing,
        teller: Teller,
        late_ends: LateEnds,
        changes: Changes,
        *,
        grace_s: float,
        meter: Meter = NO_METER,
    ) -> None:
        self._service = service
        self._showing = showing
        self.runs = showing.runs
        """The answers that stream now."""
        self._teller = teller
        self._late_ends = late_ends
        self._changes = changes
        self._work: dict[int, Work] = {}
        self._put_off: set[int] = set()
        self._held: set[int] = set()
        self._grace_s = grace_s
        self._meter = meter
        self.is_closing = False
        """Nothing new is begun any more."""

    def wake(
        self, conversation_id: int, spot: Spot | None = None, small_print: Iterable[str] = ()
    ) -> None:
        """Answer what waits in a conversation, now or after what is being answered.

        Args:
            conversation_id: The conversation.
            spot: Where to say so if that fails.
            small_print: Notices to stand under its next answer.
        """
        if self.is_closing:
            return
        work = self._work.setdefault(conversation_id, Work(conversation_id))
        work.is_wanted = True
        work.spot = spot or work.spot
        work.small_print.extend(small_print)
        if work.task is None and conversation_id not in self._held:
            name = f"conversation-{conversation_id}"
            work.task = asyncio.create_task(self._run(work), name=name)

    def hold(self, conversation_ids: Iterable[int]) -> None:
        """Begin no answer in some conversations before they are released; what streams goes on."""
        self._held.update(conversation_ids)

    def release(self, conversation_id: int) -> None:
        """Answer again in a conversation that was held."""
        self._held.discard(conversation_id)
        work = self._work.get(conversation_id)
        if work is not None and work.is_wanted:
            self.wake(conversation_id)

    def wake_put_off(self) -> None:
        """Answer in the conversations which the store failed, now that it can be used again."""
        put_off, self._put_off = self._put_off, set()
        for conversation_id in put_off:
            self.wake(conversation_id)

    def take_up(
        self,
        conversation_id: int,
        turn_id: int,
        *,
        goes_on: bool = False,
        presser_id: int | None = None,
    ) -> asyncio.Future[bool]:
        """Have an ended answer asked again, or gone on with, before anything that waits.

        Args:
            conversation_id: The conversation.
            turn_id: The answer; one that is asked again takes over its reply.
            goes_on: Whether the model is to go on with it.
            presser_id: Who pressed a button for that; None where nobody did.

        Returns:
            Tells, once that is known, whether it has begun: not where the conversation has gone
            on, be it by another click. Fails with StoreError where it could not be stored.
        """
        begun: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        work = self._work.get(conversation_id) or Work(conversation_id)
        if self.is_closing or work.take_up is not None:
            begun.set_result(False)
            return begun
        work.take_up = TakeUp(turn_id, goes_on, presser_id, begun)
        self._work[conversation_id] = work
        self.wake(conversation_id)
        return begun

    async def until_kept(self) -> None:
        """Wait until the Discord messages that show answers by now are stored as theirs."""
        for display in [work.display for work in self._work.values()]:
            if display is not None:
                await display.until_kept()

    async def close(self) -> None:
        """Take nothing new, give what streams some seconds to end, then interrupt it."""
        self.is_closing = True
        await self._late_ends.close()
        for work in self._work.values():
            if work.task is None:
                work.end_take_up(has_begun=False)
        tasks = [work.task for work in self._work.values() if work.task is not None]
        if not tasks:
            return
        log.info("waiting up to %g s for %d answers", self._grace_s, len(tasks))
        _, late = await asyncio.wait(tasks, timeout=self._grace_s)
        for task in late:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _run(self, work: Work) -> None:
        """Answer until nothing waits; the door at which every failure becomes words."""
        conversation_id = work.conversation_id
        notice: Notice | None = None
        try:
            while work.is_wanted and self._may_begin(conversation_id):
                work.is_wanted = False
                if work.take_up is not None:
                    await self._take_up(work, work.take_up)
                if self._may_begin(conversation_id):
                    await self._answer(work)
        except StoreError as error:
            report(log, error, "conversation %d: the store failed", conversation_id)
            self._put_off.add(conversation_id)
            notice = Notice.STORE_DOWN_KEPT
        except Exception:
            log.exception("conversation %d: not answered", conversation_id)
            notice = Notice.BROKEN
        finally:
            work.task = None
            is_held = work.is_wanted and conversation_id in self._held
            if not is_held:
                work.end_take_up(has_begun=False)
                del self._work[conversation_id]
        if work.is_wanted and not is_held:
            self.wake(conversation_id, work.spot, work.small_print)
        if notice is not None and work.spot is not None:
            await self._teller.tell(work.spot, notice)

    def _may_begin(self, conversation_id: int) -> bool:
        return not self.is_closing and conversation_id not in self._held

    async def _take_up(self, work: Work, take_up: TakeUp) -> None:
        try:
            await self._answer(work, take_up)
        except Exception as error:
            if not take_up.fail(error):
                raise
        finally:
            if work.take_up is take_up:
                work.end_take_up(has_begun=False)

    async def _answer(self, work: Work, take_up: TakeUp | None = None) -> None:
        """Answer all that waits, together, or take up an answer that ended."""
        conversation_id = work.conversation_id
        stop = StopSignal()
        await self._changes.pay()
        if take_up is None:
            events = self._service.reply(conversation_id, stop)
        else:
            act = self._service.go_on if take_up.goes_on else self._service.again
            events = act(take_up.turn_id, stop, take_up.presser_id)
        try:
            await self._showing.stream(events, stop, work)
            if work.display is not None:
                ended_s = asyncio.get_running_loop().time()
                await work.display.until_shown()
                self._meter.ended(asyncio.get_running_loop().time() - ended_s)
                if work.footnotes is not None:
                    await work.footnotes.end()
        except asyncio.CancelledError:
            if work.display is not None:
                buttons = buttons_after(Outcome.INTERRUPTED, has_text=work.has_text)
                await _end(work.display, Notice.INTERRUPTED, buttons)
            raise
        except Exception as error:
            if work.display is None:
                raise
            if isinstance(error, StoreError):
                report(log, error, "conversation %d: an answer was not stored", conversation_id)
                await _end(work.display, Notice.NOT_STORED, NONE)
                self._late_ends.expect(work.display)
            else:
                log.exception("conversation %d: an answer broke off", conversation_id)
                buttons = buttons_after(Outcome.INTERRUPTED, has_text=work.has_text)
                await _end_shown(work.display, Notice.BROKEN_OFF, buttons)
        finally:
            if work.footnotes is not None:
                work.footnotes.give_up()


async def _end_shown(display: ReplyDisplay, notice: Notice, buttons: Buttons) -> None:
    """Finish a reply that broke off, and wait until it is shown; a few seconds from shutdown on."""
    if not display.is_finished:
        display.finish(notice, buttons)
    try:
        await display.until_shown()
    except asyncio.CancelledError:
        await _end(display, notice, buttons)
        raise


async def _end(display: ReplyDisplay, notice: Notice, buttons: Buttons) -> None:
    """Finish a reply that was broken off, within a few seconds."""
    if not display.is_finished:
        display.finish(notice, buttons)
    try:
        async with asyncio.timeout(_LAST_EDIT_LIMIT_S):
            await asyncio.shield(display.until_shown())
    except TimeoutError:
        log.warning("the end of an interrupted answer could not be shown in time")
    display.close()
