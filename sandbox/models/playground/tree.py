"""The messages that a Playground stand-in keeps: a tree for each thread, each message with an end.

Source: protocol, section 5. An anonymous message is invisible from 24 hours after it was made on.
"""

import secrets
import string
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

LIFETIME_S = 24 * 60 * 60.0
"""How long an anonymous message lives, in seconds."""

Label = dict[str, object]


@dataclass(slots=True, eq=False)
class StoredMessage:
    """One message; the times are in seconds since 1970, `root` is the id of the thread."""

    id: str
    root: str
    parent: str | None
    role: str
    content: str
    creator: str
    created_s: float
    expires_s: float
    model_id: str
    model_host: str
    options: Mapping[str, object]
    final: bool = False
    finish_reason: str | None = None
    harmful: bool | None = None
    original: str | None = None
    template: str | None = None
    thinking: str | None = None
    tool_call_id: str | None = None
    tool_calls: list[dict[str, object]] = field(default_factory=list[dict[str, object]])
    labels: list[Label] = field(default_factory=list[Label])


@dataclass(frozen=True, slots=True)
class Draft:
    """What every new message of one request has in common."""

    creator: str
    model_id: str
    model_host: str
    options: Mapping[str, object]


def random_id() -> str:
    """Make an id as the Playground does: five times a capital letter and a digit."""
    letters, digits = string.ascii_uppercase, string.digits
    pairs = (secrets.choice(letters) + secrets.choice(digits) for _ in range(5))
    return "msg_" + "".join(pairs)


class MessageTree:
    """All messages, by id; one that has expired is not found, whatever asks for it."""

    def __init__(
        self,
        wall_clock: Callable[[], float],
        save: Callable[[StoredMessage], None] | None = None,
        make_id: Callable[[], str] = random_id,
    ) -> None:
        self._wall_clock = wall_clock
        self._make_id = make_id
        self._save = save
        self._messages: dict[str, StoredMessage] = {}
        self._children: dict[str | None, list[str]] = {}

    def __iter__(self) -> Iterator[StoredMessage]:
        """Go through every message that is kept, expired ones included, oldest first."""
        return iter(tuple(self._messages.values()))

    def __len__(self) -> int:
        """Count the messages that are kept, expired ones included."""
        return len(self._messages)

    def __getitem__(self, message_id: str) -> StoredMessage:
        """Return a message that is kept, expired or not."""
        return self._messages[message_id]

    def now_s(self) -> float:
        """Return the time, in seconds since 1970."""
        return self._wall_clock()

    def put(self, message: StoredMessage) -> None:
        """Take over a message that was kept elsewhere."""
        if message.id not in self._messages:
            self._children.setdefault(message.parent, []).append(message.id)
        self._messages[message.id] = message

    def save(self, message: StoredMessage) -> None:
        """Keep what has been changed in a message."""
        self.put(message)
        if self._save is not None:
            self._save(message)

    def find(self, message_id: str | None) -> StoredMessage | None:
        """Return a message that has not expired."""
        message = self._messages.get(message_id or "")
        if message is None or message.expires_s <= self._wall_clock():
            return None
        return message

    def add(
        self, draft: Draft, role: str, content: str, parent: StoredMessage | None
    ) -> StoredMessage:
        """Make a message; without a parent it starts a thread."""
        message_id = self._new_id()
        created_s = self._wall_clock()
        message = StoredMessage(
            id=message_id,
            root=message_id if parent is None else parent.root,
            parent=None if parent is None else parent.id,
            role=role,
            content=content,
            creator=draft.creator,
            created_s=created_s,
            expires_s=created_s + LIFETIME_S,
            model_id=draft.model_id,
            model_host=draft.model_host,
            options=draft.options,
        )
        self.save(message)
        return message

    def chain(self, message: StoredMessage) -> list[StoredMessage]:
        """Return the path from the thread's first message to this one."""
        path = [message]
        while path[-1].parent is not None and path[-1].parent in self._messages:
            path.append(self._messages[path[-1].parent])
        return path[::-1]

    def children(self, message: StoredMessage) -> list[StoredMessage]:
        """Return the visible answers to a message, oldest first."""
        found = (self.find(child_id) for child_id in self._children.get(message.id, ()))
        return [child for child in found if child is not None]

    def delete_thread(self, root: str) -> list[str]:
        """Forget a whole thread; gives the ids of its messages."""
        gone = [message.id for message in self if message.root == root]
        for message_id in gone:
            del self._messages[message_id]
            self._children.pop(message_id, None)
        return gone

    def _new_id(self) -> str:
        message_id = self._make_id()
        while message_id in self._messages:
            message_id = self._make_id()
        return message_id
