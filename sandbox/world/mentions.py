"""Whom the text of a message mentions.

Source: Discord documentation, "Message Formatting" and "Message" (Allowed Mentions Object).
"""

import re
from dataclasses import dataclass

from sandbox.world.entities import AllowedMentions

_USER = re.compile(r"<@!?(\d{1,20})>")
_ROLE = re.compile(r"<@&(\d{1,20})>")
_EVERYONE = re.compile(r"@(everyone|here)\b")


@dataclass(frozen=True, slots=True)
class Mentions:
    """What was found, each id once and in the order of the text; who exists is not looked at."""

    user_ids: tuple[int, ...]
    role_ids: tuple[int, ...]
    everyone: bool


def find_mentions(content: str, allowed: AllowedMentions) -> Mentions:
    """Find the mentions that a message is allowed to make."""
    return Mentions(
        user_ids=_allowed_ids(_USER, content, allowed.users),
        role_ids=_allowed_ids(_ROLE, content, allowed.roles),
        everyone=allowed.everyone and _EVERYONE.search(content) is not None,
    )


def _allowed_ids(
    pattern: re.Pattern[str], content: str, allowed: frozenset[int] | None
) -> tuple[int, ...]:
    """Return the ids that a pattern finds and that are allowed; null allows all."""
    found = dict.fromkeys(int(match) for match in pattern.findall(content))
    return tuple(each for each in found if allowed is None or each in allowed)
