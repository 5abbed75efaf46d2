"""What exists in the sandbox's Discord: people, guilds, channels, messages.

Records without behaviour that only `World` changes. Every id is a snowflake as an integer, every
time is in seconds since 1970 unless its name says otherwise.
"""

from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

Payload = dict[str, Any]
"""A JSON object on its way to or from the wire."""


class ChannelKind(IntEnum):
    """Discord's channel types, as far as the sandbox has them."""

    TEXT = 0
    DIRECT_MESSAGE = 1
    VOICE = 2
    ANNOUNCEMENT = 5
    ANNOUNCEMENT_THREAD = 10
    PUBLIC_THREAD = 11
    PRIVATE_THREAD = 12
    STAGE = 13
    FORUM = 15
    MEDIA = 16


class MessageKind(IntEnum):
    """Discord's message types, as far as the sandbox has them."""

    DEFAULT = 0
    THREAD_CREATED = 18
    REPLY = 19
    CHAT_INPUT_COMMAND = 20
    THREAD_STARTER_MESSAGE = 21
    CONTEXT_MENU_COMMAND = 23


class MessageFlag(IntEnum):
    """Discord's message flags, as far as the sandbox acts on them."""

    SUPPRESS_EMBEDS = 1 << 2
    HAS_THREAD = 1 << 5
    EPHEMERAL = 1 << 6
    LOADING = 1 << 7
    SUPPRESS_NOTIFICATIONS = 1 << 12
    HAS_SNAPSHOT = 1 << 14
    IS_COMPONENTS_V2 = 1 << 15


@dataclass(slots=True, eq=False)
class Person:
    """An account, of a human being or of a program."""

    id: int
    name: str
    is_bot: bool = False
    locale: str = "en-US"
    accepts_direct_messages: bool = True

    @property
    def mention(self) -> str:
        """What to write in a message to mention them."""
        return f"<@{self.id}>"


@dataclass(slots=True, eq=False)
class Bot(Person):
    """The account under test, with what its developer set in the portal."""

    token: str = ""
    application_owner_id: int = 0
    may_read_content: bool = True
    may_list_members: bool = True
    may_see_presences: bool = True

    @property
    def application_id(self) -> int:
        """The id of the application, which is the account's own, as for every recent bot."""
        return self.id


@dataclass(slots=True, eq=False)
class Webhook(Person):
    """What posts into one channel under names of its choice; it is nobody's member."""

    channel_id: int = 0


@dataclass(slots=True, eq=False)
class Role:
    """A role; the one for everyone has its guild's id."""

    id: int
    guild_id: int
    name: str
    permissions: int = 0
    position: int = 0
    is_mentionable: bool = False
    bot_id: int | None = None

    @property
    def mention(self) -> str:
        """What to write in a message to mention everybody who has it."""
        return f"<@&{self.id}>"


@dataclass(slots=True, eq=False)
class Member:
    """Somebody's membership of a guild; the role for everyone is not listed."""

    user_id: int
    joined_at: float
    nick: str | None = None
    role_ids: list[int] = field(default_factory=list[int])
    timed_out_until: float | None = None


@dataclass(slots=True, eq=False)
class Guild:
    """A guild with its members."""

    id: int
    name: str
    owner_id: int
    locale: str = "en-US"
    members: dict[int, Member] = field(default_factory=dict[int, Member])


@dataclass(frozen=True, slots=True)
class Overwrite:
    """What one role or member is allowed or denied in a channel; `kind` 0 is a role, 1 a member."""

    id: int
    kind: int
    allow: int
    deny: int


@dataclass(slots=True, eq=False)
class ThreadState:
    """What a thread has besides being a channel; `members` maps an account to when it joined."""

    owner_id: int
    created_at: float
    archived_at: float
    auto_archive_minutes: int = 4320
    is_archived: bool = False
    is_locked: bool = False
    members: dict[int, float] = field(default_factory=dict[int, float])
    message_count: int = 0
    total_message_sent: int = 0


