"""Files that cannot be read are put out of the way, and none of them is lost."""

from pathlib import Path

from sandbox.set_aside import set_aside


def test_a_file_is_renamed_with_what_sqlite_keeps_beside_it(tmp_path: Path) -> None:
    """The log beside a database goes with it under the same new name."""
    path = tmp_path / "discord.db"
    path.write_text("pages")
    (tmp_path / "discord.db-wal").write_text("log")
    target = set_aside(path)
    assert target == tmp_path / "discord.db.set-aside-1"
    assert target.read_text() == "pages"
    assert (tmp_path / "discord.db.set-aside-1-wal").read_text() == "log"
    assert {each.name for each in tmp_path.iterdir()} == {target.name, f"{target.name}-wal"}


def test_an_older_one_that_was_set_aside_is_kept(tmp_path: Path) -> None:
    """Each is given the next number that is free."""
    path = tmp_path / "discord.db"
    for content in ("first", "second"):
        path.write_text(content)
        set_aside(path)
    kept = [(tmp_path / f"discord.db.set-aside-{number}").read_text() for number in (1, 2)]
    assert kept == ["first", "second"]
