"""What other people on the same machine can read, and what a container may do."""

import re
import signal
from pathlib import Path

from tests.e2e.scene import opened_scene
from tests.running.program import BOT, ROOT, SANDBOX_ALONE, run, running


def _open_to_others(folder: Path) -> list[str]:
    """Name the files and folders that others than their owner may use."""
    return [str(path) for path in folder.rglob("*") if path.stat().st_mode & 0o077]


async def test_what_the_bot_keeps_is_its_owners(tmp_path: Path) -> None:
    """Database, write-ahead log, locks and backups can be read by nobody else on the machine."""
    async with opened_scene(tmp_path / "unused") as scene:
        settings = {
            "DISCORD_TOKEN": scene.world.bot.token,
            "DISCORD_API_URL": scene.discord.api_url,
            "ALLENAI_BASE_URL": scene.playground.base_url,
        }
        home = tmp_path / "home"
        home.mkdir()
        async with running(home, *BOT, settings=settings) as program:
            await program.until("connected as")
            await scene.ask("hello")
            assert (home / "data" / "bobbin.db-wal").exists()
            code, printed = await run(home, *BOT, "backup", "copy.db", settings=settings)
            assert code == 0, printed
            assert _open_to_others(home) == []
            program.process.send_signal(signal.SIGTERM)
            assert await program.end() == 0
    assert _open_to_others(home) == []


async def test_what_the_sandbox_keeps_is_its_owners(tmp_path: Path) -> None:
    """What is said in the sandbox, and the page's token, are nobody else's on the machine."""
    arguments = (*SANDBOX_ALONE, "--port", "0")
    async with running(tmp_path, *arguments, settings={"PYTHONPATH": str(ROOT)}) as program:
        await program.until("Ctrl-C ends it.")
        program.process.send_signal(signal.SIGTERM)
        assert await program.end() == 0
    assert list((tmp_path / "data").rglob("*"))
    assert _open_to_others(tmp_path) == []


def test_a_container_may_do_little() -> None:
    """In a container the bot is not root, writes to its data only, and gains no right."""
    dockerfile = (ROOT / "Dockerfile").read_text()
    assert re.findall(r"^USER (.+)$", dockerfile, re.MULTILINE) == ["bobbin"]
    compose = (ROOT / "compose.yaml").read_text()
    for line in ("read_only: true", "cap_drop:\n      - ALL", "no-new-privileges:true"):
        assert line in compose
    assert "ports:" not in compose


def test_no_secret_gets_into_an_image() -> None:
    """Settings, data and the repository are left out of what an image is made from."""
    left_out = (ROOT / ".dockerignore").read_text().splitlines()
    assert {".*", "data"} <= set(left_out)
    assert not any(line.startswith("!") for line in left_out)


def test_every_package_is_pinned() -> None:
    """What is installed is what was tested: each package that is named has one version."""
    for name in ("requirements.txt", "requirements-dev.txt"):
        for line in (ROOT / name).read_text().splitlines():
            if line and not line.startswith(("#", "-r ")):
                assert re.fullmatch(r"[\w.-]+(\[\w+\])?==[\w.]+(; .+)?", line), line
