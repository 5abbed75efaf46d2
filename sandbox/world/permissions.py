"""Permission bits, and who has which of them where.

Source: Discord documentation, "Permissions" (bitwise flags, overwrites, implicit permissions).
"""

from collections.abc import Callable, Iterable
from enum import IntFlag

from sandbox.world.directory import Directory
from sandbox.world.entities import Channel, ChannelKind, Guild, Member, Overwrite, Role


class Permission(IntFlag):
    """The bits that the sandbox knows, under Discord's names."""

    CREATE_INSTANT_INVITE = 1 << 0
    ADMINISTRATOR = 1 << 3
    MANAGE_CHANNELS = 1 << 4
    MANAGE_GUILD = 1 << 5
    ADD_REACTIONS = 1 << 6
    VIEW_CHANNEL = 1 << 10
    SEND_MESSAGES = 1 << 11
    SEND_TTS_MESSAGES = 1 << 12
    MANAGE_MESSAGES = 1 << 13
    EMBED_LINKS = 1 << 14
    ATTACH_FILES = 1 << 15
    READ_MESSAGE_HISTORY = 1 << 16
    MENTION_EVERYONE = 1 << 17
    USE_EXTERNAL_EMOJIS = 1 << 18
    CONNECT = 1 << 20
    SPEAK = 1 << 21
    CHANGE_NICKNAME = 1 << 26
    MANAGE_ROLES = 1 << 28
    USE_APPLICATION_COMMANDS = 1 << 31
    MANAGE_THREADS = 1 << 34
    CREATE_PUBLIC_THREADS = 1 << 35
    CREATE_PRIVATE_THREADS = 1 << 36
    SEND_MESSAGES_IN_THREADS = 1 << 38


EVERYTHING = (1 << 50) - 1
"""What the owner of a guild and administrators have."""

BOT_ROLE = 377_957_239_872
"""What the invite link asks for: react, view, send, embed, attach, history, threads."""

EVERYONE_ROLE = int(
    Permission.CREATE_INSTANT_INVITE
    | Permission.ADD_REACTIONS
    | Permission.VIEW_CHANNEL
    | Permission.SEND_MESSAGES
    | Permission.EMBED_LINKS
    | Permission.ATTACH_FILES
    | Permission.READ_MESSAGE_HISTORY
    | Permission.USE_EXTERNAL_EMOJIS
    | Permission.CONNECT
    | Permission.SPEAK
    | Permission.CHANGE_NICKNAME
    | Permission.USE_APPLICATION_COMMANDS
    | Permission.CREATE_PUBLIC_THREADS
    | Permission.CREATE_PRIVATE_THREADS
    | Permission.SEND_MESSAGES_IN_THREADS
)
"""What a new guild gives to everyone."""

DIRECT_MESSAGE = int(
    Permission.ADD_REACTIONS
    | Permission.VIEW_CHANNEL
    | Permission.SEND_MESSAGES
    | Permission.EMBED_LINKS
    | Permission.ATTACH_FILES
    | Permission.READ_MESSAGE_HISTORY
    | Permission.USE_EXTERNAL_EMOJIS
    | Permission.USE_APPLICATION_COMMANDS
)
"""What both sides of a direct message have."""

_TIMED_OUT = int(Permission.VIEW_CHANNEL | Permission.READ_MESSAGE_HISTORY)
"""What is left to a member who is timed out. Source: "Permissions for Timed Out Members"."""

_NEEDS_SENDING = int(
    Permission.MENTION_EVERYONE
    | Permission.SEND_TTS_MESSAGES
    | Permission.ATTACH_FILES
    | Permission.EMBED_LINKS
)


