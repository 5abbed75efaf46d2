"""What tests of the settings share: a secret, and ways to be wrong."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from config.loading import load_settings
from config.problems import Problem, SettingsError

SECRET = "hunter2-f00dcafe"
OLLAMA = "http://127.0.0.1:11434/v1"


def problems_of(environ: Mapping[str, str], env_file: Path | None = None) -> tuple[Problem, ...]:
    """Return what is wrong with settings that must not be accepted."""
    with pytest.raises(SettingsError) as caught:
        load_settings(environ, env_file)
    return caught.value.problems


def env_file_with(tmp_path: Path, text: str) -> Path:
    """Return a `.env` file that says `text`."""
    path = tmp_path / ".env"
    path.write_text(text, encoding="utf-8")
    return path
