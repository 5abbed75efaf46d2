"""What `python bot.py` can do: a function for each command, which returns the exit code."""

import asyncio
import logging
import os
import sys
from contextlib import AsyncExitStack
from pathlib import Path

from config.loading import load_settings
from config.problems import SettingsError
from config.settings import Settings
from conversation.version import VERSION
from monitoring.health import ask_health
from startup.backups import back_up_to, restore_from
from startup.check import check as check_everything
from startup.exit_codes import print_to_exit_code, refuse, run_to_exit_code
from startup.logs import set_up_logging
from startup.sandbox_process import SandboxError
from startup.sandbox_run import empty, sandbox_folder, serve_in_sandbox, sole_sandbox
from startup.serving import serve
from startup.stop_signal import say_nothing, stop_signal
from startup.wiring import secrets_in

log = logging.getLogger(__name__)

_ENV_FILE = Path(".env")


def read_settings() -> Settings | None:
    """Read the settings, or print everything that is wrong with them."""
    try:
        return load_settings(os.environ, _ENV_FILE)
    except SettingsError as error:
        refuse(str(error))
        return None


def run(settings: Settings) -> int:
    """Run the bot on Discord until SIGINT or SIGTERM."""
    if settings.discord_token is None:
        return refuse(
            "DISCORD_TOKEN: not set. Put it into .env (see README.md, “On Discord”), or run "
            "`python bot.py sandbox` to try the bot without Discord."
        )
    _begin_log(settings)
    return run_to_exit_code(_serve(settings), _quick_loop)


def sandbox(settings: Settings, *, is_reset: bool) -> int:
    """Run the bot in a Discord on this machine; with `is_reset`, in an empty one."""
    code = run_to_exit_code(_serve_in_sandbox(settings, is_reset=is_reset))
    if code == 0:
        print("Stopped. What was said is kept: start again to go on.")  # noqa: T201
    return code


def check(settings: Settings) -> int:
    """Test everything that has to be right, and print what is to be mended."""
    set_up_logging("ERROR", settings.log_format, secrets=secrets_in(settings))
    return asyncio.run(check_everything(settings))


def health(settings: Settings) -> int:
    """Ask the bot that runs with these settings how it is."""
    return print_to_exit_code(ask_health(settings))


def backup(settings: Settings, target: Path, *, is_forced: bool) -> int:
    """Copy the database to a file."""
    return print_to_exit_code(back_up_to(target, settings, is_forced=is_forced))


def restore(settings: Settings, source: Path, *, is_forced: bool) -> int:
    """Restore the database from a backup."""
    return print_to_exit_code(restore_from(source, settings, is_forced=is_forced))


def _begin_log(settings: Settings, handler: logging.Handler | None = None) -> None:
    set_up_logging(settings.log_level, settings.log_format, handler, secrets=secrets_in(settings))
    log.info("Bobbin %s", VERSION)


async def _serve(settings: Settings) -> None:
    is_seen = log.isEnabledFor(logging.INFO) or not sys.stderr.isatty()
    tell = say_nothing if is_seen else _tell
    await serve(settings, stop_signal(tell), tell)
    log.info("stopped")


async def _serve_in_sandbox(settings: Settings, *, is_reset: bool) -> None:
    folder = sandbox_folder(settings)
    log_file = folder / "bobbin.log"
    async with AsyncExitStack() as stack:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            if is_reset:
                await empty(folder)
            await stack.enter_async_context(sole_sandbox(folder))
            handler = logging.FileHandler(log_file, encoding="utf-8")
        except OSError as error:
            words = f"DATA_DIR: {folder} cannot be written: {error.strerror}."
            raise SandboxError(words) from error
        _begin_log(settings, handler)
        why = "No DISCORD_TOKEN is set: " if settings.discord_token is None else ""
        print(f"{why}running in the local sandbox. Its log: {log_file}", flush=True)  # noqa: T201
        await serve_in_sandbox(settings, _ENV_FILE, stop_signal(_tell), _tell)
        log.info("stopped")


def _tell(words: str) -> None:
    """Say something on a line of its own, below what the terminal shows of Ctrl-C."""
    print(f"\n{words}", flush=True)  # noqa: T201


def _quick_loop() -> asyncio.AbstractEventLoop:
    """Make the loop for the real Discord: uvloop's where the platform has it.

    The sandbox runs on the standard loop: uvloop starts its child with no signal held back.
    """
    try:
        import uvloop  # not made for Windows
    except ImportError:
        return asyncio.new_event_loop()
    return uvloop.new_event_loop()
