"""A disk that takes nothing while the bot runs: what its log says, and what people read."""

import resource
import signal
from pathlib import Path

import pytest

from rendering.wording.english import Notice
from tests.e2e.scene import opened_scene
from tests.running.program import BOT, running


@pytest.mark.timeout(120)  # a process of its own takes its time on a busy machine
async def test_a_disk_that_takes_nothing_for_a_while(tmp_path: Path) -> None:
    """People are told that nothing is taken, the operator once; then the same process goes on."""
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
            for number in range(3):
                scene.actor(scene.ann).say(thread, f"lost {number}")
            await scene.until(
                lambda: [it.content for it in scene.from_bot(thread)[1:]] == [Notice.STORE_DOWN] * 3
            )
            resource.prlimit(pid, kind, free)
            scene.actor(scene.ann).say(thread, "and now?")
            await scene.until(lambda: scene.from_bot(thread)[-1].content == "You said: and now?")
            await program.until("the database can be used again")
            program.process.send_signal(signal.SIGTERM)
            assert await program.end() == 0
        lines = [line for line in program.printed.splitlines() if " ERROR " in line]
        assert len(lines) == 1
        assert "the database could not be read or written: see its disk" in lines[0]
        assert "Traceback" not in program.printed
