"""`DATABASE_URL` as people write it, and as the driver wants it."""

import re
from pathlib import Path

from sqlalchemy import URL

SHAPE = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+._-]*)://(?P<rest>.*)", re.DOTALL)

ASYNC_SQLITE = "sqlite+aiosqlite"

MEND = "write sqlite:///data/bobbin.db, or sqlite:////srv/bobbin.db for a path from the root"


def sqlite_url(path: Path) -> URL:
    """Return the URL of a file."""
    return URL.create(ASYNC_SQLITE, database=str(path))


def parse_database_url(text: str) -> Path:
    """Return the file that a URL names; `~` is the home folder, a relative path counts from here.

    Raises:
        ValueError: It names no database that Bobbin can use; the sentence says what to write, and
            repeats no more of the text than its scheme, for the rest may hold a password.
    """
    match = SHAPE.fullmatch(text.strip())
    if match is None:
        message = f"this is not a database URL: {MEND}"
        raise ValueError(message)
    scheme = match["scheme"].lower()
    if scheme.partition("+")[0] in {"postgres", "postgresql"}:
        message = f"PostgreSQL is not supported yet: {MEND}"
        raise ValueError(message)
    if scheme not in {"sqlite", "sqlite3", ASYNC_SQLITE}:
        message = f"{scheme} databases are not supported: {MEND}"
        raise ValueError(message)
    return _path_in(match["rest"])


def _path_in(rest: str) -> Path:
    """Read what follows the two slashes."""
    host, slash, name = rest.partition("/")
    if host or not slash:
        message = f"a SQLite URL has three slashes before its path: {MEND}"
        raise ValueError(message)
    if name in {"", ":memory:"}:
        message = f"a database in memory would forget everything at the end: {MEND}"
        raise ValueError(message)
    if "?" in name:
        message = f"a SQLite URL takes no options after a question mark: {MEND}"
        raise ValueError(message)
    if name.endswith("/"):
        message = f"the path ends in a slash, so it names a folder and no file: {MEND}"
        raise ValueError(message)
    return Path(name).expanduser()
