"""The bot as a process of its own, `python bot.py`, which a test can kill."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.e2e.scene import Scene

_BOT = Path(__file__).parents[2] / "bot.py"
_START_LIMIT_S = 60.0
_END_LIMIT_S = 30.0


class BotProcess:
    """A running `python bot.py`."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def end(self, number: signal.Signals) -> int:
        """Send a signal, wait for the end and give the exit code, negative for a signal."""
        if self._process.returncode is None:
            self._process.send_signal(number)
        async with asyncio.timeout(_END_LIMIT_S):
            return await self._process.wait()


@asynccontextmanager
async def bot_process(scene: Scene, **settings: str) -> AsyncGenerator[BotProcess, None]:
    """Start the bot in a process and wait until it is connected; it is killed at the end."""
    scene.folder.mkdir(parents=True, exist_ok=True)
    environ = {
        "PATH": os.environ["PATH"],
        "DISCORD_TOKEN": scene.world.bot.token,
        "DISCORD_API_URL": scene.discord.api_url,
        "ALLENAI_BASE_URL": scene.playground.base_url,
        "DATA_DIR": str(scene.folder),
        **settings,
    }
    identified = scene.discord.gateway.identify_count
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(_BOT), cwd=scene.folder, env=environ, stderr=asyncio.subprocess.DEVNULL
    )
    bot = BotProcess(process)
    try:
        await scene.until(
            lambda: (
                scene.discord.gateway.identify_count > identified
                and scene.discord.gateway.is_connected
            ),
            _START_LIMIT_S,
        )
        yield bot
    finally:
        await bot.end(signal.SIGKILL)
