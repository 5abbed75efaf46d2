"""How names and moments are written within a sentence (pure)."""

import math
from collections.abc import Sequence

from rendering.one_line import one_line

_NAMED = 5
_NAME_LIMIT_CHARS = 60
"""So many files are named, each so far: a notice is small print."""


def as_code(name: str) -> str:
    """Return a name that people or services made, for a place between backticks."""
    return name.replace("`", "")


def file_names(names: Sequence[str]) -> str:
    """Return the names of files; they are people's, so nothing in them is markup."""
    shown = [f"`{one_line(as_code(name))[:_NAME_LIMIT_CHARS]}`" for name in names[:_NAMED]]
    if len(names) > _NAMED:
        shown.append(f"{len(names) - _NAMED} more")
    return ", ".join(shown)


def either(names: Sequence[str]) -> str:
    """Return names of which one is meant."""
    return " or ".join(f"`{as_code(name)}`" for name in names)


def one_after_another(names: Sequence[str]) -> str:
    """Return names in their order."""
    return ", then ".join(f"`{as_code(name)}`" for name in names)


def both(names: Sequence[str]) -> str:
    """Return names of permissions."""
    return " and ".join(f"*{name}*" for name in names)


def relative_time(moment_s: float) -> str:
    """Return a moment, in seconds since 1970, as Discord counts it down for each reader."""
    return f"<t:{math.floor(moment_s)}:R>"


def clock_time(moment_s: float) -> str:
    """Return a moment, in seconds since 1970, as Discord shows it on each reader's clock."""
    return f"<t:{math.ceil(moment_s)}:T>"
