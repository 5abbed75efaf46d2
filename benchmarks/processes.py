"""Runs a bot as a process of its own, and reads what it costs from `/proc` (Linux only)."""

import asyncio
import os
import re
import signal
import sys
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

_ROOT = str(Path(__file__).resolve().parent.parent)
_STOP_LIMIT_S = 20.0
_TICKS_PER_S = os.sysconf("SC_CLK_TCK")
_UTIME, _STIME = 11, 12
"""Places in /proc/PID/stat after the name in parentheses. Source: proc(5)."""
_FROM_OUTSIDE = (
    "PATH",
    "HOME",
    "LANG",
    "LC_ALL",
    "TMPDIR",
    "VIRTUAL_ENV",
    "LD_LIBRARY_PATH",
    "PROFILE",
)


class BotProcess:
    """A process that runs; `running` starts and ends it."""

    def __init__(self, process: asyncio.subprocess.Process, log: Path) -> None:
        self._process = process
        self._log = log

    @property
    def has_ended(self) -> bool:
        """Whether it is gone."""
        return self._process.returncode is not None

    def cpu_s(self) -> float:
        """Return the processor time it has used, in steps of 10 ms."""
        text = Path(f"/proc/{self._process.pid}/stat").read_text()
        fields = text.rpartition(")")[2].split()
        return (int(fields[_UTIME]) + int(fields[_STIME])) / _TICKS_PER_S

    def memory_mib(self) -> float:
        """Return the memory it holds now."""
        return self._memory("VmRSS")

    def peak_memory_mib(self) -> float:
        """Return the most memory it held so far."""
        return self._memory("VmHWM")

    def said(self) -> str:
        """Return what it wrote to its standard streams so far."""
        return self._log.read_text(errors="replace")

    async def until_said(self, pattern: str, timeout_s: float) -> None:
        """Wait until what it wrote has a match of a pattern.

        Raises:
            RuntimeError: It has ended before, or takes longer.
        """
        expected = re.compile(pattern)
        try:
            async with asyncio.timeout(timeout_s):
                while not expected.search(self.said()):
                    if self.has_ended:
                        raise RuntimeError(f"it ended:\n{self.said()}")
                    await asyncio.sleep(0.02)
        except TimeoutError:
            raise RuntimeError(f"it has not said {pattern!r}:\n{self.said()}") from None

    async def stop(self) -> None:
        """End it as an operator does, and kill it where that takes too long."""
        if self.has_ended:
            return
        self._process.send_signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(_STOP_LIMIT_S):
                await self._process.wait()
        except TimeoutError:
            self._process.kill()
            await self._process.wait()

    def _memory(self, name: str) -> float:
        text = Path(f"/proc/{self._process.pid}/status").read_text()
        found = re.search(rf"^{name}:\s+(\d+) kB", text, re.MULTILINE)
        return int(found[1]) / 1024 if found else 0.0


@asynccontextmanager
async def running(
    arguments: Sequence[str], environment: Mapping[str, str], folder: Path
) -> AsyncGenerator[BotProcess, None]:
    """Run `python` with arguments until the context is left.

    Args:
        arguments: What follows `python`.
        environment: All of its environment that matters; nothing of ours leaks in.
        folder: Where its output is kept, in `output.log`.
    """
    inherited = {name: os.environ[name] for name in _FROM_OUTSIDE if name in os.environ}
    log = folder / "output.log"
    with log.open("wb") as sink:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *arguments,
            cwd=_ROOT,
            env={**inherited, "PYTHONPATH": _ROOT, "PYTHONUNBUFFERED": "1", **environment},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=sink,
            stderr=asyncio.subprocess.STDOUT,
        )
    bot = BotProcess(process, log)
    try:
        yield bot
    finally:
        await bot.stop()
