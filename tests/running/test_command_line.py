"""`python bot.py`: its commands, and what it says where it understands nothing."""

from pathlib import Path

import pytest

from conversation.version import VERSION
from tests.running.program import BOT, run


async def test_the_version_is_told(tmp_path: Path) -> None:
    """`--version` says which Bobbin this is, and needs no settings."""
    settings = {"QUEUE_LIMIT": "wrong"}
    assert await run(tmp_path, *BOT, "--version", settings=settings) == (0, f"Bobbin {VERSION}\n")


async def test_help_names_the_commands_and_no_old_flag(tmp_path: Path) -> None:
    """`--help` lists what there is today; what is taken for the sake of old scripts is hidden."""
    code, printed = await run(tmp_path, *BOT, "--help")
    assert code == 0
    for command in ("run", "sandbox", "check", "backup", "restore", "health"):
        assert f"\n    {command} " in printed
    for flag in ("--auto", "--sandbox", "--backup", "--force"):
        assert flag not in printed


WRONG = [
    (["chek"], "there is no command 'chek'; the nearest is check."),
    (["dance"], "there is no command 'dance'; there are run, sandbox,"),
    (["backup"], "the following arguments are required: FILE."),
    (["restore", "a.db", "b.db"], "unrecognized arguments: b.db."),
    (["health", "--loud"], "unrecognized arguments: --loud."),
    (["--loud"], "unrecognized arguments: --loud."),
    (["--check", "--health"], "not allowed with argument --check."),
    (["--check", "run"], "unrecognized arguments: run."),
    (["--backup"], "expected one argument."),
]


@pytest.mark.parametrize(("arguments", "words"), WRONG)
async def test_wrong_arguments_get_one_sentence(
    tmp_path: Path, arguments: list[str], words: str
) -> None:
    """What cannot be understood is said in one line, and the exit code is 2."""
    code, printed = await run(tmp_path, *BOT, *arguments)
    assert code == 2
    (line,) = printed.splitlines()
    assert words in line
    assert line.endswith("See `python bot.py --help`.")


async def test_old_flags_still_work(tmp_path: Path) -> None:
    """A script of before the commands gets what it has always got."""
    code, printed = await run(tmp_path, *BOT, "--backup", "missing.db")
    assert code == 2
    assert printed.startswith("No backup was made: there is no database")


async def test_a_python_without_the_packages_is_told_what_to_do(tmp_path: Path) -> None:
    """Outside of `.venv` one sentence says how to start Bobbin, and there is no traceback."""
    without_packages = "-S"  # no site-packages
    code, printed = await run(tmp_path, without_packages, *BOT)
    assert code == 2
    (line,) = printed.splitlines()
    assert "lacks the package" in line
    assert "`make run`" in line


async def test_the_log_begins_with_the_version(tmp_path: Path) -> None:
    """The first line of a start says which Bobbin it is, whatever comes of the start."""
    settings = {"DISCORD_TOKEN": "a-token", "DISCORD_API_URL": "http://127.0.0.1:9/api/v10"}
    _, printed = await run(tmp_path, *BOT, "run", settings=settings)
    assert printed.splitlines()[0].endswith(f"startup.commands: Bobbin {VERSION}")
