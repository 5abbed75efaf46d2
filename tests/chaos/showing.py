"""What a stored answer has to look like on Discord, and which words are the bot's own notices."""

import re
from functools import lru_cache

from rendering.splitting.splitter import Splitter
from rendering.wording.english import Notice, overtaken

_SMALL_PRINT = "-# "
_FIELD = re.compile(r"\\\{\w+\\\}")
_ENDS = re.compile(r"^-# (?:⚠️|⏹️|✂️)", re.MULTILINE)
_WORDS = {words for notice in Notice for words in (notice.value, overtaken(notice))}
_NOTICES = re.compile("|".join(_FIELD.sub(".*", re.escape(it)) for it in _WORDS), re.DOTALL)
_WITHOUT_WORDS = re.compile(
    "|".join(
        _FIELD.sub(".*", re.escape(notice.value))
        for notice in (Notice.ONLY_FILES, Notice.ONLY_WORDS)
    ),
    re.DOTALL,
)
_MARKS = re.compile(r"^```\w*$", re.MULTILINE)


def without_small_print(content: str) -> str:
    """Give what a message says, less the notices under it."""
    lines = content.split("\n")
    while lines and lines[-1].startswith(_SMALL_PRINT):
        del lines[-1]
    return "\n".join(lines)


def says_how_it_ended(content: str) -> bool:
    """Whether a message has a notice that its answer is not whole."""
    return _ENDS.search(content) is not None


def is_notice(content: str) -> bool:
    """Whether a message is nothing but a sentence from the table of notices."""
    return _NOTICES.fullmatch(content) is not None


def covers_what_follows(content: str) -> bool:
    """Whether a notice says of messages without words that no later ones are answered either."""
    return _WITHOUT_WORDS.fullmatch(content) is not None


@lru_cache(maxsize=10_000)
def expected(text: str) -> tuple[str, ...]:
    """Give the messages that show a text."""
    splitter = Splitter()
    splitter.feed(text)
    splitter.finish()
    return tuple(part.content for part in splitter.parts)


def shows(contents: list[str], text: str, *, is_interrupted: bool) -> bool:
    """Whether messages show a text.

    What was interrupted may have been shown a little further, or less far, than it was stored.
    """
    said = [words for words in map(without_small_print, contents) if words]
    if not is_interrupted:
        return tuple(said) == expected(text)
    shown, stored = _bare("".join(said)), _bare("".join(expected(text)))
    return shown.startswith(stored) or stored.startswith(shown)


def _bare(text: str) -> str:
    return "".join(_MARKS.sub("", text).split())
