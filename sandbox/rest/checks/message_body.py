"""Reads what a bot wants to post or change out of a request's JSON, and checks it.

Source: Discord documentation, "Message", sections "Create Message" and "Edit Message".
"""

from typing import Any

from sandbox.payloads.json_values import list_or_empty, object_or_none
from sandbox.payloads.refusals import Refusal, invalid_form, refused
from sandbox.rest.checks.component_rules import checked_components
from sandbox.rest.checks.embed_rules import checked_embeds
from sandbox.rest.checks.fields import flags_from, objects_from, snowflake_from, snowflakes_from
from sandbox.world.entities import (
    AllowedMentions,
    Change,
    Draft,
    Message,
    MessageFlag,
    Payload,
    Upload,
)

MAX_CONTENT = 2000
_MAX_NONCE = 25
_MAX_FILES = 10
_MAX_FILE_BYTES = 10 * 1024 * 1024
_LEGACY_FIELDS = ("content", "embeds", "poll", "stickers")
_POSTABLE_FLAGS = (
    MessageFlag.SUPPRESS_EMBEDS
    | MessageFlag.SUPPRESS_NOTIFICATIONS
    | MessageFlag.IS_COMPONENTS_V2
    | MessageFlag.EPHEMERAL
)
_EDITABLE_FLAGS = MessageFlag.SUPPRESS_EMBEDS | MessageFlag.IS_COMPONENTS_V2


def draft_from(body: Payload, files: tuple[Upload, ...] = ()) -> Draft:
    """Read what is to be posted; the reference is left to whoever knows the channel.

    Args:
        body: The JSON.
        files: The files that came with it.

    Raises:
        RefusedError: It breaks a rule, or there is nothing in it.
    """
    flags = flags_from(body.get("flags")) & _POSTABLE_FLAGS
    is_v2 = bool(flags & MessageFlag.IS_COMPONENTS_V2)
    if is_v2:
        _refuse_legacy_fields(body)
    draft = Draft(
        content=checked_content(body.get("content")),
        embeds=checked_embeds(body.get("embeds") or []),
        components=checked_components(body.get("components") or [], is_v2=is_v2),
        uploads=_uploads(body, files),
        flags=flags,
        allowed_mentions=allowed_mentions_from(body),
        nonce=_checked_nonce(body.get("nonce")),
        is_tts=bool(body.get("tts")),
    )
    if not (draft.content or draft.embeds or draft.components or draft.uploads):
        raise refused(Refusal.BLANK_MESSAGE)
    return draft


def change_from(body: Payload, message: Message, files: tuple[Upload, ...] = ()) -> Change:
    """Read what is to be changed about a message.

    Args:
        body: The JSON; what is not in it stays.
        message: What is changed.
        files: The files that came with it.

    Raises:
        RefusedError: It breaks a rule, or would leave nothing.
    """
    flags = _changed_flags(body, message)
    is_v2 = bool((message.flags if flags is None else flags) & MessageFlag.IS_COMPONENTS_V2)
    if is_v2:
        _refuse_legacy_fields(body)
    change = Change(
        content=checked_content(body["content"]) if "content" in body else None,
        embeds=checked_embeds(body["embeds"] or []) if "embeds" in body else None,
        components=(
            checked_components(body["components"] or [], is_v2=is_v2)
            if "components" in body
            else None
        ),
        flags=flags,
        uploads=_uploads(body, files),
        kept_ids=_kept_ids(body, files),
        allowed_mentions=allowed_mentions_from(body),
    )
    if _is_blank(change, message):
        raise refused(Refusal.BLANK_MESSAGE)
    return change


def checked_content(given: Any) -> str:
    """Trim a text's ends and count its code points.

    Raises:
        RefusedError: It is too long, or no text.
    """
    if given is None:
        return ""
    if not isinstance(given, str | int | float):
        raise invalid_form("content", "STRING_TYPE_CONVERT", "Could not interpret value as string.")
    content = str(given).strip()
    if len(content) > MAX_CONTENT:
        message = f"Must be {MAX_CONTENT} or fewer in length."
        raise invalid_form("content", "BASE_TYPE_MAX_LENGTH", message)
    return content


def allowed_mentions_from(body: Payload) -> AllowedMentions:
    """Read whom a message may ping; without the field, everybody that it names."""
    allowed = object_or_none(body.get("allowed_mentions"))
    if allowed is None:
        return AllowedMentions()
    kinds = list_or_empty(allowed.get("parse"))
    return AllowedMentions(
        users=None
        if "users" in kinds
        else snowflakes_from(allowed.get("users"), "allowed_mentions.users"),
        roles=None
        if "roles" in kinds
        else snowflakes_from(allowed.get("roles"), "allowed_mentions.roles"),
        everyone="everyone" in kinds,
        replied_user=bool(allowed.get("replied_user")),
    )


def _checked_nonce(given: Any) -> str | int | None:
    """Check that a nonce is short enough."""
    if isinstance(given, str) and len(given) > _MAX_NONCE:
        message = f"Must be {_MAX_NONCE} or fewer in length."
        raise invalid_form("nonce", "BASE_TYPE_MAX_LENGTH", message)
    return given if isinstance(given, str | int) else None


def _uploads(body: Payload, files: tuple[Upload, ...]) -> tuple[Upload, ...]:
    """Return the files with the names and descriptions that the JSON has for them."""
    if len(files) > _MAX_FILES:
        raise invalid_form("attachments", "BASE_TYPE_MAX_LENGTH", "Must be 10 or fewer in length.")
    if any(len(each.content) > _MAX_FILE_BYTES for each in files):
        raise refused(Refusal.TOO_LARGE)
    described = {str(each.get("id")): each for each in _attachments(body)}
    return tuple(
        Upload(
            filename=str(told.get("filename") or each.filename),
            content=each.content,
            content_type=each.content_type,
            description=told.get("description"),
        )
        for index, each in enumerate(files)
        for told in (described.get(str(index), {}),)
    )


def _kept_ids(body: Payload, files: tuple[Upload, ...]) -> frozenset[int] | None:
    """Return which attachments an edit keeps; null, which is all, where it does not list them."""
    if "attachments" not in body:
        return None
    new = {str(index) for index in range(len(files))}
    listed = (str(each.get("id")) for each in _attachments(body))
    return frozenset(snowflake_from(each, "attachments") for each in listed if each not in new)


def _attachments(body: Payload) -> list[Payload]:
    """Return what the JSON says of attachments."""
    return objects_from(body.get("attachments"), "attachments")


def _changed_flags(body: Payload, message: Message) -> int | None:
    """Return a message's flags after an edit; Components V2 cannot be taken back."""
    if body.get("flags") is None:
        return None
    given = flags_from(body["flags"]) & _EDITABLE_FLAGS
    kept = message.flags & ~MessageFlag.SUPPRESS_EMBEDS
    return kept | given


def _refuse_legacy_fields(body: Payload) -> None:
    """Refuse what a message with Components V2 cannot have."""
    for name in _LEGACY_FIELDS:
        if body.get(name):
            code = "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2"
            message = f"The '{name}' field cannot be used when using MessageFlags.IS_COMPONENTS_V2"
            raise invalid_form(name, code, message)


def _is_blank(change: Change, message: Message) -> bool:
    """Whether nothing would be left of a message."""
    content = message.content if change.content is None else change.content
    embeds = message.embeds if change.embeds is None else change.embeds
    components = message.components if change.components is None else change.components
    kept = [
        each
        for each in message.attachments
        if change.kept_ids is None or each.id in change.kept_ids
    ]
    return not (content or embeds or components or kept or change.uploads or message.snapshot)
