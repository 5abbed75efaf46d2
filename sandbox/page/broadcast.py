"""Tells every window of the page what happens in the world."""

from collections.abc import Callable

from sandbox.discord_server import DiscordServer
from sandbox.page.views import Views
from sandbox.page.window import Window
from sandbox.world.entities import Channel, Message
from sandbox.world.events import Event
from sandbox.world.world import World

_CHANNEL_EVENTS = (
    "CHANNEL_CREATE",
    "CHANNEL_UPDATE",
    "THREAD_CREATE",
    "THREAD_UPDATE",
    "THREAD_MEMBERS_UPDATE",
)
_GONE_EVENTS = ("CHANNEL_DELETE", "THREAD_DELETE")
_DELETE_EVENTS = ("MESSAGE_DELETE", "MESSAGE_DELETE_BULK")
_REACTION_EVENTS = ("MESSAGE_REACTION_ADD", "MESSAGE_REACTION_REMOVE")


class Broadcast:
    """Hands events on to windows, from `start` until what that gave is called.

    Args:
        server: Knows whether the bot is there.
        world: What is listened to.
        views: Is told what commands are called.

    Attributes:
        windows: The windows that are open; whoever serves them adds and removes them.
    """

    def __init__(self, server: DiscordServer, world: World, views: Views) -> None:
        self.windows: set[Window] = set()
        self._server = server
        self._world = world
        self._views = views
        self._was_connected = False

    def start(self) -> Callable[[], None]:
        """Listen; returns how to stop that."""
        stops = (self._world.subscribe(self._on_event), self._world.on_change(self._on_change))

        def stop() -> None:
            for each in stops:
                each()

        return stop

    def _on_event(self, event: Event) -> None:
        if event.name == "INTERACTION_CREATE":
            self._views.note_command(event.data)
        elif event.name == "TYPING_START" and event.channel_id is not None:
            typist = int(event.data["user_id"])
            self._each(lambda window, place=event.channel_id: window.show_typing(typist, place))
        elif event.name == "GUILD_MEMBER_ADD":
            person = self._views.person(self._world.people[int(event.data["user"]["id"])])
            self._each(lambda window: window.tell("person", person=person))
        elif event.name in _CHANNEL_EVENTS or event.name in _GONE_EVENTS:
            self._tell_channel(event)
        else:
            self._tell_message(event)

    def _tell_channel(self, event: Event) -> None:
        channel_id = int(event.data["id"])
        if event.name in _GONE_EVENTS:
            self._each(lambda window: window.hide_channel(channel_id))
        elif (channel := self._world.channels.get(channel_id)) is not None:
            self._each(lambda window: window.show_channel(channel))

    def _tell_message(self, event: Event) -> None:
        if event.name in _DELETE_EVENTS:
            for deleted in event.data.get("ids") or [event.data["id"]]:
                self._each(lambda window, gone=int(deleted): window.hide(gone))
            return
        key = "message_id" if event.name in _REACTION_EVENTS else "id"
        found = self._found(event.channel_id, event.data.get(key))
        if found is None:
            return
        channel, message = found
        if event.name == "MESSAGE_CREATE":
            self._each(lambda window: window.show_new(message, channel))
        else:
            self._each(lambda window: window.show_changed(message))

    def _on_change(self) -> None:
        is_connected = self._server.gateway.is_connected
        if is_connected is not self._was_connected:
            self._was_connected = is_connected
            self._each(lambda window: window.tell("bot", connected=is_connected))
        self._each(lambda window: window.look_for_ephemeral())

    def _found(
        self, channel_id: int | None, message_id: str | None
    ) -> tuple[Channel, Message] | None:
        channel = self._world.channels.get(channel_id or 0)
        if channel is None or message_id is None:
            return None
        message = self._world.message(channel.id, int(message_id))
        return None if message is None else (channel, message)

    def _each(self, act: Callable[[Window], None]) -> None:
        for window in tuple(self.windows):
            act(window)
