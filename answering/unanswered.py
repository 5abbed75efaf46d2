"""Says why there is no answer: by the owner's rules, or because a message has no words."""

import logging

import discord

from answering.aside import Aside
from answering.tellings import Tellings
from cogs.messages.incoming import Heard
from conversation.entities import Received
from conversation.errors import StoreError
from conversation.store_failures import report
from delivery.interactions import Teller
from rendering.wording.english import Notice, files_named, say

log = logging.getLogger(__name__)

_RUNS = 1000
"""So many people are remembered who send what has no words, each in one place."""


class Unanswered:
    """Tells people, once for each reason, why a message of theirs is not even stored.

    The nonces are the messages': who is told by two processes within minutes reads one notice.

    Args:
        own_name: The bot's name, for the how-to.
        tellings: Knows what was told.
        teller: Posts notices.
        aside: Has people told while the next messages are heard.
    """

    def __init__(self, own_name: str, tellings: Tellings, teller: Teller, aside: Aside) -> None:
        self._own_name = own_name
        self._tellings = tellings
        self._teller = teller
        self._aside = aside
        self._runs: dict[tuple[int, int], int] = {}
        """By author and channel: the first of the messages without words that came in a row."""

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

        Of files and the like that come in a row, the first is told of, for all of them.

        Raises:
            StoreError: Whether they were told could not be read; they are not.
        """
        message = heard.message
        key = f"wordless:{message.id}"
        nonce = f"wordless{message.id:x}"
        if not received.attachments and message.content:
            await self._tell(heard, key, say(Notice.HOW_TO, bot=self._own_name), nonce=nonce)
        elif not received.attachments and not _has_other_than_words(message):
            key = f"withheld:{heard.place.channel_id}"
            await self._tell(heard, key, Notice.WITHHELD, nonce=nonce)
        elif received.attachments:
            notice = say(Notice.ONLY_FILES, names=files_named(received.attachments))
            await self._tell_of_run(heard, key, notice, nonce=nonce)
        elif heard.place.guild_id is None or message.mentions:
            await self._tell_of_run(heard, key, Notice.ONLY_WORDS, nonce=nonce)

    def heard_words(self, received: Received) -> None:
        """Take in that somebody speaks: what has no words after that is told of again."""
        self._runs.pop((received.author_id, received.place.channel_id), None)

    async def _tell_of_run(self, heard: Heard, key: str, notice: str, *, nonce: str) -> None:
        """Tell of the first of several messages, by a notice that speaks of all of them."""
        run, message_id = (heard.message.author.id, heard.place.channel_id), heard.message.id
        if self._runs.get(run, message_id) < message_id:
            return
        self._runs[run] = message_id
        if len(self._runs) > _RUNS:
            del self._runs[next(iter(self._runs))]
        await self._tell(heard, key, notice, nonce=nonce)

    async def _tell(self, heard: Heard, key: str, notice: str, *, nonce: str) -> None:
        if await self._tellings.begin(key):
            self._aside.begin(self._post(heard, key, notice, nonce), nonce)

    async def _post(self, heard: Heard, key: str, notice: str, nonce: str) -> None:
        told_id = None
        try:
            told_id = await self._teller.tell(heard.spot, notice, nonce=nonce)
        finally:
            if told_id is None:
                self._tellings.give_up(key)
                self._end_run(heard)
        if told_id is not None:
            await self._tellings.end(key)

    def _end_run(self, heard: Heard) -> None:
        """Take in that a message was not told of: where it began a run, the next one does."""
        run = heard.message.author.id, heard.place.channel_id
        if self._runs.get(run) == heard.message.id:
            del self._runs[run]


def _has_other_than_words(message: discord.Message) -> bool:
    if message.poll is not None:
        return True
    shown = (message, *message.message_snapshots)
    return any(it.stickers or it.embeds for it in shown)
