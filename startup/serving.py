"""Running the bot on Discord until it is told to stop."""

import asyncio
import logging
from datetime import timedelta

import discord

from cogs.client import Bobbin
from config.settings import Settings
from monitoring.health import open_health
from startup.discord_address import gateway_of
from startup.discord_login import point_library_at
from startup.wiring import ANSWER_ATTEMPTS, make_bot, open_engine, sole_run, utc_now

log = logging.getLogger(__name__)


async def serve(settings: Settings, stop: asyncio.Event) -> None:
    """Run the bot until `stop` is set.

    Raises:
        DatabaseAddressError: `DATABASE_URL` names no database that can be used.
        DiscordAddressError: `DISCORD_API_URL` leads to no Discord.
        HealthPortError: `HEALTH_PORT` cannot be opened.
        StoreError: The database cannot be used.
        discord.LoginFailure: The token is refused.
        discord.HTTPException, discord.ConnectionClosed, aiohttp.ClientError, ConnectionError,
            TimeoutError: Discord does not answer at the start, or ends the connection for good.
    """
    if settings.discord_api_url is not None:
        gateway_url = await gateway_of(settings.discord_api_url)
        point_library_at(settings.discord_api_url, gateway_url)
    async with (
        sole_run(settings),
        open_engine(settings) as engine,
        open_health(settings, engine) as gateway,
    ):
        window = timedelta(minutes=settings.recovery_window_minutes)
        await engine.store.ping()  # a start that finds nothing to resume writes nothing
        await engine.store.turns.resume(utc_now() - window, ANSWER_ATTEMPTS)
        lists = asyncio.create_task(engine.catalog.run(), name="model-lists")
        lists.add_done_callback(_log_end)
        try:
            bot = make_bot(settings, engine)
            gateway.watch(bot)
            await _connect(settings, bot, stop)
        except discord.PrivilegedIntentsRequired:
            log.warning("Discord refuses the Message Content Intent; going on without it")
            bot = make_bot(settings, engine, reads_content=False)
            gateway.watch(bot)
            await _connect(settings, bot, stop)
        finally:
            lists.cancel()
            await asyncio.gather(lists, return_exceptions=True)


def _log_end(task: asyncio.Task[None]) -> None:
    """Log the end of what was to go on for ever."""
    if not task.cancelled() and task.exception() is not None:
        log.error("the task %s broke off", task.get_name(), exc_info=task.exception())


async def _connect(settings: Settings, bot: Bobbin, stop: asyncio.Event) -> None:
    token = settings.discord_token.get_secret_value() if settings.discord_token else ""
    async with bot:
        running = asyncio.create_task(bot.start(token), name="discord")
        stopping = asyncio.create_task(stop.wait(), name="until-stopped")
        try:
            await asyncio.wait({running, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if running.done():
                await running
        finally:
            stopping.cancel()
            await bot.close()
            running.cancel()  # it may be in a pause before it connects again
            await asyncio.gather(running, stopping, return_exceptions=True)
