"""The bot's lives: `python bot.py` as a process, killed and started again (Linux only)."""

import asyncio
import os
import re
import resource
import signal
import sys
import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path

from tests.chaos.record import Life

_ROOT = Path(__file__).parents[2]
_END_LIMIT_S = 30.0
_MIB = 1024
_CHUNK_BYTES = 65536
_WRONG = re.compile(
    r"Traceback \(most recent call last\)|never retrieved|was never awaited"
    r"|was destroyed but it is pending|Unclosed (?:client|connector|connection)"
)
_CONNECTED = "connected as"
_HANDLED = "discord.client: Attempting a reconnect in"
"""The library logs with a traceback that it will connect again, which is what it is for."""
_CONTEXT_LINES = 18


class Lives:
    """One bot after the other, each with a log of its own.

    Args:
        folder: Where the logs are kept.
        environ: The bot's environment, all of it.

    Attributes:
        settings: What the next life has in its environment besides.
        spans: When each life began and ended.
        largest_growth_mib: By how much a life has grown at most.
    """

    def __init__(self, folder: Path, environ: Mapping[str, str]) -> None:
        self._folder = folder
        self._environ = dict(environ)
        self._process: asyncio.subprocess.Process | None = None
        self._reading: asyncio.Task[None] | None = None
        self.settings: Mapping[str, str] = {}
        self.spans: list[Life] = []
        self.first_mib: float | None = None
        """What the running life held when it was quiet for the first time."""
        self.largest_growth_mib = 0.0

    @property
    def count(self) -> int:
        """How many lives there were."""
        return len(self.spans)

    @property
    def is_running(self) -> bool:
        """Whether a bot lives."""
        return self._process is not None and self._process.returncode is None

    @property
    def has_connected(self) -> bool:
        """Whether the newest bot was connected to Discord.

        One that finds no Discord at its start ends, and it is for a supervisor to start it again.
        """
        return _CONNECTED in self.log()

    def log(self) -> str:
        """Return what the newest bot has logged."""
        return self._log.read_text(errors="replace") if self._log.exists() else ""

    async def begin(self) -> None:
        """Start a bot; it is not connected yet.

        What it logs comes through a pipe, so that a disk which takes nothing does not cost that.
        """
        await self._bury()
        self.first_mib = None
        self.spans.append(Life(time.monotonic()))
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            str(_ROOT / "bot.py"),
            cwd=self._folder,
            env={**self._environ, **self.settings},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        reading = self._keep_log(self._process.stdout, self._log)
        self._reading = asyncio.create_task(reading, name=f"log of life {self.count}")

    async def kill(self) -> None:
        """Kill the bot with SIGKILL."""
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
        await self._bury()

    async def end(self) -> int:
        """Ask the bot to end, and return its exit code."""
        process = self._process
        if process is None:
            return 0
        if process.returncode is None:
            process.terminate()
        try:
            async with asyncio.timeout(_END_LIMIT_S):
                await process.wait()
        except TimeoutError:
            await self.kill()
        await self._bury()
        return process.returncode or 0

    @asynccontextmanager
    async def frozen(self) -> AsyncGenerator[None, None]:
        """Stop the bot with SIGSTOP, and let it go on when the context is left."""
        process = self._process
        with suppress(ProcessLookupError):
            if process is not None:
                process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            with suppress(ProcessLookupError):
                if process is not None:
                    process.send_signal(signal.SIGCONT)

    @asynccontextmanager
    async def disk_full(self) -> AsyncGenerator[None, None]:
        """Have no file take anything that the running bot writes, until the context is left."""
        pid, kind = self._process.pid if self._process else 0, resource.RLIMIT_FSIZE
        if not self.is_running:
            yield
            return
        free = resource.prlimit(pid, kind)
        resource.prlimit(pid, kind, (0, free[1]))
        try:
            yield
        finally:
            with suppress(ProcessLookupError):
                resource.prlimit(pid, kind, free)

    def measure(self) -> None:
        """Note what a quiet bot holds."""
        held = self._memory_mib()
        if held is None:
            return
        if self.first_mib is None:
            self.first_mib = held
        self.largest_growth_mib = max(self.largest_growth_mib, held - self.first_mib)

    def complaints(self) -> list[str]:
        """Return what the newest log says that no log should, with what stands around it."""
        lines = self.log().splitlines()
        found: list[str] = []
        for number, line in enumerate(lines):
            if _WRONG.search(line) and _HANDLED not in lines[max(0, number - 1)]:
                found.append("\n    ".join(lines[max(0, number - 1) : number + _CONTEXT_LINES]))
        return found

    @property
    def _log(self) -> Path:
        return self._folder / f"life-{self.count}.log"

    async def _keep_log(self, source: asyncio.StreamReader | None, path: Path) -> None:
        with path.open("wb", buffering=0) as sink:
            while source is not None and (chunk := await source.read(_CHUNK_BYTES)):
                sink.write(chunk)

    async def _bury(self) -> None:
        """Wait for the end of a bot that ends, and keep all of its log."""
        if self._process is None or self._reading is None:
            return
        await self._process.wait()
        await self._reading
        if self.spans[-1].ended_s > time.monotonic():
            self.spans[-1] = replace(self.spans[-1], ended_s=time.monotonic())

    def _memory_mib(self) -> float | None:
        if self._process is None or self._process.returncode is not None:
            return None
        text = Path(f"/proc/{self._process.pid}/status").read_text()
        found = re.search(r"^VmRSS:\s+(\d+) kB", text, re.MULTILINE)
        return int(found[1]) / _MIB if found else None


def environment(**settings: str) -> dict[str, str]:
    """Return a bot's whole environment; nothing of ours leaks in but where programs are."""
    return {"PATH": os.environ["PATH"], "PYTHONUNBUFFERED": "1", **settings}
