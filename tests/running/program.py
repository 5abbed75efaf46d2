"""Runs the project's real commands as processes of their own, and reads what they print."""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, STDOUT
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[2]
_PRINT_LIMIT_S = 30.0
_END_LIMIT_S = 45.0

BOT = (str(ROOT / "bot.py"),)
SANDBOX = (*BOT, "sandbox")
SANDBOX_ALONE = ("-m", "sandbox")
IN_TERMINAL = (
    "-c",
    "import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))",
    sys.executable,
)
"""Put before other arguments: the program gets a terminal, at which is typed what is written."""


@dataclass(slots=True)
class Program:
    """A program that runs; `printed` is all it printed, to both streams."""

    process: asyncio.subprocess.Process
    printed: str = ""
    _news: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def until(self, text: str, times: int = 1) -> None:
        """Wait until it has printed a text so many times."""
        try:
            async with asyncio.timeout(_PRINT_LIMIT_S), self._news:
                await self._news.wait_for(lambda: self.printed.count(text) >= times)
        except TimeoutError as error:
            raise TimeoutError(f"it printed no {text!r}:\n{self.printed}") from error

    def write(self, text: str) -> None:
        """Type into it."""
        assert self.process.stdin is not None
        self.process.stdin.write(text.encode())

    def close_input(self) -> None:
        """End what is typed into it."""
        assert self.process.stdin is not None
        self.process.stdin.close()

    def signal_group(self, number: signal.Signals) -> None:
        """Send a signal to it and to all that it started, as a terminal's Ctrl-C does."""
        os.killpg(self.process.pid, number)

    async def end(self) -> int:
        """Wait until it and all that it started have ended; give its exit code."""
        async with asyncio.timeout(_END_LIMIT_S):
            await self.all_is_read.wait()
            return await self.process.wait()

    all_is_read: asyncio.Event = field(default_factory=asyncio.Event)
    """All who could print have ended: each has this pipe as its output."""

    async def read(self) -> None:
        """Read what is printed, until nobody is left who could print."""
        assert self.process.stdout is not None
        while data := await self.process.stdout.read(4096):
            async with self._news:
                self.printed += data.decode(errors="replace")
                self._news.notify_all()
        self.all_is_read.set()


@asynccontextmanager
async def running(
    folder: Path,
    *arguments: str,
    settings: Mapping[str, str] | None = None,
    has_input: bool = True,
) -> AsyncGenerator[Program, None]:
    """Run Python with arguments in a folder of its own; what is left at the end is killed.

    Args:
        folder: The working directory; no setting of the machine reaches the program.
        arguments: Of the interpreter.
        settings: The environment.
        has_input: Whether its input is a pipe; else there is none.
    """
    environment = {
        **{name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ},
        "HOME": str(folder),
        "SANDBOX_PORT": "0",
        "SHUTDOWN_GRACE_S": "0.2",
        **(settings or {}),
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *arguments,
        stdin=PIPE if has_input else DEVNULL,
        stdout=PIPE,
        stderr=STDOUT,
        cwd=folder,
        env=environment,
        start_new_session=True,
    )
    program = Program(process)
    reading = asyncio.create_task(program.read(), name="reading")
    try:
        yield program
    finally:
        with suppress(ProcessLookupError):
            program.signal_group(signal.SIGKILL)
        await process.wait()
        await reading


async def run(
    folder: Path, *arguments: str, typed: str = "", settings: Mapping[str, str] | None = None
) -> tuple[int, str]:
    """Run a program to its end with what is typed into it; give its exit code and its output."""
    async with running(folder, *arguments, settings=settings) as program:
        program.write(typed)
        program.close_input()
        return await program.end(), program.printed
