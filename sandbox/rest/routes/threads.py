"""The routes of threads: started, listed, joined, left."""

from sandbox.payloads.messages import message_payload
from sandbox.payloads.places import channel_payload, thread_member_payload
from sandbox.payloads.refusals import Refusal, invalid_form, refused
from sandbox.rest.checks.access import (
    channel_of,
    guild_of,
    message_of,
    person_of,
    require,
    require_awake,
)
from sandbox.rest.checks.fields import object_from
from sandbox.rest.checks.message_body import draft_from
from sandbox.rest.routing import RestAnswer, RestRequest, Route
from sandbox.world.entities import Channel, ChannelKind, Payload
from sandbox.world.permissions import Permission
from sandbox.world.threads import state_of

MAX_NAME = 100
ARCHIVE_MINUTES = (60, 1440, 4320, 10080)


def thread_routes() -> list[Route]:
    """Return the table's lines; making threads has one bucket a channel, however they are made."""
    threads = "/channels/{channel_id}/threads"
    from_message = "/channels/{channel_id}/messages/{message_id}/threads"
    members = "/channels/{channel_id}/thread-members"
    return [
        Route("POST", from_message, _start_from_message, "create_thread"),
        Route("POST", threads, _start, "create_thread"),
        Route("GET", threads + "/archived/public", _list_archived),
        Route("GET", "/guilds/{guild_id}/threads/active", _list_active),
        Route("GET", members, _list_members),
        Route("GET", members + "/{user_id}", _read_member),
        Route("PUT", members + "/{user_id}", _join),
        Route("DELETE", members + "/{user_id}", _leave),
    ]


def checked_name(form: Payload) -> str:
    """Return a channel's or thread's name.

    Raises:
        RefusedError: It is missing or too long.
    """
    name = str(form.get("name") or "").strip()
    if not 1 <= len(name) <= MAX_NAME:
        message = f"Must be between 1 and {MAX_NAME} in length."
        raise invalid_form("name", "BASE_TYPE_BAD_LENGTH", message)
    return name


def checked_archive_minutes(form: Payload, default: int = 4320) -> int:
    """Return after how long without a message a thread is archived.

    Raises:
        RefusedError: It is none of the durations that there are.
    """
    minutes = form.get("auto_archive_duration") or default
    if minutes not in ARCHIVE_MINUTES:
        message = f"Value must be one of {ARCHIVE_MINUTES}."
        raise invalid_form("auto_archive_duration", "BASE_TYPE_CHOICES", message)
    return int(minutes)


async def _start_from_message(request: RestRequest) -> RestAnswer:
    """Start a thread on a message, once."""
    channel = channel_of(request)
    message = message_of(request, channel)
    if channel.thread_kind is None:
        raise refused(Refusal.WRONG_CHANNEL_KIND)
    require(request, channel, Permission.CREATE_PUBLIC_THREADS)
    name = checked_name(request.form)
    minutes = checked_archive_minutes(request.form)
    if message.id in request.world.channels:
        raise refused(Refusal.THREAD_EXISTS)
    thread = request.world.start_thread(
        request.bot, channel, name, message=message, auto_archive_minutes=minutes
    )
    return RestAnswer(channel_payload(request.directory, thread), 201)


async def _start(request: RestRequest) -> RestAnswer:
    """Start a thread without a message, or post in a forum."""
    channel = channel_of(request)
    if channel.is_forum:
        return _post(request, channel)
    is_private = _is_private(request, channel)
    needed = Permission.CREATE_PRIVATE_THREADS if is_private else Permission.CREATE_PUBLIC_THREADS
    require(request, channel, needed)
    thread = request.world.start_thread(
        request.bot,
        channel,
        checked_name(request.form),
        is_private=is_private,
        auto_archive_minutes=checked_archive_minutes(request.form),
    )
    return RestAnswer(channel_payload(request.directory, thread), 201)


