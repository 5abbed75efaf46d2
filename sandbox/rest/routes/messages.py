"""The routes of messages: read, post, edit, delete; and typing."""

from dataclasses import replace

from sandbox.payloads.json_values import object_or_none
from sandbox.payloads.messages import message_payload, nonce_payload, snapshot_payload
from sandbox.payloads.refusals import Refusal, RefusedError, invalid_form, refused
from sandbox.payloads.visibility import without_content
from sandbox.rest.checks.access import (
    allows,
    channel_of,
    message_of,
    require,
    require_awake,
)
from sandbox.rest.checks.fields import number_in, snowflake_from, snowflakes_from
from sandbox.rest.checks.message_body import change_from, draft_from
from sandbox.rest.routing import RestAnswer, RestRequest, Route
from sandbox.world.entities import (
    Channel,
    ChannelKind,
    Draft,
    Message,
    MessageFlag,
    MessageKind,
    Payload,
    Reference,
)
from sandbox.world.permissions import Permission
from sandbox.world.snowflakes import time_of

_OLD_S = 3600.0
_NONCE_REMEMBERED_S = 300.0
_DEFAULT_PAGE = 50
_MAX_PAGE = 100
_FORWARD = 1


def message_routes() -> list[Route]:
    """Return the table's lines."""
    many = "/channels/{channel_id}/messages"
    one = many + "/{message_id}"
    return [
        Route("GET", many, _read_many, "read_messages"),
        Route("POST", many, _create, "create_message"),
        Route("POST", many + "/bulk-delete", _delete_many, "delete_message"),
        Route("GET", one, _read_one, "read_messages"),
        Route("PATCH", one, _edit, "edit_message"),
        Route("DELETE", one, _delete, "delete_message"),
        Route("POST", "/channels/{channel_id}/typing", _type, "typing"),
    ]


def require_postable(request: RestRequest, channel: Channel, draft: Draft) -> None:
    """Go on only if the bot may post this in a channel.

    Raises:
        RefusedError: It may not.
    """
    in_thread = channel.thread is not None
    require(
        request,
        channel,
        Permission.SEND_MESSAGES_IN_THREADS if in_thread else Permission.SEND_MESSAGES,
    )
    if draft.embeds:
        require(request, channel, Permission.EMBED_LINKS)
    if draft.uploads:
        require(request, channel, Permission.ATTACH_FILES)
    is_manager = allows(request, channel, Permission.MANAGE_THREADS)
    if channel.thread is not None and channel.thread.is_locked and not is_manager:
        is_archived = channel.thread.is_archived
        raise refused(Refusal.ARCHIVED_THREAD if is_archived else Refusal.LOCKED_THREAD)
    if channel.kind is ChannelKind.DIRECT_MESSAGE:
        recipient = request.world.people[channel.recipient_ids[0]]
        if not recipient.accepts_direct_messages:
            raise refused(Refusal.CANNOT_MESSAGE_PERSON)


async def _read_many(request: RestRequest) -> RestAnswer:
    """Return a page of messages, newest first."""
    channel = channel_of(request)
    if channel.is_voice and not allows(request, channel, Permission.CONNECT):
        raise refused(Refusal.MISSING_ACCESS)
    if not allows(request, channel, Permission.READ_MESSAGE_HISTORY):
        return RestAnswer([])
    visible = [m for m in request.world.messages(channel.id) if not m.is_ephemeral]
    page = _page(visible, request)
    return RestAnswer([_shown(request, channel, each) for each in reversed(page)])


def _shown(request: RestRequest, channel: Channel, message: Message) -> Payload:
    """Write a message, without its content where the portal does not let the bot read it."""
    payload = message_payload(request.directory, message)
    if request.bot.may_read_content:
        return payload
    return without_content(payload, request.bot, is_direct=channel.guild_id is None)


