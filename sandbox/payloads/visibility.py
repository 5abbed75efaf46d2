"""Which events a gateway session gets, and how much of a message it may read.

Source: Discord documentation, "Gateway", sections "Gateway Intents" and "Message Content Intent".
"""

from typing import Any

from sandbox.payloads.events import Event, Intent
from sandbox.payloads.json_values import object_or_none
from sandbox.world.entities import Bot, Payload
from sandbox.world.permissions import Permission
from sandbox.world.world import World

_MESSAGE_EVENTS = ("MESSAGE_CREATE", "MESSAGE_UPDATE")
_CONTENT: dict[str, Any] = {"content": "", "embeds": [], "attachments": [], "components": []}
_ALWAYS_TOLD = ("GUILD_CREATE", "GUILD_DELETE", "INTERACTION_CREATE")
_TOLD_OF_HIDDEN = ("CHANNEL_CREATE", "CHANNEL_UPDATE", "CHANNEL_DELETE")
"""A bot knows every channel of its guilds, though not what goes on in the ones hidden from it."""


def is_seen(world: World, event: Event, intents: int) -> bool:
    """Return whether a session with these intents gets an event.

    Besides the intent, the bot has to be in the event's guild and to see the event's channel; an
    interaction reaches it wherever it was made.
    """
    if event.intent and not intents & event.intent:
        return False
    if event.name in _ALWAYS_TOLD:
        return True
    guild = world.guilds.get(event.guild_id or 0)
    if guild is not None and world.bot.id not in guild.members:
        return False
    if event.name == "THREAD_MEMBERS_UPDATE" and _changes_own_membership(world.bot, event.data):
        return True
    if event.name == "THREAD_MEMBERS_UPDATE" and not intents & Intent.GUILD_MEMBERS:
        return False
    channel = world.channels.get(event.channel_id or 0)
    if channel is None or event.name in _TOLD_OF_HIDDEN:
        return True
    return bool(world.permissions_in(world.bot.id, channel) & Permission.VIEW_CHANNEL)


def _changes_own_membership(bot: Bot, data: Payload) -> bool:
    """Return whether the bot came into a thread or went.

    It is told of that whatever its intents are, and although it may not see the thread any more.
    Source: Discord documentation, "Gateway Events", section "Thread Members Update".
    """
    own_id = str(bot.id)
    added = [each["user_id"] for each in data["added_members"]]
    return own_id in added or own_id in data["removed_member_ids"]


def readable(world: World, event: Event, intents: int) -> Payload:
    """Return an event's data without what a session with these intents may not read."""
    if event.name == "GUILD_CREATE":
        return readable_guild(world, event.data, intents)
    if event.name not in _MESSAGE_EVENTS or intents & Intent.MESSAGE_CONTENT:
        return event.data
    return without_content(event.data, world.bot, is_direct=event.guild_id is None)


def readable_guild(world: World, guild: Payload, intents: int) -> Payload:
    """Leave out the threads that are hidden from the bot, and without presences other members.

    Source: Discord documentation, "Gateway Events", section "Guild Create".
    """
    own_id = str(world.bot.id)
    members = guild["members"]
    if not intents & Intent.GUILD_PRESENCES:
        members = [member for member in members if member["user"]["id"] == own_id]
    threads = [
        thread
        for thread in guild["threads"]
        if world.permissions_in(world.bot.id, world.channels[int(thread["id"])])
        & Permission.VIEW_CHANNEL
    ]
    return guild | {"members": members, "threads": threads}


def without_content(message: Payload, bot: Bot, *, is_direct: bool) -> Payload:
    """Blank what a message's payload says, unless the bot may read it without the intent.

    It may in direct messages, where it is mentioned, and what it wrote itself; a message that this
    one points to is judged on its own, and what is forwarded goes with the forward.
    """
    shown = dict(message)
    if (pointed := object_or_none(message.get("referenced_message"))) is not None:
        shown["referenced_message"] = without_content(pointed, bot, is_direct=is_direct)
    own_id = str(bot.id)
    is_mentioned = any(mentioned["id"] == own_id for mentioned in message.get("mentions", []))
    if is_direct or is_mentioned or message["author"]["id"] == own_id:
        return shown
    shown |= {key: blank for key, blank in _CONTENT.items() if key in message}
    if "message_snapshots" in message:
        shown["message_snapshots"] = [
            {"message": each["message"] | _CONTENT} for each in message["message_snapshots"]
        ]
    return shown
