"""Points discord.py at another Discord than the public one."""

import aiohttp
import discord.gateway
import discord.http
import yarl


async def point_library_at(api_url: str) -> None:
    """Make discord.py speak to another Discord; these are its places for that.

    The gateway is the one that `GET /gateway` names there; Discord's own if there is none (404).

    Args:
        api_url: The full base of the REST interface, `/api/v10` included.

    Raises:
        OSError, aiohttp.ClientError: Nothing answers there.
    """
    discord.http.Route.BASE = api_url
    async with aiohttp.ClientSession() as session, session.get(f"{api_url}/gateway") as answer:
        if answer.status == 404:
            return
        answer.raise_for_status()
        gateway = str((await answer.json())["url"])
    discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(gateway)
