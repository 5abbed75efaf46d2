"""Where the settings come from: what wins, and what is read how."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from config.loading import load_settings
from tests.config.wrong_settings import OLLAMA, SECRET, env_file_with, problems_of

ROOT = Path(__file__).parents[2]


def test_the_environment_of_the_process_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only what is handed over counts, so that a test or a child sees no settings of others."""
    monkeypatch.setenv("LOG_LEVEL", "DEBUG")
    assert load_settings({}, None).log_level == "INFO"


def test_a_file_that_does_not_exist_counts_as_empty(tmp_path: Path) -> None:
    """A fresh clone has no `.env`."""
    assert load_settings({}, tmp_path / ".env") == load_settings({}, None)


def test_overrides_win_over_the_environment_and_that_over_the_file(tmp_path: Path) -> None:
    """Each source wins over the one that lies deeper."""
    env_file = env_file_with(tmp_path, "QUEUE_LIMIT=1\nTHREAD_WAIT_S=1\nSHUTDOWN_GRACE_S=1\n")
    environ = {"THREAD_WAIT_S": "2", "SHUTDOWN_GRACE_S": "2"}
    settings = load_settings(environ, env_file, {"SHUTDOWN_GRACE_S": "3"})
    assert (settings.queue_limit, settings.thread_wait_s, settings.shutdown_grace_s) == (1, 2, 3)


def test_a_provider_is_put_together_from_both_sources(tmp_path: Path) -> None:
    """The address may be in the file and the key in the environment, whatever the name's case."""
    env_file = env_file_with(tmp_path, f"PROVIDERS__Ollama__BASE_URL={OLLAMA}\n")
    provider = load_settings({"PROVIDERS__OLLAMA__API_KEY": SECRET}, env_file).providers["ollama"]
    assert provider.base_url == OLLAMA
    assert provider.api_key is not None
    assert provider.api_key.get_secret_value() == SECRET


@pytest.mark.parametrize("empty", ["", "  ", "\t\n"])
def test_an_empty_value_counts_as_unset(tmp_path: Path, empty: str) -> None:
    """An empty variable, as compose files make them, hides nothing and breaks nothing."""
    env_file = env_file_with(tmp_path, "QUEUE_LIMIT=7\nLOG_LEVEL=\n")
    settings = load_settings({"QUEUE_LIMIT": empty, "DISCORD_TOKEN": empty}, env_file)
    assert (settings.queue_limit, settings.log_level) == (7, "INFO")
    assert settings.discord_token is None


def test_an_empty_override_unsets() -> None:
    """The sandbox takes the token away without touching the environment."""
    environ = {"DISCORD_TOKEN": SECRET, "PROVIDERS__X__BASE_URL": OLLAMA}
    overrides = {"DISCORD_TOKEN": "", "PROVIDERS__X__BASE_URL": ""}
    assert load_settings(environ, None, overrides) == load_settings({}, None)


def test_blanks_around_a_value_do_not_count() -> None:
    """A pasted value may bring its line's end along."""
    token = load_settings({"DISCORD_TOKEN": f" {SECRET}\r\n"}, None).discord_token
    assert token is not None
    assert token.get_secret_value() == SECRET


def test_the_file_may_be_written_as_people_write_it(tmp_path: Path) -> None:
    """A byte order mark, `export`, quotes, remarks and a dollar sign are understood."""
    text = (
        "\ufeffexport LOG_LEVEL='debug' # all\n\n# remark\nSYSTEM_PROMPT=\"Be ${HOME}.\\nShort.\"\n"
    )
    settings = load_settings({}, env_file_with(tmp_path, text))
    assert settings.log_level == "DEBUG"
    assert settings.system_prompt == "Be ${HOME}.\nShort."


def test_a_name_that_is_no_text_is_not_our_business() -> None:
    """The environment may hold any bytes in its names too."""
    assert load_settings({os.fsdecode(b"\xff\xfe"): "1"}, None) == load_settings({}, None)


def test_a_file_that_cannot_be_read_is_a_problem(tmp_path: Path) -> None:
    """A folder in its place, or bytes that are not text, are said and not passed over."""
    (problem,) = problems_of({}, tmp_path)
    assert "cannot be read" in problem.wrong
    (tmp_path / ".env").write_bytes(b"LOG_LEVEL=\xff\n")
    (problem,) = problems_of({}, tmp_path / ".env")
    assert "UTF-8" in problem.wrong


def test_a_line_that_is_not_understood_is_not_repeated(tmp_path: Path) -> None:
    """A token without its name is named by its line only."""
    (problem,) = problems_of({}, env_file_with(tmp_path, f"LOG_LEVEL=INFO\nTOKEN is {SECRET}\n"))
    assert "line 2" in problem.wrong
    assert SECRET not in str(problem)


def test_config_stands_alone() -> None:
    """Reading the settings loads nothing else of the project, no Discord and no HTTP library."""
    loaded = subprocess.run(
        [sys.executable, "-c", "import config.loading, sys; print(*sys.modules)"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split()
    assert "config.loading" in loaded
    folders = {path.parent.name for path in ROOT.glob("*/__init__.py")}
    assert not (folders - {"config"} | {"bot", "discord", "aiohttp", "sqlalchemy"}) & set(loaded)
