"""One browser window: who looks through it, at what, and what it has been told already."""

import asyncio
import json
import logging
from itertools import islice

from aiohttp import WSCloseCode, web

from sandbox.page.asked import sees
from sandbox.page.views import Views, changes
from sandbox.people.interactions import may_see
from sandbox.people.modals import Modal
from sandbox.world.entities import Channel, Message, Payload, Person
from sandbox.world.world import World

log = logging.getLogger(__name__)

HISTORY = 50
"""Messages that are shown at first, and with each step back."""
_WAITING_LIMIT = 5000
_EPHEMERAL_SOUGHT = 30


class Window:
    """Tells one browser window what changed since it was last told, and nothing else.

    `tell` never waits: what a slow window has not taken waits in a queue, and a window that falls
    far behind is closed; it opens again and starts from what is there.

    Args:
        socket: The WebSocket, which whoever made this closes.
        world: What it looks at.
        views: Writes what it is told.
        person: Who looks.

    Attributes:
        forms: The forms that are open in it, by the interaction that they answered.
    """

    def __init__(
        self, socket: web.WebSocketResponse, world: World, views: Views, person: Person
    ) -> None:
        self.person = person
        self.channel: Channel | None = None
        self.forms: dict[int, Modal] = {}
        self._socket = socket
        self._world = world
        self._views = views
        self._shown: dict[int, Payload] = {}
        self._known: set[int] = set()
        self._queue: asyncio.Queue[Payload] = asyncio.Queue(_WAITING_LIMIT)
        self._is_behind = False

    def tell(self, kind: str, **what: object) -> None:
        """Send something as soon as may be."""
        try:
            self._queue.put_nowait({"t": kind, "now": int(self._world.now() * 1000), **what})
        except asyncio.QueueFull:
            self._is_behind = True

    async def write(self) -> None:
        """Send what is told until the socket is closed; what waits together goes together."""
        while not self._socket.closed:
            batch = [await self._queue.get()]
            while not self._queue.empty():
                batch.append(self._queue.get_nowait())
            if self._is_behind:
                await self._socket.close(code=WSCloseCode.TRY_AGAIN_LATER, message=b"too slow")
                return
            try:
                await self._socket.send_str(json.dumps(batch, separators=(",", ":")))
            except ConnectionError:
                log.debug("a window went while it was told something")
                return

    def look_as(self, person: Person) -> None:
        """Look through somebody else's eyes, at nothing yet."""
        self.person = person
        self.channel = None
        self.forms.clear()
        self._shown.clear()
        self._known.clear()

    def channels(self, all_channels: list[Channel]) -> list[Payload]:
        """Write the channels that the person sees, and hold them for known."""
        seen = [channel for channel in all_channels if sees(self._world, self.person, channel)]
        self._known = {channel.id for channel in seen}
        return [self._views.channel(channel) for channel in seen]

    def open(self, channel: Channel) -> Payload:
        """Look at a channel; gives its last messages."""
        self.channel = channel
        self._shown.clear()
        return self.older(None)

    def older(self, before: int | None) -> Payload:
        """Return the messages before one, the newest ones if there is none."""
        if self.channel is None:
            return {"messages": [], "more": False}
        seen = [
            message
            for message in self._world.messages(self.channel.id)
            if may_see(self.person, message) and (before is None or message.id < before)
        ]
        views = {message.id: self._views.message(message) for message in seen[-HISTORY:]}
        self._shown.update(views)
        return {"messages": list(views.values()), "more": len(seen) > HISTORY}

    def show_channel(self, channel: Channel) -> None:
        """Tell of a channel that is new or changed."""
        if sees(self._world, self.person, channel):
            self._known.add(channel.id)
            self.tell("channel", channel=self._views.channel(channel))
        elif channel.id in self._known:
            self.hide_channel(channel.id)

    def hide_channel(self, channel_id: int) -> None:
        """Tell that a channel is gone."""
        self._known.discard(channel_id)
        if self.channel is not None and self.channel.id == channel_id:
            self.channel = None
        self.tell("channel_gone", id=str(channel_id))

    def show_new(self, message: Message, channel: Channel) -> None:
        """Tell of a new message: all of it in the open channel, that there is one elsewhere."""
        if not sees(self._world, self.person, channel) or not may_see(self.person, message):
            return
        if channel.id not in self._known:
            self.show_channel(channel)
        if self._has_open(channel.id):
            self.show(message)
            return
        is_for_me = self.person.id in message.mention_ids or channel.guild_id is None
        self.tell(
            "activity",
            channel=str(channel.id),
            by=str(message.author_id),
            mention=is_for_me,
        )

    def show_changed(self, message: Message) -> None:
        """Tell of a message that changed, if it is on the page."""
        if message.id in self._shown:
            self.show(message)

    def show(self, message: Message) -> None:
        """Tell of a message of the open channel: all of it, or what changed."""
        before = self._shown.get(message.id)
        after = self._shown[message.id] = self._views.message(message)
        if before is None:
            self.tell("message", message=after)
        elif changed := changes(before, after):
            self.tell("edit", id=str(message.id), set=changed)

    def hide(self, message_id: int) -> None:
        """Tell that a message is deleted, if it is on the page."""
        if self._shown.pop(message_id, None) is not None:
            self.tell("delete", id=str(message_id))

    def show_typing(self, person_id: int, channel_id: int) -> None:
        """Tell that somebody types in the open channel."""
        if self._has_open(channel_id) and person_id != self.person.id:
            self.tell("typing", by=str(person_id))

    def look_for_ephemeral(self) -> None:
        """Tell of this person's ephemeral messages, which make no event when they change."""
        if self.channel is None:
            return
        newest_first = reversed(self._world.messages_with_deleted(self.channel.id).values())
        found = list(islice(newest_first, _EPHEMERAL_SOUGHT))
        for message in reversed(found):
            if not message.is_ephemeral or not may_see(self.person, message):
                continue
            if message.is_deleted:
                self.hide(message.id)
            else:
                self.show(message)

    def _has_open(self, channel_id: int) -> bool:
        return self.channel is not None and self.channel.id == channel_id
