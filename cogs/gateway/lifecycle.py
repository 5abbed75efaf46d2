"""Pays what is owed after the bot was away: answers broken off, messages waiting or missed."""

import asyncio
import logging
from collections.abc import Awaitable, Iterator
from datetime import datetime, timedelta
from itertools import chain, repeat

from answering.changes import Changes
from answering.ends import Ends
from answering.own_posts import OwnPosts
from answering.recheck import Rereading, Revise
from answering.refusals import Refusals
from answering.turned_away import TurnedAwayMessages
from answering.worker import Answering
from cogs.gateway.catch_up import MARGIN, Hear, Missed
from cogs.gateway.gap import Hearing
from conversation.entities import Shown
from conversation.errors import StoreError
from conversation.ports import Now, Store
from conversation.stop_signal import StopSignal
from conversation.store_failures import report

log = logging.getLogger(__name__)

ATTEMPTS = 3
"""So many answers to one question are begun; when all were interrupted, the question may be why."""

_ALIVE_INTERVAL_S = 10.0
_AT_ONCE = 16
"""So many conversations are looked at on Discord at once before they go on."""
_PAUSES_S = (1.0, 2.0, 4.0, 8.0)
"""Between attempts to pay while the store fails; the last one again and again."""


class Recovery:
    """Goes on where the last process, or the last gateway session, ended.

    What it owes is paid when it can be: where the store fails, all that is left is tried again.

    Args:
        store: Knows what is owed.
        hearing: Knows since when nobody listened.
        missed: Reads what was said meanwhile.
        answering: Pays it.
        ends: Shows what was stored and not shown.
        posts: Knows which messages are there still.
        rereading: Learns what became meanwhile of messages that wait, or are answered.
        refusals: Tells late of what was refused.
        turned_away: Remembers what was said to be sent again.
        changes: Keeps what the store could not take of edits and deletions.
        now: The wall clock.
        window: Answers that were broken off longer ago are not begun again by themselves.
        unfinished: The answers that the last process did not end; closed in the store already.
    """

    def __init__(
        self,
        store: Store,
        hearing: Hearing,
        missed: Missed,
        answering: Answering,
        ends: Ends,
        posts: OwnPosts,
        rereading: Rereading,
        refusals: Refusals,
        turned_away: TurnedAwayMessages,
        changes: Changes,
        now: Now,
        window: timedelta,
        unfinished: tuple[Shown, ...],
    ) -> None:
        self._store = store
        self._hearing = hearing
        self._missed = missed
        self._answering = answering
        self._ends = ends
        self._posts = posts
        self._rereading = rereading
        self._refusals = refusals
        self._turned_away = turned_away
        self._changes = changes
        self._now = now
        self._window = window
        self._unfinished = unfinished
        self._owing: dict[int, list[Shown]] = {}
        """The conversations in which nothing begins yet, and the answers broken off in each."""
        self._stops: dict[int, StopSignal] = {}
        """Whether somebody stops a broken answer before it is begun again, by its turn."""
        self._resuming = asyncio.Semaphore(_AT_ONCE)
        self._began_at: datetime | None = None
        self._away_since: datetime | None = None
        """When the last process heard something last; None once all that it owed is paid."""
        self._paying: asyncio.Task[None] | None = None
        self._alive: asyncio.Task[None] | None = None
        self._settling: set[asyncio.Task[None]] = set()
        self._is_closed = False

    async def begin(self) -> None:
        """Learn what is owed, and since when nobody listened; before the first event comes."""
        self._began_at = self._now()
        self._hearing.until = await self._store.last_alive()
        self._away_since = self._hearing.until or self._began_at
        await self._turned_away.load(self._away_since - self._window)
        for shown in self._unfinished:
            self._owing.setdefault(shown.conversation.id, []).append(shown)
            if _is_newest(shown):
                self._stops[shown.turn.id] = self._answering.runs.expect(shown)
        self._answering.hold(self._owing)
        try:
            await self._hold_what_waits()
        except StoreError as error:
            report(log, error, "what waits may be answered before it is seen what became of it")

    def disconnected(self) -> None:
        """Take in that nobody listens, until the session is resumed or a new one is ready."""
        self._hearing.disconnected()

    def resumed(self) -> None:
        """Take in that the session goes on: Discord repeats what was missed."""
        self._hearing.resumed()

    async def close(self) -> None:
        """Pay no more, and note no more that we are alive; the next start goes on with it."""
        self._is_closed = True
        owned = (self._paying, self._alive, *self._settling)
        tasks = [task for task in owned if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def go_on(self, hear: Hear, revise: Revise) -> None:
        """Pay what is owed, in a task of its own; called whenever a new session is ready.

        Args:
            hear: Takes in a message as if it had just come; one that is known changes nothing.
            revise: Takes in what a message that waits says now.
        """
        if self._is_closed:
            return
        self._hearing.connected()
        if self._paying is None or self._paying.done():
            self._paying = asyncio.create_task(self._pay(hear, revise), name="recovery")
        if self._alive is None:
            self._alive = asyncio.create_task(self._note_alive(), name="alive")

    async def _pay(self, hear: Hear, revise: Revise) -> None:
        """Pay until nothing is owed; the door at which failures become lines in the log."""
        pauses = _pauses()
        session = 0
        while session != self._hearing.session:
            session = self._hearing.session
            try:
                await self._pay_once(hear, revise)
            except StoreError as error:
                report(log, error, "what is owed could not be paid so far")
                session = 0
                await asyncio.sleep(next(pauses))
            except Exception:
                log.exception("what is owed could not be paid")
                while self._owing:
                    self._answering.release(self._owing.popitem()[0])

    async def _pay_once(self, hear: Hear, revise: Revise) -> None:
        """Pay what is left, in each conversation what was broken off first; all at once."""
        await self._hold_what_waits()
        resumed = (self._resume(conversation_id, revise) for conversation_id in list(self._owing))
        await _all_of(self._missed.read(hear), self._look_back(), self._reread_asked(), *resumed)
        await self._note_heard()

    async def _hold_what_waits(self) -> None:
        """Have nothing begun where something waits: first it is seen what became of that."""
        for conversation_id in await self._store.waiting_conversations():
            self._owing.setdefault(conversation_id, [])
        self._answering.hold(self._owing)

    async def _look_back(self) -> None:
        """Show and say what the last process left unshown and unsaid."""
        since, before = self._away_since, self._began_at
        if since is None or before is None:
            return
        await self._ends.show(since - self._window, before, limit=100)
        await self._refusals.tell_late(since - MARGIN, before)
        self._away_since = None

    async def _reread_asked(self) -> None:
        """Stop the answers whose questions were taken back while nobody heard."""
        for run in self._answering.runs.all():
            if run.turn_id in self._stops:
                continue
            by_id = await self._rereading.taken_back_by(run.question_turn_id)
            if by_id is not None:
                run.stop.set(by_id)

    async def _resume(self, conversation_id: int, revise: Revise) -> None:
        """Go on in a conversation where it was left."""
        async with self._resuming:
            unfinished = [await self._ends.adopted(it) for it in self._owing[conversation_id]]
            begins = [await self._begins_again(shown) for shown in unfinished]
            await self._rereading.reread(conversation_id, revise)
        for shown, may_begin in zip(unfinished, begins, strict=True):
            self._answering.runs.end(conversation_id)
            begun = self._taken_up(shown) if may_begin else None
            task = asyncio.create_task(self._settle(shown, begun), name=f"settle-{shown.turn.id}")
            self._settling.add(task)
            task.add_done_callback(self._settling.discard)
        del self._owing[conversation_id]
        self._answering.release(conversation_id)
        self._answering.wake(conversation_id)

    async def _begins_again(self, shown: Shown) -> bool:
        """Tell whether a broken answer is to be begun again."""
        turn = shown.turn
        is_young = self._now() - turn.created_at < self._window
        if not is_young or not _is_newest(shown) or shown.interruptions >= ATTEMPTS:
            return False
        question_id = turn.parent_id or 0
        if await self._rereading.taken_back_by(question_id) is not None:
            return False
        return not self._stops[turn.id].is_set and not await self._posts.are_gone(shown.parts)

    def _taken_up(self, shown: Shown) -> Awaitable[bool]:
        return self._answering.take_up(shown.conversation.id, shown.turn.id)

    async def _settle(self, shown: Shown, begun: Awaitable[bool] | None) -> None:
        """See to it that people can see what became of a broken answer, however often it takes."""
        turn_id = shown.turn.id
        pauses = _pauses()
        while not self._is_closed:
            try:
                if begun is not None and (await begun or self._answering.is_closing):
                    return
                latest = await self._store.shown_turn(turn_id)
                if latest is not None and latest.turn.finished_at is None:
                    whole = await self._ends.adopted(latest)
                    await self._store.settle(turn_id)
                    self._ends.show_end(whole)
            except StoreError as error:
                report(log, error, "turn %d could not be settled so far", turn_id)
                await asyncio.sleep(next(pauses))
                begun = None if begun is None else self._taken_up(shown)
            else:
                return

    async def _note_heard(self) -> None:
        until = self._hearing.listened_until()
        if until is not None:
            await self._store.note_alive(until)

    async def _note_alive(self) -> None:
        """Note it every ten seconds; when the store is back, what it kept meanwhile is answered."""
        while True:
            await asyncio.sleep(_ALIVE_INTERVAL_S)
            try:
                await self._note_heard()
                await self._turned_away.keep()
                await self._changes.pay()
                self._answering.wake_put_off()
            except StoreError as error:
                report(log, error, "that we are alive could not be noted")


async def _all_of(*works: Awaitable[None]) -> None:
    """Do several things at once; what fails holds up none of the others.

    Raises:
        Exception: The first failure, once all of them are over.
    """
    for outcome in await asyncio.gather(*works, return_exceptions=True):
        if outcome is not None:
            raise outcome


def _is_newest(shown: Shown) -> bool:
    """Tell whether nothing has been said in its conversation since an answer."""
    return shown.conversation.head_turn_id == shown.turn.id


def _pauses() -> Iterator[float]:
    return chain(_PAUSES_S, repeat(_PAUSES_S[-1]))
