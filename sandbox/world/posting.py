"""What is done with messages: posted, edited, deleted, reacted to.

Nothing is refused here: who may do what is the REST routes' and the people's own affair.
"""

from collections.abc import Sequence

from sandbox.payloads.messages import (
    emoji_payload,
    message_event_payload,
    nonce_payload,
    referenced_message,
)
from sandbox.payloads.people import full_member_payload
from sandbox.world.entities import (
    AllowedMentions,
    Attachment,
    Change,
    Channel,
    ChannelKind,
    Draft,
    Message,
    MessageKind,
    Payload,
    Person,
    Upload,
)
from sandbox.world.events import Intent
from sandbox.world.guilds import GuildActs
from sandbox.world.mentions import find_mentions
from sandbox.world.permissions import Permission


class MessageActs(GuildActs):
    """Changes messages; each act is told to the listeners."""

    def post(self, author: Person, channel: Channel, draft: Draft) -> Message:
        """Post a message; its ends are trimmed, and a thread that was archived is so no longer."""
        self.before_post(author, channel)
        message = Message(
            id=self.first_message_id(channel),
            channel_id=channel.id,
            author_id=author.id,
            content=draft.content.strip(),
            kind=draft.kind,
            flags=draft.flags,
            created_s=self.clock(),
            embeds=list(draft.embeds),
            components=list(draft.components),
            reference=draft.reference,
            snapshot=draft.snapshot,
            nonce=draft.nonce,
            webhook_id=draft.webhook_id,
            interaction=draft.interaction,
            is_tts=draft.is_tts,
        )
        message.attachments = [self._attach(channel, upload) for upload in draft.uploads]
        self._fill_mentions(message, channel, draft.allowed_mentions)
        self._count(channel, message)
        self.keep(message)
        data = message_event_payload(self, message) | nonce_payload(message)
        self._tell("MESSAGE_CREATE", channel, message, data)
        return message

    def edit(self, message: Message, change: Change) -> Message:
        """Change a message and note when; the flags of a change replace the ones it may set."""
        channel = self.channels[message.channel_id]
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
        message.edited_at = self.now()
        message.edits.append((self.clock(), message.content))
        self.tell_update(message)
        return message

    def tell_update(self, message: Message) -> None:
        """Hold a message that changed and tell of it."""
        self.keep(message)
        channel = self.channels[message.channel_id]
        self._tell("MESSAGE_UPDATE", channel, message, message_event_payload(self, message))

    def delete(self, message: Message) -> None:
        """Delete a message; it stays known to `messages_with_deleted`."""
        channel = self.channels[message.channel_id]
        self._take_away(message, channel)
        data = {"id": str(message.id)} | _where(channel)
        self._tell("MESSAGE_DELETE", channel, message, data)

    def delete_many(self, channel: Channel, messages: Sequence[Message]) -> None:
        """Delete messages of one channel at once, of which one event tells; none tells nothing."""
        for message in messages:
            self._take_away(message, channel)
        ids = [str(message.id) for message in messages if not message.is_ephemeral]
        if ids:
            data: Payload = {"ids": ids} | _where(channel)
            self.emit("MESSAGE_DELETE_BULK", data, _message_intent(channel), channel)

    def react(self, person: Person, message: Message, emoji: str) -> None:
        """Add somebody's reaction; `emoji` is itself, or `name:id` for a guild's own."""
        user_ids = message.reactions.setdefault(emoji, [])
        if person.id in user_ids:
            return
        user_ids.append(person.id)
        self._tell_reaction("MESSAGE_REACTION_ADD", person, message, emoji)

    def unreact(self, person: Person, message: Message, emoji: str) -> None:
        """Take somebody's reaction back; where there is none, nothing happens."""
        user_ids = message.reactions.get(emoji, [])
        if person.id not in user_ids:
            return
        user_ids.remove(person.id)
        if not user_ids:
            del message.reactions[emoji]
        self._tell_reaction("MESSAGE_REACTION_REMOVE", person, message, emoji)

    def type_in(self, person: Person, channel: Channel) -> None:
        """Tell that somebody types."""
        data: Payload = {"user_id": str(person.id), "timestamp": int(self.now())} | _where(channel)
        member = self.member(channel.guild_id or 0, person.id)
        if member is not None:
            data["member"] = full_member_payload(self, member)
        is_direct = channel.guild_id is None
        intent = Intent.DIRECT_MESSAGE_TYPING if is_direct else Intent.GUILD_MESSAGE_TYPING
        self.emit("TYPING_START", data, intent, channel)

    def before_post(self, author: Person, channel: Channel) -> None:
        """Do what a post to a channel brings about; threads have something to do here."""

    def first_message_id(self, channel: Channel) -> int:
        """Give the id of the next message; the first one of a forum's post has the thread's."""
        parent = self.channels.get(channel.parent_id or 0)
        is_post = channel.thread is not None and parent is not None and parent.is_forum
        if is_post and not self.messages_with_deleted(channel.id):
            return channel.id
        return self.ids.make()

    def _attach(self, channel: Channel, upload: Upload) -> Attachment:
        """Hold the bytes of a file and give what the message says of it."""
        attachment = Attachment(
            id=self.ids.make(),
            filename=upload.filename,
            size_bytes=len(upload.content),
            content_type=upload.content_type,
            channel_id=channel.id,
            description=upload.description,
        )
        self.keep_file(attachment.id, upload.content)
        return attachment

    def _fill_mentions(self, message: Message, channel: Channel, allowed: AllowedMentions) -> None:
        """Note whom a message mentions, as far as they exist and its author may."""
        found = find_mentions(message.content, allowed)
        user_ids = [user_id for user_id in found.user_ids if user_id in self.people]
        replied = self._replied_author(message) if allowed.replied_user else None
        if replied is not None and replied not in user_ids:
            user_ids.append(replied)
        may_all = bool(
            self.permissions_in(message.author_id, channel) & Permission.MENTION_EVERYONE
        )
        roles = [self.roles[role_id] for role_id in found.role_ids if role_id in self.roles]
        here = [role for role in roles if role.guild_id == channel.guild_id]
        message.mention_ids = user_ids
        message.mention_role_ids = [role.id for role in here if may_all or role.is_mentionable]
        message.mentions_everyone = found.everyone and may_all

    def _replied_author(self, message: Message) -> int | None:
        """Give whom a reply answers."""
        if message.reference is None or message.kind is not MessageKind.REPLY:
            return None
        answered = referenced_message(self, message.reference)
        return None if answered is None else answered.author_id

    def _count(self, channel: Channel, message: Message) -> None:
        """Note a new message in its channel; an ephemeral one is in no channel's count."""
        if message.is_ephemeral:
            return
        channel.last_message_id = message.id
        if channel.thread is not None and message.id != channel.id:
            channel.thread.message_count += 1
            channel.thread.total_message_sent += 1
        self.keep(channel)

    def _take_away(self, message: Message, channel: Channel) -> None:
        message.is_deleted = True
        self.keep(message)
        if channel.thread is not None and channel.thread.message_count > 0:
            channel.thread.message_count -= 1
            self.keep(channel)

    def _tell(self, name: str, channel: Channel, message: Message, data: Payload) -> None:
        """Emit an event of a message; nobody is told of an ephemeral one over the gateway."""
        if message.is_ephemeral:
            self.changed()
            return
        self.emit(name, data, _message_intent(channel), channel)

    def _tell_reaction(self, name: str, person: Person, message: Message, emoji: str) -> None:
        """Hold a message whose reactions changed and tell of it."""
        self.keep(message)
        channel = self.channels[message.channel_id]
        data: Payload = {
            "user_id": str(person.id),
            "message_id": str(message.id),
            "message_author_id": str(message.author_id),
            "emoji": emoji_payload(emoji),
            "burst": False,
            "burst_colors": [],
            "type": 0,
            **_where(channel),
        }
        member = self.member(channel.guild_id or 0, person.id)
        if member is not None and name.endswith("ADD"):
            data["member"] = full_member_payload(self, member)
        is_direct = channel.guild_id is None
        intent = Intent.DIRECT_MESSAGE_REACTIONS if is_direct else Intent.GUILD_MESSAGE_REACTIONS
        self.emit(name, data, intent, channel)


def _message_intent(channel: Channel) -> Intent:
    is_direct = channel.kind is ChannelKind.DIRECT_MESSAGE
    return Intent.DIRECT_MESSAGES if is_direct else Intent.GUILD_MESSAGES


def _where(channel: Channel) -> Payload:
    """Write the channel, and the guild if there is one, that an event is about."""
    where: Payload = {"channel_id": str(channel.id)}
    if channel.guild_id is not None:
        where["guild_id"] = str(channel.guild_id)
    return where
