"""What is done with threads: started, renamed, archived, joined, left, deleted."""

from sandbox.payloads.places import channel_payload, thread_member_payload
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
from sandbox.world.events import Intent
from sandbox.world.posting import MessageActs


class ThreadActs(MessageActs):
    """Changes threads; each act is told to the listeners."""

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
        kind = ChannelKind.PRIVATE_THREAD if is_private else ChannelKind.PUBLIC_THREAD
        thread_id = self.ids.make() if message is None else message.id
        thread = self._make_thread(owner, parent, thread_id, name, kind, auto_archive_minutes)
        if message is not None:
            message.flags |= MessageFlag.HAS_THREAD
            self.tell_update(message)
            starter = Reference(parent.id, message.id)
            kind_of_first = MessageKind.THREAD_STARTER_MESSAGE
            self.post(owner, thread, Draft(kind=kind_of_first, reference=starter))
        elif not is_private:
            pointer = Reference(thread.id, None)
            draft = Draft(name, kind=MessageKind.THREAD_CREATED, reference=pointer)
            self.post(owner, parent, draft)
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
        thread = self._make_thread(owner, forum, self.ids.make(), name, kind, auto_archive_minutes)
        return thread, self.post(owner, thread, draft)

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
            state.archived_at = self.now()
        if is_locked is not None:
            state.is_locked = is_locked
        if auto_archive_minutes is not None:
            state.auto_archive_minutes = auto_archive_minutes
        if slowmode_s is not None:
            thread.slowmode_s = slowmode_s
        self.keep(thread)
        self.emit("THREAD_UPDATE", channel_payload(self, thread), Intent.GUILDS, thread)

    def rename_channel(self, channel: Channel, name: str) -> None:
        """Rename a channel that is no thread."""
        channel.name = name
        self.keep(channel)
        self.emit("CHANNEL_UPDATE", channel_payload(self, channel), Intent.GUILDS, channel)

    def join_thread(self, person: Person, thread: Channel) -> None:
        """Put somebody into a thread; where they are in it already, nothing happens."""
        state = state_of(thread)
        if person.id in state.members:
            return
        state.members[person.id] = self.now()
        self.keep(thread)
        self._tell_members(thread, added=person)

    def leave_thread(self, person: Person, thread: Channel) -> None:
        """Take somebody out of a thread; where they are not in it, nothing happens."""
        state = state_of(thread)
        if state.members.pop(person.id, None) is not None:
            self.keep(thread)
            self._tell_members(thread, removed=person)

    def delete_channel(self, channel: Channel) -> None:
        """Delete a channel or thread with its messages; a channel's threads go with it."""
        for each in [each for each in self.channels.values() if each.parent_id == channel.id]:
            self.delete_channel(each)
        name = "CHANNEL_DELETE" if channel.thread is None else "THREAD_DELETE"
        data = channel_payload(self, channel)
        self.emit(name, data, Intent.GUILDS, channel)
        self.forget_channel(channel)

    def before_post(self, author: Person, channel: Channel) -> None:
        """Wake an archived thread, and put the author into it."""
        if channel.thread is None:
            return
        if channel.thread.is_archived:
            self.change_thread(channel, is_archived=False)
        self.join_thread(author, channel)

    def _make_thread(
        self,
        owner: Person,
        parent: Channel,
        thread_id: int,
        name: str,
        kind: ChannelKind,
        auto_archive_minutes: int,
    ) -> Channel:
        """Make the thread itself and tell of it."""
        now = self.now()
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
        self.keep(thread)
        if parent.is_forum:
            parent.last_message_id = thread.id
            self.keep(parent)
        data = channel_payload(self, thread) | {"newly_created": True}
        self.emit("THREAD_CREATE", data, Intent.GUILDS, thread)
        return thread

    def _tell_members(
        self, thread: Channel, *, added: Person | None = None, removed: Person | None = None
    ) -> None:
        """Tell who came to a thread or went."""
        data = {
            "id": str(thread.id),
            "guild_id": str(thread.guild_id),
            "member_count": len(state_of(thread).members),
            "added_members": [thread_member_payload(thread, added.id)] if added else [],
            "removed_member_ids": [str(removed.id)] if removed else [],
        }
        self.emit("THREAD_MEMBERS_UPDATE", data, Intent.GUILDS, thread)


def state_of(thread: Channel) -> ThreadState:
    """Give what makes a channel a thread.

    Raises:
        ValueError: It is none.
    """
    if thread.thread is None:
        raise ValueError(f"{thread.name or thread.id} is no thread")
    return thread.thread
