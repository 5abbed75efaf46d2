"""A disk that takes nothing while the bot runs: what its log says, and what people read."""

import resource
import signal
from pathlib import Path

import pytest

from rendering.wording.sentences import Sentence
from sandbox.models.script import Answer, Cut
from tests.e2e.scene import labels_of, opened_scene
from tests.running.program import BOT, running


@pytest.mark.timeout(120)  # a process of its own takes its time on a busy machine
async def test_a_disk_that_takes_nothing_for_a_while(tmp_path: Path) -> None:
    """Who writes is told once, so is the operator; then the same process answers all of it."""
    async with opened_scene(tmp_path / "unused") as scene:
        settings = {
            "DISCORD_TOKEN": scene.world.bot.token,
            "DISCORD_API_URL": scene.discord.api_url,
            "ALLENAI_BASE_URL": scene.playground.base_url,
        }
        async with running(tmp_path, *BOT, settings=settings) as program:
            await program.until("connected as")
            thread, _ = await scene.ask("hello")
            pid, kind = program.process.pid, resource.RLIMIT_FSIZE
            free = resource.prlimit(pid, kind)
            resource.prlimit(pid, kind, (4096, free[1]))
            asked = [f"question {number}" for number in range(3)]
            for text in asked:
                scene.actor(scene.ann).say(thread, text)
            await scene.until(
                lambda: [it.content for it in scene.from_bot(thread)[1:]] == [Sentence.STORE_DOWN]
            )
            resource.prlimit(pid, kind, free)

            def answers() -> str:
                return "".join(it.content for it in scene.from_bot(thread)[2:])

            await scene.until(lambda: all(text in answers() for text in asked), 40.0)
            await program.until("the database can be used again")
            program.process.send_signal(signal.SIGTERM)
            assert await program.end() == 0
        lines = [line for line in program.printed.splitlines() if " ERROR " in line]
        assert len(lines) == 1
        assert "the database could not be read or written: see its disk" in lines[0]
        assert "Traceback" not in program.printed


@pytest.mark.timeout(120)  # likewise
async def test_a_click_while_the_disk_takes_nothing(tmp_path: Path) -> None:
    """Who clicks is told that nothing can be stored; the operator reads of the disk, once."""
    async with opened_scene(tmp_path / "unused") as scene:
        settings = {
            "DISCORD_TOKEN": scene.world.bot.token,
            "DISCORD_API_URL": scene.discord.api_url,
            "ALLENAI_BASE_URL": scene.playground.base_url,
        }
        async with running(tmp_path, *BOT, settings=settings) as program:
            await program.until("connected as")
            scene.script.queue(Answer("one two three", fault=Cut(5)))
            _, answer = await scene.ask("hello")
            assert "Try again" in labels_of(answer)
            pid, kind = program.process.pid, resource.RLIMIT_FSIZE
            free = resource.prlimit(pid, kind)
            resource.prlimit(pid, kind, (4096, free[1]))
            click = await scene.actor(scene.ann).click(answer, label="Try again")
            (told,) = await scene.until(lambda: click.followups)
            resource.prlimit(pid, kind, free)
            program.process.send_signal(signal.SIGTERM)
            assert await program.end() == 0
    assert told.content == Sentence.COMMAND_STORE_DOWN
    assert program.printed.count(" ERROR ") == 1
    assert "Traceback" not in program.printed


@pytest.mark.timeout(120)  # likewise
async def test_a_file_while_the_disk_takes_nothing(tmp_path: Path) -> None:
    """Who sends what has no answer anyway is not promised one: they are told why, afterwards."""
    async with opened_scene(tmp_path / "unused") as scene:
        settings = {
            "DISCORD_TOKEN": scene.world.bot.token,
            "DISCORD_API_URL": scene.discord.api_url,
            "ALLENAI_BASE_URL": scene.playground.base_url,
        }
        async with running(tmp_path, *BOT, settings=settings) as program:
            await program.until("connected as")
            thread, _ = await scene.ask("hello")
            pid, kind = program.process.pid, resource.RLIMIT_FSIZE
            free = resource.prlimit(pid, kind)
            resource.prlimit(pid, kind, (4096, free[1]))
            scene.actor(scene.ann).say(thread, files=[("a.txt", b"x")])
            await program.until("could not be read or written")
            resource.prlimit(pid, kind, free)
            await scene.until(lambda: len(scene.from_bot(thread)) == 2)
            told = scene.from_bot(thread)[1].content
    assert "a.txt" in told
