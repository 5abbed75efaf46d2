"""The last net under the log: what a library puts into an error is hidden too."""

import io
import json
import logging
from collections.abc import Iterator
from typing import Literal

import pytest

from startup.logs import set_up_logging

_SECRET = "a-secret-of-some-length"


@pytest.fixture(autouse=True)
def _as_it_was() -> Iterator[None]:
    """Put the loggers back at the end."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    for name in ("discord", *("bot", "cogs", "conversation", "rendering", "storage", "upstream")):
        logging.getLogger(name).setLevel(logging.NOTSET)


def _written(log_format: Literal["text", "json"]) -> io.StringIO:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    set_up_logging("DEBUG", log_format, handler, secrets={_SECRET, "short"})
    return stream


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_secret_in_an_unhandled_exception_is_hidden(log_format: Literal["text", "json"]) -> None:
    """A traceback is logged without the secrets in its errors' texts."""
    stream = _written(log_format)
    try:
        int(f"{_SECRET} in short")
    except ValueError:
        logging.getLogger("discord.client").exception("Ignoring exception in on_message")
    text = stream.getvalue()
    assert _SECRET not in text
    assert "ValueError: invalid literal for int() with base 10: '[hidden] in short'" in text
    if log_format == "json":
        assert json.loads(text)["level"] == "ERROR"


def test_token_of_an_interaction_is_hidden() -> None:
    """The URL of a limited request is logged without the interaction's token."""
    stream = _written("text")
    url = "https://discord.com/api/v10/webhooks/123/aW50ZXI.token-_1/messages/@original"
    logging.getLogger("discord.webhook").warning("Limited: PATCH %s", url)
    assert "/webhooks/123/[hidden]/messages/@original" in stream.getvalue()


def test_debug_of_the_libraries_is_not_written() -> None:
    """At DEBUG our loggers write everything; discord.py's, which would hold messages, do not."""
    stream = _written("text")
    logging.getLogger("discord.gateway").debug("For Shard ID None: WebSocket Event: {...}")
    logging.getLogger("aiohttp.client").info("something")
    logging.getLogger("aiosqlite").debug("executing INSERT")
    logging.getLogger("sqlalchemy.engine").info("INSERT INTO turn")
    logging.getLogger("stamina").warning("stamina.retry_scheduled")
    assert stream.getvalue() == ""
    logging.getLogger("answering.intake").debug("message 1 came again")
    assert "message 1 came again" in stream.getvalue()


def test_lost_gateway_is_one_line() -> None:
    """A reconnection is a warning in one line with its reason, not an error with a trace."""
    written = _written("text")
    try:
        raise ConnectionResetError("by peer")  # noqa: TRY301 - what the library handles so
    except ConnectionResetError:
        logging.getLogger("discord.client").exception("Attempting a reconnect in %.2fs", 1.5)
    (line,) = written.getvalue().splitlines()
    assert "WARNING" in line
    assert "the gateway is lost (ConnectionResetError). Attempting a reconnect in 1.50s" in line


def test_each_429_of_the_library_is_left_out() -> None:
    """What discord.py says of every single 429 is not written; its other lines are."""
    written = _written("text")
    library = logging.getLogger("discord.http")
    library.warning("We are being rate limited. %s %s responded with 429.", "PATCH", "/a")
    library.warning("Global rate limit has been hit. Retrying in %.2f seconds.", 1.0)
    library.warning("something else")
    (line,) = written.getvalue().splitlines()
    assert line.endswith("something else")
