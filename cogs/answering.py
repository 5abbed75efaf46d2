"""Answers conversations: one task each, its turns strictly in order, none waiting for another."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Iterable, Iterator
from contextlib import aclosing

from cogs.threads import NoThread, ThreadOpener
from cogs.work import Running, Work, running_of
from conversation.entities import Exchange, Part
from conversation.errors import StoreError
from conversation.events import Began, Finished, ReplyEvent, Shortened, TextDelta
from conversation.meter import NO_METER, Meter
from conversation.ports import Store
from conversation.service import ConversationService
from conversation.stopping import StopSignal
from rendering.courier import Courier
from rendering.display import ReplyDisplay
from rendering.notices import Notice, files_named, outcome_notice, say
from rendering.surface import Spot, Surface
from rendering.telling import Teller

log = logging.getLogger(__name__)

_LAST_EDIT_LIMIT_S = 3.0
"""How long the last edit of an interrupted reply may take."""


class Answering:
    """Owns the tasks that answer.

    Args:
        service: Answers one conversation.
        store: Where parts and what has been told are kept.
        courier: Carries requests to Discord; not owned.
        surface: Makes them.
        teller: Posts notices.
        threads: Opens threads for questions asked in channels.
        grace_s: How long running answers may go on when this is closed.
        meter: Takes how late an end is shown.
    """

    def __init__(
        self,
        service: ConversationService,
        store: Store,
        courier: Courier,
        surface: Surface,
        teller: Teller,
        threads: ThreadOpener,
        *,
        grace_s: float,
        meter: Meter = NO_METER,
    ) -> None:
        self._service = service
        self._store = store
        self._courier = courier
        self._surface = surface
        self._teller = teller
        self._threads = threads
        self._work: dict[int, Work] = {}
        self._running: dict[int, Running] = {}
        self._grace_s = grace_s
        self._meter = meter
        self._is_closing = False

    def wake(
        self, conversation_id: int, spot: Spot | None = None, small_print: Iterable[str] = ()
    ) -> None:
        """Answer what waits in a conversation, now or after what is being answered.

        Args:
            conversation_id: The conversation.
            spot: Where to say so if that fails.
            small_print: Notices to stand under its next answer.
        """
        if self._is_closing:
            return
        work = self._work.setdefault(conversation_id, Work(conversation_id))
        work.is_wanted = True
        work.spot = spot or work.spot
        work.small_print.extend(small_print)
        if work.task is None:
            name = f"conversation-{conversation_id}"
            work.task = asyncio.create_task(self._run(work), name=name)

    def ask_again(self, conversation_id: int, turn_id: int) -> None:
        """Ask the question of an ended answer again; the new answer takes over its reply."""
        if not self._is_closing:
            self._work.setdefault(conversation_id, Work(conversation_id)).again_turn_id = turn_id
            self.wake(conversation_id)

    def running(self, turn_id: int) -> Running | None:
        """Give the answer of a turn, if it streams now."""
        return next((it for it in self._running.values() if it.turn_id == turn_id), None)

    def running_in(self, channel_id: int) -> Iterator[Running]:
        """Give the answers that stream in a place now."""
        return (
            it for it in self._running.values() if it.conversation.place.channel_id == channel_id
        )

    def stop_answer_to(self, question_turn_id: int, by_id: int) -> None:
        """Stop the answer to a question, if it streams now."""
        for answer in self._running.values():
            if answer.question_turn_id == question_turn_id:
                answer.stop.set(by_id)

    async def until_kept(self) -> None:
        """Wait until the Discord messages that show answers by now are stored as theirs."""
        for display in [work.display for work in self._work.values()]:
            if display is not None:
                await display.until_kept()

    async def close(self) -> None:
        """Take nothing new, give what streams some seconds to end, then interrupt it."""
        self._is_closing = True
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
            while work.is_wanted and not self._is_closing:
                work.is_wanted = False
                again_id, work.again_turn_id = work.again_turn_id, None
                if again_id is not None:
                    await self._answer(work, again_id)
                if not self._is_closing:
                    await self._answer(work)
        except StoreError:
            log.exception("conversation %d: the store failed", conversation_id)
            notice = Notice.STORE_DOWN_KEPT
        except Exception:
            log.exception("conversation %d: not answered", conversation_id)
            notice = Notice.BROKEN
        finally:
            del self._work[conversation_id]
        if work.is_wanted:
            self.wake(conversation_id, work.spot)
        if notice is not None and work.spot is not None:
            await self._teller.tell(work.spot, notice)

    async def _answer(self, work: Work, again_turn_id: int | None = None) -> None:
        """Answer all that waits, together, or an old question again."""
        conversation_id = work.conversation_id
        stop = StopSignal()
        small_print: list[str] = []
        if again_turn_id is None:
            small_print += await self._open_thread(conversation_id)
            events = self._service.reply(conversation_id, stop)
        else:
            events = self._service.again(again_turn_id, stop)
        try:
            await self._stream(events, stop, work, small_print)
            if work.display is not None:
                ended_s = asyncio.get_running_loop().time()
                await work.display.until_shown()
                self._meter.ended(asyncio.get_running_loop().time() - ended_s)
        except asyncio.CancelledError:
            if work.display is not None:
                await _end(work.display, Notice.INTERRUPTED)
            raise
        except Exception as error:
            if work.display is None:
                raise
            log.exception("conversation %d: an answer broke off", conversation_id)
            is_lost = isinstance(error, StoreError)
            await _end(work.display, Notice.NOT_STORED if is_lost else Notice.BROKEN_OFF)
        finally:
            self._running.pop(conversation_id, None)

    async def _stream(
        self,
        events: AsyncGenerator[ReplyEvent, None],
        stop: StopSignal,
        work: Work,
        small_print: list[str],
    ) -> None:
        """Hand the events of an answer to its display, which `work` holds from the first on."""
        work.display, work.has_text = None, False
        async with aclosing(events):
            async for event in events:
                if isinstance(event, Began):
                    small_print += work.take_small_print() + _unread_files(event.exchange)
                    work.display = self._show(event.exchange)
                    self._running[work.conversation_id] = running_of(event.exchange, stop)
                elif isinstance(event, Shortened):
                    small_print += await self._shortened(work.conversation_id)
                elif work.display is not None:
                    work.has_text = work.has_text or isinstance(event, TextDelta)
                    work.display.feed(event)
                    if isinstance(event, Finished):
                        self._running.pop(work.conversation_id, None)
                        work.display.finish(_under(event, work, small_print))

    async def _open_thread(self, conversation_id: int) -> list[str]:
        """Move a conversation that begins in a channel into a thread of its own.

        Returns:
            The notice for the answer where there is no thread and that was not said before.
        """
        conversation = await self._store.conversation(conversation_id)
        if conversation is None or not conversation.place.is_channel:
            return []
        if conversation.root_message_id is None or conversation.head_turn_id is not None:
            return []
        question = await self._store.waiting(conversation_id)
        if not question:
            return []
        opened = await self._threads.open(
            conversation,
            conversation.root_message_id,
            question[0].text,
            question[0].author_name,
        )
        if not isinstance(opened, NoThread):
            await self._store.move(conversation_id, opened)
            return []
        key = f"no-thread:{conversation.place.channel_id}:{opened.reason}"
        if opened.is_lasting and not await self._store.first_time(key):
            return []
        return [say(Notice.NO_THREAD, reason=opened.reason)]

    def _show(self, exchange: Exchange) -> ReplyDisplay:
        async def keep_part(part: Part) -> None:
            await self._store.add_part(exchange.reply_id, part)

        display = ReplyDisplay(
            self._courier,
            self._surface,
            _spot_of(exchange),
            exchange.turn,
            keep_part,
            exchange.parts,
        )
        display.expect()
        return display

    async def _shortened(self, conversation_id: int) -> list[str]:
        is_new = await self._store.first_time(f"shortened:{conversation_id}")
        return [Notice.SHORTENED] if is_new else []


def _spot_of(exchange: Exchange) -> Spot:
    """Tell where an answer goes: in a channel it is a reply to the newest message it answers."""
    place = exchange.conversation.place
    answers = exchange.inbounds[-1].message_id if place.is_channel else None
    return Spot(place.channel_id, place.guild_id, answers)


def _unread_files(exchange: Exchange) -> list[str]:
    files = tuple(file for inbound in exchange.inbounds for file in inbound.attachments)
    return [say(Notice.UNREAD_FILES, names=files_named(files))] if files else []


def _under(event: Finished, work: Work, small_print: Iterable[str]) -> str:
    """Give all that stands under an answer: how it ended first."""
    model = work.display.model if work.display is not None else ""
    has_text = bool(event.text) or work.has_text
    outcome = outcome_notice(event.outcome, event.failure, model=model, has_text=has_text)
    return "\n".join(line for line in (outcome, *small_print) if line)


async def _end(display: ReplyDisplay, notice: Notice) -> None:
    """Finish a reply that was broken off, within a few seconds."""
    if not display.is_finished:
        display.finish(notice)
    try:
        async with asyncio.timeout(_LAST_EDIT_LIMIT_S):
            await asyncio.shield(display.until_shown())
    except TimeoutError:
        log.warning("the end of an interrupted answer could not be shown in time")
    display.close()
