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


def translated(error: SQLAlchemyError | sqlite3.Error | OverflowError) -> StoreError:
    """Give the core's error for a database's; to be raised `from` it.

    An `OverflowError` is what the driver says to an integer of more than 64 bits.
    """
    if isinstance(error, PoolTimeoutError):
        return StoreUnavailableError("every connection to the database is in use")
    cause = error.orig if isinstance(error, DBAPIError) else error
    if not isinstance(cause, sqlite3.Error):
        return StoreError(f"the database failed: {type(error).__name__}")
    # Python's own complaints (a closed connection, a wrong type) carry no code.
    code: int | None = getattr(cause, "sqlite_errorcode", None)
    if code is None:
        return StoreError(f"the database failed: {type(cause).__name__}")
    sentence = f"the database failed: {cause.sqlite_errorname}"
    if code & PRIMARY_CODE in UNAVAILABLE_CODES:
        return StoreUnavailableError(sentence)
    return StoreError(sentence)
