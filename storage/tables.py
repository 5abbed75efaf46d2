"""The tables: one row class each, with the indices that the repository's queries use.

A change here needs a migration; `tests/storage/test_migrations.py` fails until they agree. Ids of
our own are never given twice (`AUTOINCREMENT`), for buttons on Discord carry them for good. Words
(roles, states, outcomes) are kept as the values of their enums. No relationships are declared:
every read is a query that somebody wrote on purpose.
"""

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    UniqueConstraint,
    false,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from storage.column_types import (
    AttachmentJson,
    FailureJson,
    ParametersJson,
    RemarkJson,
    ResumeJson,
    SpeakerJson,
    UtcDateTime,
    WholeText,
)

WORD = String(32)
"""The value of an enum."""


class Base(DeclarativeBase):
    """Holds the metadata; the naming makes every constraint addressable by a later migration."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: UtcDateTime,
        str: WholeText,
        int: Integer,
        bool: Boolean,
    }


class PlaceRow(Base):
    """A Discord channel we talk in, what was set for it, and which conversation is current."""

    __tablename__ = "place"

    channel_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    guild_id: Mapped[int | None] = mapped_column(BigInteger)
    parent_channel_id: Mapped[int | None] = mapped_column(BigInteger)
    current_conversation_id: Mapped[int | None] = mapped_column(
        ForeignKey("conversation.id", use_alter=True)
    )
    last_message_id: Mapped[int | None] = mapped_column(BigInteger)
    """The newest message seen here that was meant for us."""
    model: Mapped[str | None]
    parameters: Mapped[ParametersJson] = mapped_column(JSON, default=ParametersJson)
    system_prompt: Mapped[str | None]
    listen_mode: Mapped[str | None] = mapped_column(WORD)
    fallback_models: Mapped[list[str] | None] = mapped_column(JSON(none_as_null=True))


class ConversationRow(Base):
    """A dialogue; in a text channel it is found by the message that began it."""

    __tablename__ = "conversation"
    __table_args__ = (
        UniqueConstraint("channel_id", "root_message_id"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    channel_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("place.channel_id"))
    root_message_id: Mapped[int | None] = mapped_column(BigInteger)
    head_turn_id: Mapped[int | None] = mapped_column(ForeignKey("turn.id", use_alter=True))
    starter_id: Mapped[int | None] = mapped_column(BigInteger)
    created_at: Mapped[datetime]


class TurnRow(Base):
    """One entry of a conversation's tree."""

    __tablename__ = "turn"
    __table_args__ = (
        Index(None, "role", "outcome"),
        Index(None, "parent_id"),
        Index(None, "presser_id", "created_at"),
        Index(
            "ix_turn_unfinished",
            "conversation_id",
            sqlite_where=text("role = 'assistant' AND outcome IS NULL"),
            postgresql_where=text("role = 'assistant' AND outcome IS NULL"),
        ),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversation.id"))
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("turn.id"))
    role: Mapped[str] = mapped_column(WORD)
    text: Mapped[str]
    reasoning: Mapped[str] = mapped_column(default="")
    speakers: Mapped[list[SpeakerJson]] = mapped_column(JSON, default=list)
    """Empty for a user turn that nobody said."""
    outcome: Mapped[str | None] = mapped_column(WORD)
    failure: Mapped[str | None] = mapped_column(WORD)
    failure_details: Mapped[FailureJson | None] = mapped_column(JSON(none_as_null=True))
    """What the words about the failure name; the reason is in `failure`."""
    remarks: Mapped[list[RemarkJson] | None] = mapped_column(JSON(none_as_null=True))
    model: Mapped[str | None]
    parameters: Mapped[ParametersJson] = mapped_column(JSON, default=ParametersJson)
    prompt_tokens: Mapped[int | None]
    completion_tokens: Mapped[int | None]
    resume: Mapped[ResumeJson | None] = mapped_column(JSON(none_as_null=True))
    origin_turn_id: Mapped[int | None] = mapped_column(ForeignKey("turn.id"))
    presser_id: Mapped[int | None] = mapped_column(BigInteger)
    """Who pressed a button for this answer, which is one of the turns of their day."""
    created_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]


