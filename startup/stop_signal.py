"""The signals that end the bot: the first lets it end its work, the second ends it at once."""

import asyncio
import logging
import os
import signal
from collections.abc import Callable

log = logging.getLogger(__name__)

_SIGNALLED = 128
"""A process that a signal ended has this and the signal's number as its exit code, in a shell."""


Tell = Callable[[str], None]
"""Says something to a person at a terminal who does not see the log."""


def say_nothing(words: str) -> None:
    """Leave it at the log."""


def stop_signal(tell: Tell = say_nothing) -> asyncio.Event:
    """Make the event that is set by SIGINT and SIGTERM, and by the terminal's end (SIGHUP).

    A second one ends the process at once, with the exit code by which shells name a signal. What
    is stored stays; the next start goes on with it as after a kill. What happens is logged, and
    told.
    """
    stop = asyncio.Event()

    def hear(number: int) -> None:
        if stop.is_set():
            log.warning("a second signal: ending at once")
            tell("Ending at once; the next start goes on with what is stored.")
            os._exit(_SIGNALLED + number)
        log.info("stopping; a second signal ends it at once")
        again = "Ctrl-C again" if number == signal.SIGINT else "a second signal"
        tell(f"Stopping; {again} ends it at once.")
        stop.set()

    numbers = [signal.SIGINT, signal.SIGTERM]
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # as under nohup
        numbers.append(signal.SIGHUP)
    for number in numbers:
        asyncio.get_running_loop().add_signal_handler(number, hear, number)
    return stop
