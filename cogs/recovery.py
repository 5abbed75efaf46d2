"""Pays what is owed after the bot was away: answers broken off, messages waiting or missed."""

import asyncio
import logging
from collections.abc import Awaitable, Iterator
from datetime import datetime, timedelta
from itertools import chain, repeat

from cogs.answering import Answering
from cogs.ends import Ends, lacks_messages
from cogs.hearing import Hearing
from cogs.missed import MARGIN, Hear, Missed
from cogs.refusals import Refusals
from cogs.rereading import Rereading, Revise
from cogs.turned_away import TurnedAwayMessages
from conversation.entities import Outcome, Part, Shown
from conversation.errors import StoreError
from conversation.ports import Now, Store
from conversation.reporting import report
from rendering.buttons import NONE, buttons_after
from rendering.notices import Notice
from rendering.surface import Row, Spot
from rendering.telling import Teller

log = logging.getLogger(__name__)

ATTEMPTS = 3
"""So many answers to one question are begun; when all were interrupted, the question may be why."""

_ALIVE_INTERVAL_S = 10.0
_ENDS = 100
"""So many answers of the last life are looked at, whether their ends are shown."""
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
        teller: Marks what is not paid.
        ends: Shows what was stored and not shown.
        rereading: Learns what became meanwhile of messages that wait, or are answered.
        refusals: Tells late of what was refused.
        turned_away: Remembers what was said to be sent again.
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
        teller: Teller,
        ends: Ends,
        rereading: Rereading,
        refusals: Refusals,
        turned_away: TurnedAwayMessages,
        now: Now,
        window: timedelta,
        unfinished: tuple[Shown, ...],
    ) -> None:
        self._store = store
        self._hearing = hearing
        self._missed = missed
        self._answering = answering
        self._teller = teller
        self._ends = ends
        self._rereading = rereading
        self._refusals = refusals
        self._turned_away = turned_away
        self._now = now
        self._window = window
        self._unfinished = list(unfinished)
        self._began_at: datetime | None = None
        self._away_since: datetime | None = None
        """When the last process heard something last; None once all that it owed is paid."""
        self._paying: asyncio.Task[None] | None = None
        self._alive: asyncio.Task[None] | None = None
        self._settling: set[asyncio.Task[None]] = set()
        self._is_closed = False

    async def begin(self) -> None:
        """Learn since when nobody listened; before the first event comes."""
        self._began_at = self._now()
        self._away_since = self._hearing.until = await self._store.last_alive()
        if self._away_since is not None:
            await self._turned_away.load(self._away_since - self._window)

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

    async def _pay_once(self, hear: Hear, revise: Revise) -> None:
        """Pay what is left: broken answers and what waits first, each conversation in its order."""
        since = self._away_since
        if since is not None:
            await self._show_ends(since - MARGIN)
        await self._begin_again()
        for conversation_id in await self._store.waiting_conversations():
            await self._rereading.reread(conversation_id, revise)
            self._answering.wake(conversation_id)
        await self._missed.read(hear)
        if since is not None:
            await self._show_ends(since - self._window)
            await self._refusals.tell_late(since - MARGIN, self._began_at or since)
            self._away_since = None
        await self._note_heard()

    async def _show_ends(self, since: datetime) -> None:
        await self._ends.show(since, self._began_at or since, limit=_ENDS)

    async def _begin_again(self) -> None:
        """Have broken answers begun again, where they may be; say of the others how they ended."""
        prepared = await asyncio.gather(*(self._prepared(it) for it in self._unfinished))
        self._unfinished = []
        for shown, may_begin in prepared:
            begun = self._taken_up(shown) if may_begin else None
            task = asyncio.create_task(self._settle(shown, begun), name=f"settle-{shown.turn.id}")
            self._settling.add(task)
            task.add_done_callback(self._settling.discard)

    async def _prepared(self, shown: Shown) -> tuple[Shown, bool]:
        """Give a broken answer with all its messages, and whether it may be begun again."""
        shown = await self._ends.adopted(shown)
        is_young = self._now() - shown.turn.created_at < self._window
        is_newest = shown.conversation.head_turn_id == shown.turn.id
        may_begin = is_young and is_newest and shown.interruptions < ATTEMPTS
        return shown, may_begin and await self._rereading.still_stands(shown.turn)

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
                    await self._mark(shown)
                    await self._store.settle(turn_id)
            except StoreError as error:
                report(log, error, "turn %d could not be settled so far", turn_id)
                await asyncio.sleep(next(pauses))
                begun = None if begun is None else self._taken_up(shown)
            else:
                return

    async def _mark(self, shown: Shown) -> None:
        """Say that an answer was interrupted, under what was shown of it, which stays."""
        if shown.parts and lacks_messages(shown):
            self._ends.show_end(shown)
            return
        place, turn = shown.conversation.place, shown.turn
        root_id = shown.conversation.root_message_id if place.is_channel else None
        spot = Spot(place.channel_id, place.guild_id, root_id)
        has_text = bool(turn.text.strip())
        is_newest = shown.conversation.head_turn_id == turn.id
        buttons = buttons_after(Outcome.INTERRUPTED, has_text=has_text) if is_newest else NONE
        row = Row(turn.id, buttons)
        if shown.parts:
            last_id = shown.parts[-1].message_id
            told_id = await self._teller.mark(spot, last_id, Notice.INTERRUPTED, row)
        else:
            told_id = await self._teller.tell(spot, Notice.INTERRUPTED, row)
        if told_id is not None:
            part = Part(len(shown.parts), place.channel_id, told_id, nonce="")
            await self._store.add_part(shown.reply_id, part)

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
                self._answering.wake_put_off()
            except StoreError as error:
                report(log, error, "that we are alive could not be noted")


def _pauses() -> Iterator[float]:
    return chain(_PAUSES_S, repeat(_PAUSES_S[-1]))
