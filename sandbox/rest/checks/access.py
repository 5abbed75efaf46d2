"""Finds what a request names, or refuses where it is not there or not for the bot."""

from sandbox.payloads.refusals import Refusal, refused
from sandbox.rest.routing import RestRequest
from sandbox.world.entities import Channel, Guild, Message, Person, Webhook
from sandbox.world.permissions import Permission


def channel_of(request: RestRequest) -> Channel:
    """Return the channel of the path.

    Raises:
        RefusedError: There is none, or the bot cannot see it.
    """
    channel = request.world.channels.get(request.id_of("channel_id"))
    if channel is None:
        raise refused(Refusal.UNKNOWN_CHANNEL)
    if not allows(request, channel, Permission.VIEW_CHANNEL):
        raise refused(Refusal.MISSING_ACCESS)
    return channel


def message_of(request: RestRequest, channel: Channel) -> Message:
    """Return the message of the path; ephemeral ones are reached with interaction tokens only.

    Raises:
        RefusedError: There is none.
    """
    message = request.world.message(channel.id, request.id_of("message_id"))
    if message is None or message.is_ephemeral:
        raise refused(Refusal.UNKNOWN_MESSAGE)
    return message


def guild_of(request: RestRequest) -> Guild:
    """Return the guild of the path.

    Raises:
        RefusedError: There is none that the bot is in.
    """
    guild = request.world.guilds.get(request.id_of("guild_id"))
    if guild is None:
        raise refused(Refusal.UNKNOWN_GUILD)
    if request.bot.id not in guild.members:
        raise refused(Refusal.MISSING_ACCESS)
    return guild


def person_of(request: RestRequest) -> Person:
    """Return the account of the path; `@me` is the bot.

    Raises:
        RefusedError: There is none.
    """
    if request.parameters["user_id"] == "@me":
        return request.bot
    person = request.world.people.get(request.id_of("user_id"))
    if person is None or isinstance(person, Webhook):
        raise refused(Refusal.UNKNOWN_USER)
    return person


def allows(request: RestRequest, channel: Channel, permission: Permission) -> bool:
    """Whether the bot has a permission in a channel."""
    return bool(request.world.permissions_in(request.bot.id, channel) & permission)


def require(request: RestRequest, channel: Channel, *permissions: Permission) -> None:
    """Go on only if the bot has these permissions in a channel.

    Raises:
        RefusedError: It lacks one.
    """
    if not all(allows(request, channel, permission) for permission in permissions):
        raise refused(Refusal.MISSING_PERMISSIONS)


def require_awake(channel: Channel) -> None:
    """Go on only if a channel is no archived thread.

    Raises:
        RefusedError: It is one.
    """
    if channel.thread is not None and channel.thread.is_archived:
        raise refused(Refusal.ARCHIVED_THREAD)
