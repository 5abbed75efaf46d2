"""SQLAlchemy's errors as the core's: what may succeed later, and what will not.

Only SQLite's own name of the error passes on, never a statement or what was to be stored.
"""

import sqlite3

from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from conversation.errors import StoreError, StoreUnavailableError

UNAVAILABLE_CODES = frozenset(
    {
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_PROTOCOL,
    }
)
"""Primary result codes (https://www.sqlite.org/rescode.html) that may pass."""

PRIMARY_CODE = 0xFF
"""The bits of an extended result code that hold the primary one."""

CONNECTION_CODES = frozenset(
    {
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_PROTOCOL,
    }
)
"""After these the connection may be of no use for ever: one that was opened while the file was
read-only stays so."""

_WORDS = {
    sqlite3.SQLITE_BUSY: "another program holds the database locked",
    sqlite3.SQLITE_LOCKED: "another program holds the database locked",
    sqlite3.SQLITE_READONLY: "the database may only be read: see who owns it and its folder",
    sqlite3.SQLITE_PERM: "the database may not be used: see who owns it and its folder",
    sqlite3.SQLITE_FULL: "there is no room left for the database: free some of its disk",
    sqlite3.SQLITE_IOERR: "the database could not be read or written: see its disk",
    sqlite3.SQLITE_CANTOPEN: "the database could not be opened: see its folder and who owns it",
    sqlite3.SQLITE_CORRUPT: "the database is damaged: restore the newest backup",
    sqlite3.SQLITE_NOTADB: "the file is no database: restore a backup, or name another file",
}
"""What an operator is told; SQLite's own name of the error stands behind it."""


def translated(error: SQLAlchemyError | sqlite3.Error | OverflowError) -> StoreError:
    """Return the core's error for a database's; to be raised `from` it.

    An `OverflowError` is what the driver says to an integer of more than 64 bits.
    """
    if isinstance(error, PoolTimeoutError):
        return StoreUnavailableError("every connection to the database is in use")
    cause = error.orig if isinstance(error, DBAPIError) else error
    if not isinstance(cause, sqlite3.Error):
        return StoreError(f"the database failed: {type(error).__name__}")
    code = primary_code_of(cause)
    if code is None:
        return StoreError(f"the database failed: {type(cause).__name__}")
    sentence = f"{_WORDS.get(code, 'the database failed')} ({cause.sqlite_errorname})"
    return StoreUnavailableError(sentence) if code in UNAVAILABLE_CODES else StoreError(sentence)


def primary_code_of(error: BaseException) -> int | None:
    """Return the primary result code; Python's own complaints (a wrong type) carry none."""
    code: int | None = getattr(error, "sqlite_errorcode", None)
    return None if code is None else code & PRIMARY_CODE
