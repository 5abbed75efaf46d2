"""Starts the sandbox as a child process, for the bot to be run against."""

import asyncio
import json
import signal
import socket
import sys
from collections.abc import AsyncGenerator, Generator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

_START_LIMIT_S = 30.0
_STOP_LIMIT_S = 5.0
_ROOT = Path(__file__).resolve().parent.parent
_ENDING_SIGNALS = frozenset({signal.SIGINT, signal.SIGTERM, signal.SIGHUP})


class SandboxError(Exception):
    """The sandbox did not start, or broke off; it has said itself why."""


@dataclass(frozen=True, slots=True)
class Sandbox:
    """A sandbox that runs; `environment` is what a bot needs."""

    environment: Mapping[str, str]
    lifeline: asyncio.StreamReader
    process: asyncio.subprocess.Process

    async def ended(self) -> None:
        """Wait until the person in the chat has had enough.

        Raises:
            SandboxError: The sandbox broke off.
        """
        await self.lifeline.read()
        try:
            async with asyncio.timeout(_STOP_LIMIT_S / 10):
                code = await self.process.wait()
        except TimeoutError:
            return  # it still serves, for the bot to end as it should
        raise SandboxError(f"The sandbox broke off with exit code {code}.")


@asynccontextmanager
async def started_sandbox(folder: Path, port: int) -> AsyncGenerator[Sandbox, None]:
    """Start the sandbox with its terminal chat, and end it with the context.

    Args:
        folder: Where it keeps what is said in it.
        port: The port of its Discord, or the first one that it tries.

    Raises:
        SandboxError: It did not start.
    """
    ours, theirs = socket.socketpair()
    with theirs, _ending_signals_held():
        process = await asyncio.create_subprocess_exec(
            *_command(folder, port, theirs.fileno()),
            pass_fds=(theirs.fileno(),),
            cwd=_ROOT,
        )
    reader, writer = await asyncio.open_connection(sock=ours)
    try:
        yield Sandbox(await _environment_from(reader, process), reader, process)
    finally:
        writer.close()
        try:
            async with asyncio.timeout(_STOP_LIMIT_S):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()


def _command(folder: Path, port: int, descriptor: int) -> tuple[str, ...]:
    return (
        *(sys.executable, "-m", "sandbox", "--chat", "--lifeline", str(descriptor)),
        *("--data", str(folder.absolute()), "--port", str(port)),
    )


@contextmanager
def _ending_signals_held() -> Generator[None, None, None]:
    """Hold the signals back that end a process; a child that is started meanwhile never has them.

    Ctrl-C reaches every process of the terminal, but the sandbox is to serve until the bot has
    ended its answers in it. Held back here, they come when the context is left.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, _ENDING_SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _ENDING_SIGNALS)


async def _environment_from(
    reader: asyncio.StreamReader, process: asyncio.subprocess.Process
) -> Mapping[str, str]:
    try:
        async with asyncio.timeout(_START_LIMIT_S):
            line = await reader.readline()
            if not line:
                code = await process.wait()
                raise SandboxError(f"The sandbox did not start (exit code {code}).")
    except TimeoutError as error:
        raise SandboxError(f"The sandbox did not start within {_START_LIMIT_S:g} s.") from error
    return {str(name): str(value) for name, value in json.loads(line).items()}
