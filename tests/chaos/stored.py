"""What the bot has stored, read past it: from the SQLite file, with no code of the bot's."""

import json
import sqlite3
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class StoredPlace:
    """A row of `place`."""

    channel_id: int
    guild_id: int | None
    parent_channel_id: int | None
    current_conversation_id: int | None


@dataclass(frozen=True, slots=True)
class StoredConversation:
    """A row of `conversation`."""

    id: int
    channel_id: int
    root_message_id: int | None
    head_turn_id: int | None


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
    failure: str | None = None
    remarks: tuple[str, ...] = ()
    """Their kinds."""
    speakers: tuple[tuple[str, int], ...] = ()
    """Names, and how many characters of the text each has."""
    resume_user: str | None = None
    """The anonymous user id at the Playground."""


@dataclass(frozen=True, slots=True)
class StoredReply:
    """A row of `reply`."""

    id: int
    turn_id: int
    channel_id: int | None
    wanted_rev: int
    shown_rev: int


@dataclass(frozen=True, slots=True)
class StoredPart:
    """A row of `part`."""

    ordinal: int
    channel_id: int
    message_id: int | None
    is_gone: bool = False


@dataclass(frozen=True, slots=True)
class StoredNotice:
    """A row of `notice` that is a message."""

    id: int
    key: str
    kind: str
    channel_id: int
    answers_message_id: int
    author_id: int
    covers_until_id: int | None
    is_ended: bool
    message_id: int | None


@dataclass(slots=True)
class Stored:
    """All that matters of a database at one instant, each table by its key."""

    places: dict[int, StoredPlace] = field(default_factory=dict[int, StoredPlace])
    conversations: dict[int, StoredConversation] = field(
        default_factory=dict[int, StoredConversation]
    )
    inbounds: dict[int, StoredInbound] = field(default_factory=dict[int, StoredInbound])
    """By message id."""
    turns: dict[int, StoredTurn] = field(default_factory=dict[int, StoredTurn])
    """Filled by `add_turn`."""
    replies: dict[int, StoredReply] = field(default_factory=dict[int, StoredReply])
    """By the turn that they show."""
    parts: dict[int, list[StoredPart]] = field(default_factory=dict[int, list[StoredPart]])
    """By reply, in their order."""
    notices: list[StoredNotice] = field(default_factory=list[StoredNotice])
    _below: dict[int, list[int]] = field(default_factory=dict[int, list[int]])
    """The turns below each."""

    def add_turn(self, turn: StoredTurn) -> None:
        """Add a turn, or replace the one with its id, which has the same parent."""
        if turn.id not in self.turns:
            self._below.setdefault(turn.parent_id or 0, []).append(turn.id)
        self.turns[turn.id] = turn

    def below(self, turn_id: int, role: str) -> list[StoredTurn]:
        """Return the turns of a role whose parent is a turn, oldest first."""
        found = (self.turns[below_id] for below_id in self._below.get(turn_id, ()))
        return [turn for turn in found if turn.role == role]

    def answers_to(self, turn_id: int) -> list[StoredTurn]:
        """Return the answers to a question, oldest first."""
        return self.below(turn_id, "assistant")

    def path_to(self, turn_id: int) -> list[StoredTurn]:
        """Return the turns from the root down to one."""
        path: list[StoredTurn] = []
        turn = self.turns.get(turn_id)
        while turn is not None:
            path.append(turn)
            turn = self.turns.get(turn.parent_id or 0)
        return path[::-1]

    def parts_of(self, turn_id: int) -> list[StoredPart]:
        """Return the parts that show a turn."""
        reply = self.replies.get(turn_id)
        return [] if reply is None else self.parts.get(reply.id, [])

    def channel_of(self, turn_id: int | None) -> int:
        """Return where the conversation of a turn is; 0 where there is no such turn."""
        turn = self.turns.get(turn_id or 0)
        return 0 if turn is None else self.conversations[turn.conversation_id].channel_id

    def is_newest(self, turn: StoredTurn) -> bool:
        """Return whether nothing was said after an answer, nor anything begun afresh."""
        conversation = self.conversations[turn.conversation_id]
        place = self.places[conversation.channel_id]
        is_channel = place.guild_id is not None and place.parent_channel_id is None
        is_current = is_channel or place.current_conversation_id == conversation.id
        return is_current and conversation.head_turn_id == turn.id

    def text_before(self, answer: StoredTurn) -> str:
        """Return the last text of an earlier answer to the same question, which stays shown."""
        siblings = self.answers_to(answer.parent_id or 0)
        texts = [it.text for it in siblings if it.id < answer.id and it.text.strip()]
        return texts[-1] if texts else ""


