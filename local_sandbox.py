"""Starts the sandbox as a child process, for the bot to be run against."""

import asyncio
import sys
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from dotenv import dotenv_values

_START_LIMIT_S = 30.0
_STOP_LIMIT_S = 5.0
_LOOKED_AT_EVERY_S = 0.02


class SandboxError(Exception):
    """The sandbox did not start; it has said itself why."""


@dataclass(frozen=True, slots=True)
class Sandbox:
    """A sandbox that runs.

    `environment` is what a bot needs; `process` ends when the person in the chat has had enough.
    """

    environment: Mapping[str, str]
    process: asyncio.subprocess.Process


@asynccontextmanager
async def started_sandbox(folder: Path, port: int) -> AsyncGenerator[Sandbox, None]:
    """Start the sandbox with its terminal chat, and end it with the context.

    Args:
        folder: Where it keeps what is said in it.
        port: The port of its Discord, or the first one that it tries.

    Raises:
        SandboxError: It did not start.
    """
    env_file = await asyncio.to_thread(_cleared, folder)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "sandbox", "--child", "--chat"),
        *("--data", str(folder), "--port", str(port), "--env-file", str(env_file)),
    )
    try:
        await _until_there(env_file, process)
        found = dotenv_values(env_file)
        yield Sandbox({name: value or "" for name, value in found.items()}, process)
    finally:
        await asyncio.to_thread(env_file.unlink, missing_ok=True)
        if process.returncode is None:
            process.terminate()
            try:
                async with asyncio.timeout(_STOP_LIMIT_S):
                    await process.wait()
            except TimeoutError:
                process.kill()
                await process.wait()


async def _until_there(path: Path, process: asyncio.subprocess.Process) -> None:
    try:
        async with asyncio.timeout(_START_LIMIT_S):
            while not await asyncio.to_thread(path.exists):
                if process.returncode is not None:
                    raise SandboxError(f"the sandbox ended with exit code {process.returncode}")
                await asyncio.sleep(_LOOKED_AT_EVERY_S)
    except TimeoutError as error:
        raise SandboxError(f"the sandbox did not start within {_START_LIMIT_S:g} s") from error


def _cleared(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    env_file = folder / "environment"
    env_file.unlink(missing_ok=True)
    return env_file
