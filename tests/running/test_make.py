"""`make` sets up what a command needs, whatever a former try has left behind."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.running.program import ROOT

_MAKE = shutil.which("make") or ""


@pytest.mark.timeout(180)
@pytest.mark.skipif(not _MAKE, reason="there is no make on this machine")
@pytest.mark.parametrize("leftover", ["no pip", "no python"])
def test_a_half_made_environment_is_made_anew(tmp_path: Path, leftover: str) -> None:
    """A `.venv` without pip, or whose Python is gone, does not stand in the way for ever."""
    shutil.copy(ROOT / "Makefile", tmp_path)
    (tmp_path / "requirements.txt").touch()
    programs = tmp_path / ".venv" / "bin"
    programs.mkdir(parents=True)
    if leftover == "no pip":
        (programs / "python").symlink_to(sys.executable)
    else:
        (programs / "python").symlink_to(tmp_path / "gone")
        (programs / "pip").touch(mode=0o755)
    done = subprocess.run(  # noqa: S603 - our own Makefile
        [_MAKE, f"PYTHON={sys.executable}", ".venv/run.stamp"],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / ".venv" / "run.stamp").exists()
    assert (programs / "pip").read_text().startswith("#!")
