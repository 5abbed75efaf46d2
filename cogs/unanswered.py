"""Says why there is no answer: by the owner's rules, or because a message has no words."""

import logging

import discord

from cogs.heard import Heard
from cogs.tellings import Tellings
from conversation.entities import Received
from conversation.errors import StoreError
from conversation.reporting import report
from rendering.notices import Notice, files_named, say
from rendering.telling import Teller

log = logging.getLogger(__name__)


class Unanswered:
    """Tells people, once for each reason, why a message of theirs is not even stored.

    The nonces are the messages': who is told by two processes within minutes reads one notice.

    Args:
        own_name: The bot's name, for the how-to.
        tellings: Knows what was told.
        teller: Posts notices.
    """

    def __init__(self, own_name: str, tellings: Tellings, teller: Teller) -> None:
        self._own_name = own_name
        self._tellings = tellings
        self._teller = teller

    async def refuse(self, heard: Heard, refusal: Notice) -> None:
        """Tell somebody that the owner's rules are why they are not answered."""
        where = heard.place.guild_id or "direct"
        if refusal is Notice.CHANNEL_NOT_ALLOWED:
            where = heard.place.channel_id
        key = f"refused:{refusal.name}:{heard.message.author.id}:{where}"
        try:
            await self._tell(heard, key, refusal, nonce=f"ruled{heard.message.id:x}")
        except StoreError as error:
            report(log, error, "message %d: a refusal was not told", heard.message.id)

    async def tell_wordless(self, heard: Heard, received: Received) -> None:
        """Tell somebody why a message without words has no answer, unless it was for others.

        Raises:
            StoreError: Whether they were told could not be read; they are not.
        """
        message = heard.message
        key = f"wordless:{message.id}"
        if received.attachments:
            notice = say(Notice.ONLY_FILES, names=files_named(received.attachments))
        elif message.content:
            notice = say(Notice.HOW_TO, bot=self._own_name)
        elif _has_other_than_words(message):
            if heard.place.guild_id is not None and not message.mentions:
                return
            notice = Notice.ONLY_WORDS
        else:
            notice = Notice.WITHHELD
            key = f"withheld:{heard.place.channel_id}"
        await self._tell(heard, key, notice, nonce=f"wordless{message.id:x}")

    async def _tell(self, heard: Heard, key: str, notice: str, *, nonce: str) -> None:
        if not await self._tellings.begin(key):
            return
        told_id = None
        try:
            told_id = await self._teller.tell(heard.spot, notice, nonce=nonce)
        finally:
            if told_id is None:
                self._tellings.give_up(key)
        if told_id is not None:
            await self._tellings.end(key)


def _has_other_than_words(message: discord.Message) -> bool:
    if message.poll is not None:
        return True
    shown = (message, *message.message_snapshots)
    return any(it.stickers or it.embeds for it in shown)
