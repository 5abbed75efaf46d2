"""Opens the store: the file is made, checked and migrated first, and closed at the end."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from conversation.meter import NO_METER, Meter
from conversation.ports.clock import Now
from storage.database_url import parse_database_url, sqlite_url
from storage.sqlite.database import BUSY_TIMEOUT_S, Database
from storage.sqlite.migrating import bring_up_to_date
from storage.sqlite.store import Store, store_on


@asynccontextmanager
async def open_store(
    url: str, *, now: Now, busy_timeout_s: float = BUSY_TIMEOUT_S, meter: Meter = NO_METER
) -> AsyncGenerator[Store, None]:
    """Open the database that a URL names, and close it with every connection at the end.

    Raises:
        ValueError: The URL names no database that Bobbin can use, see `parse_database_url`.
        StoreUnavailableError: The file cannot be made, written or locked.
        StoreError: The file is damaged, newer than the code, or not Bobbin's.
    """
    path = parse_database_url(url)
    await asyncio.to_thread(bring_up_to_date, path, now())
    database = Database(sqlite_url(path), busy_timeout_s=busy_timeout_s, meter=meter)
    try:
        yield store_on(database, now)
    finally:
        await database.close()
