"""The first event of a session."""

from collections.abc import Iterable

from sandbox.gateway.sessions import Session
from sandbox.payloads.people import application_payload, own_user_payload
from sandbox.world.entities import Guild, Payload
from sandbox.world.world import World


def ready_payload(world: World, session: Session, guilds: Iterable[Guild], url: str) -> Payload:
    """Write READY; the guilds follow, each in an event of its own.

    Args:
        world: Who the bot is.
        session: What began.
        guilds: The guilds that the bot is in.
        url: Where the session can be resumed.
    """
    bot = world.bot
    application = application_payload(world.directory, bot)
    return {
        "v": 10,
        "user": own_user_payload(bot),
        "guilds": [{"id": str(guild.id), "unavailable": True} for guild in guilds],
        "session_id": session.id,
        "session_type": "normal",
        "resume_gateway_url": url,
        "shard": list(session.shard),
        "application": {"id": application["id"], "flags": application["flags"]},
        "private_channels": [],
        "presences": [],
        "relationships": [],
        "user_settings": {},
        "geo_ordered_rtc_regions": [],
        "_trace": [],
    }
