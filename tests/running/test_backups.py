"""What the operator asks of a bot that runs: how it is, and a copy of its database."""

import re
import signal
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from config.loading import load_settings
from monitoring.health import UnwellError, ask_health
from sandbox.models.script import Answer
from startup.backups import KeepingError, back_up_to, restore_from
from storage.sqlite.opening import open_store
from tests.e2e.scene import Scene, opened_scene
from tests.running.program import BOT, Program, run, running
from tests.storage.opened import Clock


@dataclass(frozen=True, slots=True)
class Run:
    """A bot that runs in a folder, with its settings and the port at which it tells its health."""

    scene: Scene
    program: Program
    folder: Path
    settings: dict[str, str]

    async def asked(self, *arguments: str) -> tuple[int, str]:
        """Run `bot.py` beside it, with the same settings."""
        return await run(self.folder, *BOT, *arguments, settings=self.settings)

    async def end(self) -> None:
        """Let it end."""
        self.program.process.send_signal(signal.SIGTERM)
        assert await self.program.end() == 0


@asynccontextmanager
async def _bot(folder: Path) -> AsyncGenerator[Run, None]:
    async with opened_scene(folder / "unused") as scene:
        settings = {
            "DISCORD_TOKEN": scene.world.bot.token,
            "DISCORD_API_URL": scene.discord.api_url,
            "ALLENAI_BASE_URL": scene.playground.base_url,
        }
        async with running(folder, *BOT, settings={**settings, "HEALTH_PORT": "0"}) as program:
            await program.until("health is told at")
            found = re.search(r"health is told at http://127\.0\.0\.1:(\d+)", program.printed)
            assert found is not None
            await program.until("connected as")
            yield Run(scene, program, folder, {**settings, "HEALTH_PORT": found[1]})


async def test_health_is_asked_of_the_bot_that_runs(tmp_path: Path) -> None:
    """`health` exits with 0 while the bot is ready, and with 1 when it is not."""
    async with _bot(tmp_path) as bot:
        code, printed = await bot.asked("health")
        assert (code, '"ready": true' in printed) == (0, True), printed
        (tmp_path / "data" / "bobbin.db").rename(tmp_path / "moved.db")
        code, printed = await bot.asked("health")
        assert (code, "the database file was removed" in printed) == (1, True), printed


async def test_health_of_a_bot_that_is_gone(tmp_path: Path) -> None:
    """Where nobody answers, `health` exits with 1 and says where it asked."""
    code, printed = await run(tmp_path, *BOT, "health", settings={"HEALTH_PORT": "9"})
    assert (code, printed.startswith("Nobody answers at http://127.0.0.1:9/")) == (1, True)


@pytest.mark.parametrize("settings", [{}, {"HEALTH_PORT": "0"}])
async def test_health_needs_the_port(settings: dict[str, str]) -> None:
    """Without a port of which both know, `health` says which setting to make."""
    with pytest.raises(UnwellError, match="HEALTH_PORT: "):
        await ask_health(load_settings(settings, None))


async def test_a_backup_brings_back_what_was_said(tmp_path: Path) -> None:
    """A copy made while the bot runs is put back when it has ended, and never while it runs."""
    async with _bot(tmp_path) as bot:
        bot.scene.script.queue(Answer("the first answer"))
        thread, _ = await bot.scene.ask("one?")
        code, printed = await bot.asked("backup", "copy.db")
        assert (code, "is whole" in printed, "2 turns" in printed) == (0, True, True), printed
        bot.scene.actor(bot.scene.ann).say(thread, "two?")
        await bot.scene.answer_in(thread, 2)

        settings = load_settings({"DATA_DIR": str(tmp_path / "data")}, None)
        with pytest.raises(KeepingError, match="another Bobbin runs"):
            await restore_from(tmp_path / "copy.db", settings, is_forced=True)
        await bot.end()
        code, printed = await bot.asked("restore", "copy.db", "--force")
        assert (code, "is kept as" in printed, "2 turns" in printed) == (0, True, True), printed
    database = (tmp_path / "data" / "bobbin.db").read_bytes()
    assert b"the first answer" in database
    assert b"two?" not in database
    (kept,) = (tmp_path / "data").glob("bobbin.db.replaced.*.backup")
    assert b"two?" in kept.read_bytes()


async def test_nothing_is_replaced_without_force(tmp_path: Path) -> None:
    """A file that is there already is replaced by `--force` only, and the words say so."""
    settings = load_settings({"DATA_DIR": str(tmp_path)}, None)
    async with open_store(settings.database_url, now=Clock().now):
        pass
    copy = tmp_path / "copy.db"
    await back_up_to(copy, settings, is_forced=False)
    with pytest.raises(KeepingError, match=r"copy\.db exists already\. With --force"):
        await back_up_to(copy, settings, is_forced=False)
    with pytest.raises(KeepingError, match=r"bobbin\.db exists already\. With --force"):
        await restore_from(copy, settings, is_forced=False)


async def test_what_cannot_be_copied_is_said(tmp_path: Path) -> None:
    """Where there is nothing to copy, that is said without a traceback, and nothing is made."""
    code, printed = await run(tmp_path, *BOT, "backup", "missing.db")
    assert code == 2
    assert printed.startswith("No backup was made: there is no database")
    assert not (tmp_path / "missing.db").exists()
    assert not (tmp_path / "data" / "bobbin.db").exists()
