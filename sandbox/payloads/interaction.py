"""Payloads of interactions, as the gateway gives them and as messages remember them.

Source: Discord documentation, "Receiving and Responding" (Interaction Object, Resolved Data
Structure, Interaction Callback Response) and "Message" (Message Interaction Metadata).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sandbox.payloads.messages import attachment_payload, message_payload
from sandbox.payloads.people import member_payload, role_payload, user_payload
from sandbox.payloads.places import channel_payload
from sandbox.world.entities import (
    Attachment,
    Channel,
    Guild,
    Message,
    Payload,
    Person,
    Role,
)
from sandbox.world.world import World

_ATTACHMENT_LIMIT_BYTES = 10 * 1024 * 1024
_IN_GUILD = 0
_IN_DIRECT_MESSAGE = 1


@dataclass(frozen=True, slots=True)
class Origin:
    """Who made an interaction, where, and on which message if it was on one."""

    person: Person
    channel: Channel
    message: Message | None = None


def interaction_payload(
    world: World,
    origin: Origin,
    *,
    interaction_id: int,
    kind: int,
    token: str,
    data: Payload,
) -> Payload:
    """Write what INTERACTION_CREATE carries."""
    channel = origin.channel
    payload: Payload = {
        "id": str(interaction_id),
        "application_id": str(world.bot.application_id),
        "type": kind,
        "token": token,
        "version": 1,
        "data": data,
        "channel_id": str(channel.id),
        "channel": _channel_payload(world, channel, origin.person),
        "app_permissions": str(int(world.permissions_in(world.bot.id, channel))),
        "locale": origin.person.locale,
        "entitlements": [],
        "entitlement_sku_ids": [],
        "authorizing_integration_owners": owners(channel),
        "context": _IN_DIRECT_MESSAGE if channel.guild_id is None else _IN_GUILD,
        "attachment_size_limit": _ATTACHMENT_LIMIT_BYTES,
    }
    if origin.message is not None:
        payload["message"] = message_payload(world.directory, origin.message)
    guild = world.guild_of(channel)
    if guild is None:
        return payload | {"user": user_payload(origin.person)}
    return payload | _guild_parts(world, guild, origin)


def resolved_payload(world: World, channel: Channel, entities: Iterable[Any]) -> Payload:
    """Write the people, channels, roles, messages and attachments that an interaction names.

    A person who is a member of the channel's guild is there twice, as user and as member.
    """
    resolved: dict[str, Payload] = {}
    for entity in entities:
        for name, written in _resolved(world, channel, entity):
            resolved.setdefault(name, {})[str(entity.id)] = written
    return resolved


def owners(channel: Channel) -> Payload:
    """Write for whom the application is installed: the guild, or "0" in its direct messages."""
    return {"0": str(channel.guild_id or 0)}


def _resolved(world: World, channel: Channel, entity: object) -> list[tuple[str, Payload]]:
    """Write one entity under each of the names that it has in the resolved data."""
    match entity:
        case Person():
            return _resolved_person(world, channel, entity)
        case Role():
            return [("roles", role_payload(entity))]
        case Channel():
            return [("channels", channel_payload(world.directory, entity) | {"permissions": "0"})]
        case Message():
            return [("messages", message_payload(world.directory, entity))]
        case Attachment():
            return [("attachments", attachment_payload(world.directory, entity))]
        case _:
            raise TypeError(f"{entity!r} cannot be an option's value")


def _resolved_person(world: World, channel: Channel, person: Person) -> list[tuple[str, Payload]]:
    """Write a person, and the membership where there is one."""
    written = [("users", user_payload(person))]
    member = world.member(channel.guild_id or 0, person.id)
    if member is not None:
        bits = str(int(world.permissions_in(person.id, channel)))
        written.append(("members", member_payload(member) | {"permissions": bits}))
    return written


def _channel_payload(world: World, channel: Channel, person: Person) -> Payload:
    """Write the channel with what the person may do in it."""
    bits = str(int(world.permissions_in(person.id, channel)))
    return channel_payload(world.directory, channel) | {"permissions": bits}


def _guild_parts(world: World, guild: Guild, origin: Origin) -> Payload:
    """Write what only an interaction in a guild has."""
    member = guild.members[origin.person.id]
    bits = str(int(world.permissions_in(origin.person.id, origin.channel)))
    return {
        "guild_id": str(guild.id),
        "guild": {"id": str(guild.id), "locale": guild.locale, "features": []},
        "guild_locale": guild.locale,
        "member": member_payload(member)
        | {"user": user_payload(origin.person), "permissions": bits},
    }
