"""The answer to a gateway client that asks for a guild's members.

Source: Discord documentation, "Gateway Events", sections "Request Guild Members" and "Guild Members
Chunk".
"""

from typing import Any

from sandbox.payloads.people import full_member_payload
from sandbox.world.directory import Directory
from sandbox.world.entities import Guild, Member, Payload

_MEMBERS_A_CHUNK = 1000


def member_chunks(directory: Directory, guild: Guild, request: Payload) -> list[Payload]:
    """Write the members that were asked for, by ids or by the beginning of a name.

    Args:
        directory: Where the names are.
        guild: Whose members.
        request: The data of opcode 8.

    Returns:
        At least one chunk, which is empty where nobody was found.
    """
    wanted = _wanted_ids(request.get("user_ids"))
    prefix = str(request.get("query") or "").casefold()
    found = [
        member for member in guild.members.values() if _is_found(directory, member, wanted, prefix)
    ]
    if limit := request.get("limit"):
        found = found[:limit]
    starts = range(0, max(len(found), 1), _MEMBERS_A_CHUNK)
    shared: Payload = {
        "guild_id": str(guild.id),
        "chunk_count": len(starts),
        "not_found": [str(each) for each in sorted((wanted or set()) - set(guild.members))],
        "presences": [],
    }
    if request.get("nonce") is not None:
        shared["nonce"] = request["nonce"]
    return [
        shared
        | {
            "chunk_index": index,
            "members": [
                full_member_payload(directory, each)
                for each in found[start : start + _MEMBERS_A_CHUNK]
            ],
        }
        for index, start in enumerate(starts)
    ]


def _wanted_ids(user_ids: Any) -> set[int] | None:
    """Read one id or a list of ids; null where members are asked for by name."""
    if user_ids is None:
        return None
    return {int(each) for each in (user_ids if isinstance(user_ids, list) else [user_ids])}  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType] - JSON


def _is_found(directory: Directory, member: Member, wanted: set[int] | None, prefix: str) -> bool:
    """Return whether a member is among those asked for."""
    if wanted is not None:
        return member.user_id in wanted
    shown = member.nick or directory.people[member.user_id].name
    return shown.casefold().startswith(prefix)
