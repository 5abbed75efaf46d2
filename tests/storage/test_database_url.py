"""`DATABASE_URL`: what is understood, and what is said about the rest."""

from pathlib import Path

import pytest

from storage.database_url import parse_database_url, sqlite_url


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("sqlite:///data/bobbin.db", "data/bobbin.db"),
        ("sqlite:////srv/bobbin.db", "/srv/bobbin.db"),
        ("sqlite:///./data/bobbin.db", "data/bobbin.db"),
        ("sqlite:///C:/bobbin/bobbin.db", "C:/bobbin/bobbin.db"),
        ("sqlite+aiosqlite:////srv/bobbin.db", "/srv/bobbin.db"),
        ("  SQLite:///my data/böbbin #1%20.db\n", "my data/böbbin #1%20.db"),
    ],
)
def test_files_are_understood(text: str, path: str) -> None:
    """A path is taken as it is written, whatever characters it has."""
    assert parse_database_url(text) == Path(path)


def test_home_folder() -> None:
    """A tilde is the home folder."""
    assert parse_database_url("sqlite:///~/bobbin.db") == Path.home() / "bobbin.db"


def test_driver_gets_the_path_unchanged() -> None:
    """What is special in URLs is not special in the path that the driver opens."""
    assert sqlite_url(Path("/a b/%20?#.db")).database == "/a b/%20?#.db"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "this is not a database URL"),
        ("data/bobbin.db", "this is not a database URL"),
        ("sqlite:data.db", "this is not a database URL"),
        ("sqlite://", "three slashes"),
        ("sqlite://data/bobbin.db", "three slashes"),
        ("sqlite://data.db", "three slashes"),
        ("sqlite:///", "in memory"),
        ("sqlite:///:memory:", "in memory"),
        ("sqlite:///bobbin.db?mode=ro", "no options"),
        ("sqlite:///data/", "folder"),
        ("postgresql://bobbin:hunter2@db/bobbin", "PostgreSQL is not supported yet"),
        ("postgresql+asyncpg://bobbin:hunter2@db/bobbin", "PostgreSQL is not supported yet"),
        ("postgres://bobbin:hunter2@db/bobbin", "PostgreSQL is not supported yet"),
        ("mysql://bobbin:hunter2@db/bobbin", "mysql databases are not supported"),
        ("sqlite+pysqlcipher://:hunter2@/bobbin.db", "not supported"),
    ],
)
def test_problems_are_named_with_their_mend(text: str, sentence: str) -> None:
    """What cannot be used is named, with what to write instead, and without a password."""
    with pytest.raises(ValueError, match=sentence) as caught:
        parse_database_url(text)

    assert "write sqlite:///data/bobbin.db" in str(caught.value)
    assert "hunter2" not in str(caught.value)