@dataclass(slots=True, eq=False)
class Channel:
    """A channel of any kind, a thread, or direct messages."""

    id: int
    kind: ChannelKind
    name: str = ""
    guild_id: int | None = None
    parent_id: int | None = None
    topic: str | None = None
    position: int = 0
    slowmode_s: int = 0
    last_message_id: int | None = None
    overwrites: list[Overwrite] = field(default_factory=list[Overwrite])
    recipient_ids: list[int] = field(default_factory=list[int])
    thread: ThreadState | None = None

    @property
    def is_forum(self) -> bool:
        """Whether it holds posts and no messages of its own: a forum, or a media channel."""
        return self.kind in (ChannelKind.FORUM, ChannelKind.MEDIA)

    @property
    def is_voice(self) -> bool:
        """Whether people talk in it; it has messages of its own, and no threads."""
        return self.kind in (ChannelKind.VOICE, ChannelKind.STAGE)

    @property
    def thread_kind(self) -> ChannelKind | None:
        """What a public thread started in it is; null where none can be started."""
        if self.kind is ChannelKind.ANNOUNCEMENT:
            return ChannelKind.ANNOUNCEMENT_THREAD
        return ChannelKind.PUBLIC_THREAD if self.kind is ChannelKind.TEXT else None

    @property
    def mention(self) -> str:
        """What to write in a message to link to it."""
        return f"<#{self.id}>"


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file of a message; its bytes are with the `World`."""

    id: int
    filename: str
    size_bytes: int
    content_type: str
    channel_id: int
    description: str | None = None


@dataclass(frozen=True, slots=True)
class Upload:
    """A file on its way into a message."""

    filename: str
    content: bytes
    content_type: str = "application/octet-stream"
    description: str | None = None


@dataclass(frozen=True, slots=True)
class AllowedMentions:
    """Whom a message may ping; null for users or roles means all that its text names."""

    users: frozenset[int] | None = None
    roles: frozenset[int] | None = None
    everyone: bool = True
    replied_user: bool = True


@dataclass(frozen=True, slots=True)
class Reference:
    """What a message points to: a reply (`kind` 0) or what it forwards (`kind` 1)."""

    channel_id: int
    message_id: int | None
    kind: int = 0


@dataclass(frozen=True, slots=True)
class Draft:
    """What somebody posts, before it is a message."""

    content: str = ""
    embeds: tuple[Payload, ...] = ()
    components: tuple[Payload, ...] = ()
    uploads: tuple[Upload, ...] = ()
    flags: int = 0
    kind: MessageKind = MessageKind.DEFAULT
    reference: Reference | None = None
    allowed_mentions: AllowedMentions = AllowedMentions()
    nonce: str | int | None = None
    is_tts: bool = False
    snapshot: Payload | None = None
    interaction: Payload | None = None
    webhook_id: int | None = None
    author_name: str | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """What an edit changes; null leaves a field be. `kept_ids` are the attachments to keep."""

    content: str | None = None
    embeds: tuple[Payload, ...] | None = None
    components: tuple[Payload, ...] | None = None
    flags: int | None = None
    uploads: tuple[Upload, ...] = ()
    kept_ids: frozenset[int] | None = None
    allowed_mentions: AllowedMentions = AllowedMentions()


@dataclass(slots=True, eq=False)
class Message:
    """A message as it is now; `edits` says when it changed and to what.

    `edits` holds pairs of the world's clock and the new content; `reactions` maps an emoji, as in a
    URL, to who reacted with it, in order; `snapshot` is a forwarded message's payload;
    `author_name` is what a webhook called itself for this message.
    """

    id: int
    channel_id: int
    author_id: int
    content: str = ""
    kind: MessageKind = MessageKind.DEFAULT
    flags: int = 0
    created_s: float = 0.0
    edited_at: float | None = None
    edits: list[tuple[float, str]] = field(default_factory=list[tuple[float, str]])
    embeds: list[Payload] = field(default_factory=list[Payload])
    components: list[Payload] = field(default_factory=list[Payload])
    attachments: list[Attachment] = field(default_factory=list[Attachment])
    mention_ids: list[int] = field(default_factory=list[int])
    mention_role_ids: list[int] = field(default_factory=list[int])
    mentions_everyone: bool = False
    reference: Reference | None = None
    snapshot: Payload | None = None
    reactions: dict[str, list[int]] = field(default_factory=dict[str, list[int]])
    nonce: str | int | None = None
    webhook_id: int | None = None
    author_name: str | None = None
    interaction: Payload | None = None
    is_tts: bool = False
    is_deleted: bool = False

    @property
    def is_ephemeral(self) -> bool:
        """Whether only the person who made the interaction sees it."""
        return bool(self.flags & MessageFlag.EPHEMERAL)


@dataclass(slots=True, eq=False)
class Command:
    """An application command as it was registered; `guild_id` is null for a global one."""

    id: int
    version: int
    guild_id: int | None
    body: Payload

    @property
    def name(self) -> str:
        """The name people type."""
        return str(self.body["name"])

    @property
    def kind(self) -> int:
        """1 for a slash command, 2 for a person's context menu, 3 for a message's."""
        return int(self.body.get("type", 1))


Entity = Person | Bot | Webhook | Role | Guild | Channel | Message | Command
"""What has an id and is kept for itself."""
