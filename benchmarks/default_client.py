"""The other side of the idle benchmark: a `discord.Client` with default settings, no handlers."""

import asyncio
import os
import sys

import discord

from startup.discord_address import gateway_of
from startup.discord_login import point_library_at


async def _main() -> None:
    api_url = os.environ["DISCORD_API_URL"]
    point_library_at(api_url, await gateway_of(api_url))
    async with discord.Client(intents=discord.Intents.default()) as client:
        running = asyncio.create_task(client.start(os.environ["DISCORD_TOKEN"]))
        ready = asyncio.create_task(client.wait_until_ready())
        await asyncio.wait({running, ready}, return_when=asyncio.FIRST_COMPLETED)
        sys.stdout.write("connected\n")
        await running


if __name__ == "__main__":
    asyncio.run(_main())
