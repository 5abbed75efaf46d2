"""What the world tells the gateway: events, and the intents a session must have to get them.

Source: Discord documentation, "Gateway", section "List of Intents".
"""

from dataclasses import dataclass
from enum import IntFlag

from sandbox.world.entities import Payload


class Intent(IntFlag):
    """The intents that the sandbox acts on."""

    NONE = 0
    GUILDS = 1 << 0
    GUILD_MEMBERS = 1 << 1
    GUILD_PRESENCES = 1 << 8
    GUILD_MESSAGES = 1 << 9
    GUILD_MESSAGE_REACTIONS = 1 << 10
    GUILD_MESSAGE_TYPING = 1 << 11
    DIRECT_MESSAGES = 1 << 12
    DIRECT_MESSAGE_REACTIONS = 1 << 13
    DIRECT_MESSAGE_TYPING = 1 << 14
    MESSAGE_CONTENT = 1 << 15


PRIVILEGED = Intent.GUILD_MEMBERS | Intent.GUILD_PRESENCES | Intent.MESSAGE_CONTENT
"""The intents that have to be switched on in the developer portal."""

KNOWN_INTENTS = (1 << 26) - 1
"""Every bit that Discord has given a meaning; any other one is refused with close code 4013."""


@dataclass(frozen=True, slots=True)
class Event:
    """One dispatch, before intents and the bot's view of its channel decide who gets it.

    Attributes:
        name: Such as `MESSAGE_CREATE`.
        data: The payload with its content; a session without the intent gets it blanked.
        intent: The intent needed; `Intent.NONE` is for events that everybody gets.
        channel_id: Where it happened; the bot gets it only while it can see that channel.
        guild_id: The guild it belongs to, null in direct messages.
    """

    name: str
    data: Payload
    intent: Intent = Intent.NONE
    channel_id: int | None = None
    guild_id: int | None = None
