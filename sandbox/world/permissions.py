"""Permission bits, and who has which of them where.

Source: Discord documentation, "Permissions" (bitwise flags, overwrites, implicit permissions).
"""

from collections.abc import Iterable
from enum import IntFlag

from sandbox.world.entities import Channel, Guild, Overwrite, Role


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

_NEEDS_SENDING = int(
    Permission.MENTION_EVERYONE
    | Permission.SEND_TTS_MESSAGES
    | Permission.ATTACH_FILES
    | Permission.EMBED_LINKS
)


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
    if not total & Permission.SEND_MESSAGES and not channel.is_forum:
        total &= ~(_NEEDS_SENDING & ~_thread_share(total))
    return total


def _thread_share(total: int) -> int:
    """Give what sending in threads keeps alive where sending in the channel itself is denied."""
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
