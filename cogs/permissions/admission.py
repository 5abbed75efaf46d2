"""Whether a message, a command or a click is taken: by the owner's rules, and by its pace."""

import logging
from datetime import UTC, datetime

import discord

from cogs.permissions.access import Access, may_answer_in, who_is
from cogs.permissions.rate_limit import Act, RateLimit, TooFast
from conversation.entities import Received
from conversation.notices import Notice, NoticeKind
from delivery.courier import Courier
from delivery.discord_api import DiscordApi
from delivery.pacing.policy import Call
from rendering.wording.fields import clock_time
from rendering.wording.sentences import Sentence, say

log = logging.getLogger(__name__)

_TOO_FAST = {
    Act.COMMAND: Sentence.SLOW_DOWN_COMMANDS,
    Act.CLICK: Sentence.SLOW_DOWN_BUTTONS,
}


class Admission:
    """Decides who is let in.

    Args:
        access: The owner's rules.
        rate_limit: How fast a person may go.
        courier: Carries requests; not owned.
        api: Makes them.
    """

    def __init__(
        self, access: Access, rate_limit: RateLimit, courier: Courier, api: DiscordApi
    ) -> None:
        self._access = access
        self._rate_limit = rate_limit
        self._courier = courier
        self._api = api
        self._mute: set[int] = set()
        """The channels of which it was logged that we may not write there."""

    async def refusal(self, message: discord.Message) -> NoticeKind | None:
        """Return why the author of a message may not talk to us here; None if they may.

        A message that was not heard but read comes without its author's roles; Discord is asked.

        Raises:
            DeliveryError: Discord does not say; it may be asked again later.
        """
        refusal = self._access.refusal(who_is(message.author, message.channel))
        if refusal is NoticeKind.ROLE_NOT_ALLOWED and message.guild is not None:
            member = await self._member(message)
            refusal = self._access.refusal(who_is(member, message.channel))
        return refusal

    def refusal_of(self, interaction: discord.Interaction, act: Act | None) -> str | None:
        """Return what to say to somebody whose command or click is not taken; None to others.

        Args:
            interaction: The command or click.
            act: What it counts as; None for one that is not counted.
        """
        refusal = self._access.refusal(who_is(interaction.user, interaction.channel))
        if refusal is not None:
            return say(Sentence[refusal.name])
        too_fast = act and self._rate_limit.take(act, interaction.user.id, interaction.id)
        if act is None or not too_fast:
            return None
        pace = self._rate_limit.pace
        return say(
            _TOO_FAST[act],
            limit=pace.messages,
            seconds=f"{pace.window_s:g}",
            when=clock_time(too_fast.until_s),
        )

    def too_fast(self, message: discord.Message) -> TooFast | None:
        """Count a message; return what becomes of one past the bound."""
        return self._rate_limit.take(Act.MESSAGE, message.author.id, message.id)

    def not_told(self, message: discord.Message, too_fast: TooFast) -> None:
        """Record that its author could not be told to slow down: the next message is told of."""
        self._rate_limit.not_told(Act.MESSAGE, message.author.id, too_fast.until_s)

    def may_answer(self, message: discord.Message) -> bool:
        """Return whether we may answer there; where not, that is logged once."""
        may = may_answer_in(message.channel)
        if may:
            self._mute.discard(message.channel.id)
        elif message.channel.id not in self._mute:
            self._mute.add(message.channel.id)
            log.warning("channel %d: we may not send messages there", message.channel.id)
        return may

    def slow_down(self, received: Received, too_fast: TooFast) -> Notice:
        """Return the notice that a message is not taken, nor what follows it for a while."""
        pace, until_s = self._rate_limit.pace, too_fast.until_s
        until = datetime.fromtimestamp(until_s, UTC)
        return Notice(
            key=f"slow-down:{received.author_id}:{received.message_id}",
            kind=NoticeKind.SLOW_DOWN,
            channel_id=received.place.channel_id,
            guild_id=received.place.guild_id,
            answers_message_id=received.message_id,
            author_id=received.author_id,
            fields={"limit": pace.messages, "seconds": f"{pace.window_s:g}", "when": until_s},
            covers_until_id=discord.utils.time_snowflake(until),
        )

    async def _member(self, message: discord.Message) -> discord.User | discord.Member:
        """Return the author of a message as a member of its guild, asking where need be."""
        author, guild = message.author, message.guild
        if guild is None or isinstance(author, discord.Member):
            return author
        member = await self._courier.run(
            Call.OTHER, message.channel.id, lambda: self._api.member(guild, author.id)
        )
        return member or author


def refusal_notice(received: Received, kind: NoticeKind) -> Notice:
    """Return the notice that the owner's rules are why somebody is not answered; told once."""
    place = received.place
    where: object = place.guild_id or "direct"
    if kind is NoticeKind.CHANNEL_NOT_ALLOWED:
        where = place.channel_id
    return Notice(
        key=f"refused:{kind.name}:{received.author_id}:{where}",
        kind=kind,
        channel_id=place.channel_id,
        guild_id=place.guild_id,
        answers_message_id=received.message_id,
        author_id=received.author_id,
    )
