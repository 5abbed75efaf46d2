"""The routes of channels: read, changed, deleted; and direct messages."""

from sandbox.payloads.places import channel_payload
from sandbox.payloads.refusals import Refusal, refused
from sandbox.rest.checks.access import allows, channel_of, require
from sandbox.rest.checks.fields import snowflake_from
from sandbox.rest.routes.threads import checked_archive_minutes, checked_name
from sandbox.rest.routing import RestAnswer, RestRequest, Route
from sandbox.world.entities import Channel, ChannelKind
from sandbox.world.permissions import Permission
from sandbox.world.threads import state_of


def channel_routes() -> list[Route]:
    """Return the table's lines."""
    return [
        Route("GET", "/channels/{channel_id}", _read),
        Route("PATCH", "/channels/{channel_id}", _change, "change_channel"),
        Route("DELETE", "/channels/{channel_id}", _delete),
        Route("POST", "/users/@me/channels", _open_direct_message),
    ]


async def _read(request: RestRequest) -> RestAnswer:
    """Return one channel."""
    return RestAnswer(channel_payload(request.directory, channel_of(request)))


async def _change(request: RestRequest) -> RestAnswer:
    """Change a channel; a thread's owner may do most without a permission."""
    channel = channel_of(request)
    if channel.kind is ChannelKind.DIRECT_MESSAGE:
        raise refused(Refusal.NOT_IN_DIRECT_MESSAGE)
    if channel.thread is None:
        require(request, channel, Permission.MANAGE_CHANNELS)
        if "name" in request.form:
            request.world.rename_channel(channel, checked_name(request.form))
    else:
        _change_thread(request, channel)
    return RestAnswer(channel_payload(request.directory, channel))


def _change_thread(request: RestRequest, thread: Channel) -> None:
    """Rename, archive or lock a thread."""
    form = request.form
    state = state_of(thread)
    is_manager = allows(request, thread, Permission.MANAGE_THREADS)
    if state.is_archived and form.get("archived") is not False:
        raise refused(Refusal.ARCHIVED_THREAD)
    is_woken_only = set(form) == {"archived"} and form["archived"] is False
    if not is_manager and (
        "locked" in form
        or state.is_locked
        or (state.owner_id != request.bot.id and not is_woken_only)
    ):
        raise refused(Refusal.MISSING_PERMISSIONS)
    request.world.change_thread(
        thread,
        name=checked_name(form) if "name" in form else None,
        is_archived=form.get("archived"),
        is_locked=form.get("locked"),
        auto_archive_minutes=checked_archive_minutes(form, state.auto_archive_minutes),
        slowmode_s=form.get("rate_limit_per_user"),
    )


async def _delete(request: RestRequest) -> RestAnswer:
    """Delete a channel or thread; direct messages stay, they are only closed."""
    channel = channel_of(request)
    payload = channel_payload(request.directory, channel)
    if channel.kind is not ChannelKind.DIRECT_MESSAGE:
        needed = Permission.MANAGE_THREADS if channel.thread else Permission.MANAGE_CHANNELS
        require(request, channel, needed)
        request.world.delete_channel(channel)
    return RestAnswer(payload)


async def _open_direct_message(request: RestRequest) -> RestAnswer:
    """Return the direct messages with a person."""
    person_id = snowflake_from(request.form.get("recipient_id"), "recipient_id")
    person = request.world.people.get(person_id)
    if person is None:
        raise refused(Refusal.UNKNOWN_USER)
    if person is request.bot:
        raise refused(Refusal.CANNOT_MESSAGE_PERSON)
    channel = request.world.direct_message_channel(person)
    return RestAnswer(channel_payload(request.directory, channel))
