"""The front door: `python bot.py` runs Bobbin on Discord; `python bot.py --help` lists the rest.

What the bot runs on is imported when the command line is understood, so that a Python without
those packages gets a sentence instead of a traceback.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from difflib import get_close_matches
from importlib import import_module
from pathlib import Path
from typing import NoReturn

from conversation.version import VERSION
from startup import old_flags

_COMMANDS = ("run", "sandbox", "check", "backup", "restore", "health")
_HERE = Path(__file__).parent
_OWNER_ONLY = 0o077
"""What people said and the secrets of resume states are in the files that are made: nobody else on
the machine may read them."""
_TO_MEND = 2


class _Parser(argparse.ArgumentParser):
    """Says in one sentence what is wrong with the arguments."""

    def error(self, message: str) -> NoReturn:
        """Print the sentence, and exit."""
        print(f"{self.prog}: {message}. See `python bot.py --help`.", file=sys.stderr)  # noqa: T201
        sys.exit(_TO_MEND)


def _make_parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="bot.py", description="Bobbin, a Discord bot", allow_abbrev=False)
    parser.add_argument("--version", action="version", version=f"Bobbin {VERSION}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", title="commands")
    run = commands.add_parser("run", help="run on Discord; so it does without a command")
    run.add_argument(
        "--or-sandbox", action="store_true", help="in the sandbox where no DISCORD_TOKEN is set"
    )
    run.add_argument("--reset", action="store_true", help=argparse.SUPPRESS)
    sandbox = commands.add_parser("sandbox", help="run in a Discord on this machine")
    sandbox.add_argument("--reset", action="store_true", help="empty it first")
    commands.add_parser("check", help="test everything, and say what to mend")
    for name, words in (
        ("backup", "copy the database, also while the bot runs"),
        ("restore", "put such a copy back"),
    ):
        copying = commands.add_parser(name, help=words)
        copying.add_argument("file", type=Path, metavar="FILE")
        copying.add_argument("--force", action="store_true", help="replace a file that is there")
    commands.add_parser("health", help="ask the running bot how it is")
    return parser


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    """Return what the command line says; exit with a sentence where it says nothing."""
    words = old_flags.translate(arguments, _Parser(prog="bot.py")) or ("run",)
    parser = _make_parser()
    if not words[0].startswith("-") and words[0] not in _COMMANDS:
        nearest = get_close_matches(words[0], _COMMANDS, 1)
        mend = f"the nearest is {nearest[0]}" if nearest else f"there are {', '.join(_COMMANDS)}"
        parser.error(f"there is no command {words[0]!r}; {mend}")
    return parser.parse_args(words)


def _execute(chosen: argparse.Namespace) -> int:
    from startup import commands

    settings = commands.read_settings()
    if settings is None:
        return _TO_MEND
    match chosen.command:
        case "sandbox":
            return commands.sandbox(settings, is_reset=chosen.reset)
        case "check":
            return commands.check(settings)
        case "backup":
            return commands.backup(settings, chosen.file, is_forced=chosen.force)
        case "restore":
            return commands.restore(settings, chosen.file, is_forced=chosen.force)
        case "health":
            return commands.health(settings)
        case _:
            if chosen.or_sandbox and settings.discord_token is None:
                return commands.sandbox(settings, is_reset=chosen.reset)
            return commands.run(settings)


def _missing_package() -> str | None:
    """Return the package that this Python lacks, if it lacks one."""
    try:
        import_module("startup.commands")
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if not package or (_HERE / package).exists():
            raise
        return package
    return None


def main(arguments: Sequence[str]) -> int:
    """Do what the command line says, and return the exit code."""
    chosen = _parse(arguments)
    os.umask(_OWNER_ONLY)
    try:
        if package := _missing_package():
            words = (
                f"{sys.executable} lacks the package {package}: start Bobbin with `make run`,"
                " which installs everything in .venv, or with `.venv/bin/python bot.py`."
            )
            print(words, file=sys.stderr)  # noqa: T201 - there is no log yet
            return _TO_MEND
        return _execute(chosen)
    except KeyboardInterrupt:  # before the loop hears the signal, or in a check
        return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
