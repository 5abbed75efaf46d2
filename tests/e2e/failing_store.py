"""A store that fails once, at a moment that a test chooses."""

from typing import Any

import pytest

from conversation.errors import StoreUnavailableError
from storage.sqlite.store import SqlStore


def fail_once(patch: pytest.MonkeyPatch, name: str) -> list[str]:
    """Have the next call of a method of the store find it locked; give a list of what failed."""
    real = getattr(SqlStore, name)
    failed: list[str] = []

    async def method(self: SqlStore, *args: Any, **kwargs: Any) -> object:
        if not failed:
            failed.append(name)
            raise StoreUnavailableError("the database is locked")
        return await real(self, *args, **kwargs)

    patch.setattr(SqlStore, name, method)
    return failed
