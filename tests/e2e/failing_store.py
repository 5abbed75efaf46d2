"""A store that fails once, at a moment that a test chooses."""

from typing import Any

import pytest

from conversation.errors import StoreUnavailableError


def fail_once(patch: pytest.MonkeyPatch, port: type, name: str) -> list[str]:
    """Have the next call of a port's method find the database locked; return what failed."""
    real = getattr(port, name)
    failed: list[str] = []

    async def method(self: object, *args: Any, **kwargs: Any) -> object:
        if not failed:
            failed.append(name)
            raise StoreUnavailableError("the database is locked")
        return await real(self, *args, **kwargs)

    patch.setattr(port, name, method)
    return failed