class InboundRow(Base):
    """A Discord message that was meant for us; its id, being unique, stops a repeated event."""

    __tablename__ = "inbound"
    __table_args__ = (
        Index(None, "state", "conversation_id"),
        Index(None, "author_id", "answered_at"),
        Index(None, "turn_id"),
        Index(None, "received_at"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    message_id: Mapped[int] = mapped_column(BigInteger, unique=True)
    channel_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("place.channel_id"))
    """Where it was said, which stays when its conversation moves into a thread."""
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversation.id"))
    author_id: Mapped[int] = mapped_column(BigInteger)
    author_name: Mapped[str]
    text: Mapped[str]
    attachments: Mapped[list[AttachmentJson]] = mapped_column(JSON, default=list)
    state: Mapped[str] = mapped_column(WORD)
    turn_id: Mapped[int | None] = mapped_column(ForeignKey("turn.id"))
    ordinal: Mapped[int | None]
    """Its position among the inbounds of its turn, from 0."""
    received_at: Mapped[datetime]
    left_today: Mapped[int | None]
    """How many turns of the day its author had left after it; None without a limit."""
    answered_at: Mapped[datetime | None]
    """When it became part of its turn; what the turns of a day are counted by."""


class ReplyRow(Base):
    """The Discord messages that show a turn; it outlives the turn that it shows now.

    Every transaction that changes what should be seen raises `wanted_rev`; `shown_rev` is the one
    that Discord has.
    """

    __tablename__ = "reply"
    __table_args__ = (
        Index(
            "ix_reply_behind",
            "channel_id",
            sqlite_where=text("shown_rev < wanted_rev"),
            postgresql_where=text("shown_rev < wanted_rev"),
        ),
        Index(None, "conversation_id"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversation.id"))
    turn_id: Mapped[int] = mapped_column(ForeignKey("turn.id"), unique=True)
    """The turn shown now: a turn is shown in one place at most."""
    channel_id: Mapped[int | None] = mapped_column(BigInteger)
    """Where it goes; None until that is decided, for a thread may have to be opened first."""
    answers_message_id: Mapped[int | None] = mapped_column(BigInteger)
    """The message that its first part replies to; None where the place is the conversation."""
    wanted_rev: Mapped[int] = mapped_column(server_default="1")
    shown_rev: Mapped[int] = mapped_column(server_default="0")


class PartRow(Base):
    """One Discord message of a reply; the row is written before the message is posted."""

    __tablename__ = "part"

    reply_id: Mapped[int] = mapped_column(ForeignKey("reply.id"), primary_key=True)
    ordinal: Mapped[int] = mapped_column(primary_key=True)
    channel_id: Mapped[int] = mapped_column(BigInteger)
    message_id: Mapped[int | None] = mapped_column(BigInteger, unique=True)
    """None until Discord has given it: then the message may be there or not."""
    nonce: Mapped[str]
    digest: Mapped[str | None] = mapped_column(String(32))
    """Of the content and buttons sent last; see `rendering.diff.digest_of`."""
    is_confirmed: Mapped[bool] = mapped_column(server_default=false())
    """Whether Discord has said that it took what was sent last."""
    is_gone: Mapped[bool] = mapped_column(server_default=false())
    """Somebody deleted the message: there is nothing to edit."""


class NoticeRow(Base):
    """A message of ours that is no answer, or a remark that is made once; unique by its key."""

    __tablename__ = "notice"
    __table_args__ = (
        UniqueConstraint("key"),
        Index(
            "ix_notice_unposted",
            "channel_id",
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
        Index(None, "author_id", "covers_until_id"),
        Index(None, "message_id"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str]
    """What makes it the same notice: it is posted once."""
    kind: Mapped[str] = mapped_column(WORD)
    fields: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    channel_id: Mapped[int | None] = mapped_column(BigInteger)
    guild_id: Mapped[int | None] = mapped_column(BigInteger)
    answers_message_id: Mapped[int | None] = mapped_column(BigInteger)
    author_id: Mapped[int | None] = mapped_column(BigInteger)
    """For whom."""
    covers_until_id: Mapped[int | None] = mapped_column(BigInteger)
    """What its author writes from the message answered up to this id is not taken."""
    created_at: Mapped[datetime]
    tried_at: Mapped[datetime | None]
    """When it was first about to be posted: from then on it may be on Discord."""
    ended_at: Mapped[datetime | None]
    """When it was posted, or refused for good."""
    message_id: Mapped[int | None] = mapped_column(BigInteger)
    """None where it was refused for good."""


class HeardRow(Base):
    """Until when everything that was said was heard; a single row."""

    __tablename__ = "heard"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    until: Mapped[datetime]
