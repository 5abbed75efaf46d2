"""Rows to entities and back; the one place that knows both shapes."""

from collections.abc import Iterable
from datetime import datetime

from conversation.entities import (
    Attachment,
    Attention,
    Conversation,
    FailureReason,
    Inbound,
    InboundState,
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
from storage.column_types import AttachmentJson, ParametersJson, ResumeJson, SpeakerJson
from storage.tables import ConversationRow, InboundRow, PartRow, PlaceRow, TurnRow


def parameters_json(parameters: Parameters) -> ParametersJson:
    """Give what is set, so that a later default of a provider applies to the rest."""
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
    """Give where a place is."""
    return PlaceKey(row.channel_id, row.guild_id, row.parent_channel_id)


def settings_of(row: PlaceRow) -> PlaceSettings:
    """Give what was set for a place."""
    return PlaceSettings(
        model=row.model,
        parameters=parameters_of(row.parameters),
        system_prompt=row.system_prompt,
        attention=None if row.attention is None else Attention(row.attention),
        fallback_models=None if row.fallback_models is None else tuple(row.fallback_models),
    )


def conversation_of(row: ConversationRow, place: PlaceRow) -> Conversation:
    """Give a conversation; `place` is the row that its channel id names."""
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
    """Give a turn."""
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
        failure=None if row.failure is None else FailureReason(row.failure),
        model=row.model,
        parameters=parameters_of(row.parameters),
        usage=_usage_of(row),
        resume=resume_of(row.resume),
        origin_turn_id=row.origin_turn_id,
        finished_at=row.finished_at,
    )


def inbound_of(row: InboundRow) -> Inbound:
    """Give a stored message."""
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
    )


def part_of(row: PartRow) -> Part:
    """Give a part."""
    return Part(row.ordinal, row.channel_id, row.message_id, row.nonce)
