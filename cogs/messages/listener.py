"""Hears messages, and decides without I/O which of them are meant for the bot."""

import asyncio
import logging

import discord
from discord.ext import commands

from answering.intake import Intake
from cogs.messages.incoming import MessageReader, begins_post
from cogs.messages.listen_modes import ListenModes
from cogs.messages.wordless import wordless_notice
from cogs.permissions.admission import Admission, refusal_notice
from conversation.entities import ListenMode, Received
from conversation.errors import StoreError
from delivery.courier import Courier
from delivery.errors import DeliveryError

log = logging.getLogger(__name__)

_REMEMBERED = 10_000
"""So many may wait for their answers and be edited; those of an earlier session, or process, are
read again before they are answered."""


class Listener(commands.Cog):
    """Talking with the bot: by mention, by reply, in its threads and in direct messages.

    Args:
        user: The bot.
        reader: Reads messages.
        admission: Decides who is let in, and how fast.
        modes: Which places are listened to without a mention.
        intake: Takes what is meant for us.
        courier: Told of our own messages as the gateway shows them; not owned.
    """

    def __init__(
        self,
        user: discord.ClientUser,
        reader: MessageReader,
        admission: Admission,
        modes: ListenModes,
        intake: Intake,
        courier: Courier,
    ) -> None:
        self._user = user
        self._reader = reader
        self._admission = admission
        self._modes = modes
        self._intake = intake
        self._courier = courier
        self._recent: dict[int, None] = {}
        """The last messages that were meant for us, whatever an edit makes of them."""
        self._undecided: dict[int, asyncio.Event] = {}
        """What is being decided about: an edit or a deletion of it waits for that."""

    async def cog_load(self) -> None:
        """Read which places are listened to; called before any event comes."""
        await self._modes.load()

    def concerns(self, message: discord.Message) -> bool:
        """Return whether a message is or was meant for us, or shows one of our posts."""
        if message.author.id == self._user.id:
            return message.nonce is not None
        return message.id in self._recent or self._reader.is_ours(message)

    @commands.Cog.listener()
    async def on_message(self, message: discord.Message) -> None:
        """Decide about a message."""
        if message.author.id == self._user.id:
            if message.nonce is not None:
                self._courier.echoed(str(message.nonce), message.id)
            return
        if not self._reader.is_ours(message):
            return
        try:
            await self._decide(message)
        except DeliveryError as error:
            log.warning("message %d: who wrote it is not known: %s", message.id, error)

    async def hear_again(self, message: discord.Message) -> None:
        """Hear a message that was read; one that is stored counts neither twice nor as too much.

        Raises:
            StoreError: Whether it is stored could not be read, or it could not be stored.
            DeliveryError: Discord does not say who its author is.
        """
        if message.author.id == self._user.id or not self._reader.is_ours(message):
            return
        if not await self._intake.is_known(message.id):
            await self._decide(message)
        elif begins_post(message) and not self._modes.is_set(message.channel.id):
            await self._listen_to_post(self._reader.received(message))

    @commands.Cog.listener()
    async def on_raw_message_edit(self, payload: discord.RawMessageUpdateEvent) -> None:
        """Record what somebody changed in a message that still waits."""
        message = payload.message
        if message.author.id == self._user.id or message.edited_at is None:
            return
        await self._until_decided(message.id)
        await self._intake.revise(message.id, self._reader.text_now(message))

    @commands.Cog.listener()
    async def on_raw_message_delete(self, payload: discord.RawMessageDeleteEvent) -> None:
        """Record that a message is gone."""
        await self._withdraw(payload.message_id)

    @commands.Cog.listener()
    async def on_raw_bulk_message_delete(self, payload: discord.RawBulkMessageDeleteEvent) -> None:
        """Record that a moderator has removed many messages at once."""
        for message_id in payload.message_ids:
            await self._withdraw(message_id)

    @commands.Cog.listener()
    async def on_raw_thread_delete(self, payload: discord.RawThreadDeleteEvent) -> None:
        """Record that a thread is gone."""
        await self._intake.withdraw_in(payload.thread_id)

    @commands.Cog.listener()
    async def on_guild_channel_delete(self, channel: discord.abc.GuildChannel) -> None:
        """Record that a channel is gone; its threads are told of one by one."""
        await self._intake.withdraw_in(channel.id)

    async def _withdraw(self, message_id: int) -> None:
        await self._until_decided(message_id)
        await self._intake.withdraw(message_id)

    async def _until_decided(self, message_id: int) -> None:
        """Wait until a message is stored, or is not to be, that came just now."""
        undecided = self._undecided.get(message_id)
        if undecided is not None:
            await undecided.wait()

    async def _decide(self, message: discord.Message) -> None:
        """Decide about a message; what is heard of it meanwhile waits."""
        self._recent[message.id] = None
        if len(self._recent) > _REMEMBERED:
            del self._recent[next(iter(self._recent))]
        decided = self._undecided.setdefault(message.id, asyncio.Event())
        try:
            await self._take_or_refuse(message)
        finally:
            decided.set()
            self._undecided.pop(message.id, None)

    async def _take_or_refuse(self, message: discord.Message) -> None:
        """Take a message that is for us, or have its author told why it is not taken."""
        refusal = await self._admission.refusal(message)
        too_fast = self._admission.too_fast(message)
        received = self._reader.received(message)
        if refusal is not None:
            if too_fast is None:
                await self._intake.tell(refusal_notice(received, refusal))
        elif not self._admission.may_answer(message):
            return
        elif too_fast is not None:
            if too_fast.is_first:
                notice = self._admission.slow_down(received, too_fast)
                if not await self._intake.tell(notice):
                    self._admission.not_told(message, too_fast)
        else:
            await self._take(message, received)

    async def _take(self, message: discord.Message, received: Received) -> None:
        if not received.text and not (received.quote and message.content):
            notice = wordless_notice(message, received, self._user.name)
            if notice is not None:
                await self._intake.tell(notice)
            return
        if begins_post(message):
            self._modes.assume_everything(message.channel.id)
        if await self._intake.take(received) and begins_post(message):
            await self._listen_to_post(received)

    async def _listen_to_post(self, received: Received) -> None:
        """Listen to a forum post that was begun with a mention, from now on."""
        try:
            await self._modes.change(received.place, ListenMode.EVERYTHING)
        except StoreError as error:
            self._intake.not_heard(error)
