"""How the log looks: text for people, JSON lines for machines; our own loggers at the level set."""

import logging
import re
from collections.abc import Collection
from typing import Literal

from pythonjsonlogger.json import JsonFormatter

_OWN = (
    "answering",
    "cogs",
    "config",
    "conversation",
    "delivery",
    "monitoring",
    "rendering",
    "startup",
    "storage",
    "upstream",
)
_TEXT = "%(asctime)s %(levelname)-7s %(name)s: %(message)s"
_FIELDS = "%(asctime)s %(levelname)s %(name)s %(message)s"
_HIDDEN = "[hidden]"
# discord.py names the URL of a request that was limited; these hold an interaction's token.
_TOKEN_IN_PATH = re.compile(r"(/(?:webhooks|interactions)/\d+/)[\w.-]+")
_SHORTEST_SECRET_CHARS = 8  # hiding a shorter text, such as a header's "true", would garble the log


class _Discreet(logging.Formatter):
    """Formats as another formatter does, tracebacks included, and hides every secret in that.

    It is the last net: nothing should log a secret in the first place, but what a library puts
    into an error's text is not ours to decide.
    """

    def __init__(self, inner: logging.Formatter, secrets: Collection[str]) -> None:
        super().__init__()
        self._inner = inner
        known = sorted({text for text in secrets if len(text) >= _SHORTEST_SECRET_CHARS}, key=len)
        self._secret = re.compile("|".join(map(re.escape, reversed(known)))) if known else None

    def format(self, record: logging.LogRecord) -> str:
        text = _TOKEN_IN_PATH.sub(rf"\1{_HIDDEN}", self._inner.format(record))
        return text if self._secret is None else self._secret.sub(_HIDDEN, text)


def set_up_logging(
    level: str,
    log_format: Literal["text", "json"],
    handler: logging.Handler | None = None,
    *,
    secrets: Collection[str] = (),
) -> None:
    """Send the log to stderr, or to another handler.

    The libraries stay at INFO or above whatever `level` is: discord.py's DEBUG log holds message
    texts and interaction tokens. Its HTTP client is kept at WARNING, the others likewise.

    Args:
        level: The level of our own loggers.
        log_format: Lines for people, or a JSON object a line.
        handler: Where it goes, if not to stderr.
        secrets: What no line may hold, whoever writes it.
    """
    handler = handler or logging.StreamHandler()
    formatter = logging.Formatter(_TEXT)
    if log_format == "json":
        formatter = JsonFormatter(_FIELDS, rename_fields={"levelname": "level", "asctime": "time"})
    handler.setFormatter(_Discreet(formatter, secrets))
    handler.addFilter(_is_no_voice_warning)
    handler.addFilter(_calm_reconnecting)
    handler.addFilter(_is_no_repeated_429)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    own_level = logging.getLevelNamesMapping()[level]
    logging.getLogger("discord").setLevel(max(logging.INFO, own_level))
    # It warns of each second try; what tries again says itself what an operator has to know.
    logging.getLogger("stamina").setLevel(logging.ERROR)
    for name in _OWN:
        logging.getLogger(name).setLevel(level)


def _is_no_repeated_429(record: logging.LogRecord) -> bool:
    """Leave out discord.py's two lines for each 429: a storm of them is ours to sum up."""
    words = ("We are being rate limited", "Global rate limit")
    return record.name != "discord.http" or not str(record.msg).startswith(words)


def _calm_reconnecting(record: logging.LogRecord) -> bool:
    """Make one line of a lost gateway, with the reason: discord.py logs an error and its trace.

    It connects again by itself, later each time; nobody has to act.
    """
    if record.name.startswith("discord") and str(record.msg).startswith("Attempting a reconnect"):
        error = record.exc_info[1] if record.exc_info else None
        record.levelno, record.levelname = logging.WARNING, "WARNING"
        record.msg = f"the gateway is lost ({type(error).__name__}). {record.msg}"
        record.exc_info = record.exc_text = None
    return True


def _is_no_voice_warning(record: logging.LogRecord) -> bool:
    """Leave out discord.py's warnings about its voice libraries: a bot that writes needs none."""
    return not (record.name == "discord.client" and "voice will NOT" in record.getMessage())
