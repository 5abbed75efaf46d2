"""Payloads of guilds, channels and threads.

Source: Discord documentation, "Guild", "Channel" and "Threads"; the required keys are those of
Discord's published API description.
"""

from sandbox.payloads.people import full_member_payload, role_payload, user_payload
from sandbox.world.directory import Directory
from sandbox.world.entities import Channel, Guild, Overwrite, Payload
from sandbox.world.snowflakes import timestamp


def channel_payload(directory: Directory, channel: Channel) -> Payload:
    """Write a channel of any kind."""
    if channel.guild_id is None:
        return _direct_message_payload(directory, channel)
    if channel.thread is not None:
        return _thread_payload(directory, channel)
    return _guild_channel_payload(channel)


def thread_member_payload(thread: Channel, user_id: int) -> Payload:
    """Write an account's membership of a thread."""
    joined_at = thread.thread.members.get(user_id, 0.0) if thread.thread else 0.0
    return {
        "id": str(thread.id),
        "user_id": str(user_id),
        "join_timestamp": timestamp(joined_at),
        "flags": 1,
    }


def guild_payload(directory: Directory, guild: Guild) -> Payload:
    """Write a guild as REST gives it, without channels and members."""
    roles = [role for role in directory.roles.values() if role.guild_id == guild.id]
    return {
        "id": str(guild.id),
        "name": guild.name,
        "owner_id": str(guild.owner_id),
        "preferred_locale": guild.locale,
        "roles": [role_payload(role) for role in roles],
        "features": [],
        "emojis": [],
        "stickers": [],
        "region": "deprecated",
        "afk_timeout": 300,
        "system_channel_flags": 0,
        "max_members": 500_000,
        "max_video_channel_users": 25,
        "max_stage_video_channel_users": 50,
        "premium_subscription_count": 0,
        **dict.fromkeys(_GUILD_NULLS),
        **dict.fromkeys(_GUILD_ZEROS, 0),
        **dict.fromkeys(_GUILD_FALSES, False),
    }


def counted_guild_payload(directory: Directory, guild: Guild) -> Payload:
    """Write a guild as REST gives it when asked for counts."""
    count = len(guild.members)
    counts = {"approximate_member_count": count, "approximate_presence_count": count}
    return guild_payload(directory, guild) | counts


def available_guild_payload(directory: Directory, guild: Guild) -> Payload:
    """Write a guild that the bot is in already and that is there (again): READY, an outage's end.

    Source: Discord documentation, "Gateway Events", section "Guild Create": a guild that the bot
    has just been let into does not say whether it is unavailable.
    """
    return joined_guild_payload(directory, guild) | {"unavailable": False}


def joined_guild_payload(directory: Directory, guild: Guild) -> Payload:
    """Write a guild that the bot was let into, whole: channels, running threads, members."""
    channels = [c for c in directory.channels.values() if c.guild_id == guild.id]
    running = [c for c in channels if c.thread is not None and not c.thread.is_archived]
    members = guild.members.values()
    own = guild.members.get(directory.bot.id)
    return guild_payload(directory, guild) | {
        "joined_at": timestamp(0.0 if own is None else own.joined_at),
        "large": False,
        "member_count": len(guild.members),
        "members": [full_member_payload(directory, member) for member in members],
        "channels": [channel_payload(directory, c) for c in channels if c.thread is None],
        "threads": [channel_payload(directory, thread) for thread in running],
        "presences": [],
        "voice_states": [],
        "stage_instances": [],
        "guild_scheduled_events": [],
        "soundboard_sounds": [],
    }


_GUILD_NULLS = (
    "icon",
    "description",
    "home_header",
    "splash",
    "discovery_splash",
    "banner",
    "application_id",
    "afk_channel_id",
    "system_channel_id",
    "widget_channel_id",
    "max_presences",
    "vanity_url_code",
    "rules_channel_id",
    "safety_alerts_channel_id",
    "public_updates_channel_id",
    "incidents_data",
)
_GUILD_ZEROS = (
    "verification_level",
    "default_message_notifications",
    "mfa_level",
    "explicit_content_filter",
    "premium_tier",
    "nsfw_level",
)
_GUILD_FALSES = ("widget_enabled", "premium_progress_bar_enabled", "nsfw")


def _direct_message_payload(directory: Directory, channel: Channel) -> Payload:
    """Write a direct message channel as the bot sees it."""
    return {
        "id": str(channel.id),
        "type": int(channel.kind),
        "flags": 0,
        "last_message_id": _text_or_null(channel.last_message_id),
        "recipients": [user_payload(directory.people[who]) for who in channel.recipient_ids],
    }


def _guild_channel_payload(channel: Channel) -> Payload:
    """Write a channel that is no thread."""
    payload: Payload = {
        "id": str(channel.id),
        "type": int(channel.kind),
        "guild_id": str(channel.guild_id),
        "name": channel.name,
        "position": channel.position,
        "parent_id": _text_or_null(channel.parent_id),
        "topic": channel.topic,
        "nsfw": False,
        "flags": 0,
        "rate_limit_per_user": channel.slowmode_s,
        "last_message_id": _text_or_null(channel.last_message_id),
        "permission_overwrites": [_overwrite_payload(each) for each in channel.overwrites],
    }
    if channel.is_voice:
        payload |= {"bitrate": 64_000, "user_limit": 0, "rtc_region": None, "video_quality_mode": 1}
    if channel.is_forum:
        payload |= {
            "available_tags": [],
            "default_reaction_emoji": None,
            "default_sort_order": None,
            "default_forum_layout": 0,
        }
    return payload


def _thread_payload(directory: Directory, channel: Channel) -> Payload:
    """Write a thread; where the bot is in it, with its membership."""
    state = channel.thread
    if state is None:
        raise ValueError("this channel is no thread")
    payload: Payload = {
        "id": str(channel.id),
        "type": int(channel.kind),
        "guild_id": str(channel.guild_id),
        "parent_id": _text_or_null(channel.parent_id),
        "owner_id": str(state.owner_id),
        "name": channel.name,
        "flags": 0,
        "rate_limit_per_user": channel.slowmode_s,
        "last_message_id": _text_or_null(channel.last_message_id),
        "message_count": state.message_count,
        "total_message_sent": state.total_message_sent,
        "member_count": min(len(state.members), 50),
        "applied_tags": [],
        "thread_metadata": {
            "archived": state.is_archived,
            "archive_timestamp": timestamp(state.archived_at),
            "auto_archive_duration": state.auto_archive_minutes,
            "locked": state.is_locked,
            "invitable": True,
            "create_timestamp": timestamp(state.created_at),
        },
    }
    for user_id in state.members:
        if directory.people[user_id].is_bot:
            payload["member"] = thread_member_payload(channel, user_id)
    return payload


def _overwrite_payload(overwrite: Overwrite) -> Payload:
    """Write what a role or member is allowed and denied in a channel."""
    return {
        "id": str(overwrite.id),
        "type": overwrite.kind,
        "allow": str(overwrite.allow),
        "deny": str(overwrite.deny),
    }


def _text_or_null(snowflake: int | None) -> str | None:
    """Write an id that may be missing."""
    return None if snowflake is None else str(snowflake)
