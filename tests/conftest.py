"""What holds for every test."""

import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from discord.gateway import KeepAliveHandler

_TESTS = Path(__file__).parent
_WHOLE = ("benchmarks", "chaos", "e2e", "page", "running")
"""Whole bots, processes and browsers, which wait within bounds for what a busy machine delays."""


def pytest_collection_modifyitems(items: Sequence[pytest.Item]) -> None:
    """Give a test of something whole a second try; the summary names those that needed it."""
    for item in items:
        if item.path.relative_to(_TESTS).parts[0] in _WHOLE:
            item.add_marker(pytest.mark.flaky(reruns=1))


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
