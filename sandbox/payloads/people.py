"""Payloads of accounts, roles and memberships.

Source: Discord documentation, "User", "Guild" (Guild Member Object), "Permissions" (Role Object)
and "Application"; the required keys are those of Discord's published API description.
"""

from sandbox.world.directory import Directory
from sandbox.world.entities import Bot, Guild, Member, Payload, Person, Role
from sandbox.world.permissions import BOT_ROLE
from sandbox.world.snowflakes import timestamp

_GATEWAY_MESSAGE_CONTENT_LIMITED = 1 << 19
_GATEWAY_GUILD_MEMBERS_LIMITED = 1 << 15
_GATEWAY_PRESENCE_LIMITED = 1 << 13


def user_payload(person: Person) -> Payload:
    """Write an account as everybody sees it."""
    return {
        "id": str(person.id),
        "username": person.name,
        "global_name": None if person.is_bot else person.name,
        "discriminator": "0000" if person.is_bot else "0",
        "avatar": None,
        "avatar_decoration_data": None,
        "banner": None,
        "accent_color": None,
        "bot": person.is_bot,
        "system": False,
        "flags": 0,
        "public_flags": 0,
        "primary_guild": None,
    }


def own_user_payload(bot: Bot) -> Payload:
    """Write the bot's account as it sees itself."""
    own = {"mfa_enabled": False, "verified": True, "locale": bot.locale, "email": None}
    return user_payload(bot) | own


def member_payload(member: Member) -> Payload:
    """Write a membership without its account, as messages carry it."""
    until = member.timed_out_until
    return {
        "roles": [str(role_id) for role_id in member.role_ids],
        "nick": member.nick,
        "avatar": None,
        "banner": None,
        "joined_at": timestamp(member.joined_at),
        "premium_since": None,
        "communication_disabled_until": None if until is None else timestamp(until),
        "deaf": False,
        "mute": False,
        "pending": False,
        "flags": 0,
    }


def full_member_payload(directory: Directory, member: Member) -> Payload:
    """Write a membership with its account."""
    return member_payload(member) | {"user": user_payload(directory.people[member.user_id])}


def joined_member_payload(directory: Directory, guild: Guild, member: Member) -> Payload:
    """Write what the gateway tells of somebody who joined."""
    return full_member_payload(directory, member) | {"guild_id": str(guild.id)}


def role_payload(role: Role) -> Payload:
    """Write a role."""
    payload: Payload = {
        "id": str(role.id),
        "name": role.name,
        "permissions": str(role.permissions),
        "position": role.position,
        "color": 0,
        "colors": {"primary_color": 0, "secondary_color": None, "tertiary_color": None},
        "hoist": False,
        "managed": role.bot_id is not None,
        "mentionable": role.is_mentionable,
        "icon": None,
        "unicode_emoji": None,
        "flags": 0,
    }
    if role.bot_id is not None:
        payload["tags"] = {"bot_id": str(role.bot_id)}
    return payload


def application_payload(directory: Directory, bot: Bot) -> Payload:
    """Write the application behind the bot, with what the developer portal says of it."""
    flags = (
        _GATEWAY_MESSAGE_CONTENT_LIMITED * bot.may_read_content
        | _GATEWAY_GUILD_MEMBERS_LIMITED * bot.may_list_members
        | _GATEWAY_PRESENCE_LIMITED * bot.may_see_presences
    )
    return {
        "id": str(bot.application_id),
        "name": bot.name,
        "icon": None,
        "description": "",
        "summary": "",
        "type": None,
        "bot": user_payload(bot),
        "bot_public": True,
        "bot_require_code_grant": False,
        "verify_key": "0" * 64,
        "flags": flags,
        "flags_new": str(flags),
        "redirect_uris": [],
        "interactions_endpoint_url": None,
        "role_connections_verification_url": None,
        "owner": user_payload(directory.people[bot.application_owner_id]),
        "team": None,
        "approximate_guild_count": sum(bot.id in g.members for g in directory.guilds.values()),
        "approximate_user_install_count": 0,
        "approximate_user_authorization_count": 0,
        "explicit_content_filter": 0,
        "eligible_oauth2_scopes": [],
        "install_params": {
            "scopes": ["bot", "applications.commands"],
            "permissions": str(BOT_ROLE),
        },
        "integration_types_config": {"0": {}, "1": {}},
    }