def _is_private(request: RestRequest, channel: Channel) -> bool:
    """Read which kind of thread is asked for; where none is named, the channel decides.

    Raises:
        RefusedError: A channel of this kind has no such threads.
    """
    has_private = channel.kind is ChannelKind.TEXT
    default = ChannelKind.PRIVATE_THREAD if has_private else channel.thread_kind
    is_private = request.form.get("type", default) == ChannelKind.PRIVATE_THREAD
    if channel.thread_kind is None or (is_private and not has_private):
        raise refused(Refusal.WRONG_CHANNEL_KIND)
    return is_private


def _post(request: RestRequest, forum: Channel) -> RestAnswer:
    """Make a forum's post; making it needs the permission to send, not the one for threads."""
    require(request, forum, Permission.SEND_MESSAGES)
    name = checked_name(request.form)
    minutes = checked_archive_minutes(request.form)
    draft = draft_from(object_from(request.form.get("message"), "message"), request.files)
    thread, message = request.world.create_post(
        request.bot, forum, name, draft, auto_archive_minutes=minutes
    )
    payload = channel_payload(request.directory, thread)
    return RestAnswer(payload | {"message": message_payload(request.directory, message)}, 201)


async def _list_archived(request: RestRequest) -> RestAnswer:
    """Return a channel's archived public threads, the last archived one first."""
    channel = channel_of(request)
    require(request, channel, Permission.READ_MESSAGE_HISTORY)
    threads = [
        each
        for each in request.world.channels.values()
        if each.parent_id == channel.id
        and each.kind in (ChannelKind.PUBLIC_THREAD, ChannelKind.ANNOUNCEMENT_THREAD)
        and state_of(each).is_archived
    ]
    threads.sort(key=lambda each: state_of(each).archived_at, reverse=True)
    return RestAnswer(_listing(request, threads) | {"has_more": False})


async def _list_active(request: RestRequest) -> RestAnswer:
    """Return a guild's running threads that the bot can see."""
    guild = guild_of(request)
    threads = [
        each
        for each in request.world.threads_of(guild)
        if not state_of(each).is_archived and request.world.permissions_in(request.bot.id, each)
    ]
    return RestAnswer(_listing(request, threads))


def _listing(request: RestRequest, threads: list[Channel]) -> Payload:
    """Write threads and the bot's memberships of them."""
    own = request.bot.id
    return {
        "threads": [channel_payload(request.directory, each) for each in threads],
        "members": [
            thread_member_payload(each, own) for each in threads if own in state_of(each).members
        ],
    }


async def _list_members(request: RestRequest) -> RestAnswer:
    """Return who is in a thread."""
    thread = _thread_of(request)
    return RestAnswer([thread_member_payload(thread, who) for who in state_of(thread).members])


async def _read_member(request: RestRequest) -> RestAnswer:
    """Return one membership of a thread."""
    thread = _thread_of(request)
    person = person_of(request)
    if person.id not in state_of(thread).members:
        raise refused(Refusal.UNKNOWN_MEMBER)
    return RestAnswer(thread_member_payload(thread, person.id))


async def _join(request: RestRequest) -> RestAnswer:
    """Put the bot or somebody else into a thread."""
    thread = _thread_of(request)
    require_awake(thread)
    request.world.join_thread(person_of(request), thread)
    return RestAnswer(status=204)


async def _leave(request: RestRequest) -> RestAnswer:
    """Take the bot, or with a permission somebody else, out of a thread."""
    thread = _thread_of(request)
    require_awake(thread)
    person = person_of(request)
    if person is not request.bot:
        require(request, thread, Permission.MANAGE_THREADS)
    request.world.leave_thread(person, thread)
    return RestAnswer(status=204)


def _thread_of(request: RestRequest) -> Channel:
    """Return the path's thread.

    Raises:
        RefusedError: There is none, or it is another kind of channel.
    """
    channel = channel_of(request)
    if channel.thread is None:
        raise refused(Refusal.WRONG_CHANNEL_KIND)
    return channel
