"""How the log looks: text for people, JSON lines for machines; our own loggers at the level set."""

import logging
from typing import Literal

from pythonjsonlogger.json import JsonFormatter

_OWN = ("bot", "cogs", "conversation", "rendering", "storage", "upstream", "check")
_TEXT = "%(asctime)s %(levelname)-7s %(name)s: %(message)s"
_FIELDS = "%(asctime)s %(levelname)s %(name)s %(message)s"


def set_up_logging(
    level: str, log_format: Literal["text", "json"], handler: logging.Handler | None = None
) -> None:
    """Send the log to stderr, or to another handler.

    The libraries stay at INFO or above whatever `level` is: discord.py's DEBUG log holds message
    texts and interaction tokens. Its HTTP client is kept at WARNING, the others likewise.
    """
    handler = handler or logging.StreamHandler()
    formatter = logging.Formatter(_TEXT)
    if log_format == "json":
        formatter = JsonFormatter(_FIELDS, rename_fields={"levelname": "level", "asctime": "time"})
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    own_level = logging.getLevelNamesMapping()[level]
    logging.getLogger("discord").setLevel(max(logging.INFO, own_level))
    for name in _OWN:
        logging.getLogger(name).setLevel(level)
