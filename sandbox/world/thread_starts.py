"""How threads are started: on a message, without one, or as a forum's post."""

from collections.abc import Callable

from sandbox.world.directory import Directory
from sandbox.world.entities import (
    Channel,
    ChannelKind,
    Draft,
    Message,
    MessageFlag,
    MessageKind,
    Person,
    Reference,
    ThreadState,
)
from sandbox.world.happenings import ThreadStarted
from sandbox.world.listeners import Listeners
from sandbox.world.messages import Messages
from sandbox.world.snowflakes import SnowflakeSource


class ThreadStarts:
    """Starts threads, with the messages that Discord posts for that.

    Args:
        directory: Where everything is kept.
        listeners: Are told.
        messages: Posts.
        ids: Makes ids.
        now: Seconds since 1970.
    """

    def __init__(
        self,
        directory: Directory,
        listeners: Listeners,
        messages: Messages,
        ids: SnowflakeSource,
        now: Callable[[], float],
    ) -> None:
        self._directory = directory
        self._listeners = listeners
        self._messages = messages
        self._ids = ids
        self._now = now

    def start_thread(
        self,
        owner: Person,
        parent: Channel,
        name: str,
        *,
        message: Message | None = None,
        is_private: bool = False,
        auto_archive_minutes: int = 4320,
    ) -> Channel:
        """Start a thread; one that hangs on a message has that message's id."""
        public = parent.thread_kind or ChannelKind.PUBLIC_THREAD
        kind = ChannelKind.PRIVATE_THREAD if is_private else public
        thread_id = self._ids.make() if message is None else message.id
        thread = self._make(owner, parent, thread_id, name, kind, auto_archive_minutes)
        if message is not None:
            message.flags |= MessageFlag.HAS_THREAD
            self._messages.tell_changed(message)
            starter = Reference(parent.id, message.id)
            kind_of_first = MessageKind.THREAD_STARTER_MESSAGE
            self._messages.post(owner, thread, Draft(kind=kind_of_first, reference=starter))
        elif not is_private:
            pointer = Reference(thread.id, None)
            draft = Draft(name, kind=MessageKind.THREAD_CREATED, reference=pointer)
            self._messages.post(owner, parent, draft)
        return thread

    def create_post(
        self,
        owner: Person,
        forum: Channel,
        name: str,
        draft: Draft,
        *,
        auto_archive_minutes: int = 4320,
    ) -> tuple[Channel, Message]:
        """Make a forum's post: a thread whose first message has its id."""
        kind = ChannelKind.PUBLIC_THREAD
        thread = self._make(owner, forum, self._ids.make(), name, kind, auto_archive_minutes)
        return thread, self._messages.post(owner, thread, draft)

    def _make(
        self,
        owner: Person,
        parent: Channel,
        thread_id: int,
        name: str,
        kind: ChannelKind,
        auto_archive_minutes: int,
    ) -> Channel:
        """Make the thread itself and tell of it."""
        now = self._now()
        state = ThreadState(
            owner_id=owner.id,
            created_at=now,
            archived_at=now,
            auto_archive_minutes=auto_archive_minutes,
            members={owner.id: now},
        )
        thread = Channel(
            id=thread_id,
            kind=kind,
            name=name,
            guild_id=parent.guild_id,
            parent_id=parent.id,
            thread=state,
        )
        self._directory.keep(thread)
        if parent.is_forum:
            parent.last_message_id = thread.id
            self._directory.keep(parent)
        self._listeners.tell(ThreadStarted(thread))
        return thread
