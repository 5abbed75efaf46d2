"""What became of each message of a flood: from the bot's store, and from what Discord shows."""

import re
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

from rendering.wording.sentences import Sentence
from sandbox.world.entities import Message
from sandbox.world.world import World

_NOT_TAKEN = (Sentence.SLOW_DOWN, Sentence.QUEUE_FULL)
_COVERED = """
    SELECT inbound.message_id, inbound.state, answer.outcome, answer.text, part.message_id
    FROM inbound
    LEFT JOIN turn AS answer ON answer.parent_id = inbound.turn_id
    LEFT JOIN reply ON reply.turn_id = answer.id
    LEFT JOIN part ON part.reply_id = reply.id
"""


class Fate(Enum):
    """What became of a message."""

    ANSWERED = "answered"
    """The answer to it is on Discord, complete."""
    WAITING = "waiting"
    """It is stored, and its answer is yet to come or to be shown."""
    FAILED = "failed"
    """Its answer ended otherwise than complete."""
    REFUSED = "refused"
    """It was not taken, and its author was told so."""
    SILENT = "silent"
    """Neither: this must not be."""


@dataclass(slots=True)
class Ledger:
    """The messages meant for the bot, by their author.

    Args:
        world: Where they were said.
        database: The bot's.
    """

    world: World
    database: Path
    said: dict[int, int] = field(default_factory=dict[int, int])
    """The author of each message."""

    def fates(self) -> dict[int, Fate]:
        """Return what became of each message by now."""
        shown = self._from_bot()
        told = self._told(shown)
        rows = {row.message_id: row for row in self._rows()}
        return {
            message_id: _fate(rows.get(message_id), shown, is_told=author_id in told)
            for message_id, author_id in self.said.items()
        }

    def wrong(self) -> list[int]:
        """Return the messages whose answer is over, and shown otherwise than as it is stored."""
        shown = self._from_bot()
        return [
            row.message_id
            for row in self._rows()
            if row.part_id in shown
            and row.is_complete
            and not shown[row.part_id].components
            and not row.is_shown(shown)
        ]

    def last_shown_s(self) -> float:
        """Return when the last answer was complete, on the world's clock."""
        shown = self._from_bot()
        answers = [shown[row.part_id] for row in self._rows() if row.is_shown(shown)]
        return max([it.edits[-1][0] if it.edits else it.created_s for it in answers], default=0.0)

    def _told(self, shown: Mapping[int | None, Message]) -> set[int]:
        """Return who was told that something of theirs is not taken."""
        patterns = [_pattern(notice) for notice in _NOT_TAKEN]
        return {
            self.said[it.reference.message_id]
            for it in shown.values()
            if it.reference is not None
            and it.reference.message_id in self.said
            and any(pattern.fullmatch(it.content) for pattern in patterns)
        }

    def _from_bot(self) -> Mapping[int | None, Message]:
        own_id = self.world.bot.id
        return {
            message.id: message
            for channel_id in self.world.channels
            for message in self.world.messages_with_deleted(channel_id).values()
            if message.author_id == own_id and not message.is_deleted
        }

    def _rows(self) -> "list[_Row]":
        with closing(sqlite3.connect(f"file:{self.database}?mode=ro", uri=True)) as database:
            return [_Row(*row) for row in database.execute(_COVERED)]


@dataclass(frozen=True, slots=True)
class _Row:
    """What the bot's store knows of a message."""

    message_id: int
    state: str
    outcome: str | None
    text: str
    part_id: int | None

    @property
    def is_complete(self) -> bool:
        """Whether the model said all of it."""
        return self.outcome == "complete"

    def is_shown(self, shown: Mapping[int | None, Message]) -> bool:
        """Whether Discord shows all of it; small print may follow."""
        message = shown.get(self.part_id)
        return (
            self.is_complete
            and message is not None
            and message.content.startswith(self.text.strip())
        )


def _pattern(notice: Sentence) -> re.Pattern[str]:
    """Match a notice whatever its fields are."""
    return re.compile(re.sub(r"\\\{\w+\\\}", ".+", re.escape(notice)))


def _fate(row: _Row | None, shown: Mapping[int | None, Message], *, is_told: bool) -> Fate:
    if row is None or row.state == "refused":
        return Fate.REFUSED if is_told else Fate.SILENT
    if row.is_shown(shown):
        return Fate.ANSWERED
    return Fate.FAILED if row.outcome not in (None, "complete") else Fate.WAITING


def counted(fates: Mapping[int, Fate]) -> dict[Fate, int]:
    """Count the messages of each fate."""
    counts = dict.fromkeys(Fate, 0)
    for fate in fates.values():
        counts[fate] += 1
    return counts
