"""Tells every window of the page what happens in the world."""

from collections.abc import Callable

from sandbox.discord_server import DiscordServer
from sandbox.page.views import Views
from sandbox.page.window import Window
from sandbox.world.happenings import (
    ChannelChanged,
    ChannelCreated,
    ChannelDeleted,
    Happening,
    InteractionBegun,
    MemberJoined,
    MessageChanged,
    MessageDeleted,
    MessagePosted,
    MessagesDeleted,
    ReactionChanged,
    ThreadMembersChanged,
    ThreadStarted,
    TypingStarted,
)
from sandbox.world.world import World


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
        stops = (self._world.subscribe(self._on_happening), self._world.on_change(self._on_change))

        def stop() -> None:
            for each in stops:
                each()

        return stop

    def _on_happening(self, happening: Happening) -> None:
        match happening:
            case InteractionBegun(_, data):
                self._views.note_command(data)
            case TypingStarted(person, channel):
                self._each(lambda window: window.show_typing(person.id, channel.id))
            case MemberJoined(_, member):
                person = self._views.person(self._world.people[member.user_id])
                self._each(lambda window: window.tell("person", person=person))
            case ChannelCreated(channel) | ChannelChanged(channel):
                self._each(lambda window: window.show_channel(channel))
            case ThreadStarted(thread) | ThreadMembersChanged(thread):
                self._each(lambda window: window.show_channel(thread))
            case ChannelDeleted(channel):
                self._each(lambda window: window.hide_channel(channel.id))
            case _:
                self._tell_message(happening)

    def _tell_message(self, happening: Happening) -> None:
        match happening:
            case MessagePosted(message, channel):
                self._each(lambda window: window.show_new(message, channel))
            case MessageChanged(message) | ReactionChanged(_, message):
                self._each(lambda window: window.show_changed(message))
            case MessageDeleted(message):
                self._each(lambda window: window.hide(message.id))
            case MessagesDeleted(messages):
                for message in messages:
                    self._each(lambda window, gone=message.id: window.hide(gone))
            case _:
                return

    def _on_change(self) -> None:
        is_connected = self._server.gateway.is_connected
        if is_connected is not self._was_connected:
            self._was_connected = is_connected
            self._each(lambda window: window.tell("bot", connected=is_connected))
        self._each(lambda window: window.look_for_ephemeral())

    def _each(self, act: Callable[[Window], None]) -> None:
        for window in tuple(self.windows):
            act(window)
