"""Running the bot on Discord until it is told to stop."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable, Collection, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta

import discord

from cogs.client import Bobbin
from config.settings import Settings
from monitoring.health import open_health
from startup.database_watch import until_replaced
from startup.discord_address import gateway_of
from startup.discord_login import point_library_at
from startup.stop_signal import Tell, say_nothing
from startup.wiring import ANSWER_ATTEMPTS, Engine, make_bot, open_engine, sole_run, utc_now

log = logging.getLogger(__name__)


async def serve(settings: Settings, stop: asyncio.Event, tell: Tell = say_nothing) -> None:
    """Run the bot until `stop` is set, as the only one on its database.

    Args:
        settings: The settings.
        stop: Set by whoever ends it.
        tell: Says to whoever set it what is waited for.

    Raises:
        DatabaseAddressError: `DATABASE_URL` names no database that can be used.
        DiscordAddressError: `DISCORD_API_URL` leads to no Discord.
        HealthPortError: `HEALTH_PORT` cannot be opened.
        StoreError: The database cannot be used.
        discord.LoginFailure: The token is refused.
        discord.HTTPException, discord.ConnectionClosed, discord.PrivilegedIntentsRequired,
            aiohttp.ClientError, ConnectionError, TimeoutError: Discord does not answer at the
            start, or ends the connection for good.
    """
    async with sole_run(settings):
        await serve_alone(settings, stop, tell)


async def serve_alone(settings: Settings, stop: asyncio.Event, tell: Tell = say_nothing) -> None:
    """Run the bot as `serve` does, where the caller has seen to it that no other one does."""
    if settings.discord_api_url is not None:
        gateway_url = await gateway_of(settings.discord_api_url)
        point_library_at(settings.discord_api_url, gateway_url)
    while await _is_to_begin_anew(settings, stop, tell):
        pass


async def _is_to_begin_anew(settings: Settings, stop: asyncio.Event, tell: Tell) -> bool:
    """Run the bot until `stop` is set, or (True) another database lies in the place of its own."""
    async with (
        open_engine(settings) as engine,
        open_health(settings, engine) as gateway,
        AsyncExitStack() as tasks,
    ):
        window = timedelta(minutes=settings.recovery_window_minutes)
        await engine.store.ping()  # a start that finds nothing to resume writes nothing
        await engine.store.turns.resume(utc_now() - window, ANSWER_ATTEMPTS)
        await tasks.enter_async_context(_in_background(engine.catalog.run(), "model-lists"))
        replaced = await tasks.enter_async_context(
            _in_background(until_replaced(engine.store), "database-watch")
        )
        stopping = await tasks.enter_async_context(_in_background(stop.wait(), "until-stopped"))
        reads_content = True
        while True:
            bot = make_bot(settings, engine, reads_content=reads_content)
            gateway.watch(bot)
            try:
                await _connect(
                    settings, bot, {replaced, stopping}, _farewell(settings, engine, tell)
                )
            except discord.PrivilegedIntentsRequired:
                if not reads_content:
                    raise
                log.warning("Discord refuses the Message Content Intent; going on without it")
                reads_content = False
            else:
                return replaced.done() and not stop.is_set()


@asynccontextmanager
async def _in_background(
    work: Coroutine[None, None, object], name: str
) -> AsyncGenerator[asyncio.Task[object], None]:
    """Run beside the bot; a failure is logged, and the end of the context ends it."""
    task = asyncio.create_task(work, name=name)
    task.add_done_callback(_log_end)
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def _log_end(task: asyncio.Task[object]) -> None:
    if not task.cancelled() and task.exception() is not None:
        log.error("the task %s broke off", task.get_name(), exc_info=task.exception())


def _farewell(settings: Settings, engine: Engine, tell: Tell) -> Callable[[], None]:
    """Make what says, when the bot is to end, what it waits for."""

    def say() -> None:
        count = engine.slots.running_count + engine.slots.waiting_count
        if count:
            answers = "1 answer that is" if count == 1 else f"{count} answers that are"
            tell(f"Waiting up to {settings.shutdown_grace_s:g} s for {answers} being written.")

    return say


async def _connect(
    settings: Settings,
    bot: Bobbin,
    endings: Collection[asyncio.Task[object]],
    farewell: Callable[[], None],
) -> None:
    """Run one client until one of the endings is done, or its connection ends for good."""
    token = settings.discord_token.get_secret_value() if settings.discord_token else ""
    async with bot:
        running = asyncio.create_task(bot.start(token), name="discord")
        try:
            await asyncio.wait({running, *endings}, return_when=asyncio.FIRST_COMPLETED)
            for task in (running, *endings):
                if task.done():
                    await task  # raises what it broke off with
            farewell()
        finally:
            await bot.close()
            running.cancel()  # it may be in a pause before it connects again
            await asyncio.gather(running, return_exceptions=True)
