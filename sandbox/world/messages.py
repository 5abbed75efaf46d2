"""What is done with messages: posted, edited, deleted, reacted to.

Nothing is refused here: who may do what is the REST routes' and the people's own affair.
"""

from collections.abc import Callable, Sequence

from sandbox.world.directory import Directory
from sandbox.world.entities import (
    AllowedMentions,
    Attachment,
    Change,
    Channel,
    Draft,
    Message,
    MessageKind,
    Person,
    Upload,
)
from sandbox.world.happenings import (
    Happening,
    MessageChanged,
    MessageDeleted,
    MessagePosted,
    MessagesDeleted,
    ReactionChanged,
    TypingStarted,
)
from sandbox.world.listeners import Listeners
from sandbox.world.mentions import find_mentions
from sandbox.world.permissions import Permission, Permissions
from sandbox.world.snowflakes import SnowflakeSource
from sandbox.world.threads import Threads


class Messages:
    """Changes messages.

    Args:
        directory: Where everything is kept.
        listeners: Are told, but of ephemeral messages: these no gateway tells of.
        permissions: Whom an author may mention.
        threads: What a post does to its thread.
        ids: Makes ids.
        now: Seconds since 1970.
        clock: A clock that never jumps, in seconds.
    """

    def __init__(
        self,
        directory: Directory,
        listeners: Listeners,
        permissions: Permissions,
        threads: Threads,
        ids: SnowflakeSource,
        now: Callable[[], float],
        clock: Callable[[], float],
    ) -> None:
        self._directory = directory
        self._listeners = listeners
        self._permissions = permissions
        self._threads = threads
        self._ids = ids
        self._now = now
        self._clock = clock

    def post(self, author: Person, channel: Channel, draft: Draft) -> Message:
        """Post a message; its ends are trimmed, and a thread that was archived is so no longer."""
        self._threads.wake_for(author, channel)
        message = Message(
            id=self._next_id(channel),
            channel_id=channel.id,
            author_id=author.id,
            content=draft.content.strip(),
            kind=draft.kind,
            flags=draft.flags,
            created_s=self._clock(),
            embeds=list(draft.embeds),
            components=list(draft.components),
            reference=draft.reference,
            snapshot=draft.snapshot,
            nonce=draft.nonce,
            webhook_id=draft.webhook_id,
            author_name=draft.author_name,
            interaction=draft.interaction,
            is_tts=draft.is_tts,
        )
        message.attachments = [self._attach(channel, upload) for upload in draft.uploads]
        self._fill_mentions(message, channel, draft.allowed_mentions)
        self._count(channel, message)
        self._directory.keep(message)
        self._tell(message, MessagePosted(message, channel))
        return message

    def edit(self, message: Message, change: Change) -> Message:
        """Change a message and note when; the flags of a change replace the ones it may set."""
        channel = self._directory.channels[message.channel_id]
        if change.content is not None:
            message.content = change.content.strip()
            self._fill_mentions(message, channel, change.allowed_mentions)
        if change.embeds is not None:
            message.embeds = list(change.embeds)
        if change.components is not None:
            message.components = list(change.components)
        if change.flags is not None:
            message.flags = change.flags
        if change.kept_ids is not None:
            kept = change.kept_ids
            message.attachments = [each for each in message.attachments if each.id in kept]
        message.attachments += [self._attach(channel, upload) for upload in change.uploads]
        message.edited_at = self._now()
        message.edits.append((self._clock(), message.content))
        self.tell_changed(message)
        return message

    def tell_changed(self, message: Message) -> None:
        """Hold a message that changed and tell of it."""
        self._directory.keep(message)
        channel = self._directory.channels[message.channel_id]
        self._tell(message, MessageChanged(message, channel))

    def delete(self, message: Message) -> None:
        """Delete a message; it stays known to `messages_with_deleted`."""
        channel = self._directory.channels[message.channel_id]
        self._take_away(message, channel)
        self._tell(message, MessageDeleted(message, channel))

    def delete_many(self, channel: Channel, messages: Sequence[Message]) -> None:
        """Delete messages of one channel at once, which is told once; none tells nothing."""
        for message in messages:
            self._take_away(message, channel)
        if told := tuple(message for message in messages if not message.is_ephemeral):
            self._listeners.tell(MessagesDeleted(told, channel))

    def react(self, person: Person, message: Message, emoji: str) -> None:
        """Add somebody's reaction; `emoji` is itself, or `name:id` for a guild's own."""
        user_ids = message.reactions.setdefault(emoji, [])
        if person.id in user_ids:
            return
        user_ids.append(person.id)
        self._tell_reaction(person, message, emoji, is_added=True)

    def unreact(self, person: Person, message: Message, emoji: str) -> None:
        """Take somebody's reaction back; where there is none, nothing happens."""
        user_ids = message.reactions.get(emoji, [])
        if person.id not in user_ids:
            return
        user_ids.remove(person.id)
        if not user_ids:
            del message.reactions[emoji]
        self._tell_reaction(person, message, emoji, is_added=False)

    def type_in(self, person: Person, channel: Channel) -> None:
        """Tell that somebody types."""
        self._listeners.tell(TypingStarted(person, channel, self._now()))

    def _next_id(self, channel: Channel) -> int:
        """Return the id of the next message; the first one of a forum's post has the thread's."""
        parent = self._directory.channels.get(channel.parent_id or 0)
        is_post = channel.thread is not None and parent is not None and parent.is_forum
        if is_post and not self._directory.messages_with_deleted(channel.id):
            return channel.id
        return self._ids.make()

    def _attach(self, channel: Channel, upload: Upload) -> Attachment:
        """Hold the bytes of a file and return what the message says of it."""
        attachment = Attachment(
            id=self._ids.make(),
            filename=upload.filename,
            size_bytes=len(upload.content),
            content_type=upload.content_type,
            channel_id=channel.id,
            description=upload.description,
        )
        self._directory.keep_file(attachment.id, upload.content)
        return attachment

    def _fill_mentions(self, message: Message, channel: Channel, allowed: AllowedMentions) -> None:
        """Note whom a message mentions, as far as they exist and its author may."""
        found = find_mentions(message.content, allowed)
        user_ids = [user_id for user_id in found.user_ids if user_id in self._directory.people]
        replied = self._replied_author(message) if allowed.replied_user else None
        if replied is not None and replied not in user_ids:
            user_ids.append(replied)
        bits = self._permissions.permissions_in(message.author_id, channel)
        may_all = bool(bits & Permission.MENTION_EVERYONE)
        known = self._directory.roles
        roles = [known[role_id] for role_id in found.role_ids if role_id in known]
        here = [role for role in roles if role.guild_id == channel.guild_id]
        message.mention_ids = user_ids
        message.mention_role_ids = [role.id for role in here if may_all or role.is_mentionable]
        message.mentions_everyone = found.everyone and may_all

    def _replied_author(self, message: Message) -> int | None:
        """Return whom a reply answers."""
        if message.reference is None or message.kind is not MessageKind.REPLY:
            return None
        target = message.reference
        answered = self._directory.message(target.channel_id, target.message_id or 0)
        return None if answered is None else answered.author_id

    def _count(self, channel: Channel, message: Message) -> None:
        """Note a new message in its channel; an ephemeral one is in no channel's count."""
        if message.is_ephemeral:
            return
        channel.last_message_id = message.id
        if channel.thread is not None and message.id != channel.id:
            channel.thread.message_count += 1
            channel.thread.total_message_sent += 1
        self._directory.keep(channel)

    def _take_away(self, message: Message, channel: Channel) -> None:
        message.is_deleted = True
        self._directory.keep(message)
        if channel.thread is not None and channel.thread.message_count > 0:
            channel.thread.message_count -= 1
            self._directory.keep(channel)

    def _tell(self, message: Message, happening: Happening) -> None:
        """Tell of a message; nobody is told of an ephemeral one over the gateway."""
        if message.is_ephemeral:
            self._listeners.changed()
        else:
            self._listeners.tell(happening)

    def _tell_reaction(
        self, person: Person, message: Message, emoji: str, *, is_added: bool
    ) -> None:
        """Hold a message whose reactions changed and tell of it."""
        self._directory.keep(message)
        channel = self._directory.channels[message.channel_id]
        self._listeners.tell(ReactionChanged(person, message, channel, emoji, is_added))
