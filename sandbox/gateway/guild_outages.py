"""Guilds that are unavailable for a while, though the gateway is up.

Source: Discord documentation, "Gateway Events", sections "Guild Delete" and "Unavailable Guild".
"""

from collections.abc import Mapping

from sandbox.gateway.sessions import Session
from sandbox.payloads.events import Intent
from sandbox.payloads.places import available_guild_payload
from sandbox.payloads.visibility import readable_guild
from sandbox.world.entities import Guild
from sandbox.world.world import World


class GuildOutages:
    """Takes guilds from the gateway and gives them back; REST goes on serving them.

    Args:
        world: Where they are.
        sessions: Who is told.
    """

    def __init__(self, world: World, sessions: Mapping[str, Session]) -> None:
        self._world = world
        self._sessions = sessions
        self._out: set[int] = set()

    def is_out(self, guild_id: int | None) -> bool:
        """Return whether nothing is told of a guild."""
        return guild_id in self._out

    def begin(self, guild: Guild) -> None:
        """Tell that a guild is unavailable; what happens in it from now on is told to nobody."""
        self._out.add(guild.id)
        for session in self._told():
            session.dispatch("GUILD_DELETE", {"id": str(guild.id), "unavailable": True})

    def end(self, guild: Guild) -> None:
        """Tell that a guild is there again, with everything in it."""
        self._out.discard(guild.id)
        for session in self._told():
            send_available(self._world, session, guild)

    def _told(self) -> list[Session]:
        return [each for each in self._sessions.values() if each.intents & Intent.GUILDS]


def send_available(world: World, session: Session, guild: Guild) -> None:
    """Dispatch a guild that the bot is in already, as much of it as the session may read."""
    payload = available_guild_payload(world.directory, guild)
    session.dispatch("GUILD_CREATE", readable_guild(world, payload, session.intents))
