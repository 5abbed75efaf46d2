"""The front door: `python bot.py` runs Bobbin on Discord.

`--sandbox` runs it against a Discord on this machine, `--auto` does so where no DISCORD_TOKEN is
set, `--check` tests everything and says what to mend.
"""

import argparse
import asyncio
import logging
import os
import signal
import sys
from collections.abc import Coroutine, Sequence
from pathlib import Path

import aiohttp
import discord

from check import check
from cogs.client import Bobbin
from config import Settings, SettingsError, load_settings
from conversation.errors import StoreError
from discord_address import point_library_at
from local_sandbox import SandboxError, started_sandbox
from logs import set_up_logging
from wiring import make_bot, open_engine

log = logging.getLogger("bot")

_ENV_FILE = Path(".env")
_NOT_IN_SANDBOX = (
    "ALLOWED_GUILDS",
    "ALLOWED_CHANNELS",
    "ALLOWED_ROLES",
    "BLOCKED_USERS",
    "DATABASE_URL",
)


async def serve(settings: Settings, stop: asyncio.Event) -> None:
    """Run the bot until `stop` is set.

    Raises:
        discord.LoginFailure: The token is refused.
        StoreError: The database cannot be used.
    """
    if settings.discord_api_url is not None:
        await point_library_at(settings.discord_api_url)
    async with open_engine(settings) as engine:
        unfinished = await engine.store.interrupt_unfinished()
        listing = asyncio.create_task(engine.catalog.run(), name="model-lists")
        try:
            await _connect(settings, make_bot(settings, engine, unfinished), stop)
        except discord.PrivilegedIntentsRequired:
            log.warning("Discord refuses the Message Content Intent; going on without it")
            bot = make_bot(settings, engine, unfinished, reads_content=False)
            await _connect(settings, bot, stop)
        finally:
            listing.cancel()
            await asyncio.gather(listing, return_exceptions=True)


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
            await asyncio.gather(running, stopping, return_exceptions=True)


async def run(settings: Settings) -> None:
    """Run the bot until SIGINT or SIGTERM."""
    await serve(settings, _stop_signal())
    log.info("stopped")


async def run_in_sandbox(settings: Settings) -> None:
    """Run the unchanged bot in a Discord on this machine, until its person has had enough.

    The owner's rules about servers, channels, roles and people are left out: their ids are those
    of the real Discord. The demo model answers, unless another Playground or a provider is set.

    Raises:
        SandboxError: The sandbox did not start.
    """
    stop = _stop_signal()
    folder = settings.data_dir / "sandbox"
    async with started_sandbox(folder, settings.sandbox_port) as sandbox:
        overrides = {
            **dict.fromkeys(_NOT_IN_SANDBOX, ""),
            **sandbox.environment,
            "DATA_DIR": str(folder),
        }
        if settings.allenai_base_url != Settings.model_fields["allenai_base_url"].default:
            overrides["ALLENAI_BASE_URL"] = settings.allenai_base_url
        elif not settings.providers:
            overrides |= {"UPSTREAM_PROXY": "", "ALLENAI_HOST": ""}
        ended = asyncio.create_task(sandbox.process.wait(), name="sandbox")
        ended.add_done_callback(lambda _: stop.set())
        try:
            await serve(load_settings(os.environ, _ENV_FILE, overrides), stop)
        finally:
            ended.cancel()


def _stop_signal() -> asyncio.Event:
    """Make the event that SIGINT and SIGTERM set."""
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    return stop


def _exit_code(work: Coroutine[None, None, None]) -> int:
    """Run to the end, and give the exit code: 0, or 2 for what the operator has to mend."""
    try:
        asyncio.run(work)
    except discord.LoginFailure:
        return _refused(
            "DISCORD_TOKEN: Discord does not accept this token. Copy it anew from "
            "https://discord.com/developers/applications, page Bot."
        )
    except (StoreError, ValueError) as error:
        return _refused(f"DATABASE_URL: {error}")
    except (SettingsError, SandboxError) as error:
        return _refused(str(error))
    except aiohttp.ClientError as error:
        return _refused(f"DISCORD_API_URL: nothing answers there ({type(error).__name__}).")
    return 0


def _refused(words: str) -> int:
    print(words, file=sys.stderr)  # noqa: T201 - the log may not be set up
    return 2


def main(arguments: Sequence[str]) -> int:
    """Do what the command line says, and give the exit code."""
    parser = argparse.ArgumentParser(prog="bot.py", description="Bobbin, a Discord bot")
    modes = parser.add_mutually_exclusive_group()
    modes.add_argument("--sandbox", action="store_true", help="run in a Discord on this machine")
    modes.add_argument("--auto", action="store_true", help="the same where no token is set")
    modes.add_argument("--check", action="store_true", help="test everything, say what to mend")
    chosen = parser.parse_args(arguments)
    try:
        settings = load_settings(os.environ, _ENV_FILE)
    except SettingsError as error:
        return _refused(str(error))
    if chosen.check:
        set_up_logging("ERROR", settings.log_format)
        return asyncio.run(check(settings))
    has_token = settings.discord_token is not None
    if chosen.sandbox or (chosen.auto and not has_token):
        folder = settings.data_dir / "sandbox"
        folder.mkdir(parents=True, exist_ok=True)
        log_file = folder / "bobbin.log"
        handler = logging.FileHandler(log_file, encoding="utf-8")
        set_up_logging(settings.log_level, settings.log_format, handler)
        why = "" if has_token else "No DISCORD_TOKEN is set: "
        print(f"{why}running in the local sandbox. The bot's log is in {log_file}.")  # noqa: T201
        return _exit_code(run_in_sandbox(settings))
    if not has_token:
        return _refused(
            "DISCORD_TOKEN: not set. Put it into .env (see README.md, “On Discord”), or run "
            "`python bot.py --sandbox` to try the bot without Discord."
        )
    set_up_logging(settings.log_level, settings.log_format)
    return _exit_code(run(settings))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
