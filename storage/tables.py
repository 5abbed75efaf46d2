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
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    UniqueConstraint,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from storage.column_types import (
    AttachmentJson,
    ParametersJson,
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
    attention: Mapped[str | None] = mapped_column(WORD)
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
    answered_at: Mapped[datetime | None]
    """When it became part of its turn; what the turns of a day are counted by."""


class ReplyRow(Base):
    """The Discord messages that show a turn; it outlives the turn that it shows now."""

    __tablename__ = "reply"
    __table_args__ = ({"sqlite_autoincrement": True},)

    id: Mapped[int] = mapped_column(primary_key=True)
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversation.id"))
    turn_id: Mapped[int] = mapped_column(ForeignKey("turn.id"), unique=True)
    """The turn shown now: a turn is shown in one place at most."""


class PartRow(Base):
    """One Discord message of a reply."""

    __tablename__ = "part"

    reply_id: Mapped[int] = mapped_column(ForeignKey("reply.id"), primary_key=True)
    ordinal: Mapped[int] = mapped_column(primary_key=True)
    channel_id: Mapped[int] = mapped_column(BigInteger)
    message_id: Mapped[int] = mapped_column(BigInteger, unique=True)
    nonce: Mapped[str]


class ToldRow(Base):
    """Something that people are told once only, and when they were."""

    __tablename__ = "told"

    key: Mapped[str] = mapped_column(primary_key=True)
    told_at: Mapped[datetime]


class TurnedAwayRow(Base):
    """Messages of one person that were not taken in, as they were told: from one id to another."""

    __tablename__ = "turned_away"

    author_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    first_message_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    last_message_id: Mapped[int] = mapped_column(BigInteger)
    told_at: Mapped[datetime]


class AliveRow(Base):
    """When this bot last heard what is said; a single row."""

    __tablename__ = "alive"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime]
