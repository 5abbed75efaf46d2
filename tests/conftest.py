"""What holds for every test."""

import threading
from collections.abc import Iterator

import pytest
from discord.gateway import KeepAliveHandler


@pytest.fixture(autouse=True)
def no_heart_beats_on() -> Iterator[None]:
    """Stop the heartbeats that the library leaves behind.

    A connection that breaks while discord.py greets on it is dropped without stopping its thread,
    which finds out by itself a minute later: in a test, when the event loop is long gone.
    """
    yield
    for thread in threading.enumerate():
        if isinstance(thread, KeepAliveHandler):
            thread.stop()
