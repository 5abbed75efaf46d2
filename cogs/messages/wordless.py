"""What is said of a message for us that has no words (pure)."""

import discord

from conversation.entities import Received
from conversation.notices import Field, Notice, NoticeKind


def wordless_notice(message: discord.Message, received: Received, bot_name: str) -> Notice | None:
    """Return why a message without words has no answer; None where it was for others.

    Of files and the like that come in a row, the first is told of, for all of them.
    """
    if received.attachments:
        names = tuple(file.name for file in received.attachments)
        return _notice(received, NoticeKind.ONLY_FILES, {"names": names}, of_run=True)
    if message.content:
        return _notice(received, NoticeKind.HOW_TO, {"bot": bot_name})
    if not _has_other_than_words(message):
        return _notice(received, NoticeKind.WITHHELD, {})
    if received.place.guild_id is None or message.mentions:
        return _notice(received, NoticeKind.ONLY_WORDS, {}, of_run=True)
    return None


def _notice(
    received: Received, kind: NoticeKind, fields: dict[str, Field], *, of_run: bool = False
) -> Notice:
    place, author_id = received.place, received.author_id
    keys = {
        NoticeKind.HOW_TO: f"wordless:{received.message_id}",
        NoticeKind.WITHHELD: f"withheld:{place.channel_id}",
    }
    return Notice(
        key=keys.get(kind, f"wordless:{place.channel_id}:{author_id}"),
        kind=kind,
        channel_id=place.channel_id,
        guild_id=place.guild_id,
        answers_message_id=received.message_id,
        author_id=author_id,
        fields=fields,
        is_once_a_run=of_run,
    )


def _has_other_than_words(message: discord.Message) -> bool:
    if message.poll is not None:
        return True
    shown = (message, *message.message_snapshots)
    return any(it.stickers or it.embeds for it in shown)
