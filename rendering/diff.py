"""What Discord has of a reply, message by message, against what it should have (pure)."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from hashlib import blake2b

from conversation.entities import Part
from rendering.buttons import NONE, Buttons, custom_id


class Act(Enum):
    """Kinds of requests that change a reply."""

    POST = "post"
    EDIT = "edit"
    DELETE = "delete"
    FIND = "find"
    """Look whether a message is there that was to be posted, by an earlier process perhaps."""


@dataclass(frozen=True, slots=True)
class WantedPart:
    """A Discord message of a reply, as it should be."""

    content: str
    buttons: Buttons = NONE


@dataclass(slots=True)
class ShownPart:
    """A Discord message of a reply, as Discord has it."""

    message_id: int | None
    """None where it may be there or not."""
    digest: str | None
    """Of what it says; None where that is not known."""
    is_gone: bool = False
    """Somebody deleted it: there is nothing to edit any more."""
    nonce: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """One request that brings a reply nearer to what it should be."""

    act: Act
    ordinal: int
    wanted: WantedPart | None = None
    message_id: int | None = None
    """Of the message to be edited or deleted."""
    digest: str | None = None
    """Of what is wanted; for `FIND`, of what is looked for."""


def digest_of(content: str, custom_ids: Sequence[str]) -> str:
    """Return what tells the looks of a message apart: its content and its buttons."""
    text = "\0".join((content, *sorted(custom_ids)))
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


class ShownParts:
    """The Discord messages of one reply, in order.

    Args:
        turn_id: The turn that is shown; it is in the custom ids of buttons.
        parts: Those that are stored.
    """

    def __init__(self, turn_id: int, parts: Sequence[Part] = ()) -> None:
        self._turn_id = turn_id
        self._parts = [
            ShownPart(it.message_id, it.digest if it.is_confirmed else None, it.is_gone, it.nonce)
            for it in parts
        ]
        self._sent = {it.ordinal: it.digest for it in parts if it.message_id is None}
        """What was to be posted by a process that ended before it knew the message's id."""
        self._unsure: Change | None = None

    def __len__(self) -> int:
        """Return how many are there."""
        return len(self._parts)

    def __getitem__(self, ordinal: int) -> ShownPart:
        """Return one of them."""
        return self._parts[ordinal]

    def next_change(self, wanted: Sequence[WantedPart], *, is_all: bool) -> Change | None:
        """Return the first change to be made, from the first message on; None if all is as wanted.

        Messages beyond what is wanted are deleted once that `is_all` there will be. One that may be
        there or not is looked for before anything else is done with it. A post that may have been
        made is made again as it was: Discord gives the first message to a repeated nonce, whatever
        the repetition says.
        """
        for ordinal, should in enumerate(wanted):
            if ordinal == len(self._parts):
                return self._unsure or self._post(ordinal, should)
            shown = self._parts[ordinal]
            if shown.message_id is None:
                return self._find(ordinal)
            digest = self.digest(should)
            if not shown.is_gone and shown.digest != digest:
                return Change(Act.EDIT, ordinal, should, shown.message_id, digest)
        last = len(self._parts) - 1
        if not is_all or last < len(wanted):
            return None
        if self._parts[last].message_id is None:
            return self._find(last)
        return Change(Act.DELETE, last, None, self._parts[last].message_id)

    def are_posted(self, count: int) -> bool:
        """Return whether so many of them are there."""
        there = [it for it in self._parts[:count] if it.message_id is not None]
        return len(there) == count

    def digest(self, wanted: WantedPart) -> str:
        """Return the digest of a message as it should be."""
        return digest_of(
            wanted.content, [custom_id(button, self._turn_id) for button in wanted.buttons]
        )

    def made(self, change: Change, message_id: int | None, nonce: str = "") -> None:
        """Record that Discord has made a change; a post's message has this id."""
        match change.act:
            case Act.POST:
                self._unsure = None
                self._parts.append(ShownPart(message_id, change.digest, nonce=nonce))
            case Act.EDIT:
                self._parts[change.ordinal].digest = change.digest
            case Act.DELETE:
                del self._parts[change.ordinal]
            case Act.FIND:
                self._found(change, message_id)

    def may_be_made(self, change: Change) -> None:
        """Record that nobody knows whether Discord has made a change."""
        if change.act is Act.POST:
            self._unsure = change
        elif change.act is Act.EDIT:
            self._parts[change.ordinal].digest = None

    def look_for(self, change: Change, nonce: str) -> None:
        """Record that a post is to be looked for: Discord has forgotten its nonce by now."""
        self._unsure = None
        self._sent[change.ordinal] = change.digest
        self._parts.append(ShownPart(None, None, nonce=nonce))

    def is_gone(self, change: Change) -> None:
        """Record that the message to be changed is not there any more."""
        if change.act is Act.EDIT:
            self._parts[change.ordinal].is_gone = True
        else:
            del self._parts[change.ordinal]

    def _post(self, ordinal: int, should: WantedPart) -> Change:
        return Change(Act.POST, ordinal, should, digest=self.digest(should))

    def _find(self, ordinal: int) -> Change:
        return Change(Act.FIND, ordinal, digest=self._sent.get(ordinal))

    def _found(self, change: Change, message_id: int | None) -> None:
        self._sent.pop(change.ordinal, None)
        if message_id is None:
            del self._parts[change.ordinal :]
        else:
            shown = self._parts[change.ordinal]
            shown.message_id, shown.digest = message_id, change.digest
