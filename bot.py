"""The front door: `python bot.py` runs Bobbin on Discord.

`--sandbox` runs it against a Discord on this machine, `--auto` does so where no DISCORD_TOKEN is
set, `--check` tests everything and says what to mend, `--health` asks the bot that runs;
`--backup` and `--restore` copy its database.
"""

import argparse
import asyncio
import logging
import os
import shutil
import sys
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path

import aiohttp
import discord

from cogs.client import Bobbin
from config.loading import load_settings
from config.problems import SettingsError
from config.settings import Settings
from conversation.errors import StoreError
from monitoring.health import HealthPortError, UnwellError, ask_health, open_health
from startup.backups import KeepingError, back_up_to, restore_from
from startup.check import check
from startup.discord_address import DiscordAddressError, gateway_of
from startup.discord_login import point_library_at
from startup.logs import set_up_logging
from startup.sandbox_process import Sandbox, SandboxError, started_sandbox
from startup.stop_signal import stop_signal
from startup.wiring import DatabaseAddressError, make_bot, open_engine, secrets_in, sole_run

log = logging.getLogger("bot")

_ENV_FILE = Path(".env")
_OWNER_ONLY = 0o077
"""What people said and the secrets of resume states are in the files that are made: nobody else on
the machine may read them."""
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
        unfinished = await engine.store.interrupt_unfinished()
        background = [
            asyncio.create_task(engine.catalog.run(), name="model-lists"),
            asyncio.create_task(engine.service.checkpoints.run(), name="checkpoints"),
        ]
        for task in background:
            task.add_done_callback(_log_end)
        try:
            bot = make_bot(settings, engine, unfinished)
            gateway.watch(bot)
            await _connect(settings, bot, stop)
        except discord.PrivilegedIntentsRequired:
            log.warning("Discord refuses the Message Content Intent; going on without it")
            bot = make_bot(settings, engine, unfinished, reads_content=False)
            gateway.watch(bot)
            await _connect(settings, bot, stop)
        finally:
            for task in background:
                task.cancel()
            await asyncio.gather(*background, return_exceptions=True)


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


async def run(settings: Settings) -> None:
    """Run the bot until SIGINT or SIGTERM."""
    await serve(settings, stop_signal())
    log.info("stopped")


async def run_in_sandbox(settings: Settings) -> None:
    """Run the unchanged bot in a Discord on this machine, until its person has had enough.

    Raises:
        SandboxError: The sandbox did not start, or broke off.
    """
    stop = stop_signal()
    folder = settings.data_dir / "sandbox"
    async with started_sandbox(folder, settings.sandbox_port) as sandbox:
        overrides = _for_sandbox(settings, sandbox, folder)
        ended = asyncio.create_task(sandbox.ended(), name="sandbox")
        ended.add_done_callback(lambda _: stop.set())
        try:
            await serve(load_settings(os.environ, _ENV_FILE, overrides), stop)
            if ended.done():
                await ended
        finally:
            ended.cancel()
            await asyncio.gather(ended, return_exceptions=True)
    log.info("stopped")


def _for_sandbox(settings: Settings, sandbox: Sandbox, folder: Path) -> dict[str, str]:
    """Give the settings that are others in the sandbox; an empty one is unset.

    The owner's rules about servers, channels, roles and people are left out: their ids are those
    of the real Discord. The demo model stands in for the Ai2 Playground, unless that is set to be
    elsewhere; other providers are what they are, and reached as they are.
    """
    overrides = {
        **dict.fromkeys(_NOT_IN_SANDBOX, ""),
        **sandbox.environment,
        "DATA_DIR": str(folder),
    }
    if settings.allenai_base_url != Settings.model_fields["allenai_base_url"].default:
        return overrides | {"ALLENAI_BASE_URL": settings.allenai_base_url}
    overrides["ALLENAI_HOST"] = ""
    listed = [f"{name}/{it.models[0]}" for name, it in settings.providers.items() if it.models]
    if listed and settings.default_model == Settings.model_fields["default_model"].default:
        overrides["DEFAULT_MODEL"] = listed[0]
    return overrides if settings.providers else overrides | {"UPSTREAM_PROXY": ""}


def _quick_loop() -> asyncio.AbstractEventLoop:
    """Make the loop for the real Discord: uvloop's where the platform has it.

    The sandbox runs on the standard loop: uvloop starts its child with no signal held back.
    """
    try:
        import uvloop  # not made for Windows
    except ImportError:
        return asyncio.new_event_loop()
    return uvloop.new_event_loop()


