"""Names the files that come with a message."""

import discord

from conversation.entities import Attachment


def attachments_of(message: discord.Message) -> tuple[Attachment, ...]:
    """Return the files of a message, those of forwarded messages included."""
    files = list(message.attachments)
    for snapshot in message.message_snapshots:
        files.extend(snapshot.attachments)
    return tuple(Attachment(file.filename, file.content_type, file.size) for file in files)
