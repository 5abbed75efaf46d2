"""What Discord has of a reply, message by message, against what it should have (pure)."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain, repeat

from delivery.pacing.policy import Call
from rendering.buttons import NONE, Buttons


@dataclass(frozen=True, slots=True)
class WantedPart:
    """A Discord message of a reply, as it should be."""

    content: str
    buttons: Buttons = NONE


@dataclass(slots=True)
class ShownPart:
    """A Discord message of a reply, as Discord has it."""

    message_id: int
    content: str
    buttons: Buttons = NONE
    is_gone: bool = False
    """Somebody deleted it: there is nothing to edit any more."""


@dataclass(frozen=True, slots=True)
class Change:
    """One request that brings a reply nearer to what it should be.

    `call` is `POST`, `EDIT`, or `OTHER` for a deletion, which wants nothing any more.
    """

    call: Call
    ordinal: int
    wanted: WantedPart | None
    message_id: int | None = None
    """Of the message to be edited or deleted."""


class ShownParts:
    """The Discord messages of one reply, in order.

    Args:
        message_ids: Those that are there already.
        contents: What the first of them say, without buttons; the rest is to be replaced.
    """

    def __init__(self, message_ids: Sequence[int] = (), contents: Sequence[str] = ()) -> None:
        known = chain(contents, repeat(""))
        self._parts = [
            ShownPart(it, content) for it, content in zip(message_ids, known, strict=False)
        ]
        self._unsure: Change | None = None

    def __len__(self) -> int:
        """Tell how many are there."""
        return len(self._parts)

    def next_change(self, wanted: Sequence[WantedPart], *, is_all: bool) -> Change | None:
        """Give the first change to be made, from the first message on; None if all is as wanted.

        Messages beyond what is wanted are deleted once that `is_all` there will be.

        A post that may have been made is made again as it was: Discord gives the first message
        to a repeated nonce, whatever the repetition says.
        """
        for ordinal, should in enumerate(wanted):
            if ordinal == len(self._parts):
                return self._unsure or Change(Call.POST, ordinal, should)
            shown = self._parts[ordinal]
            if shown.is_gone:
                continue
            if (shown.content, shown.buttons) != (should.content, should.buttons):
                return Change(Call.EDIT, ordinal, should, shown.message_id)
        if is_all and len(self._parts) > len(wanted):
            last = len(self._parts) - 1
            return Change(Call.OTHER, last, None, self._parts[last].message_id)
        return None

    def made(self, change: Change, message_id: int | None) -> None:
        """Take in that Discord has made a change; a post's message has this id."""
        match change.call:
            case Call.POST:
                self._unsure = None
                if change.wanted is not None and message_id is not None:
                    wanted = change.wanted
                    self._parts.append(ShownPart(message_id, wanted.content, wanted.buttons))
            case Call.EDIT if change.wanted is not None:
                shown = self._parts[change.ordinal]
                shown.content, shown.buttons = change.wanted.content, change.wanted.buttons
            case _:
                del self._parts[change.ordinal]

    def may_be_made(self, change: Change) -> None:
        """Take in that nobody knows whether Discord has made a change."""
        if change.call is Call.POST:
            self._unsure = change

    def is_gone(self, change: Change) -> None:
        """Take in that the message to be changed is not there any more."""
        if change.call is Call.EDIT:
            self._parts[change.ordinal].is_gone = True
        else:
            del self._parts[change.ordinal]
