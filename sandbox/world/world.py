"""The sandbox's Discord: everything that exists in it and can happen in it."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Self

from sandbox.world.directory import Directory
from sandbox.world.entities import Bot
from sandbox.world.journal import Journal, UnreadableWorldError
from sandbox.world.listeners import Listeners
from sandbox.world.membership import Membership
from sandbox.world.messages import Messages
from sandbox.world.permissions import Permissions
from sandbox.world.places import Places
from sandbox.world.snowflakes import SnowflakeSource
from sandbox.world.thread_starts import ThreadStarts
from sandbox.world.threads import Threads

_TOKEN = "c2FuZGJveA.sandbox.bot-token-of-the-sandbox"  # noqa: S105 - it opens this world only


class World:
    """A Discord with one bot in it, empty but for the bot and its owner until it is furnished.

    It owns a few objects with one purpose each and puts what they do under one roof: each act and
    each look-up below is a method of one of them, documented there. It listens to no port: that is
    `DiscordServer`. Everything happens on one event loop and at once.

    Args:
        wall_clock: Seconds since 1970, for what Discord shows.
        clock: A clock that never jumps, in seconds, for what tests measure.
        path: The file to bring back and to keep; null keeps nothing. The caller calls `close`.

    Raises:
        UnreadableWorldError: The file is damaged, of another version, or no world's.

    Attributes:
        directory: What exists, for those that only look.
        now: The wall clock.
        clock: The other clock.
        ids: Makes ids.
    """

    def __init__(
        self,
        *,
        wall_clock: Callable[[], float] = time.time,
        clock: Callable[[], float] = time.monotonic,
        path: Path | None = None,
    ) -> None:
        self.now = wall_clock
        self.clock = clock
        self.ids = SnowflakeSource(wall_clock)
        self._journal = None if path is None else Journal(path)
        self.directory = Directory(self._journal)
        self._show_directory(self.directory)
        self._show_acts()
        self._bring_back()
        if not self.people:
            owner = self.create_person("developer")
            bot = Bot(
                self.ids.make(), "bobbin", is_bot=True, token=_TOKEN, application_owner_id=owner.id
            )
            self.directory.keep(bot)

    @classmethod
    def open(cls, path: Path) -> Self:
        """Bring a world back from its file, or start one that is kept there."""
        return cls(path=path)

    @property
    def bot(self) -> Bot:
        """The account under test."""
        return self.directory.bot

    def close(self) -> None:
        """Write what is left and close the file; a second call does nothing."""
        if self._journal is not None:
            self._journal.close()

    def _show_directory(self, directory: Directory) -> None:
        """Make the look-ups part of the world."""
        self.people = directory.people
        self.roles = directory.roles
        self.guilds = directory.guilds
        self.channels = directory.channels
        self.commands = directory.commands
        self.files = directory.files
        self.roles_of = directory.roles_of
        self.channels_of = directory.channels_of
        self.threads_of = directory.threads_of
        self.guild_of = directory.guild_of
        self.member = directory.member
        self.messages = directory.messages
        self.message = directory.message
        self.messages_with_deleted = directory.messages_with_deleted

    def _show_acts(self) -> None:
        """Make those that act, and their acts part of the world."""
        listeners = Listeners()
        self.subscribe = listeners.subscribe
        self.on_change = listeners.on_change
        self.changed = listeners.changed
        self.tell = listeners.tell
        permissions = Permissions(self.directory, self.now)
        self.permissions_in = permissions.permissions_in
        self.permissions_of = permissions.permissions_of
        membership = Membership(self.directory, listeners, self.ids, self.now)
        self.create_person = membership.create_person
        self.create_guild = membership.create_guild
        self.create_role = membership.create_role
        self.everyone = membership.everyone
        self.join = membership.join
        self.leave = membership.leave
        self.time_out = membership.time_out
        self.end_time_out = membership.end_time_out
        places = Places(self.directory, listeners, self.ids)
        self.create_text_channel = places.create_text_channel
        self.create_forum = places.create_forum
        self.create_media_channel = places.create_media_channel
        self.create_announcement_channel = places.create_announcement_channel
        self.create_voice_channel = places.create_voice_channel
        self.create_stage_channel = places.create_stage_channel
        self.create_webhook = places.create_webhook
        self.direct_message_channel = places.direct_message_channel
        self.set_permissions = places.set_permissions
        self.rename_channel = places.rename_channel
        self.delete_channel = places.delete_channel
        threads = Threads(self.directory, listeners, self.now)
        self.change_thread = threads.change_thread
        self.join_thread = threads.join_thread
        self.leave_thread = threads.leave_thread
        self._show_messages(listeners, permissions, threads)

    def _show_messages(
        self, listeners: Listeners, permissions: Permissions, threads: Threads
    ) -> None:
        """Make the acts on messages and the starting of threads part of the world."""
        messages = Messages(
            self.directory, listeners, permissions, threads, self.ids, self.now, self.clock
        )
        self.post = messages.post
        self.edit = messages.edit
        self.delete = messages.delete
        self.delete_many = messages.delete_many
        self.react = messages.react
        self.unreact = messages.unreact
        self.type_in = messages.type_in
        starts = ThreadStarts(self.directory, listeners, messages, self.ids, self.now)
        self.start_thread = starts.start_thread
        self.create_post = starts.create_post

    def _bring_back(self) -> None:
        """Hold everything that the file has."""
        if self._journal is None:
            return
        try:
            for entity in self._journal.entities():
                self.directory.hold(entity)
                self.ids.skip_past(entity.id)
            for file_id, content in self._journal.files():
                self.files[file_id] = content
                self.ids.skip_past(file_id)
        except UnreadableWorldError:
            self._journal.close()
            raise
