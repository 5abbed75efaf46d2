"""Puts a file that cannot be read out of the way, without losing it."""

from pathlib import Path

_BESIDE_SQLITE = ("-wal", "-shm")


def set_aside(path: Path) -> Path:
    """Rename a file, with what SQLite keeps beside it, and return its new path.

    The new name is the old one with `.set-aside-1` behind it, or the next number that is free.
    """
    number = 1
    while (target := path.with_name(f"{path.name}.set-aside-{number}")).exists():
        number += 1
    for ending in _BESIDE_SQLITE:
        beside = path.with_name(path.name + ending)
        if beside.exists():
            beside.rename(target.with_name(target.name + ending))
    return path.rename(target)
