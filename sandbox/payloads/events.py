"""What happens in the world as the gateway tells it: events, and the intents that they need.

Source: Discord documentation, "Gateway", section "List of Intents", and "Gateway Events".
"""

from dataclasses import dataclass
from enum import IntFlag
from typing import assert_never

from sandbox.payloads.messages import emoji_payload, message_event_payload, nonce_payload
from sandbox.payloads.people import (
    full_member_payload,
    joined_member_payload,
    role_payload,
    user_payload,
)
from sandbox.payloads.places import channel_payload, joined_guild_payload, thread_member_payload
from sandbox.world.directory import Directory
from sandbox.world.entities import Channel, Guild, Message, Payload
from sandbox.world.happenings import (
    BotJoined,
    BotLeft,
    ChannelChanged,
    ChannelCreated,
    ChannelDeleted,
    Happening,
    InteractionBegun,
    MemberChanged,
    MemberJoined,
    MemberLeft,
    MessageChanged,
    MessageDeleted,
    MessagePosted,
    MessagesDeleted,
    PrivateThreadJoined,
    ReactionChanged,
    RoleCreated,
    ThreadMembersChanged,
    ThreadStarted,
    TypingStarted,
)


class Intent(IntFlag):
    """The intents that the sandbox acts on."""

    NONE = 0
    GUILDS = 1 << 0
    GUILD_MEMBERS = 1 << 1
    GUILD_PRESENCES = 1 << 8
    GUILD_MESSAGES = 1 << 9
    GUILD_MESSAGE_REACTIONS = 1 << 10
    GUILD_MESSAGE_TYPING = 1 << 11
    DIRECT_MESSAGES = 1 << 12
    DIRECT_MESSAGE_REACTIONS = 1 << 13
    DIRECT_MESSAGE_TYPING = 1 << 14
    MESSAGE_CONTENT = 1 << 15


KNOWN_INTENTS = (1 << 26) - 1
"""Every bit that Discord has given a meaning; any other one is refused with close code 4013."""


@dataclass(frozen=True, slots=True)
class Event:
    """One dispatch, before intents and the bot's view of its channel decide who gets it.

    Attributes:
        name: Such as `MESSAGE_CREATE`.
        data: The payload with its content; a session without the intent gets it blanked.
        intent: The intent needed; `Intent.NONE` is for events that everybody gets.
        channel_id: Where it happened; the bot gets it only while it can see that channel.
        guild_id: The guild it belongs to, null in direct messages.
    """

    name: str
    data: Payload
    intent: Intent = Intent.NONE
    channel_id: int | None = None
    guild_id: int | None = None


_OfGuild = BotJoined | BotLeft | MemberJoined | MemberLeft | MemberChanged | RoleCreated
_OfThread = ThreadStarted | PrivateThreadJoined | ThreadMembersChanged
_OfChannel = ChannelCreated | ChannelChanged | ChannelDeleted | _OfThread
_OfMessage = MessagePosted | MessageChanged | MessageDeleted | MessagesDeleted


def event_of(directory: Directory, happening: Happening) -> Event:
    """Write what the gateway tells of a happening, with everything in it.

    Args:
        directory: Where names, memberships and files are.
        happening: What happens now; what it names is written as it is at this moment.
    """
    match happening:
        case (
            BotJoined()
            | BotLeft()
            | MemberJoined()
            | MemberLeft()
            | MemberChanged()
            | RoleCreated()
        ):
            return _guild_event(directory, happening)
        case (
            ChannelCreated()
            | ChannelChanged()
            | ChannelDeleted()
            | ThreadStarted()
            | PrivateThreadJoined()
            | ThreadMembersChanged()
        ):
            return _channel_event(directory, happening)
        case MessagePosted() | MessageChanged() | MessageDeleted() | MessagesDeleted():
            return _message_event(directory, happening)
        case ReactionChanged():
            return _reaction_event(directory, happening)
        case TypingStarted():
            return _typing_event(directory, happening)
        case InteractionBegun(channel, data):
            return _event("INTERACTION_CREATE", data, Intent.NONE, channel)
        case _:
            assert_never(happening)


def _guild_event(directory: Directory, happening: _OfGuild) -> Event:
    """Write an event of a whole guild."""
    guild: Guild = happening.guild
    name, intent = "GUILD_CREATE", Intent.GUILDS
    match happening:
        case BotJoined():
            data = joined_guild_payload(directory, guild)
        case BotLeft():
            name, data = "GUILD_DELETE", {"id": str(guild.id)}
        case MemberJoined(_, member):
            name, intent = "GUILD_MEMBER_ADD", Intent.GUILD_MEMBERS
            data = joined_member_payload(directory, guild, member)
        case MemberLeft(_, person):
            name, intent = "GUILD_MEMBER_REMOVE", Intent.GUILD_MEMBERS
            data = {"guild_id": str(guild.id), "user": user_payload(person)}
        case MemberChanged(_, member):
            # A bot is told of its own membership whatever it asked for.
            is_own = member.user_id == directory.bot.id
            name, intent = "GUILD_MEMBER_UPDATE", Intent.NONE if is_own else Intent.GUILD_MEMBERS
            data = joined_member_payload(directory, guild, member)
        case RoleCreated(_, role):
            name = "GUILD_ROLE_CREATE"
            data = {"guild_id": str(guild.id), "role": role_payload(role)}
    return Event(name, data, intent, guild_id=guild.id)