def _exit_code(
    work: Coroutine[None, None, None],
    make_loop: Callable[[], asyncio.AbstractEventLoop] | None = None,
) -> int:
    """Run to the end, and give the exit code.

    0, or 2 for what the operator has to mend, or 1 where Discord failed and may soon be back.
    """
    try:
        with asyncio.Runner(loop_factory=make_loop) as runner:
            runner.run(work)
    except discord.LoginFailure:
        return _refused(
            "DISCORD_TOKEN: Discord does not accept this token. Copy it anew from "
            "https://discord.com/developers/applications, page Bot."
        )
    except (DatabaseAddressError, StoreError) as error:
        return _refused(f"DATABASE_URL: {error}.")
    except DiscordAddressError as error:
        return _refused(
            f"DISCORD_API_URL: {error}. Leave it unset for Discord itself; else it is the full "
            "base of the interface, for example http://127.0.0.1:8737/api/v10"
        )
    except HealthPortError as error:
        return _refused(f"HEALTH_PORT: {error}. Choose another.")
    except (SettingsError, SandboxError) as error:
        return _refused(str(error))
    except discord.HTTPException as error:
        return _refused(f"Discord answers {error.status} at the moment. Try again later.", 1)
    except discord.ConnectionClosed as error:
        return _refused(f"Discord ended the connection for good (code {error.code}).")
    except (aiohttp.ClientError, ConnectionError, TimeoutError) as error:
        why = type(error).__name__
        return _refused(f"Discord cannot be reached ({why}). Is there a network?", 1)
    return 0


def _refused(words: str, exit_code: int = 2) -> int:
    print(words, file=sys.stderr)  # noqa: T201 - the log may not be set up
    return exit_code


def main(arguments: Sequence[str]) -> int:
    """Do what the command line says, and give the exit code."""
    parser = argparse.ArgumentParser(prog="bot.py", description="Bobbin, a Discord bot")
    modes = parser.add_mutually_exclusive_group()
    modes.add_argument("--sandbox", action="store_true", help="run in a Discord on this machine")
    modes.add_argument("--auto", action="store_true", help="the same where no token is set")
    modes.add_argument("--check", action="store_true", help="test everything, say what to mend")
    modes.add_argument("--health", action="store_true", help="ask the running bot how it is")
    modes.add_argument("--backup", type=Path, metavar="FILE", help="copy the database")
    modes.add_argument("--restore", type=Path, metavar="FILE", help="put such a copy back")
    parser.add_argument("--force", action="store_true", help="let these two replace a file")
    parser.add_argument("--reset-sandbox", action="store_true", help="empty the sandbox first")
    chosen = parser.parse_args(arguments)
    os.umask(_OWNER_ONLY)
    try:
        settings = load_settings(os.environ, _ENV_FILE)
    except SettingsError as error:
        return _refused(str(error))
    try:
        if chosen.check:
            set_up_logging("ERROR", settings.log_format, secrets=secrets_in(settings))
            return asyncio.run(check(settings))
        if chosen.health:
            return _told(ask_health(settings))
        if chosen.backup is not None:
            return _told(back_up_to(chosen.backup, settings, is_forced=chosen.force))
        if chosen.restore is not None:
            return _told(restore_from(chosen.restore, settings, is_forced=chosen.force))
        if chosen.sandbox or (chosen.auto and settings.discord_token is None):
            return _sandbox(settings, is_reset=chosen.reset_sandbox)
        return _on_discord(settings)
    except KeyboardInterrupt:  # before the loop hears the signal, or in a check
        return 0


def _told(work: Coroutine[None, None, str]) -> int:
    """Print what comes of a question or an order, and give the exit code."""
    try:
        print(asyncio.run(work))  # noqa: T201 - what was asked for
    except DatabaseAddressError as error:
        return _refused(f"DATABASE_URL: {error}.")
    except KeepingError as error:
        return _refused(str(error))
    except UnwellError as error:
        return _refused(str(error), 1)  # the one code that Docker takes for unwell
    return 0


def _on_discord(settings: Settings) -> int:
    if settings.discord_token is None:
        return _refused(
            "DISCORD_TOKEN: not set. Put it into .env (see README.md, “On Discord”), or run "
            "`python bot.py --sandbox` to try the bot without Discord."
        )
    set_up_logging(settings.log_level, settings.log_format, secrets=secrets_in(settings))
    return _exit_code(run(settings), _quick_loop)


def _sandbox(settings: Settings, *, is_reset: bool) -> int:
    folder = settings.data_dir / "sandbox"
    log_file = folder / "bobbin.log"
    try:
        if is_reset and folder.exists():
            shutil.rmtree(folder)
        folder.mkdir(parents=True, exist_ok=True)
        handler = logging.FileHandler(log_file, encoding="utf-8")
    except OSError as error:
        return _refused(f"DATA_DIR: {folder} cannot be written: {error.strerror}.")
    set_up_logging(settings.log_level, settings.log_format, handler, secrets=secrets_in(settings))
    why = "No DISCORD_TOKEN is set: " if settings.discord_token is None else ""
    print(f"{why}running in the local sandbox. Its log: {log_file}", flush=True)  # noqa: T201
    code = _exit_code(run_in_sandbox(settings))
    if code == 0:
        print("Stopped. What was said is kept: start again to go on.")  # noqa: T201
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
