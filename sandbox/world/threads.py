"""What becomes of a thread: renamed, archived, locked, joined, left."""

from collections.abc import Callable

from sandbox.world.directory import Directory
from sandbox.world.entities import Bot, Channel, ChannelKind, Person, ThreadState, Webhook
from sandbox.world.happenings import ChannelChanged, PrivateThreadJoined, ThreadMembersChanged
from sandbox.world.listeners import Listeners


class Threads:
    """Changes threads; how they are started is with `ThreadStarts`.

    Args:
        directory: Where everything is kept.
        listeners: Are told.
        now: Seconds since 1970.
    """

    def __init__(
        self, directory: Directory, listeners: Listeners, now: Callable[[], float]
    ) -> None:
        self._directory = directory
        self._listeners = listeners
        self._now = now

    def change_thread(
        self,
        thread: Channel,
        *,
        name: str | None = None,
        is_archived: bool | None = None,
        is_locked: bool | None = None,
        auto_archive_minutes: int | None = None,
        slowmode_s: int | None = None,
    ) -> None:
        """Rename, archive, lock or time a thread; null leaves a thing as it is."""
        state = state_of(thread)
        if name is not None:
            thread.name = name
        if is_archived is not None and is_archived is not state.is_archived:
            state.is_archived = is_archived
            state.archived_at = self._now()
        if is_locked is not None:
            state.is_locked = is_locked
        if auto_archive_minutes is not None:
            state.auto_archive_minutes = auto_archive_minutes
        if slowmode_s is not None:
            thread.slowmode_s = slowmode_s
        self._directory.keep(thread)
        self._listeners.tell(ChannelChanged(thread))

    def join_thread(self, person: Person, thread: Channel) -> None:
        """Put somebody into a thread; where they are in it already, nothing happens."""
        state = state_of(thread)
        if person.id in state.members:
            return
        state.members[person.id] = self._now()
        self._directory.keep(thread)
        if isinstance(person, Bot) and thread.kind is ChannelKind.PRIVATE_THREAD:
            self._listeners.tell(PrivateThreadJoined(thread))
        self._listeners.tell(ThreadMembersChanged(thread, added=person))

    def leave_thread(self, person: Person, thread: Channel) -> None:
        """Take somebody out of a thread; where they are not in it, nothing happens."""
        state = state_of(thread)
        if state.members.pop(person.id, None) is not None:
            self._directory.keep(thread)
            self._listeners.tell(ThreadMembersChanged(thread, removed=person))

    def wake_for(self, author: Person, channel: Channel) -> None:
        """Wake an archived thread that is posted to, and put the author into it, if a member."""
        if channel.thread is None:
            return
        if channel.thread.is_archived:
            self.change_thread(channel, is_archived=False)
        if not isinstance(author, Webhook):
            self.join_thread(author, channel)


def state_of(thread: Channel) -> ThreadState:
    """Return what makes a channel a thread.

    Raises:
        ValueError: It is none.
    """
    if thread.thread is None:
        raise ValueError(f"{thread.name or thread.id} is no thread")
    return thread.thread
