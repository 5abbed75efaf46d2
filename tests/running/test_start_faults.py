"""A database that cannot be used at the start: the operator is told what to mend."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.e2e.disks import small_disk, unwritable
from tests.e2e.scene import Scene, opened_scene
from tests.running.program import BOT, run, running


def _settings(scene: Scene, folder: Path) -> dict[str, str]:
    return {
        "DISCORD_TOKEN": scene.world.bot.token,
        "DISCORD_API_URL": scene.discord.api_url,
        "ALLENAI_BASE_URL": scene.playground.base_url,
        "DATA_DIR": str(folder),
    }


async def _until_made(scene: Scene, tmp_path: Path, folder: Path) -> None:
    """Let the bot live once, so that there is a database."""
    async with running(tmp_path, *BOT, settings=_settings(scene, folder)) as program:
        await program.until("connected as")
        program.process.terminate()
        assert await program.end() == 0


async def _refused(scene: Scene, tmp_path: Path, folder: Path) -> str:
    """Start the bot, which gives up; give the one line that it prints last."""
    code, printed = await run(tmp_path, *BOT, settings=_settings(scene, folder))
    assert code == 4
    assert "Traceback" not in printed
    return printed.splitlines()[-1]


async def test_a_database_of_a_newer_version(tmp_path: Path) -> None:
    """A database that a newer Bobbin made is left alone, and what to do is said."""
    async with opened_scene(tmp_path / "unused") as scene:
        await _until_made(scene, tmp_path, tmp_path)
        with closing(sqlite3.connect(tmp_path / "bobbin.db")) as database, database:
            database.execute("UPDATE alembic_version SET version_num = '9999'")
        words = await _refused(scene, tmp_path, tmp_path)
    assert words == (
        "DATABASE_URL: the database is of version 9999, which this Bobbin does not know:"
        " start the newer one that made it, or restore a backup."
    )


@pytest.mark.parametrize("names", [["bobbin.db"], ["bobbin.db.running"], ["."]])
async def test_files_that_may_not_be_written(tmp_path: Path, names: list[str]) -> None:
    """Files or a folder of somebody else are said to be so, not a bot that runs already."""
    async with opened_scene(tmp_path / "unused") as scene:
        await _until_made(scene, tmp_path, tmp_path / "data")
        async with unwritable(tmp_path / "data" / name for name in names):
            words = await _refused(scene, tmp_path, tmp_path / "data")
    assert words.startswith("DATABASE_URL: ")
    assert "see who owns it" in words or "see its folder" in words


async def test_a_full_disk(tmp_path: Path) -> None:
    """Where there is no room for a database, that is said."""
    async with (
        opened_scene(tmp_path / "unused") as scene,
        small_disk(tmp_path / "data") as disk,
    ):
        disk.fill()
        words = await _refused(scene, tmp_path, tmp_path / "data")
    assert words.startswith("DATABASE_URL: there is no room left for the database")


async def test_a_database_that_another_program_holds(tmp_path: Path) -> None:
    """A database that stays locked is said to be so, and which bot to look for is not guessed."""
    async with opened_scene(tmp_path / "unused") as scene:
        await _until_made(scene, tmp_path, tmp_path)
        with closing(sqlite3.connect(tmp_path / "bobbin.db", isolation_level=None)) as other:
            other.execute("BEGIN EXCLUSIVE")
            words = await _refused(scene, tmp_path, tmp_path)
    assert words.startswith("DATABASE_URL: another program holds the database locked")
