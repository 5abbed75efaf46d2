"""Column types that SQLAlchemy does not bring, and the shapes of what JSON columns hold."""

from datetime import UTC, datetime
from typing import Any, TypedDict

from sqlalchemy import DateTime, Text
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator


class UtcDateTime(TypeDecorator[datetime]):
    """An aware datetime, kept as UTC without a zone, since SQLite has no type that holds one."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(
        self,
        value: datetime | None,
        dialect: Dialect,  # noqa: ARG002 - SQLAlchemy's signature
    ) -> datetime | None:
        """Bring to UTC.

        Raises:
            ValueError: The datetime is naive, so what moment it means is anybody's guess.
        """
        if value is None:
            return None
        if value.tzinfo is None:
            message = "a datetime without a zone cannot be stored"
            raise ValueError(message)
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(
        self,
        value: datetime | None,
        dialect: Dialect,  # noqa: ARG002 - SQLAlchemy's signature
    ) -> datetime | None:
        """Return the zone back."""
        return None if value is None else value.replace(tzinfo=UTC)


class WholeText(TypeDecorator[str]):
    """Text of any length in which half a surrogate pair is replaced by U+FFFD.

    JSON can spell such a half, Python keeps it, and no database takes it; one broken character
    must not cost the text around it. The two halves of a pair become the character they mean.
    """

    impl = Text
    cache_ok = True

    def process_bind_param(
        self,
        value: str | None,
        dialect: Dialect,  # noqa: ARG002 - SQLAlchemy's signature
    ) -> str | None:
        """Mend what no encoding can hold."""
        if value is None:
            return None
        return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


class ParametersJson(TypedDict, total=False):
    """`Parameters`, without those that are left to the provider."""

    temperature: float
    top_p: float
    max_tokens: int


class ResumeJson(TypedDict):
    """`ResumeState`; `expires_at` in ISO 8601 with its zone."""

    provider: str
    data: dict[str, str]
    expires_at: str | None


class SpeakerJson(TypedDict):
    """`Speaker`."""

    author_id: int
    name: str
    length_chars: int


class AttachmentJson(TypedDict):
    """`Attachment`."""

    name: str
    content_type: str | None
    size_bytes: int


class FailureJson(TypedDict, total=False):
    """What the words about a `Failure` name, beside its reason."""

    retry_after_s: float
    nearest: list[str]


class RemarkJson(TypedDict):
    """`Remark`."""

    kind: str
    fields: dict[str, Any]
