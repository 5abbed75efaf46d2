"""Doing something again and again for as long as the process lives."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from conversation.errors import StoreError
from conversation.store_failures import report

log = logging.getLogger(__name__)

_FAILED_PAUSE_S = 2.0


async def again_and_again(
    work: Callable[[], Awaitable[None]], interval_s: float, what: str
) -> None:
    """Do some work, then pause, until cancelled; where the store fails, it is done again soon.

    Args:
        work: Does it.
        interval_s: Between the end of one time and the beginning of the next, in seconds.
        what: Names it, for the log.
    """
    while True:
        pause_s = interval_s
        try:
            await work()
        except StoreError as error:
            report(log, error, "%s: put off, for the store failed", what)
            pause_s = min(pause_s, _FAILED_PAUSE_S)
        await asyncio.sleep(pause_s)