class Permissions:
    """Who may do what, found out anew each time it is asked.

    Args:
        directory: Where roles, memberships and overwrites are.
        now: Seconds since 1970, by which a time-out ends.
    """

    def __init__(self, directory: Directory, now: Callable[[], float]) -> None:
        self._directory = directory
        self._now = now

    def permissions_in(self, user_id: int, channel: Channel) -> int:
        """Add up what somebody may do in a channel, as Discord's bits; 0 where they are not in."""
        guild = self._directory.guild_of(channel)
        if guild is None:
            is_in = user_id == self._directory.bot.id or user_id in channel.recipient_ids
            return DIRECT_MESSAGE if is_in else 0
        member = guild.members.get(user_id)
        if member is None:
            return 0
        base = self.permissions_of(member, guild)
        parent = self._directory.channels.get(channel.parent_id or 0, channel)
        place = parent if channel.thread else channel
        total = channel_permissions(base, place, member.role_ids, user_id)
        if self._is_timed_out(member) and base != EVERYTHING:
            total &= _TIMED_OUT
        return 0 if _is_hidden_thread(channel, user_id, total) else total

    def permissions_of(self, member: Member, guild: Guild) -> int:
        """Add up what a member may do in a guild as a whole, as Discord's bits."""
        known = self._directory.roles
        roles = [known[role_id] for role_id in (guild.id, *member.role_ids) if role_id in known]
        total = guild_permissions(guild, roles, member.user_id)
        if self._is_timed_out(member) and total != EVERYTHING:
            total &= _TIMED_OUT
        return total

    def _is_timed_out(self, member: Member) -> bool:
        return member.timed_out_until is not None and self._now() < member.timed_out_until


def guild_permissions(guild: Guild, roles: Iterable[Role], user_id: int) -> int:
    """Add up the roles of one member, without any channel.

    Args:
        guild: The guild.
        roles: The member's roles, the one for everyone included.
        user_id: Whose they are; the guild's owner has everything.
    """
    if user_id == guild.owner_id:
        return EVERYTHING
    total = 0
    for role in roles:
        total |= role.permissions
    return EVERYTHING if total & Permission.ADMINISTRATOR else total


def channel_permissions(base: int, channel: Channel, role_ids: Iterable[int], user_id: int) -> int:
    """Apply a channel's overwrites: everyone's, then all of the roles' together, then the member's.

    Args:
        base: The member's permissions in the guild.
        channel: A channel with overwrites; for a thread its parent, since threads have none.
        role_ids: The member's roles, without the one for everyone.
        user_id: Whose permissions are asked for.
    """
    if base == EVERYTHING:
        return base
    overwrites = {overwrite.id: overwrite for overwrite in channel.overwrites}
    total = _apply(base, [overwrites.get(channel.guild_id or 0)])
    total = _apply(total, [overwrites.get(role_id) for role_id in role_ids])
    total = _apply(total, [overwrites.get(user_id)])
    if not total & Permission.VIEW_CHANNEL:
        return 0
    if channel.is_voice and not total & Permission.CONNECT:
        return int(Permission.VIEW_CHANNEL)
    if not total & Permission.SEND_MESSAGES and not channel.is_forum:
        total &= ~(_NEEDS_SENDING & ~_thread_share(total))
    return total


def _is_hidden_thread(channel: Channel, user_id: int, total: int) -> bool:
    """Return whether it is a private thread that somebody was not added to."""
    if channel.kind is not ChannelKind.PRIVATE_THREAD or channel.thread is None:
        return False
    return user_id not in channel.thread.members and not total & Permission.MANAGE_THREADS


def _thread_share(total: int) -> int:
    """Return what sending in threads keeps alive where sending in the channel itself is denied."""
    in_threads = bool(total & Permission.SEND_MESSAGES_IN_THREADS)
    return int(Permission.ATTACH_FILES | Permission.EMBED_LINKS) if in_threads else 0


def _apply(base: int, overwrites: Iterable[Overwrite | None]) -> int:
    """Take away what any of these overwrites denies, then give what any of them allows."""
    allow = deny = 0
    for overwrite in overwrites:
        if overwrite is not None:
            allow |= overwrite.allow
            deny |= overwrite.deny
    return (base & ~deny) | allow
