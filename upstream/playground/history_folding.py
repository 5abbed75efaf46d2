"""One message that repeats a conversation to a service that has forgotten it (pure)."""

from collections.abc import Sequence

from conversation.entities import Role
from conversation.ports.provider import Entry

_SPEAKERS = {Role.USER: "User", Role.ASSISTANT: "Assistant"}


def fold(entries: Sequence[Entry], *, system_prompt: str = "") -> str:
    """Return a system prompt, a history and a new message as the text of one message.

    The last entry is the new message; alone and without a system prompt it stays as it is. Texts
    are not changed, white space included.
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
