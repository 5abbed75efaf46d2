"""Running the unchanged bot in the sandbox."""

import asyncio
import os
from pathlib import Path

from config.loading import load_settings
from config.settings import Settings
from startup.sandbox_process import Sandbox, started_sandbox
from startup.serving import serve

_NOT_IN_SANDBOX = (
    "ALLOWED_GUILDS",
    "ALLOWED_CHANNELS",
    "ALLOWED_ROLES",
    "BLOCKED_USERS",
    "DATABASE_URL",
)


async def serve_in_sandbox(settings: Settings, env_file: Path, stop: asyncio.Event) -> None:
    """Run the unchanged bot in a Discord on this machine, until its person has had enough.

    Args:
        settings: The settings as the operator made them.
        env_file: Where they come from, apart from the environment: they are read again, with those
            that are others in the sandbox.
        stop: Set by the signals that end the bot, and here when the person leaves.

    Raises:
        SandboxError: The sandbox did not start, or broke off.
    """
    folder = settings.data_dir / "sandbox"
    async with started_sandbox(folder, settings.sandbox_port) as sandbox:
        overrides = _for_sandbox(settings, sandbox, folder)
        ended = asyncio.create_task(sandbox.ended(), name="sandbox")
        ended.add_done_callback(lambda _: stop.set())
        try:
            await serve(load_settings(os.environ, env_file, overrides), stop)
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