def _page(messages: list[Message], request: RestRequest) -> list[Message]:
    """Cut a page out of messages that are in order; the newest ones where nothing is asked."""
    limit = number_in(request.query, "limit", _DEFAULT_PAGE)
    if not 1 <= limit <= _MAX_PAGE:
        message = "int value should be less than or equal to 100."
        raise invalid_form("limit", "NUMBER_TYPE_MAX", message)
    if "around" in request.query:
        middle = number_in(request.query, "around", 0)
        older = [each for each in messages if each.id < middle][-(limit // 2) :]
        newer = [each for each in messages if each.id >= middle]
        return older + newer[: limit - len(older)]
    if "after" in request.query:
        after = number_in(request.query, "after", 0)
        return [each for each in messages if each.id > after][:limit]
    if "before" in request.query:
        before = number_in(request.query, "before", 0)
        messages = [each for each in messages if each.id < before]
    return messages[-limit:]


async def _read_one(request: RestRequest) -> RestAnswer:
    """Return one message."""
    channel = channel_of(request)
    require(request, channel, Permission.READ_MESSAGE_HISTORY)
    return RestAnswer(_shown(request, channel, message_of(request, channel)))


async def _create(request: RestRequest) -> RestAnswer:
    """Post a message, or give the one that was posted with the same nonce already."""
    channel = channel_of(request)
    if channel.is_forum:
        raise refused(Refusal.NOT_A_TEXT_CHANNEL)
    draft = _draft(request, channel)
    require_postable(request, channel, draft)
    if request.form.get("enforce_nonce") and draft.nonce is not None:
        posted = _posted_with(request, channel, draft.nonce)
        if posted is not None:
            return RestAnswer(message_payload(request.directory, posted) | nonce_payload(posted))
    message = request.world.post(request.bot, channel, draft)
    return RestAnswer(message_payload(request.directory, message) | nonce_payload(message))


def _draft(request: RestRequest, channel: Channel) -> Draft:
    """Read the draft of a message that may answer or forward another one."""
    pointer = object_or_none(request.form.get("message_reference"))
    if pointer is None:
        return _without_ephemeral(draft_from(request.form, request.files))
    source_id = snowflake_from(
        pointer.get("channel_id") or channel.id, "message_reference.channel_id"
    )
    message_id = snowflake_from(pointer.get("message_id") or 0, "message_reference.message_id")
    found = request.world.message(source_id, message_id)
    if pointer.get("type") == _FORWARD:
        return _forward(request, source_id, found)
    draft = _without_ephemeral(draft_from(request.form, request.files))
    if found is None or source_id != channel.id:
        if pointer.get("fail_if_not_exists", True):
            raise invalid_form("message_reference", "REPLIES_UNKNOWN_MESSAGE", "Unknown message")
        return draft
    if not allows(request, channel, Permission.READ_MESSAGE_HISTORY):
        raise refused(Refusal.NO_HISTORY_TO_REPLY_TO)
    return replace(draft, kind=MessageKind.REPLY, reference=Reference(channel.id, found.id))


def _without_ephemeral(draft: Draft) -> Draft:
    """Take away the flag that only interactions may set."""
    return replace(draft, flags=draft.flags & ~MessageFlag.EPHEMERAL)


def _forward(request: RestRequest, source_id: int, found: Message | None) -> Draft:
    """Make the draft of a forward, which has a snapshot and no content."""
    if found is None:
        raise invalid_form("message_reference", "MESSAGE_REFERENCE_UNKNOWN", "Unknown message")
    return Draft(
        flags=MessageFlag.HAS_SNAPSHOT,
        reference=Reference(source_id, found.id, _FORWARD),
        snapshot=snapshot_payload(request.directory, found),
    )


def _posted_with(request: RestRequest, channel: Channel, nonce: str | int) -> Message | None:
    """Find what the bot posted in a channel with a nonce in the last minutes."""
    oldest = request.world.now() - _NONCE_REMEMBERED_S
    for message in reversed(request.world.messages(channel.id)):
        if time_of(message.id) < oldest:
            return None
        if message.author_id == request.bot.id and str(message.nonce) == str(nonce):
            return message
    return None


async def _edit(request: RestRequest) -> RestAnswer:
    """Change a message of the bot's own; of others, a permission lets it hide the embeds."""
    channel = channel_of(request)
    message = message_of(request, channel)
    if message.author_id != request.bot.id:
        if set(request.form) != {"flags"}:
            raise refused(Refusal.ANOTHER_AUTHOR)
        require(request, channel, Permission.MANAGE_MESSAGES)
    if message.kind in (MessageKind.THREAD_CREATED, MessageKind.THREAD_STARTER_MESSAGE):
        raise refused(Refusal.SYSTEM_MESSAGE)
    require_awake(channel)
    change = change_from(request.form, message, request.files)
    if change.uploads:
        require(request, channel, Permission.ATTACH_FILES)
    _count_old_edit(request, channel, message)
    return RestAnswer(message_payload(request.directory, request.world.edit(message, change)))


def _count_old_edit(request: RestRequest, channel: Channel, message: Message) -> None:
    """Refuse the edit of a message over an hour old where there were too many of these."""
    if time_of(message.id) > request.world.now() - _OLD_S:
        return
    if request.buckets.take_old_edit(channel.id):
        return
    status, code, sentence = Refusal.OLD_EDITS.value
    retry_after_s = request.buckets.retry_after_old_edit_s(channel.id)
    body = {"message": sentence, "code": code, "retry_after": retry_after_s, "global": False}
    raise RefusedError(status, body)


async def _delete(request: RestRequest) -> RestAnswer:
    """Delete a message; those of others with a permission."""
    channel = channel_of(request)
    message = message_of(request, channel)
    if message.author_id != request.bot.id:
        if channel.kind is ChannelKind.DIRECT_MESSAGE:
            raise refused(Refusal.NOT_IN_DIRECT_MESSAGE)
        require(request, channel, Permission.MANAGE_MESSAGES)
    require_awake(channel)
    request.world.delete(message)
    return RestAnswer(status=204)


async def _delete_many(request: RestRequest) -> RestAnswer:
    """Delete messages of a guild's channel at once; ids that nothing has are ignored."""
    channel = channel_of(request)
    if channel.kind is ChannelKind.DIRECT_MESSAGE:
        raise refused(Refusal.NOT_IN_DIRECT_MESSAGE)
    require(request, channel, Permission.MANAGE_MESSAGES)
    ids = sorted(snowflakes_from(request.form.get("messages"), "messages"))
    found = [request.world.message(channel.id, message_id) for message_id in ids]
    request.world.delete_many(channel, [message for message in found if message is not None])
    return RestAnswer(status=204)


async def _type(request: RestRequest) -> RestAnswer:
    """Show that the bot types."""
    channel = channel_of(request)
    in_thread = channel.thread is not None
    needed = Permission.SEND_MESSAGES_IN_THREADS if in_thread else Permission.SEND_MESSAGES
    require(request, channel, needed)
    request.world.type_in(request.bot, channel)
    return RestAnswer(status=204)
