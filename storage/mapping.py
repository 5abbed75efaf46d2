"""Rows to entities and back; the one place that knows both shapes."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, cast

from conversation.entities import (
    Attachment,
    Conversation,
    Failure,
    FailureReason,
    Inbound,
    InboundState,
    ListenMode,
    Outcome,
    Parameters,
    Part,
    PlaceKey,
    PlaceSettings,
    ResumeState,
    Role,
    Speaker,
    Turn,
    Usage,
)
from conversation.notices import Field, Fields, NoticeKind, Remark, RemarkKind, StoredNotice
from storage.column_types import (
    AttachmentJson,
    FailureJson,
    ParametersJson,
    RemarkJson,
    ResumeJson,
    SpeakerJson,
)
from storage.tables import ConversationRow, InboundRow, NoticeRow, PartRow, PlaceRow, TurnRow


def parameters_json(parameters: Parameters) -> ParametersJson:
    """Return what is set, so that a later default of a provider applies to the rest."""
    stored = ParametersJson()
    if parameters.temperature is not None:
        stored["temperature"] = parameters.temperature
    if parameters.top_p is not None:
        stored["top_p"] = parameters.top_p
    if parameters.max_tokens is not None:
        stored["max_tokens"] = parameters.max_tokens
    return stored


def parameters_of(stored: ParametersJson) -> Parameters:
    """Read what `parameters_json` wrote."""
    return Parameters(
        temperature=stored.get("temperature"),
        top_p=stored.get("top_p"),
        max_tokens=stored.get("max_tokens"),
    )


def resume_json(resume: ResumeState | None) -> ResumeJson | None:
    """Write a resume state, the secrets in it included."""
    if resume is None:
        return None
    expires_at = None if resume.expires_at is None else resume.expires_at.isoformat()
    return ResumeJson(provider=resume.provider, data=dict(resume.data), expires_at=expires_at)


def resume_of(stored: ResumeJson | None) -> ResumeState | None:
    """Read what `resume_json` wrote."""
    if stored is None:
        return None
    expires_at = stored["expires_at"]
    return ResumeState(
        provider=stored["provider"],
        data=stored["data"],
        expires_at=None if expires_at is None else datetime.fromisoformat(expires_at),
    )


def speakers_json(speakers: Iterable[Speaker]) -> list[SpeakerJson]:
    """Write who said what stretch of a text."""
    return [
        SpeakerJson(author_id=one.author_id, name=one.name, length_chars=one.length_chars)
        for one in speakers
    ]


def speakers_of(stored: list[SpeakerJson]) -> tuple[Speaker, ...]:
    """Read what `speakers_json` wrote."""
    return tuple(Speaker(one["author_id"], one["name"], one["length_chars"]) for one in stored)


def attachments_json(attachments: Iterable[Attachment]) -> list[AttachmentJson]:
    """Write the names of the files that came with a message."""
    return [
        AttachmentJson(name=one.name, content_type=one.content_type, size_bytes=one.size_bytes)
        for one in attachments
    ]


def attachments_of(stored: list[AttachmentJson]) -> tuple[Attachment, ...]:
    """Read what `attachments_json` wrote."""
    return tuple(Attachment(one["name"], one["content_type"], one["size_bytes"]) for one in stored)


def place_key_of(row: PlaceRow) -> PlaceKey:
    """Return where a place is."""
    return PlaceKey(row.channel_id, row.guild_id, row.parent_channel_id)


def settings_of(row: PlaceRow) -> PlaceSettings:
    """Return what was set for a place."""
    return PlaceSettings(
        model=row.model,
        parameters=parameters_of(row.parameters),
        system_prompt=row.system_prompt,
        listen_mode=None if row.listen_mode is None else ListenMode(row.listen_mode),
        fallback_models=None if row.fallback_models is None else tuple(row.fallback_models),
    )


def conversation_of(row: ConversationRow, place: PlaceRow) -> Conversation:
    """Return a conversation; `place` is the row that its channel id names."""
    return Conversation(
        id=row.id,
        place=place_key_of(place),
        root_message_id=row.root_message_id,
        head_turn_id=row.head_turn_id,
        starter_id=row.starter_id,
    )


def _usage_of(row: TurnRow) -> Usage | None:
    if row.prompt_tokens is None or row.completion_tokens is None:
        return None
    return Usage(row.prompt_tokens, row.completion_tokens)


def turn_of(row: TurnRow) -> Turn:
    """Return a turn."""
    return Turn(
        id=row.id,
        conversation_id=row.conversation_id,
        parent_id=row.parent_id,
        role=Role(row.role),
        text=row.text,
        created_at=row.created_at,
        speakers=speakers_of(row.speakers),
        reasoning=row.reasoning,
        outcome=None if row.outcome is None else Outcome(row.outcome),
        failure=failure_of(row),
        remarks=remarks_of(row.remarks),
        model=row.model,
        parameters=parameters_of(row.parameters),
        usage=_usage_of(row),
        resume=resume_of(row.resume),
        origin_turn_id=row.origin_turn_id,
        finished_at=row.finished_at,
    )


def inbound_of(row: InboundRow) -> Inbound:
    """Return a stored message."""
    return Inbound(
        id=row.id,
        message_id=row.message_id,
        channel_id=row.channel_id,
        conversation_id=row.conversation_id,
        author_id=row.author_id,
        author_name=row.author_name,
        text=row.text,
        state=InboundState(row.state),
        attachments=attachments_of(row.attachments),
        turn_id=row.turn_id,
        received_at=row.received_at,
        left_today=row.left_today,
    )


def part_of(row: PartRow) -> Part:
    """Return a part."""
    return Part(
        ordinal=row.ordinal,
        channel_id=row.channel_id,
        message_id=row.message_id,
        nonce=row.nonce,
        digest=row.digest,
        is_confirmed=row.is_confirmed,
        is_gone=row.is_gone,
    )


def failure_json(failure: Failure | None) -> FailureJson | None:
    """Return what the words about a failure name; what is for the log only is not stored."""
    stored = FailureJson()
    if failure is not None and failure.retry_after_s is not None:
        stored["retry_after_s"] = failure.retry_after_s
    if failure is not None and failure.nearest:
        stored["nearest"] = list(failure.nearest)
    return stored or None


def failure_of(row: TurnRow) -> Failure | None:
    """Return why an answer ended other than complete."""
    if row.failure is None:
        return None
    details = row.failure_details or FailureJson()
    return Failure(
        FailureReason(row.failure),
        retry_after_s=details.get("retry_after_s"),
        nearest=tuple(details.get("nearest", ())),
    )


def remarks_json(remarks: Iterable[Remark]) -> list[RemarkJson] | None:
    """Return what `remarks_of` reads."""
    return [RemarkJson(kind=one.kind.value, fields=dict(one.fields)) for one in remarks] or None


def remarks_of(stored: list[RemarkJson] | None) -> tuple[Remark, ...]:
    """Read what `remarks_json` wrote."""
    return tuple(Remark(RemarkKind(one["kind"]), fields_of(one["fields"])) for one in stored or ())


def fields_of(stored: Mapping[str, Any]) -> Fields:
    """Read the fields of a sentence: several names are a tuple again."""
    found: dict[str, Field] = {}
    for name, value in stored.items():
        found[name] = tuple(cast("list[str]", value)) if isinstance(value, list) else value
    return found


def notice_of(row: NoticeRow) -> StoredNotice:
    """Return a notice that is to be posted, which has a place and a message that it is about."""
    return StoredNotice(
        id=row.id,
        kind=NoticeKind(row.kind),
        fields=fields_of(row.fields),
        channel_id=row.channel_id or 0,
        guild_id=row.guild_id,
        answers_message_id=row.answers_message_id or 0,
        was_tried=row.tried_at is not None,
    )
