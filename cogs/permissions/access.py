"""Who may talk to the bot, by its owner's rules (pure)."""

from dataclasses import dataclass

import discord

from conversation.notices import NoticeKind


@dataclass(frozen=True, slots=True)
class Who:
    """A person in a place, as far as access depends on it."""

    user_id: int
    role_ids: frozenset[int]
    guild_id: int | None
    """None in direct messages."""
    channel_ids: frozenset[int]
    """The channel and, for a thread, its parent; the category too."""
    may_manage_messages: bool


@dataclass(frozen=True, slots=True)
class Access:
    """The bot owner's rules; an empty collection of allowed ids allows all.

    `turns_per_day` is how many answers a person may have a day (UTC); None is no limit.
    """

    allowed_guilds: frozenset[int] = frozenset()
    allowed_channels: frozenset[int] = frozenset()
    allowed_roles: frozenset[int] = frozenset()
    blocked_users: frozenset[int] = frozenset()
    allow_direct_messages: bool = True
    turns_per_day: int | None = None

    def refusal(self, who: Who) -> NoticeKind | None:
        """Return the reason why somebody may not talk to the bot there; None if they may."""
        if who.user_id in self.blocked_users:
            return NoticeKind.BLOCKED
        if who.guild_id is None:
            return None if self.allow_direct_messages else NoticeKind.NO_DIRECT_MESSAGES
        if self.allowed_guilds and who.guild_id not in self.allowed_guilds:
            return NoticeKind.GUILD_NOT_ALLOWED
        if self.allowed_channels and not self.allowed_channels & who.channel_ids:
            return NoticeKind.CHANNEL_NOT_ALLOWED
        if self.allowed_roles and not self.allowed_roles & who.role_ids:
            return NoticeKind.ROLE_NOT_ALLOWED
        return None


def who_is(user: discord.User | discord.Member, channel: object) -> Who:
    """Gather what access depends on; no request is made.

    Args:
        user: The author of a message or of an interaction. One without a membership, as messages
            have that were not heard but read, has no roles and no permissions in a guild.
        channel: Where; anything without a guild is a direct message.
    """
    member = user if isinstance(user, discord.Member) else None
    guild: discord.Guild | None = member.guild if member else getattr(channel, "guild", None)
    if guild is None:
        return Who(user.id, frozenset(), None, frozenset(), may_manage_messages=False)
    ids = {getattr(channel, "id", None)}
    may = member.guild_permissions if member else discord.Permissions.none()
    if isinstance(channel, discord.Thread):
        ids.add(channel.parent_id)
        channel = channel.parent  # None where the library does not know it (any more)
    if isinstance(channel, discord.abc.GuildChannel):
        ids |= {channel.id, channel.category_id}
        may = channel.permissions_for(member) if member else may
    return Who(
        user_id=user.id,
        role_ids=frozenset(role.id for role in member.roles) if member else frozenset(),
        guild_id=guild.id,
        channel_ids=frozenset(channel_id for channel_id in ids if channel_id is not None),
        may_manage_messages=may.manage_messages,
    )


def may_answer_in(channel: object) -> bool:
    """Return whether the bot may answer there at all, if need be in a thread; from the cache."""
    thread = isinstance(channel, discord.Thread)
    place = channel.parent if isinstance(channel, discord.Thread) else channel
    if not isinstance(place, discord.abc.GuildChannel):
        return True
    may = place.permissions_for(place.guild.me)
    in_threads = may.send_messages_in_threads and (thread or may.create_public_threads)
    return in_threads or (may.send_messages and not thread)