def _channel_event(directory: Directory, happening: _OfChannel) -> Event:
    """Write an event of a channel or thread."""
    match happening:
        case ThreadStarted(thread):
            data = channel_payload(directory, thread) | {"newly_created": True}
            return _event("THREAD_CREATE", data, Intent.GUILDS, thread)
        case PrivateThreadJoined(thread):
            data = channel_payload(directory, thread)
            return _event("THREAD_CREATE", data, Intent.GUILDS, thread)
        case ThreadMembersChanged(thread):
            data = _members_payload(happening)
            return _event("THREAD_MEMBERS_UPDATE", data, Intent.GUILDS, thread)
        case ChannelCreated(channel):
            name = "CHANNEL_CREATE"
        case ChannelChanged(channel):
            name = "CHANNEL_UPDATE" if channel.thread is None else "THREAD_UPDATE"
        case ChannelDeleted(channel):
            name = "CHANNEL_DELETE" if channel.thread is None else "THREAD_DELETE"
    return _event(name, channel_payload(directory, channel), Intent.GUILDS, channel)


def _members_payload(happening: ThreadMembersChanged) -> Payload:
    """Write who came to a thread or went."""
    thread, added, removed = happening.thread, happening.added, happening.removed
    return {
        "id": str(thread.id),
        "guild_id": str(thread.guild_id),
        "member_count": 0 if thread.thread is None else len(thread.thread.members),
        "added_members": [thread_member_payload(thread, added.id)] if added else [],
        "removed_member_ids": [str(removed.id)] if removed else [],
    }


def _message_event(directory: Directory, happening: _OfMessage) -> Event:
    """Write an event of one message or of several; the nonce is told with the post only."""
    channel = happening.channel
    match happening:
        case MessagePosted(message):
            name = "MESSAGE_CREATE"
            data = message_event_payload(directory, message) | nonce_payload(message)
        case MessageChanged(message):
            name, data = "MESSAGE_UPDATE", message_event_payload(directory, message)
        case MessageDeleted(message):
            name, data = "MESSAGE_DELETE", {"id": str(message.id)} | _where(channel)
        case MessagesDeleted(messages):
            ids = [str(message.id) for message in messages]
            name, data = "MESSAGE_DELETE_BULK", {"ids": ids} | _where(channel)
    is_direct = channel.guild_id is None
    intent = Intent.DIRECT_MESSAGES if is_direct else Intent.GUILD_MESSAGES
    return _event(name, data, intent, channel)


def _reaction_event(directory: Directory, happening: ReactionChanged) -> Event:
    """Write that a reaction came or went."""
    message: Message = happening.message
    channel = happening.channel
    data: Payload = {
        "user_id": str(happening.person.id),
        "message_id": str(message.id),
        "message_author_id": str(message.author_id),
        "emoji": emoji_payload(happening.emoji),
        "burst": False,
        "burst_colors": [],
        "type": 0,
        **_where(channel),
    }
    member = directory.member(channel.guild_id or 0, happening.person.id)
    if member is not None and happening.is_added:
        data["member"] = full_member_payload(directory, member)
    is_direct = channel.guild_id is None
    intent = Intent.DIRECT_MESSAGE_REACTIONS if is_direct else Intent.GUILD_MESSAGE_REACTIONS
    name = "MESSAGE_REACTION_ADD" if happening.is_added else "MESSAGE_REACTION_REMOVE"
    return _event(name, data, intent, channel)


def _typing_event(directory: Directory, happening: TypingStarted) -> Event:
    """Write that somebody types."""
    channel, person = happening.channel, happening.person
    data: Payload = {"user_id": str(person.id), "timestamp": int(happening.at_s)} | _where(channel)
    member = directory.member(channel.guild_id or 0, person.id)
    if member is not None:
        data["member"] = full_member_payload(directory, member)
    is_direct = channel.guild_id is None
    intent = Intent.DIRECT_MESSAGE_TYPING if is_direct else Intent.GUILD_MESSAGE_TYPING
    return _event("TYPING_START", data, intent, channel)


def _event(name: str, data: Payload, intent: Intent, channel: Channel) -> Event:
    return Event(name, data, intent, channel.id, channel.guild_id)


def _where(channel: Channel) -> Payload:
    """Write the channel, and the guild if there is one, that an event is about."""
    where: Payload = {"channel_id": str(channel.id)}
    if channel.guild_id is not None:
        where["guild_id"] = str(channel.guild_id)
    return where
