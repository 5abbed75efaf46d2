"""Hears messages, and decides without I/O which of them are meant for the bot."""

import logging

import discord
from discord.ext import commands

from answering.aside import Aside
from answering.intake import Intake
from answering.turned_away import TurnedAwayMessages
from answering.unanswered import Unanswered
from answering.worker import Answering
from cogs.gateway.lifecycle import Recovery
from cogs.messages.addressing import Facts, is_ours, opens_with_other
from cogs.messages.incoming import Heard
from cogs.messages.listen_modes import Attentions
from cogs.permissions.access import Access, may_answer_in, member_of, who_is
from cogs.permissions.rate_limit import Cooldown, TooFast
from conversation.entities import Attention, PlaceKey
from delivery.courier import Courier
from rendering.wording.english import Notice

log = logging.getLogger(__name__)


class Talking(commands.Cog):
    """Talking with the bot: by mention, by reply, in its threads and in direct messages.

    Args:
        own_id: The bot's id.
        access: Who may.
        cooldown: How fast.
        attentions: Which places are listened to without a mention.
        intake: Takes in what is meant for us.
        unanswered: Tells those whom the rules refuse.
        turned_away: Tells which messages are not taken, and knows them.
        aside: Has people told while the next messages are heard; closed when this cog is unloaded.
        answering: Answers; closed when this cog is unloaded.
        courier: Told of our own messages as the gateway shows them; closed last.
        recovery: Pays what is owed after the bot was away.
    """

    def __init__(
        self,
        *,
        own_id: int,
        access: Access,
        cooldown: Cooldown,
        attentions: Attentions,
        intake: Intake,
        unanswered: Unanswered,
        turned_away: TurnedAwayMessages,
        aside: Aside,
        answering: Answering,
        courier: Courier,
        recovery: Recovery,
    ) -> None:
        self._own_id = own_id
        self._access = access
        self._cooldown = cooldown
        self._attentions = attentions
        self._intake = intake
        self._unanswered = unanswered
        self._turned_away = turned_away
        self._aside = aside
        self._answering = answering
        self._courier = courier
        self._recovery = recovery
        self._mute: set[int] = set()

    async def cog_load(self) -> None:
        """Read which places are listened to; called before any event comes."""
        await self._attentions.load()
        await self._recovery.begin()

    async def end(self) -> None:
        """End what streams, hearing messages all the while: they are stored for the next start."""
        await self._answering.close()
        await self._recovery.close()

    async def cog_unload(self) -> None:
        """Send nothing more; the library waits for this before it closes its HTTP session."""
        await self._answering.close()
        await self._courier.close()
        await self._aside.close()

    @commands.Cog.listener()
    async def on_ready(self) -> None:
        """Go on with what is owed; the gateway is ready again after each new session."""
        self._recovery.go_on(self._hear_again, self._revise)

    @commands.Cog.listener()
    async def on_disconnect(self) -> None:
        """Take in that nothing is heard from now on."""
        self._recovery.disconnected()

    @commands.Cog.listener()
    async def on_resumed(self) -> None:
        """Take in that what was said meanwhile comes again."""
        self._recovery.resumed()

    def concerns(self, message: discord.Message) -> bool:
        """Tell whether a message is or was meant for us, or shows one of our posts."""
        if message.author.id == self._own_id:
            return message.nonce is not None
        return self._facts_of(message) is not None or self._intake.knows(message.id)

    @commands.Cog.listener()
    async def on_message(self, message: discord.Message) -> None:
        """Decide about a message."""
        if message.author.id == self._own_id:
            if message.nonce is not None:
                self._courier.echoed(str(message.nonce), message.id)
            return
        facts = self._facts_of(message)
        if facts is None or self._turned_away.covers(message.author.id, message.id):
            return
        heard = self._heard(message)
        refusal = await self._refusal(message)
        too_fast = self._cooldown.take(message.author.id, message.id)
        if refusal is not None:
            if too_fast is None:
                await self._unanswered.refuse(heard, refusal)
            return
        if not self._may_answer(message):
            return
        if too_fast is not None:
            if too_fast.is_first:
                self._aside.begin(self._slow_down(heard, too_fast), f"slow-down-{message.id}")
            return
        if heard.begins_post:
            self._attentions.listen_to(heard.place.channel_id)
        await self._intake.take(heard, replies_to_us=facts.replies_to_us)

    async def _hear_again(self, message: discord.Message) -> None:
        """Take in a message that was read; what is stored counts neither twice nor as too much.

        Raises:
            StoreError: Whether it is stored could not be read.
        """
        is_meant = message.author.id != self._own_id and self._facts_of(message) is not None
        if not is_meant or not await self._intake.has(message.id):
            await self.on_message(message)
            return
        heard = self._heard(message)
        if heard.begins_post and not self._attentions.is_set(heard.place.channel_id):
            await self._intake.listen_to(heard.place)

    async def _slow_down(self, heard: Heard, too_fast: TooFast) -> None:
        """Tell somebody that they go too fast; where that fails, the next message is told of."""
        pace, until_s = self._cooldown.pace, too_fast.until_s
        if not await self._turned_away.slow_down(heard, pace, until_s):
            self._cooldown.not_told(heard.message.author.id, until_s)

    @commands.Cog.listener()
    async def on_raw_message_edit(self, payload: discord.RawMessageUpdateEvent) -> None:
        """Take in what somebody changed in a message that still waits."""
        await self._revise(payload.message)

    async def _revise(self, message: discord.Message) -> None:
        """Take in what a message says now; what is no edit of its author changes nothing."""
        if message.edited_at is None or not self._intake.knows(message.id):
            return
        is_ours = _may_reply(message) or self._facts_of(message) is not None
        await self._intake.revise(self._heard(message), is_ours=is_ours)

    @commands.Cog.listener()
    async def on_raw_message_delete(self, payload: discord.RawMessageDeleteEvent) -> None:
        """Take in that a message is gone."""
        await self._intake.withdraw(payload.message_id, payload.channel_id)

    @commands.Cog.listener()
    async def on_raw_bulk_message_delete(self, payload: discord.RawBulkMessageDeleteEvent) -> None:
        """Take in that a moderator has removed many messages at once."""
        for message_id in payload.message_ids:
            await self._intake.withdraw(message_id, payload.channel_id)

    @commands.Cog.listener()
    async def on_raw_thread_delete(self, payload: discord.RawThreadDeleteEvent) -> None:
        """Take in that a thread is gone."""
        await self._intake.withdraw_in(payload.thread_id)

    @commands.Cog.listener()
    async def on_guild_channel_delete(self, channel: discord.abc.GuildChannel) -> None:
        """Take in that a channel is gone; its threads are told of one by one."""
        await self._intake.withdraw_in(channel.id)

    async def _refusal(self, message: discord.Message) -> Notice | None:
        """Give the reason why its author may not talk to us here; None if they may."""
        refusal = self._access.refusal(who_is(message.author, message.channel))
        if refusal is Notice.ROLE_NOT_ALLOWED:
            refusal = self._access.refusal(who_is(await member_of(message), message.channel))
        return refusal

    def _may_answer(self, message: discord.Message) -> bool:
        """Tell whether we may answer there; where not, that is logged once."""
        may = may_answer_in(message.channel)
        if may:
            self._mute.discard(message.channel.id)
        elif message.channel.id not in self._mute:
            self._mute.add(message.channel.id)
            log.warning("channel %d: we may not send messages there", message.channel.id)
        return may

    def _heard(self, message: discord.Message) -> Heard:
        place = place_of(message.channel, message.guild)
        return Heard(message, place, self._own_ids(message.guild))

    def _facts_of(self, message: discord.Message) -> Facts | None:
        """Give what there is to see of a message; None if it is not meant for us."""
        if message.author.bot or message.webhook_id is not None or _is_by_system(message):
            return None
        if self._is_unaddressed(message):
            return None
        facts = self._facts(message, self._own_ids(message.guild))
        return facts if is_ours(facts) else None

    def _is_unaddressed(self, message: discord.Message) -> bool:
        """Tell of most messages that they are not meant for us, at the least cost."""
        return not (
            message.guild is None
            or message.mentions
            or message.role_mentions
            or message.raw_role_mentions
            or message.reference
            or self._attentions.of(message.channel) is not Attention.MENTIONS
        )

    def _own_ids(self, guild: discord.Guild | None) -> frozenset[int]:
        role = guild.self_role if guild is not None else None
        return frozenset({self._own_id} if role is None else {self._own_id, role.id})

    def _facts(self, message: discord.Message, own_ids: frozenset[int]) -> Facts:
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
            attention=self._attentions.of(message.channel),
        )


def place_of(channel: object, guild: discord.Guild | None) -> PlaceKey:
    """Name the place that a channel is; a thread's parent comes with it."""
    channel_id = int(getattr(channel, "id", 0))
    parent_id = channel.parent_id if isinstance(channel, discord.Thread) else None
    return PlaceKey(channel_id, guild.id if guild is not None else None, parent_id)


def _is_by_system(message: discord.Message) -> bool:
    """Tell whether nobody wrote it; the library takes the head of a thread for somebody's words."""
    return message.is_system() or message.type is discord.MessageType.thread_starter_message


def _may_reply(message: discord.Message) -> bool:
    """Tell whether a message replies to one that Discord did not send along with it."""
    reference = message.reference
    return reference is not None and not isinstance(reference.resolved, discord.Message)


def _replied_to_id(message: discord.Message) -> int | None:
    """Give the author of the message that this one replies to; None where it is no reply."""
    reference = message.reference
    if reference is None or not isinstance(reference.resolved, discord.Message):
        return None
    return reference.resolved.author.id
