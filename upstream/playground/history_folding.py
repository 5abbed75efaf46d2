"""Telling a service that forgot a conversation, or never had it, what was said before."""

from collections.abc import Sequence

from conversation.entities import Role
from conversation.ports import Entry

_SPEAKERS = {Role.USER: "User", Role.ASSISTANT: "Assistant"}


def fold(entries: Sequence[Entry], *, system_prompt: str = "") -> str:
    """Write a system prompt, a history and a new message as one message.

    The last entry is the new message; it alone, without a system prompt, stays as it is. Texts
    are not changed, so that white space in them survives.
    """
    *history, new = entries
    written: list[str] = []
    if system_prompt.strip():
        written.append(f"Instructions for you, for this whole conversation:\n\n{system_prompt}")
    if history:
        written.append("This is our conversation so far:")
        written.extend(f"{_SPEAKERS[entry.role]}: {entry.text}" for entry in history)
        written.append("Go on from there. My next message:")
    written.append(new.text)
    return "\n\n".join(written)
