"""Disks that fill up, and files that may not be written: what a database has to bear."""

import asyncio
import errno
import subprocess
from collections.abc import AsyncGenerator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

_BLOCK = b"x" * 4096


class SmallDisk:
    """A disk of a few megabytes.

    Args:
        folder: Where it is mounted.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._ballast = folder / "ballast"

    def fill(self) -> None:
        """Leave no room on it at all."""
        with self._ballast.open("ab", buffering=0) as ballast:
            while True:
                try:
                    ballast.write(_BLOCK)
                except OSError as error:
                    if error.errno != errno.ENOSPC:
                        raise
                    return

    def free(self) -> None:
        """Return the room back."""
        self._ballast.unlink()


@asynccontextmanager
async def small_disk(folder: Path) -> AsyncGenerator[SmallDisk, None]:
    """Mount one on a folder, which only the superuser may: elsewhere the test is skipped."""
    folder.mkdir()  # noqa: ASYNC240 - a test
    options = ("-t", "tmpfs", "-o", "size=4m", "bobbin-test", str(folder))
    if await _fails("mount", *options):
        pytest.skip("a small disk can be mounted by the superuser only")
    try:
        yield SmallDisk(folder)
    finally:
        await _fails("umount", "--lazy", str(folder))


@asynccontextmanager
async def unwritable(paths: Iterable[Path]) -> AsyncGenerator[None, None]:
    """Let nobody write to these files, by handles that are open already as little as by new ones.

    Only the superuser can do that, on a file system that knows how: elsewhere the test is skipped.
    """
    names = [str(path) for path in paths if path.exists()]
    if await _fails("chattr", "+i", *names):
        pytest.skip("files can be made unwritable by the superuser only")
    try:
        yield
    finally:
        await _fails("chattr", "-i", *names)


async def _fails(*command: str) -> bool:
    """Run a command; tell whether it failed, or is not there."""
    try:
        process = await asyncio.create_subprocess_exec(*command, stderr=subprocess.DEVNULL)
    except OSError:
        return True
    return await process.wait() != 0
