"""Reads a Discord message: whether it is for us, where it was said, and what it says."""

import discord

from cogs.messages.addressing import Facts, is_ours, opens_with_other
from cogs.messages.attachments import attachments_of
from cogs.messages.listen_modes import ListenModes
from cogs.messages.message_text import name_of, own_text, quote_in
from cogs.places import place_of
from conversation.entities import ListenMode, Received


class MessageReader:
    """Reads messages without I/O.

    Args:
        own_id: The bot's id.
        modes: Which places are listened to without a mention.
    """

    def __init__(self, own_id: int, modes: ListenModes) -> None:
        self._own_id = own_id
        self._modes = modes

    def is_ours(self, message: discord.Message) -> bool:
        """Return whether somebody wrote a message for us."""
        if message.author.bot or message.webhook_id is not None or _is_by_system(message):
            return False
        return not self._is_unaddressed(message) and is_ours(self._facts(message))

    def received(self, message: discord.Message) -> Received:
        """Return a message that is for us, as it is to be stored."""
        reference = message.reference
        replies_to_us = _replied_to_id(message) == self._own_id
        return Received(
            message_id=message.id,
            place=place_of(message.channel, message.guild),
            author_id=message.author.id,
            author_name=name_of(message.author),
            text=own_text(message, self._own_ids(message.guild)),
            quote=quote_in(message),
            replies_to_message_id=reference.message_id if reference and replies_to_us else None,
            attachments=attachments_of(message),
        )

    def text_now(self, message: discord.Message) -> str:
        """Return what an edited message says to us now; empty where it is not for us any more."""
        if not (_may_reply(message) or self.is_ours(message)):
            return ""
        return self.received(message).whole_text

    def _is_unaddressed(self, message: discord.Message) -> bool:
        """Return of most messages that they are not meant for us, at the least cost."""
        return not (
            message.guild is None
            or message.mentions
            or message.role_mentions
            or message.raw_role_mentions
            or message.reference
            or self._modes.of(message.channel) is not ListenMode.MENTIONS
        )

    def _own_ids(self, guild: discord.Guild | None) -> frozenset[int]:
        role = guild.self_role if guild is not None else None
        return frozenset({self._own_id} if role is None else {self._own_id, role.id})

    def _facts(self, message: discord.Message) -> Facts:
        own_ids = self._own_ids(message.guild)
        mentioned = {user.id for user in message.mentions}
        mentioned |= {role.id for role in message.role_mentions}
        mentioned |= set(message.raw_role_mentions)
        author_id = _replied_to_id(message)
        return Facts(
            is_direct=message.guild is None,
            mentions_us=bool(mentioned & own_ids),
            replies_to_us=author_id == self._own_id,
            replies_to_other=author_id not in (None, self._own_id),
            opens_with_other=opens_with_other(message.content, own_ids),
            mode=self._modes.of(message.channel),
        )


def begins_post(message: discord.Message) -> bool:
    """Return whether it is the first message of a forum post, which has the id of its thread."""
    return isinstance(message.channel, discord.Thread) and message.id == message.channel.id


def _is_by_system(message: discord.Message) -> bool:
    """Return whether nobody wrote it; the library takes a thread's head for somebody's words."""
    return message.is_system() or message.type is discord.MessageType.thread_starter_message


def _may_reply(message: discord.Message) -> bool:
    """Return whether a message replies to one that Discord did not send along with it."""
    reference = message.reference
    return reference is not None and not isinstance(reference.resolved, discord.Message)


def _replied_to_id(message: discord.Message) -> int | None:
    """Return the author of the message that this one replies to; None where it is no reply."""
    reference = message.reference
    if reference is None or not isinstance(reference.resolved, discord.Message):
        return None
    return reference.resolved.author.id
