"""Shows an answer as it comes, and finds the place where it goes."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, aclosing

from answering.endings import replaced_contents
from answering.ends import Ends
from answering.remarks import below, late_answer, unread_files
from answering.running import Runs, Work
from answering.tellings import Footnotes, Tellings
from answering.threads import ThreadOpener
from cogs.gateway.gap import Hearing
from conversation.entities import Exchange, PlaceKey
from conversation.events import Began, Finished, ReplyEvent, Shortened, Switched
from conversation.ports import Store
from conversation.stop_signal import StopSignal
from delivery.courier import Courier
from delivery.discord_api import Spot, Surface
from delivery.keeping import PartKeeping
from delivery.reply_lane import ReplyDisplay
from rendering.wording.english import Notice, switched_notice


class Showing:
    """Gives each answer a display, and the display what comes.

    Args:
        store: Where parts are kept.
        tellings: Knows what was told.
        courier: Carries requests to Discord; not owned.
        surface: Makes them.
        threads: Opens threads for questions asked in channels.
        ends: Makes way for answers that go on with others.
        hearing: Knows when we began to listen.
    """

    def __init__(
        self,
        store: Store,
        tellings: Tellings,
        courier: Courier,
        surface: Surface,
        threads: ThreadOpener,
        ends: Ends,
        hearing: Hearing,
    ) -> None:
        self._store = store
        self._tellings = tellings
        self._courier = courier
        self._surface = surface
        self._threads = threads
        self._ends = ends
        self._hearing = hearing
        self.runs = Runs()

    async def stream(
        self, events: AsyncGenerator[ReplyEvent, None], stop: StopSignal, work: Work
    ) -> None:
        """Hand the events of an answer to its display, which `work` holds from the first on.

        Where the answer goes is found meanwhile: opening a thread costs its reader no time.
        """
        work.display, work.has_text = None, False
        footnotes = work.footnotes = Footnotes(self._tellings)
        small_print: list[str] = []
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(aclosing(events))
            placing: asyncio.Task[str] | None = None
            async for event in events:
                if isinstance(event, Began):
                    small_print += self._about_question(event.exchange, work)
                    work.end_take_up(has_begun=True)
                    work.display = self._display(event.exchange)
                    stack.enter_context(self.runs.running(event.exchange, stop))
                    placing = asyncio.create_task(
                        self._place(work.display, event.exchange, footnotes)
                    )
                    stack.push_async_callback(_ended, placing)
                elif isinstance(event, Shortened | Switched):
                    small_print += await self._remarks(event, work, footnotes)
                elif work.display is not None and placing is not None:
                    work.take(event)
                    work.display.feed(event)
                    if isinstance(event, Finished):
                        self.runs.end(work.conversation_id)
                        small_print.append(await placing)
                        work.display.finish(*below(event, work, small_print))

    async def _place(self, display: ReplyDisplay, exchange: Exchange, footnotes: Footnotes) -> str:
        """Let an answer go to its place; gives what is to be said under it of that place."""
        place, notice = exchange.conversation.place, ""
        try:
            if exchange.former is not None and not exchange.parts:
                await self._ends.make_way(exchange.former)
            place, notice = await self._threads.place_of(exchange, footnotes)
            self.runs.move(exchange.conversation.id, place)
        finally:
            display.go_to(_spot_in(place, exchange))
        return notice

    def _about_question(self, exchange: Exchange, work: Work) -> list[str]:
        """Give what is to be said under an answer of what it answers."""
        is_pressed = work.take_up is not None and work.take_up.presser_id is not None
        heard = self._hearing
        late = [] if is_pressed else late_answer(exchange, heard.back_at, heard.away_s)
        return work.take_small_print() + unread_files(exchange) + late

    def _display(self, exchange: Exchange) -> ReplyDisplay:
        keeping = PartKeeping(exchange.reply_id, self._store)
        stays = replaced_contents(exchange.replaced_text)
        return ReplyDisplay(
            self._courier, self._surface, exchange.turn, keeping, exchange.parts, stays=stays
        )

    async def _remarks(
        self, event: Shortened | Switched, work: Work, footnotes: Footnotes
    ) -> list[str]:
        """Give what is to be said under an answer of how it was asked for."""
        if isinstance(event, Switched):
            chosen = work.display.model if work.display is not None else ""
            return [switched_notice(event.model, chosen, event.failure)]
        is_new = await footnotes.begin(f"shortened:{work.conversation_id}")
        return [Notice.SHORTENED] if is_new else []


async def _ended(task: asyncio.Task[str]) -> None:
    """Cancel a task that is not done, and wait for its end."""
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def _spot_in(place: PlaceKey, exchange: Exchange) -> Spot:
    """Tell where an answer goes: in a channel it is a reply to the newest message it answers.

    What goes on with an answer follows that, and replies to nothing.
    """
    is_reply = place.is_channel and not exchange.goes_on
    answers = exchange.inbounds[-1].message_id if is_reply else None
    return Spot(place.channel_id, place.guild_id, answers)
