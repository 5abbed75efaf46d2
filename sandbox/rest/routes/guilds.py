"""The routes of guilds: read with their channels, members and roles."""

from sandbox.payloads.people import full_member_payload, role_payload
from sandbox.payloads.places import (
    channel_payload,
    counted_guild_payload,
    guild_payload,
)
from sandbox.payloads.refusals import Refusal, refused
from sandbox.rest.checks.access import guild_of, person_of
from sandbox.rest.checks.fields import number_in
from sandbox.rest.routing import RestAnswer, RestRequest, Route
from sandbox.world.entities import Guild, Payload

_MAX_PAGE = 1000


def guild_routes() -> list[Route]:
    """Return the table's lines."""
    guild = "/guilds/{guild_id}"
    return [
        Route("GET", guild, _read),
        Route("GET", guild + "/channels", _list_channels),
        Route("GET", guild + "/roles", _list_roles),
        Route("GET", guild + "/members", _list_members),
        Route("GET", guild + "/members/{user_id}", _read_member),
        Route("GET", "/users/@me/guilds", _list_own),
    ]


async def _read(request: RestRequest) -> RestAnswer:
    """Return a guild, with counts where they are asked for."""
    guild = guild_of(request)
    is_counted = request.query.get("with_counts") in ("1", "true")
    write = counted_guild_payload if is_counted else guild_payload
    return RestAnswer(write(request.directory, guild))


async def _list_channels(request: RestRequest) -> RestAnswer:
    """Return a guild's channels, without threads."""
    channels = request.world.channels_of(guild_of(request))
    return RestAnswer([channel_payload(request.directory, each) for each in channels])


async def _list_roles(request: RestRequest) -> RestAnswer:
    """Return a guild's roles."""
    return RestAnswer([role_payload(each) for each in request.world.roles_of(guild_of(request))])


async def _list_members(request: RestRequest) -> RestAnswer:
    """Return a page of members in the order of their ids; it needs the portal's members intent."""
    guild = guild_of(request)
    if not request.bot.may_list_members:
        raise refused(Refusal.MISSING_ACCESS)
    after = number_in(request.query, "after", 0)
    limit = min(number_in(request.query, "limit", 1), _MAX_PAGE)
    user_ids = sorted(user_id for user_id in guild.members if user_id > after)[:limit]
    members = [guild.members[user_id] for user_id in user_ids]
    return RestAnswer([full_member_payload(request.directory, member) for member in members])


async def _read_member(request: RestRequest) -> RestAnswer:
    """Return one member."""
    guild = guild_of(request)
    member = guild.members.get(person_of(request).id)
    if member is None:
        raise refused(Refusal.UNKNOWN_MEMBER)
    return RestAnswer(full_member_payload(request.directory, member))


async def _list_own(request: RestRequest) -> RestAnswer:
    """Return the guilds that the bot is in."""
    guilds = [guild for guild in request.world.guilds.values() if request.bot.id in guild.members]
    return RestAnswer([_own_guild_payload(request, guild) for guild in guilds])


def _own_guild_payload(request: RestRequest, guild: Guild) -> Payload:
    """Write a guild as the list of one's own guilds has it."""
    member = guild.members[request.bot.id]
    return {
        "id": str(guild.id),
        "name": guild.name,
        "icon": None,
        "banner": None,
        "owner": guild.owner_id == request.bot.id,
        "permissions": str(request.world.permissions_of(member, guild)),
        "features": [],
    }
