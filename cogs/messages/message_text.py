"""Reads a Discord message as text that a model can understand.

Mentions, channels, roles, custom emoji and timestamps are codes on the wire; what is replied to or
forwarded is not in the text at all.
"""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

import discord

from rendering.one_line import one_line

_CODE = re.compile(
    r"<@!?(?P<user>\d+)>"
    r"|<@&(?P<role>\d+)>"
    r"|<#(?P<channel>\d+)>"
    r"|<a?:(?P<emoji>\w+):\d+>"
    r"|<t:(?P<time>-?\d+)(?::[tTdDfFsSR])?>"
    r"|</(?P<command>[^:<>]{1,100}):\d+>"
)
_QUOTE_LIMIT_CHARS = 4000


@dataclass(frozen=True, slots=True)
class Names:
    """The names behind the ids that one message uses."""

    users: Mapping[int, str] = field(default_factory=dict[int, str])
    roles: Mapping[int, str] = field(default_factory=dict[int, str])
    channels: Mapping[int, str] = field(default_factory=dict[int, str])


def readable(content: str, names: Names) -> str:
    """Replace Discord's codes by what people see."""

    def replacement(match: re.Match[str]) -> str:
        kind = match.lastgroup or ""
        return _READERS[kind](match[kind], names)

    return _CODE.sub(replacement, content).strip()


def without_address(content: str, own_ids: Collection[int]) -> str:
    """Leave out the mentions of `own_ids` that begin and end a message: they only address it.

    One in the middle is a word of its sentence and stays.
    """
    ours = "|".join(str(own_id) for own_id in own_ids)
    mention = rf"<@[!&]?(?:{ours})>"
    content = re.sub(rf"^(?:\s*{mention}[,:]?)+", "", content)
    return re.sub(rf"(?:{mention}\s*)+$", "", content).strip()


def own_text(message: discord.Message, own_ids: Collection[int]) -> str:
    """Return what a message says itself, and what it forwards, quoted and named.

    A message without any content (a picture, a sticker, or withheld by Discord) says nothing.

    Args:
        message: The message.
        own_ids: The bot's id and that of its own role; mentions of them are not part of the text.
    """
    names = names_in(message)
    pieces = [_forwarded(snapshot, message.guild) for snapshot in message.message_snapshots]
    pieces.append(readable(without_address(message.content, own_ids), names))
    return "\n\n".join(piece for piece in pieces if piece)


def quote_in(message: discord.Message) -> str:
    """Return what a message replies to, quoted and named; empty where it is no reply.

    One without content has none; one that only mentions the bot asks about what it replies to.
    """
    return _replied_to(message) if message.content else ""


def name_of(user: discord.abc.User) -> str:
    """Return a person's name as it is shown to the model: a name cannot begin a line of its own."""
    return one_line(user.display_name) or user.name


def names_in(message: discord.Message) -> Names:
    """Collect the names behind the ids that a message uses; no request is made."""
    users = {user.id: name_of(user) for user in message.mentions}
    roles = {role.id: role.name for role in message.role_mentions}
    channels = {channel.id: channel.name for channel in message.channel_mentions}
    return Names(users, roles, channels)


def _replied_to(message: discord.Message) -> str:
    reference = message.reference
    if reference is None or not isinstance(reference.resolved, discord.Message):
        return ""
    original = reference.resolved
    text = readable(original.content, names_in(original)) or _without_words(original)
    return f"{name_of(original.author)} wrote:\n{_quoted(text)}" if text else ""


def _without_words(message: discord.Message) -> str:
    names = ", ".join(file.filename for file in message.attachments)
    return f"(files: {names})" if names else ""


def _forwarded(snapshot: discord.MessageSnapshot, guild: discord.Guild | None) -> str:
    text = readable(snapshot.content, _names_around(snapshot, guild))
    return f"Forwarded message:\n{_quoted(text)}" if text else ""


def _names_around(snapshot: discord.MessageSnapshot, guild: discord.Guild | None) -> Names:
    """Collect the names a forward uses, as far as it comes from the guild it was brought to.

    Discord does not say who wrote it, nor where where it may be hidden.
    """
    if guild is None:
        return Names()
    roles = [guild.get_role(role_id) for role_id in snapshot.raw_role_mentions]
    channels = [guild.get_channel_or_thread(each) for each in snapshot.raw_channel_mentions]
    return Names(
        roles={role.id: role.name for role in roles if role is not None},
        channels={channel.id: channel.name for channel in channels if channel is not None},
    )


def _quoted(text: str) -> str:
    if len(text) > _QUOTE_LIMIT_CHARS:
        text = text[:_QUOTE_LIMIT_CHARS] + "…"
    return "\n".join(f"> {line}" for line in text.splitlines())


def _time(value: str, names: Names) -> str:  # noqa: ARG001 - one signature for all readers
    try:
        moment = datetime.fromtimestamp(int(value), UTC)
    except (OverflowError, OSError, ValueError):
        return value
    return moment.strftime("%Y-%m-%d %H:%M UTC")


_READERS: Mapping[str, Callable[[str, Names], str]] = {
    "user": lambda value, names: "@" + names.users.get(int(value), "someone"),
    "role": lambda value, names: "@" + names.roles.get(int(value), "some role"),
    "channel": lambda value, names: "#" + names.channels.get(int(value), "some-channel"),
    "emoji": lambda value, _: f":{value}:",
    "time": _time,
    "command": lambda value, _: f"/{value}",
}
