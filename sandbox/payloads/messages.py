"""Payloads of messages, their attachments, reactions and references.

Source: Discord documentation, "Message"; the required keys are those of Discord's published API
description.
"""

from urllib.parse import quote

from sandbox.payloads.people import member_payload, user_payload
from sandbox.payloads.places import channel_payload
from sandbox.world.directory import Directory
from sandbox.world.entities import (
    Attachment,
    Channel,
    Message,
    MessageFlag,
    MessageKind,
    Payload,
    Reference,
)
from sandbox.world.snowflakes import time_of, timestamp

_POINTING_KINDS = (
    MessageKind.REPLY,
    MessageKind.THREAD_STARTER_MESSAGE,
    MessageKind.CONTEXT_MENU_COMMAND,
)


def message_payload(directory: Directory, message: Message) -> Payload:
    """Write a message as REST gives it, with the message it points to."""
    payload = _plain_payload(directory, message)
    if message.reference is not None and message.kind in _POINTING_KINDS:
        found = referenced_message(directory, message.reference)
        payload["referenced_message"] = None if found is None else _plain_payload(directory, found)
    return payload


def nonce_payload(message: Message) -> Payload:
    """Write a message's nonce, which the answer to posting it and the first event have only."""
    return {} if message.nonce is None else {"nonce": message.nonce}


def message_event_payload(directory: Directory, message: Message) -> Payload:
    """Write a message as the gateway gives it: with guild, and memberships where there is one."""
    payload = message_payload(directory, message)
    guild = directory.guilds.get(directory.channels[message.channel_id].guild_id or 0)
    if guild is None:
        return payload
    payload["guild_id"] = str(guild.id)
    author = guild.members.get(message.author_id)
    if author is not None and message.webhook_id is None:
        payload["member"] = member_payload(author)
    for mentioned in payload["mentions"]:
        member = guild.members.get(int(mentioned["id"]))
        if member is not None:
            mentioned["member"] = member_payload(member)
    return payload


def snapshot_payload(directory: Directory, message: Message) -> Payload:
    """Write what a forward shows of the message it forwards."""
    kept = (
        "type",
        "content",
        "mentions",
        "mention_roles",
        "attachments",
        "embeds",
        "timestamp",
        "edited_timestamp",
        "flags",
        "components",
    )
    payload = _plain_payload(directory, message)
    return {"message": {key: payload[key] for key in kept}}


def referenced_message(directory: Directory, reference: Reference) -> Message | None:
    """Return the message that a reference points to, null where it is gone."""
    messages = directory.messages_with_deleted(reference.channel_id)
    found = messages.get(reference.message_id or 0)
    return None if found is None or found.is_deleted else found


def emoji_payload(emoji: str) -> Payload:
    """Write an emoji that is given as in a URL: itself, or `name:id` for a guild's own."""
    name, _, emoji_id = emoji.partition(":")
    return {"id": emoji_id or None, "name": name, "animated": False}


def attachment_payload(directory: Directory, attachment: Attachment) -> Payload:
    """Write an attachment with the address where its bytes are."""
    url = (
        f"{directory.files_url}/attachments/{attachment.channel_id}/{attachment.id}/"
        f"{quote(attachment.filename)}"
    )
    payload: Payload = {
        "id": str(attachment.id),
        "filename": attachment.filename,
        "size": attachment.size_bytes,
        "content_type": attachment.content_type,
        "url": url,
        "proxy_url": url,
    }
    if attachment.description is not None:
        payload["description"] = attachment.description
    return payload


def _plain_payload(directory: Directory, message: Message) -> Payload:
    """Write a message without the one it points to."""
    payload: Payload = {
        "id": str(message.id),
        "channel_id": str(message.channel_id),
        "type": int(message.kind),
        "content": message.content,
        "author": _author_payload(directory, message),
        "timestamp": timestamp(time_of(message.id)),
        "edited_timestamp": None if message.edited_at is None else timestamp(message.edited_at),
        "tts": message.is_tts,
        "pinned": False,
        "flags": message.flags,
        "mention_everyone": message.mentions_everyone,
        "mentions": [user_payload(directory.people[user_id]) for user_id in message.mention_ids],
        "mention_roles": [str(role_id) for role_id in message.mention_role_ids],
        "attachments": [attachment_payload(directory, each) for each in message.attachments],
        "embeds": message.embeds,
        "components": message.components,
    }
    return payload | _optional_parts(directory, message)


def _author_payload(directory: Directory, message: Message) -> Payload:
    """Write who wrote a message; a webhook's name is the one it gave with the message."""
    author = user_payload(directory.people[message.author_id])
    return author if message.author_name is None else author | {"username": message.author_name}


def _optional_parts(directory: Directory, message: Message) -> Payload:
    """Write the keys that only some messages have."""
    parts: Payload = {}
    if message.webhook_id is not None:
        parts["webhook_id"] = str(message.webhook_id)
    if message.webhook_id == directory.bot.application_id:
        parts["application_id"] = str(message.webhook_id)
    if message.interaction is not None:
        parts["interaction_metadata"] = message.interaction
    if message.reactions:
        parts["reactions"] = [
            _reaction_payload(directory, emoji, user_ids)
            for emoji, user_ids in message.reactions.items()
        ]
    if message.reference is not None:
        parts["message_reference"] = _reference_payload(directory, message.reference)
    if message.snapshot is not None:
        parts["message_snapshots"] = [message.snapshot]
    thread = directory.channels.get(message.id)
    if message.flags & MessageFlag.HAS_THREAD and thread is not None:
        parts["thread"] = channel_payload(directory, thread)
    return parts


def _reference_payload(directory: Directory, reference: Reference) -> Payload:
    """Write what a message points to."""
    payload: Payload = {"type": reference.kind, "channel_id": str(reference.channel_id)}
    if reference.message_id is not None:
        payload["message_id"] = str(reference.message_id)
    channel: Channel | None = directory.channels.get(reference.channel_id)
    if channel is not None and channel.guild_id is not None:
        payload["guild_id"] = str(channel.guild_id)
    return payload


def _reaction_payload(directory: Directory, emoji: str, user_ids: list[int]) -> Payload:
    """Write how often an emoji was used on a message, and whether by the bot."""
    return {
        "emoji": emoji_payload(emoji),
        "count": len(user_ids),
        "count_details": {"burst": 0, "normal": len(user_ids)},
        "burst_colors": [],
        "me": any(directory.people[user_id].is_bot for user_id in user_ids),
        "me_burst": False,
    }
