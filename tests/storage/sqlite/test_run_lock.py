"""One process at a time runs on a database."""

from pathlib import Path

import pytest

from conversation.errors import StoreUnavailableError
from storage.sqlite.run_lock import sole_user


async def test_a_second_process_is_told_so(tmp_path: Path) -> None:
    """While one uses the database another is refused, in words; afterwards it is let in."""
    database = tmp_path / "folder" / "bobbin.db"
    async with sole_user(database, wait_s=0.1):
        with pytest.raises(StoreUnavailableError, match="another Bobbin runs"):
            async with sole_user(database, wait_s=0.1):
                pass
    async with sole_user(database, wait_s=0.1):
        pass


async def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    """Where there can be no lock file, that is an error of the store."""
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreUnavailableError, match="cannot be made"):
        async with sole_user(tmp_path / "file" / "bobbin.db", wait_s=0.1):
            pass
