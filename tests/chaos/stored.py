"""What the bot has stored, read past it: from the SQLite file, with no code of the bot's."""

import sqlite3
from collections.abc import Generator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class StoredInbound:
    """A row of `inbound`."""

    message_id: int
    channel_id: int
    author_id: int
    text: str
    state: str
    turn_id: int | None


@dataclass(frozen=True, slots=True)
class StoredTurn:
    """A row of `turn`."""

    id: int
    conversation_id: int
    parent_id: int | None
    role: str
    text: str
    outcome: str | None


@dataclass(frozen=True, slots=True)
class StoredPart:
    """A row of `part`."""

    ordinal: int
    channel_id: int
    message_id: int


@dataclass(slots=True)
class Stored:
    """All that matters of a database at one instant."""

    inbounds: dict[int, StoredInbound] = field(default_factory=dict[int, StoredInbound])
    """By message id."""
    turns: dict[int, StoredTurn] = field(default_factory=dict[int, StoredTurn])
    shown: dict[int, int] = field(default_factory=dict[int, int])
    """Ids of replies by the turn that they show."""
    parts: dict[int, list[StoredPart]] = field(default_factory=dict[int, list[StoredPart]])
    """By reply, in their order."""
    places: dict[int, int] = field(default_factory=dict[int, int])
    """Channel ids by conversation."""

    def answers_to(self, turn_id: int) -> list[StoredTurn]:
        """Give the answers to a question, oldest first."""
        return [
            turn
            for turn in self.turns.values()
            if turn.parent_id == turn_id and turn.role == "assistant"
        ]

    def text_before(self, answer: StoredTurn) -> str:
        """Give the last text of an earlier answer to the same question, which stays shown."""
        siblings = self.answers_to(answer.parent_id or 0)
        texts = [it.text for it in siblings if it.id < answer.id and it.text.strip()]
        return texts[-1] if texts else ""

    def is_gone_on_with(self, turn_id: int) -> bool:
        """Whether a question that nobody said follows an answer."""
        said = {inbound.turn_id for inbound in self.inbounds.values()}
        return any(
            turn.parent_id == turn_id and turn.role == "user" and turn.id not in said
            for turn in self.turns.values()
        )


def read(path: Path) -> Stored:
    """Read a database, in one transaction."""
    stored = Stored()
    with _opened(path) as connection:
        connection.execute("BEGIN")
        for row in connection.execute(
            "SELECT message_id, channel_id, author_id, text, state, turn_id FROM inbound"
        ):
            stored.inbounds[row[0]] = StoredInbound(*row)
        for row in connection.execute(
            "SELECT id, conversation_id, parent_id, role, text, outcome FROM turn ORDER BY id"
        ):
            stored.turns[row[0]] = StoredTurn(*row)
        stored.shown.update(connection.execute("SELECT turn_id, id FROM reply"))
        stored.places.update(connection.execute("SELECT id, channel_id FROM conversation"))
        for reply_id, *row in connection.execute(
            "SELECT reply_id, ordinal, channel_id, message_id FROM part ORDER BY reply_id, ordinal"
        ):
            stored.parts.setdefault(reply_id, []).append(StoredPart(*row))
    return stored


def damage(path: Path) -> list[str]:
    """Give what SQLite itself finds wrong with a database."""
    with _opened(path) as connection:
        whole = [row[0] for row in connection.execute("PRAGMA integrity_check") if row[0] != "ok"]
        keys = [str(row) for row in connection.execute("PRAGMA foreign_key_check")]
    return whole + keys


@contextmanager
def _opened(path: Path) -> Generator[sqlite3.Connection]:
    """Open a database to read it, beside whoever writes it."""
    connection = sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, timeout=5)
    with closing(connection):
        yield connection
