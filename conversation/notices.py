"""What people are told besides answers: remarks under one, and notices; kinds and fields, no words.

The words are made in `rendering.wording` when something is shown, so that a sentence can be changed
or translated without touching what is stored.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

Field = str | int | float | tuple[str, ...]
"""What a sentence names: a name, a number, a moment in seconds since 1970, or several names."""
Fields = Mapping[str, Field]


class RemarkKind(StrEnum):
    """What may stand in small print under an answer."""

    SWITCHED = "switched"
    """Another model answered: `model`, `chosen`, and `reason`, a `FailureReason`."""
    SHORTENED = "shortened"
    """The oldest turns were left out."""
    UNREAD_FILES = "unread_files"
    """Files came along that were not read: `names`."""
    WAS_AWAY = "was_away"
    """The bot was away when the question was written: `when`."""
    QUOTA_NEAR = "quota_near"
    """Few turns of the day are left: `left`, `limit`, `when` they renew."""
    NO_THREAD_KIND = "no_thread_kind"
    """This kind of channel has no threads."""
    NO_THREAD_PERMISSIONS = "no_thread_permissions"
    """Permissions are missing: `names`."""
    NO_THREAD_REFUSED = "no_thread_refused"
    """Discord says that the bot may not open threads there."""
    NO_THREAD_FAILED = "no_thread_failed"
    NO_THREAD_BUSY = "no_thread_busy"
    """To open one would have taken too long."""


@dataclass(frozen=True, slots=True)
class Remark:
    """One line of small print under an answer."""

    kind: RemarkKind
    fields: Fields = field(default_factory=dict[str, Field])
    once_key: str | None = None
    """What makes it the same remark, where it is made once only."""


class NoticeKind(StrEnum):
    """What may be said in a message of its own."""

    HOW_TO = "how_to"
    """`bot`, the bot's name."""
    ONLY_FILES = "only_files"
    """`names`."""
    ONLY_WORDS = "only_words"
    WITHHELD = "withheld"
    QUEUE_FULL = "queue_full"
    """`limit`."""
    QUOTA_SPENT = "quota_spent"
    """`limit`, `when` they renew."""
    SLOW_DOWN = "slow_down"
    """`limit`, `seconds`, `when` more is taken."""
    BROKEN = "broken"
    NO_DIRECT_MESSAGES = "no_direct_messages"
    GUILD_NOT_ALLOWED = "guild_not_allowed"
    CHANNEL_NOT_ALLOWED = "channel_not_allowed"
    ROLE_NOT_ALLOWED = "role_not_allowed"
    BLOCKED = "blocked"
    REMARK = "remark"
    """Nothing to be posted: a remark that is made once was made."""


@dataclass(frozen=True, slots=True)
class Notice:
    """A message of ours that is no answer.

    It replies to the message that it is about, and is posted once, whatever happens.
    """

    key: str
    """What makes it the same notice: one with a key that is known changes nothing."""
    kind: NoticeKind
    channel_id: int
    guild_id: int | None
    answers_message_id: int
    author_id: int
    """Whom it is for."""
    fields: Fields = field(default_factory=dict[str, Field])
    covers_until_id: int | None = None
    """What its author writes up to this Discord id is not taken: the notice says so."""
    is_once_a_run: bool = False
    """Whether it also stands for what follows, until its author says something in words there."""


@dataclass(frozen=True, slots=True)
class StoredNotice:
    """A notice that is to be posted."""

    id: int
    kind: NoticeKind
    fields: Fields
    channel_id: int
    guild_id: int | None
    answers_message_id: int
    was_tried: bool
    """Whether it may be on Discord already."""
