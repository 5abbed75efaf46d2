"""`python bot.py check`: what is right, what is not, and what to do about it."""

import io
import sqlite3
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
from rich.console import Console

from config.loading import load_settings
from startup.check import check
from tests.e2e.scene import Scene, opened_scene
from tests.running.program import BOT, run

_LINK_PERMISSIONS = "permissions=377957239872"
_SECRETS = {
    "PROVIDERS__LOCAL__BASE_URL": "http://127.0.0.1:9/v1",
    "PROVIDERS__LOCAL__API_KEY": "sk-very-secret",
}


def _settings(scene: Scene) -> dict[str, str]:
    return {
        "DISCORD_TOKEN": scene.world.bot.token,
        "DISCORD_API_URL": scene.discord.api_url,
        "ALLENAI_BASE_URL": scene.playground.base_url,
        "DATA_DIR": str(scene.folder),
    }


async def _checked(scene: Scene, **changes: str) -> tuple[int, str]:
    """Check the scene's settings with changes; give the exit code and what was printed."""
    printed = io.StringIO()
    settings = load_settings({**_settings(scene), **changes}, None)
    code = await check(settings, Console(file=printed, width=200))
    text = printed.getvalue()
    for secret in (scene.world.bot.token, *_SECRETS.values()):
        assert secret not in text
    return code, text


def _row(text: str, what: str) -> str:
    """Return the line of the table about something."""
    (line,) = [line for line in text.splitlines() if f" {what} " in line and "│" in line]
    return line


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncGenerator[Scene, None]:
    """Return the sandbox's servers."""
    async with opened_scene(tmp_path / "data") as opened:
        yield opened


async def test_all_right(tmp_path: Path) -> None:
    """Where all is right, the command says so, gives the invite link in one line, and exits 0."""
    async with opened_scene(tmp_path / "data") as scene:
        code, printed = await run(tmp_path, *BOT, "check", settings=_settings(scene))
        assert code == 0
        assert scene.world.bot.token not in printed
    assert "✗" not in printed
    for row in ("Settings", "Token", "Message Content", "Database", "allenai", "Default model"):
        assert row in printed
    (link,) = [line for line in printed.splitlines() if "https://discord.com/oauth2" in line]
    assert f"client_id={scene.world.bot.id}" in link
    assert _LINK_PERMISSIONS in link
    assert "scope=bot" in link


async def test_command_exits_with_2(tmp_path: Path) -> None:
    """Where something is to be mended, the command exits with 2."""
    code, printed = await run(tmp_path, *BOT, "check")
    assert code == 2
    assert "DISCORD_TOKEN" in printed
    assert "Traceback" not in printed


async def test_refused_token(scene: Scene) -> None:
    """A refused token is vital, and is to be copied anew."""
    code, text = await _checked(scene, DISCORD_TOKEN="an-old-token")
    assert code == 2
    assert "✗" in _row(text, "Token")
    assert "Copy the token anew" in _row(text, "Token")
    assert "an-old-token" not in text


async def test_nobody_answers_as_discord(scene: Scene) -> None:
    """An address at which nobody answers is named, and the rest is tested all the same."""
    code, text = await _checked(scene, DISCORD_API_URL="http://127.0.0.1:9/api/v10")
    assert code == 2
    assert "nothing answers there" in _row(text, "DISCORD_API_URL")
    assert "✓" in _row(text, "Database")


async def test_missing_intent_is_not_vital(scene: Scene) -> None:
    """Without the message content intent the bot can run: it is said, with the mend."""
    scene.world.bot.may_read_content = False
    code, text = await _checked(scene)
    assert code == 0
    row = _row(text, "Message Content Intent")
    assert "!" in row
    assert "Switch it on at" in row
    assert _LINK_PERMISSIONS in text


async def test_provider_of_the_default_model_is_vital(scene: Scene) -> None:
    """A provider that does not answer is vital where the default model is of it."""
    code, text = await _checked(scene, ALLENAI_BASE_URL="http://127.0.0.1:9")
    assert code == 2
    assert "✗" in _row(text, "Provider allenai")
    assert "base URL" in _row(text, "Provider allenai")


async def test_another_provider_is_not_vital(scene: Scene) -> None:
    """Another provider that does not answer is said, but the bot can run."""
    code, text = await _checked(scene, **_SECRETS)
    assert code == 0
    assert "!" in _row(text, "Provider local")


async def test_unknown_default_model(scene: Scene) -> None:
    """A default model that does not exist is vital; the nearest names are offered."""
    code, text = await _checked(scene, DEFAULT_MODEL="allenai/tulu3-405")
    assert code == 2
    assert "✗" in _row(text, "Default model")
    assert "Set DEFAULT_MODEL to allenai/tulu3-405b" in _row(text, "Default model")


async def test_fallback_models(scene: Scene) -> None:
    """Each fallback model has a row; one that does not exist is said, but the bot can run."""
    code, text = await _checked(scene, FALLBACK_MODELS="tulu-3-8b, olmoe-0125")
    assert code == 0
    assert "allenai/olmoe-0125" in text
    assert "tulu-3-8b is unknown" in " ".join(text.split())
    assert "FALLBACK_MODELS" in text


async def test_damaged_database(scene: Scene) -> None:
    """A damaged database is vital, and its row says what to do."""
    scene.folder.mkdir()
    (scene.folder / "bobbin.db").write_bytes(b"SQLite format 3\0" + b"damage " * 1000)
    code, text = await _checked(scene)
    assert code == 2
    assert "✗" in _row(text, "Database")
    assert "DATABASE_URL" in _row(text, "Database")


async def test_database_damaged_within(scene: Scene) -> None:
    """A database that opens but is damaged within is found too."""
    assert (await _checked(scene))[0] == 0
    path = scene.folder / "bobbin.db"
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")
        (page_bytes,) = connection.execute("PRAGMA page_size").fetchone()
        (page,) = connection.execute(
            "SELECT rootpage FROM sqlite_master WHERE type = 'index' ORDER BY rootpage DESC"
        ).fetchone()
    connection.close()
    content = bytearray(path.read_bytes())
    content[(page - 1) * page_bytes : page * page_bytes] = b"\xff" * page_bytes
    path.write_bytes(content)
    code, text = await _checked(scene)
    assert code == 2
    assert "✗" in _row(text, "Database")


async def test_postgresql(scene: Scene) -> None:
    """PostgreSQL is refused in words, without the password."""
    code, text = await _checked(scene, DATABASE_URL="postgresql://me:hunter2@db/bobbin")
    assert code == 2
    assert "PostgreSQL is not supported yet" in _row(text, "Database")
    assert "hunter2" not in text
