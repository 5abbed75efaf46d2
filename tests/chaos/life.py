"""The bot's lives: `python bot.py` as a process, killed and started again (Linux only)."""

import asyncio
import os
import re
import sys
from collections.abc import Mapping
from pathlib import Path

_ROOT = Path(__file__).parents[2]
_END_LIMIT_S = 30.0
_MIB = 1024
_WRONG = re.compile(
    r"Traceback \(most recent call last\)|never retrieved|was never awaited"
    r"|was destroyed but it is pending|Unclosed (?:client|connector|connection)"
)
_CONNECTED = "cogs.client: connected as"
_HANDLED = "discord.client: Attempting a reconnect in"
"""The library logs with a traceback that it will connect again, which is what it is for."""
_CONTEXT_LINES = 18


class Lives:
    """One bot after the other, each with a log of its own.

    Args:
        folder: Where the logs are kept.
        environ: The bot's environment, all of it.

    Attributes:
        count: How many lives there were.
        growths_mib: By how much each life that lasted had grown.
    """

    def __init__(self, folder: Path, environ: Mapping[str, str]) -> None:
        self._folder = folder
        self._environ = dict(environ)
        self._process: asyncio.subprocess.Process | None = None
        self.count = 0
        self.first_mib: float | None = None
        """What the running life held when it was quiet for the first time."""
        self.largest_growth_mib = 0.0

    @property
    def is_running(self) -> bool:
        """Whether a bot lives."""
        return self._process is not None and self._process.returncode is None

    @property
    def has_connected(self) -> bool:
        """Whether the newest bot was connected to Discord.

        One that finds no Discord at its start ends, and it is for a supervisor to start it again.
        """
        return bool(self.count) and _CONNECTED in self._log.read_text(errors="replace")

    async def begin(self) -> None:
        """Start a bot; it is not connected yet."""
        self.count += 1
        self.first_mib = None
        with self._log.open("wb") as sink:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                str(_ROOT / "bot.py"),
                cwd=self._folder,
                env=self._environ,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=sink,
                stderr=asyncio.subprocess.STDOUT,
            )

    async def kill(self) -> None:
        """Kill the bot with SIGKILL."""
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()

    async def end(self) -> int:
        """Ask the bot to end, and give its exit code."""
        if self._process is None:
            return 0
        if self._process.returncode is None:
            self._process.terminate()
        try:
            async with asyncio.timeout(_END_LIMIT_S):
                return await self._process.wait()
        except TimeoutError:
            await self.kill()
            return -9

    def measure(self) -> None:
        """Note what a quiet bot holds."""
        held = self._memory_mib()
        if held is None:
            return
        if self.first_mib is None:
            self.first_mib = held
        self.largest_growth_mib = max(self.largest_growth_mib, held - self.first_mib)

    def complaints(self) -> list[str]:
        """Give what the running life's log says that no log should; with what stands around it."""
        if not self.count:
            return []
        lines = self._log.read_text(errors="replace").splitlines()
        found: list[str] = []
        for number, line in enumerate(lines):
            if _WRONG.search(line) and _HANDLED not in lines[max(0, number - 1)]:
                found.append("\n    ".join(lines[max(0, number - 1) : number + _CONTEXT_LINES]))
        return found

    @property
    def _log(self) -> Path:
        return self._folder / f"life-{self.count}.log"

    def _memory_mib(self) -> float | None:
        if self._process is None or self._process.returncode is not None:
            return None
        text = Path(f"/proc/{self._process.pid}/status").read_text()
        found = re.search(r"^VmRSS:\s+(\d+) kB", text, re.MULTILINE)
        return int(found[1]) / _MIB if found else None


def environment(**settings: str) -> dict[str, str]:
    """Give a bot's whole environment; nothing of ours leaks in but where programs are."""
    return {"PATH": os.environ["PATH"], "PYTHONUNBUFFERED": "1", **settings}
