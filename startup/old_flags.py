"""What commands were before 0.9 (`--check`, `--backup FILE`): taken for one more release."""

import argparse
from collections.abc import Sequence

_COMMANDS = {
    "--sandbox": ("sandbox",),
    "--auto": ("run", "--or-sandbox"),
    "--check": ("check",),
    "--health": ("health",),
}
_COPYING = {"--backup": "backup", "--restore": "restore"}
_FLAGS = frozenset({*_COMMANDS, *_COPYING, "--force", "--reset-sandbox"})


def translate(arguments: Sequence[str], parser: argparse.ArgumentParser) -> Sequence[str]:
    """Return arguments in today's words; those that hold no old flag stay as they are.

    Args:
        arguments: As they were typed.
        parser: An empty one, which says what is wrong with old flags.
    """
    if not arguments or arguments[0].partition("=")[0] not in _FLAGS:
        return arguments
    modes = parser.add_mutually_exclusive_group()
    for flag, words in _COMMANDS.items():
        modes.add_argument(flag, action="store_const", const=words, dest="words")
    for flag in _COPYING:
        modes.add_argument(flag)
    parser.add_argument("--force", action="store_const", const=("--force",), default=())
    parser.add_argument("--reset-sandbox", action="store_true")
    chosen = parser.parse_args(arguments)
    for command in _COPYING.values():
        file: str | None = getattr(chosen, command)
        if file is not None:
            return (command, *chosen.force, "--", file)
    words: tuple[str, ...] = chosen.words or ("run",)
    return (*words, "--reset") if chosen.reset_sandbox else words
