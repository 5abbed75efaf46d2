"""Writing what must be written: again and again, as long as the database cannot be used."""

import logging
from collections.abc import Awaitable, Callable
from typing import TypeVar

import stamina

from conversation.errors import StoreUnavailableError

log = logging.getLogger(__name__)

_Result = TypeVar("_Result")

_FIRST_PAUSE_S = 0.2
_LONGEST_PAUSE_S = 4.0
_SECOND = 2


async def until_stored(
    write: Callable[[], Awaitable[_Result]],
    what: str,
    on_first_failure: Callable[[], None] | None = None,
) -> _Result:
    """Read or write, and try again for as long as the database cannot be used.

    Args:
        write: Does it; twice is the same as once.
        what: Names it, for the log.
        on_first_failure: Called once, when it is seen that this takes longer.

    Raises:
        StoreError: The database will never take it.
    """
    async for attempt in stamina.retry_context(
        on=StoreUnavailableError,
        attempts=None,
        timeout=None,
        wait_initial=_FIRST_PAUSE_S,
        wait_max=_LONGEST_PAUSE_S,
        wait_jitter=_FIRST_PAUSE_S,
    ):
        with attempt:
            if attempt.num == _SECOND and on_first_failure is not None:
                on_first_failure()
            if attempt.num > 1:
                log.debug("%s: attempt %d to store it", what, attempt.num)
            return await write()
    raise AssertionError("stamina tries for ever")
