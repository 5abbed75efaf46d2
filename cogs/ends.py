"""Shows answers that have ended as they are to stand: with their ends, or gone on from."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import discord

from cogs.own_posts import OwnPosts, custom_ids_of
from conversation.entities import Failure, Outcome, Part, Shown
from conversation.events import TextDelta
from conversation.ports import Store
from rendering.buttons import NONE, Button, Buttons, buttons_after, custom_id, has_stop
from rendering.courier import Courier
from rendering.display import ReplyDisplay
from rendering.keeping import PartKeeping
from rendering.notices import Notice, outcome_notice
from rendering.splitting import Splitter
from rendering.surface import Spot, Surface

log = logging.getLogger(__name__)

_MARGIN = timedelta(minutes=2)
"""So much may our clock be ahead of Discord's."""
_READ_AT_ONCE = 8


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

    async def show(self, since: datetime, before: datetime, limit: int) -> None:
        """Have the ends shown of answers that ended since then; does not wait until they are.

        Each answer is looked at once in the life of this process.

        Args:
            since: Answers that ended earlier are not looked at.
            before: When this process began; it shows by itself what it has begun since.
            limit: So many answers are looked at, the latest first.

        Raises:
            StoreError: Not all of them could be looked at.
        """
        ended = await self._store.ended_since(since, limit=limit)
        others = [it for it in ended if it.turn.created_at < before]
        new = [it for it in others if it.turn.id not in self._looked_at]
        await asyncio.gather(*(self._show_if_open(it) for it in new))

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
        contents = list(contents_of(turn.text))
        if turn.outcome is Outcome.INTERRUPTED:
            contents = contents[:-1]
        parts = list(shown.parts)
        try:
            async with self._reading:
                latest = await self._posts.latest(place.channel_id, max([begun_id, *known]))
            for message in latest:
                ordinal = len(parts)
                if _is_of(message, turn.id) or message.content in contents[ordinal : ordinal + 1]:
                    nonce = f"{turn.id}.{ordinal}"
                    parts.append(Part(ordinal, place.channel_id, message.id, nonce))
                    await self._store.add_part(shown.reply_id, parts[-1])
                    log.info("turn %d: message %d is its part %d", turn.id, message.id, ordinal)
        except self._posts.errors as error:
            log.info("channel %d could not be read: %r", place.channel_id, error)
        return replace(shown, parts=tuple(parts))

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
        """Have the whole of an ended answer shown, and how it ended; does not wait until it is."""
        turn = shown.turn
        failure = None if turn.failure is None else Failure(turn.failure)
        outcome, has_text = turn.outcome or Outcome.INTERRUPTED, bool(turn.text.strip())
        notice = outcome_notice(outcome, failure, model=turn.model or "", has_text=has_text)
        is_newest = shown.conversation.head_turn_id == turn.id
        buttons = buttons_after(outcome, turn.failure, has_text=has_text) if is_newest else NONE
        self._show(shown, notice, buttons)

    async def make_way(self, former: Shown) -> None:
        """Take away what stands under an answer that another goes on with.

        Only its last message is edited. Waits where messages of it have to be posted first.
        """
        contents = contents_of(former.turn.text)
        before_last = max(0, min(len(contents), len(former.parts)) - 1)
        display = self._show(former, "", NONE, contents[:before_last])
        if len(former.parts) < len(contents):
            await display.until_shown()

    async def _is_open(self, shown: Shown) -> bool:
        """Tell whether the reply does not say how its answer ended; true where that is unknown.

        It lacks a message, can still be stopped, or says that the answer is not stored.
        """
        if not shown.parts or lacks_messages(shown):
            return True
        try:
            async with self._reading:
                message = await self._posts.of(shown.parts[-1])
        except self._posts.errors:
            return True
        if message is None:
            return False
        is_unstored = message.content.endswith(Notice.NOT_STORED)
        return is_unstored or has_stop(list(custom_ids_of(message)))

    def _show(
        self, shown: Shown, notice: str, buttons: Buttons, contents: Sequence[str] = ()
    ) -> ReplyDisplay:
        place, turn = shown.conversation.place, shown.turn
        root_id = shown.conversation.root_message_id if place.is_channel else None
        spot = Spot(place.channel_id, place.guild_id, root_id)
        keeping = PartKeeping(shown.reply_id, self._store)
        display = ReplyDisplay(self._courier, self._surface, turn, keeping, shown.parts, contents)
        display.feed(TextDelta(turn.text))
        display.finish(notice, buttons)
        display.go_to(spot)
        return display


def contents_of(text: str) -> Sequence[str]:
    """Give what the messages that show an answer say."""
    splitter = Splitter()
    splitter.feed(text)
    splitter.finish()
    return [part.content for part in splitter.parts]


def lacks_messages(shown: Shown) -> bool:
    """Tell whether fewer messages show an answer than its text needs."""
    return len(shown.parts) < len(contents_of(shown.turn.text))


def _is_of(message: discord.Message, turn_id: int) -> bool:
    """Tell whether a message has a button of a turn."""
    own = {custom_id(button, turn_id) for button in Button}
    return not own.isdisjoint(custom_ids_of(message))
