"""Decides whether a message is meant for the bot: from facts alone, without I/O (pure)."""

import re
from dataclasses import dataclass

from conversation.entities import ListenMode

_OPENS_WITH_MENTION = re.compile(r"\s*(?:<@[!&]?(?P<id>\d+)>|@everyone\b|@here\b)")


@dataclass(frozen=True, slots=True)
class Facts:
    """What a message shows without looking anything up."""

    is_direct: bool
    """Sent in a direct message."""
    mentions_us: bool
    """Mentions the bot or its own role."""
    replies_to_us: bool
    replies_to_other: bool
    """A reply to somebody else's message."""
    opens_with_other: bool
    """Its first word mentions somebody else, a role or everyone."""
    mode: ListenMode
    """Of the place."""


def is_ours(facts: Facts) -> bool:
    """Return whether a message is meant for the bot."""
    if facts.is_direct or facts.mentions_us or facts.replies_to_us:
        return True
    if facts.mode is ListenMode.MENTIONS:
        return False
    return not (facts.replies_to_other or facts.opens_with_other)


def opens_with_other(content: str, own_ids: frozenset[int]) -> bool:
    """Return whether a message's first word mentions somebody who is not us.

    Args:
        content: The message as Discord sent it.
        own_ids: The bot's id and that of its own role.
    """
    match = _OPENS_WITH_MENTION.match(content)
    if match is None:
        return False
    return match["id"] is None or int(match["id"]) not in own_ids
