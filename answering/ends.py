"""Shows answers that have ended as they are to stand: with their ends, or gone on from."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import chain, repeat

import discord

from answering.endings import (
    buttons_under,
    contents_of,
    is_of,
    is_open,
    lacks_messages,
    notice_under,
    outcome_of,
    replaced_contents,
    says,
    what_stays,
    whole_of,
)
from answering.own_posts import OwnPosts
from conversation.entities import Outcome, Part, Shown
from conversation.events import TextDelta
from conversation.ports import Store
from delivery.courier import Courier
from delivery.discord_api import Spot, Surface
from delivery.keeping import PartKeeping
from delivery.reply_lane import ReplyDisplay
from rendering.buttons import NONE

log = logging.getLogger(__name__)

_MARGIN = timedelta(minutes=2)
"""So much may our clock be ahead of Discord's."""
_READ_AT_ONCE = 8
_PAUSES_S = (1.0, 2.0, 4.0, 8.0, 16.0, 30.0)
"""Between attempts to read what a broken answer shows; the last one again and again."""


class Ends:
    """Makes the last edits that were never made, and those that come after the last.

    Args:
        store: Knows what has to be shown.
        courier: Carries the requests; not owned.
        surface: Makes them.
        posts: Shows what Discord has.
    """

    def __init__(
        self,
        store: Store,
        courier: Courier,
        surface: Surface,
        posts: OwnPosts,
    ) -> None:
        self._store = store
        self._courier = courier
        self._surface = surface
        self._posts = posts
        self._reading = asyncio.Semaphore(_READ_AT_ONCE)
        self._looked_at: set[int] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._is_closed = False

    async def close(self) -> None:
        """Read no more; the next start shows what is not shown until then."""
        self._is_closed = True
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def show(self, since: datetime, before: datetime, limit: int) -> None:
        """Have the ends shown of answers that ended since then; does not wait until they are.

        Each answer is looked at once in the life of this process.

        Args:
            since: Answers that ended earlier are not looked at.
            before: When this process began; it shows by itself what it has begun since.
            limit: So many answers are looked at together, the latest first.

        Raises:
            StoreError: Not all of them could be looked at.
        """
        ended = await self._store.ended_since(since, limit=limit)
        while ended:
            others = [it for it in ended if it.turn.created_at < before]
            new = [it for it in others if it.turn.id not in self._looked_at]
            await asyncio.gather(*(self._show_if_open(it) for it in new))
            earliest = min(it.turn.id for it in ended)
            ended = await self._store.ended_since(since, limit=limit, before_turn_id=earliest)

    async def adopted(self, shown: Shown) -> Shown:
        """Give an answer with the messages that show it and of which the store does not know.

        A message is there without being known where the process was killed between its post and
        the answer to that; Discord forgets nonces within minutes, so that a later repetition of
        the post would make a second one. It is recognised by the turn in its buttons, or by being
        what comes next of an answer that has ended. It becomes a part of the reply.
        """
        turn, place = shown.turn, shown.conversation.place
        known = [part.message_id for part in shown.parts]
        begun_id = discord.utils.time_snowflake(turn.created_at - _MARGIN)
        parts = list(shown.parts)
        try:
            async with self._reading:
                latest = await self._posts.latest(place.channel_id, max([begun_id, *known]))
            for message in latest:
                ordinal = len(parts)
                if is_of(message, turn.id) or await self._comes_next(message, shown, ordinal):
                    nonce = f"{turn.id}.{ordinal}"
                    parts.append(Part(ordinal, place.channel_id, message.id, nonce))
                    await self._store.add_part(shown.reply_id, parts[-1])
                    log.info("turn %d: message %d is its part %d", turn.id, message.id, ordinal)
        except self._posts.errors as error:
            log.info("channel %d could not be read: %r", place.channel_id, error)
        return replace(shown, parts=tuple(parts))

    async def _comes_next(self, message: discord.Message, shown: Shown, ordinal: int) -> bool:
        """Tell whether a message says what comes next of an answer, and shows no other."""
        contents, wholes = contents_of(shown.turn.text), [whole_of(shown)]
        if outcome_of(shown.turn) is not Outcome.INTERRUPTED:
            wholes.append(contents)
        elif contents:
            wholes = [contents[:-1]]
        expected = [whole[ordinal] for whole in wholes if ordinal < len(whole)]
        return says(message, expected) and await self._store.shown_by(message.id) is None

    async def _show_if_open(self, shown: Shown) -> None:
        if not shown.parts or lacks_messages(shown):
            shown = await self.adopted(shown)
        if await self._is_open(shown):
            log.info("turn %d: its end is shown late", shown.turn.id)
            self.show_end(shown)
        self._looked_at.add(shown.turn.id)

    async def show_late(self, shown: Shown) -> None:
        """Have the end shown of an answer that is stored by now; does not wait until it is.

        Raises:
            StoreError: A message that belongs to it could not be stored.
        """
        if lacks_messages(shown):
            shown = await self.adopted(shown)
        log.info("turn %d: its end is shown late", shown.turn.id)
        self.show_end(shown)

    def show_end(self, shown: Shown) -> None:
        """Have the whole of an ended answer shown, and how it ended; does not wait until it is.

        Where it was interrupted, what people have seen of it stays, though the store has less:
        its messages are read first, however long that takes. Without messages they are posted.
        """
        self._looked_at.add(shown.turn.id)
        if not shown.parts or outcome_of(shown.turn) is not Outcome.INTERRUPTED:
            self._show(shown)
        elif not self._is_closed:
            name = f"end-{shown.turn.id}"
            task = asyncio.create_task(self._show_what_stays(shown), name=name)
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def make_way(self, former: Shown) -> None:
        """Take away what stands under an answer that another goes on with.

        Only its last message is edited. Waits where messages of it have to be posted first.
        """
        contents = contents_of(former.turn.text)
        before_last = max(0, min(len(contents), len(former.parts)) - 1)
        display = self._display(former, contents[:before_last])
        display.feed(TextDelta(former.turn.text))
        display.finish("", NONE)
        display.go_to(_spot_of(former))
        if len(former.parts) < len(contents):
            await display.until_shown()

    async def _is_open(self, shown: Shown) -> bool:
        """Tell whether the reply does not say how its answer ended; true where that is unknown."""
        if lacks_messages(shown):
            return True
        try:
            async with self._reading:
                messages = await self._posts.of_all(shown.parts)
        except self._posts.errors:
            return True
        return is_open(shown, messages)

    async def _show_what_stays(self, shown: Shown) -> None:
        messages = await self._read(shown)
        if not any(messages):
            log.info("turn %d: its messages are gone, or cannot be read", shown.turn.id)
            return
        plain = ["" if it is None or it.components else it.content for it in messages]
        self._show(shown, plain, what_stays(shown, messages))

    async def _read(self, shown: Shown) -> list[discord.Message | None]:
        """Read the messages of a reply, when they can be read; nothing where they never can."""
        for pause_s in chain(_PAUSES_S, repeat(_PAUSES_S[-1])):
            try:
                async with self._reading:
                    return await self._posts.of_all(shown.parts)
            except discord.Forbidden:
                change = _Change()
                self._courier.put_by(change, shown.parts[-1].channel_id)
                await change.has_come.wait()
            except self._posts.errors as error:
                log.debug("turn %d: its messages cannot be read yet: %r", shown.turn.id, error)
                await asyncio.sleep(pause_s)
        return []

    def _show(self, shown: Shown, contents: Sequence[str] = (), stays: Sequence[str] = ()) -> None:
        """Have an end shown under the text of an answer, or under what stays in its place."""
        display = self._display(shown, contents, stays or replaced_contents(shown.replaced_text))
        if not stays:
            display.feed(TextDelta(shown.turn.text))
        display.finish(notice_under(shown), buttons_under(shown))
        display.go_to(_spot_of(shown))

    def _display(
        self, shown: Shown, contents: Sequence[str] = (), stays: Sequence[str] = ()
    ) -> ReplyDisplay:
        keeping = PartKeeping(shown.reply_id, self._store)
        return ReplyDisplay(
            self._courier, self._surface, shown.turn, keeping, shown.parts, contents, stays
        )


class _Change:
    """Waits until a place has changed that refused us."""

    def __init__(self) -> None:
        self.has_come = asyncio.Event()

    def reopened(self) -> None:
        """See `Waiter.reopened`."""
        self.has_come.set()


def _spot_of(shown: Shown) -> Spot:
    place = shown.conversation.place
    root_id = shown.conversation.root_message_id if place.is_channel else None
    return Spot(place.channel_id, place.guild_id, root_id)
