"""What happens in the world, as its listeners are told: the entities themselves, no payloads.

A listener is called at once, so an entity is as it was made by what happened; one that is deleted
is told of before it is gone.
"""

from dataclasses import dataclass

from sandbox.world.entities import Channel, Guild, Member, Message, Payload, Person, Role


@dataclass(frozen=True, slots=True)
class BotJoined:
    """The bot was let into a guild."""

    guild: Guild


@dataclass(frozen=True, slots=True)
class BotLeft:
    """The bot left a guild, or was made to."""

    guild: Guild


@dataclass(frozen=True, slots=True)
class MemberJoined:
    """A person joined a guild."""

    guild: Guild
    member: Member


@dataclass(frozen=True, slots=True)
class MemberLeft:
    """A person left a guild."""

    guild: Guild
    person: Person


@dataclass(frozen=True, slots=True)
class MemberChanged:
    """A member was timed out, or is so no longer."""

    guild: Guild
    member: Member


@dataclass(frozen=True, slots=True)
class RoleCreated:
    """A guild has a new role."""

    guild: Guild
    role: Role


@dataclass(frozen=True, slots=True)
class ChannelCreated:
    """A guild has a new channel that is no thread."""

    channel: Channel


@dataclass(frozen=True, slots=True)
class ChannelChanged:
    """A channel or thread was renamed, locked, archived, or its overwrites were changed."""

    channel: Channel


@dataclass(frozen=True, slots=True)
class ChannelDeleted:
    """A channel or thread is about to be gone, with its messages."""

    channel: Channel


@dataclass(frozen=True, slots=True)
class ThreadStarted:
    """There is a new thread."""

    thread: Channel


@dataclass(frozen=True, slots=True)
class PrivateThreadJoined:
    """The bot was brought into a private thread, of which it knew nothing before."""

    thread: Channel


@dataclass(frozen=True, slots=True)
class ThreadMembersChanged:
    """Somebody came into a thread, or went."""

    thread: Channel
    added: Person | None = None
    removed: Person | None = None


@dataclass(frozen=True, slots=True)
class MessagePosted:
    """There is a new message that everybody in its channel sees."""

    message: Message
    channel: Channel


@dataclass(frozen=True, slots=True)
class MessageChanged:
    """A message was edited, or a thread hangs on it now."""

    message: Message
    channel: Channel


@dataclass(frozen=True, slots=True)
class MessageDeleted:
    """One message is gone."""

    message: Message
    channel: Channel


@dataclass(frozen=True, slots=True)
class MessagesDeleted:
    """Several messages of one channel are gone at once."""

    messages: tuple[Message, ...]
    channel: Channel


@dataclass(frozen=True, slots=True)
class ReactionChanged:
    """Somebody reacted to a message (`is_added`), or took their reaction back."""

    person: Person
    message: Message
    channel: Channel
    emoji: str
    is_added: bool


@dataclass(frozen=True, slots=True)
class TypingStarted:
    """Somebody types; `at_s` is in seconds since 1970."""

    person: Person
    channel: Channel
    at_s: float


@dataclass(frozen=True, slots=True)
class InteractionBegun:
    """Somebody used a command or component; `data` is for the bot, and opaque to the world."""

    channel: Channel
    data: Payload


Happening = (
    BotJoined
    | BotLeft
    | MemberJoined
    | MemberLeft
    | MemberChanged
    | RoleCreated
    | ChannelCreated
    | ChannelChanged
    | ChannelDeleted
    | ThreadStarted
    | PrivateThreadJoined
    | ThreadMembersChanged
    | MessagePosted
    | MessageChanged
    | MessageDeleted
    | MessagesDeleted
    | ReactionChanged
    | TypingStarted
    | InteractionBegun
)