def read(path: Path) -> Stored:
    """Read a database, in one transaction."""
    stored = Stored()
    with _opened(path) as connection:
        connection.execute("BEGIN")
        for row in connection.execute(
            "SELECT channel_id, guild_id, parent_channel_id, current_conversation_id FROM place"
        ):
            stored.places[row[0]] = StoredPlace(*row)
        for row in connection.execute(
            "SELECT id, channel_id, root_message_id, head_turn_id FROM conversation"
        ):
            stored.conversations[row[0]] = StoredConversation(*row)
        for row in connection.execute(
            "SELECT message_id, channel_id, author_id, text, state, turn_id FROM inbound"
        ):
            stored.inbounds[row[0]] = StoredInbound(*row)
        for turn in _turns(connection):
            stored.add_turn(turn)
        for row in connection.execute(
            "SELECT id, turn_id, channel_id, wanted_rev, shown_rev FROM reply"
        ):
            stored.replies[row[1]] = StoredReply(*row)
        for reply_id, ordinal, channel_id, message_id, is_gone in connection.execute(
            "SELECT reply_id, ordinal, channel_id, message_id, is_gone FROM part"
            " ORDER BY reply_id, ordinal"
        ):
            stored.parts.setdefault(reply_id, []).append(
                StoredPart(ordinal, channel_id, message_id, bool(is_gone))
            )
        for row in connection.execute(
            "SELECT id, key, kind, channel_id, answers_message_id, author_id, covers_until_id,"
            " ended_at IS NOT NULL, message_id FROM notice WHERE kind <> 'remark' ORDER BY id"
        ):
            stored.notices.append(StoredNotice(*row))
    return stored


def is_at_rest(path: Path) -> bool:
    """Return whether nothing waits, streams, or is behind: worth a look at the laws."""
    with _opened(path) as connection:
        (owed,) = connection.execute(
            "SELECT EXISTS (SELECT 1 FROM inbound WHERE state = 'waiting')"
            " OR EXISTS (SELECT 1 FROM turn WHERE role = 'assistant' AND outcome IS NULL)"
            " OR EXISTS (SELECT 1 FROM reply WHERE shown_rev < wanted_rev)"
            " OR EXISTS (SELECT 1 FROM notice WHERE ended_at IS NULL)"
        ).fetchone()
    return not owed


def damage(path: Path) -> list[str]:
    """Return what SQLite itself finds wrong with a database."""
    with _opened(path) as connection:
        whole = [row[0] for row in connection.execute("PRAGMA integrity_check") if row[0] != "ok"]
        keys = [str(row) for row in connection.execute("PRAGMA foreign_key_check")]
    return whole + keys


def _turns(connection: sqlite3.Connection) -> Iterator[StoredTurn]:
    for *row, remarks, speakers, resume in connection.execute(
        "SELECT id, conversation_id, parent_id, role, text, outcome, failure,"
        " remarks, speakers, resume FROM turn ORDER BY id"
    ):
        yield StoredTurn(
            *row,
            remarks=tuple(one["kind"] for one in _json(remarks) or ()),
            speakers=tuple((one["name"], one["length_chars"]) for one in _json(speakers) or ()),
            resume_user=_json(resume)["data"].get("user") if resume else None,
        )


def _json(text: str | None) -> Any:
    return None if text is None else json.loads(text)


@contextmanager
def _opened(path: Path) -> Generator[sqlite3.Connection]:
    """Open a database to read it, beside whoever writes it."""
    connection = sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, timeout=5)
    with closing(connection):
        yield connection
