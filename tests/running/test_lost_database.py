"""A database that is moved, deleted or replaced while the bot runs, as its operator sees it."""

import shutil
import signal
import time
from pathlib import Path

import pytest

from rendering.wording.sentences import Sentence
from storage.sqlite.backup import verify
from storage.sqlite.opening import open_store
from tests.e2e.scene import Scene, opened_scene
from tests.running.program import BOT, run, running
from tests.storage.opened import Clock

pytestmark = pytest.mark.timeout(150)  # processes of their own take their time on a busy machine

_NOTICED_S = 10.0


def _settings(scene: Scene) -> dict[str, str]:
    return {
        "DISCORD_TOKEN": scene.world.bot.token,
        "DISCORD_API_URL": scene.discord.api_url,
        "ALLENAI_BASE_URL": scene.playground.base_url,
    }


def _errors(printed: str) -> list[str]:
    assert "Traceback" not in printed
    return [line for line in printed.splitlines() if " ERROR " in line]


async def test_a_file_that_was_moved_away_and_is_put_back(tmp_path: Path) -> None:
    """It is said once, nothing is answered meanwhile, and then all of it, by the same process."""
    async with opened_scene(tmp_path / "unused") as scene:
        async with running(tmp_path, *BOT, settings=_settings(scene)) as program:
            await program.until("connected as")
            thread, _ = await scene.ask("hello")
            database = tmp_path / "data" / "bobbin.db"
            database.rename(tmp_path / "moved.db")
            began_s = time.monotonic()
            await program.until("the database file was removed or moved away: put it back")
            assert time.monotonic() - began_s < _NOTICED_S
            scene.actor(scene.ann).say(thread, "are you there?")
            await scene.until(
                lambda: [it.content for it in scene.from_bot(thread)[1:]] == [Sentence.STORE_DOWN]
            )
            (tmp_path / "moved.db").rename(database)

            def answered() -> bool:
                return any("are you there?" in it.content for it in scene.from_bot(thread)[2:])

            await scene.until(answered, 40.0)
            await program.until("the database can be used again")
            program.process.send_signal(signal.SIGTERM)
            assert await program.end() == 0
        assert len(_errors(program.printed)) == 1


async def test_a_file_that_was_deleted_and_replaced_by_a_backup(tmp_path: Path) -> None:
    """The backup is begun with anew, by the same process; what was said meanwhile is answered."""
    async with opened_scene(tmp_path / "unused") as scene:
        settings = _settings(scene)
        async with running(tmp_path, *BOT, settings=settings) as program:
            await program.until("connected as")
            thread, _ = await scene.ask("hello")
            database = tmp_path / "data" / "bobbin.db"
            code, printed = await run(tmp_path, *BOT, "backup", "copy.db", settings=settings)
            assert code == 0, printed
            database.unlink()
            await program.until("the database file was removed")
            scene.actor(scene.ann).say(thread, "are you there?")
            await scene.until(lambda: len(scene.from_bot(thread)) > 1)
            shutil.copy(tmp_path / "copy.db", database)
            await program.until("beginning anew with it")

            def answered() -> bool:
                return any("are you there?" in it.content for it in scene.from_bot(thread)[2:])

            await scene.until(answered, 60.0)
            program.process.send_signal(signal.SIGTERM)
            assert await program.end() == 0
        assert len(_errors(program.printed)) == 1


async def test_another_database_that_knows_nothing(tmp_path: Path) -> None:
    """An empty database of Bobbin's, moved over the one in use, is begun with as on the first day.

    The one that was in use is whole where it was moved to.
    """
    async with opened_scene(tmp_path / "unused") as scene:
        async with open_store(f"sqlite:///{tmp_path}/other.db", now=Clock().now):
            pass
        async with running(tmp_path, *BOT, settings=_settings(scene)) as program:
            await program.until("connected as")
            await scene.ask("hello")
            database = tmp_path / "data" / "bobbin.db"
            database.rename(tmp_path / "moved.db")
            (tmp_path / "other.db").rename(database)
            await program.until("beginning anew with it")
            await program.until("connected as", 2)
            _, answer = await scene.ask("hello again")
            assert answer.content == "You said: hello again"
            program.process.send_signal(signal.SIGTERM)
            assert await program.end() == 0
        assert len(_errors(program.printed)) == 1
    assert verify(database).counts["turns"] == 2
    assert verify(tmp_path / "moved.db").counts["turns"] == 2
