"""Running the unchanged bot in the sandbox."""

import asyncio
import logging
import os
import shutil
import sqlite3
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from config.loading import load_settings
from config.settings import Settings
from conversation.errors import StoreUnavailableError
from startup.sandbox_process import Sandbox, SandboxError, started_sandbox
from startup.serving import serve_alone
from startup.stop_signal import Tell
from storage.sqlite.backup import settle
from storage.sqlite.file_lock import LockHeldError
from storage.sqlite.run_lock import SUFFIX, sole_user

log = logging.getLogger(__name__)

_DATABASE = "bobbin.db"
"""The default of `DATABASE_URL` in a folder: the sandbox has no other."""

_TAKEOVER_S = 1.0
"""So long one that was ended may take to be gone."""

_NOT_IN_SANDBOX = (
    "ALLOWED_GUILDS",
    "ALLOWED_CHANNELS",
    "ALLOWED_ROLES",
    "BLOCKED_USERS",
    "DATABASE_URL",
)


def sandbox_folder(settings: Settings) -> Path:
    """Return where the sandbox keeps everything."""
    return settings.data_dir / "sandbox"


@asynccontextmanager
async def sole_sandbox(folder: Path) -> AsyncGenerator[None, None]:
    """Hold the lock of the only bot that runs in a sandbox, while the context is open.

    Raises:
        SandboxError: Another one does, or the folder cannot be written.
    """
    async with AsyncExitStack() as stack:
        lock = sole_user(folder / _DATABASE, wait_s=_TAKEOVER_S)
        try:
            await stack.enter_async_context(lock)
        except LockHeldError as error:
            raise SandboxError(_runs_already(folder)) from error
        except StoreUnavailableError as error:
            raise SandboxError(f"DATA_DIR: {error}.") from error
        yield


async def empty(folder: Path) -> None:
    """Remove all that a sandbox keeps, unless somebody uses it.

    Raises:
        SandboxError: A bot runs in it, or it runs alone; nothing was removed.
        OSError: Something cannot be removed.
    """
    async with sole_sandbox(folder):
        await asyncio.to_thread(_empty, folder)


def _empty(folder: Path) -> None:
    for database in folder.glob("*.db"):
        try:
            settle(database)
        except StoreUnavailableError as error:
            raise SandboxError(_runs_already(folder)) from error
        except sqlite3.Error as error:
            log.debug("%s is no database: %s", database.name, error)
    for path in folder.iterdir():
        if path.name == _DATABASE + SUFFIX:
            continue  # the lock that is held: a file of its name that is made anew is another lock
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()


def _runs_already(folder: Path) -> str:
    return (
        f"The sandbox in {folder} runs already, and nothing was changed in it: end it first "
        "(Ctrl-C where it runs), or give this one a folder of its own with DATA_DIR."
    )


async def serve_in_sandbox(
    settings: Settings, env_file: Path, stop: asyncio.Event, tell: Tell
) -> None:
    """Run the unchanged bot in a Discord on this machine, until its person has had enough.

    The caller holds `sole_sandbox`.

    Args:
        settings: The settings as the operator made them.
        env_file: Where they come from, apart from the environment: they are read again, with those
            that are others in the sandbox.
        stop: Set by the signals that end the bot, and here when the person leaves.
        tell: Says at the terminal what is waited for.

    Raises:
        SandboxError: The sandbox did not start, or broke off.
    """
    folder = sandbox_folder(settings)
    async with started_sandbox(folder, settings.sandbox_port) as sandbox:
        overrides = _for_sandbox(settings, sandbox, folder)
        ended = asyncio.create_task(sandbox.ended(), name="sandbox")
        ended.add_done_callback(lambda _: stop.set())
        try:
            await serve_alone(load_settings(os.environ, env_file, overrides), stop, tell)
            if ended.done():
                await ended
        finally:
            ended.cancel()
            await asyncio.gather(ended, return_exceptions=True)


def _for_sandbox(settings: Settings, sandbox: Sandbox, folder: Path) -> dict[str, str]:
    """Return the settings that are others in the sandbox; an empty one is unset.

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
