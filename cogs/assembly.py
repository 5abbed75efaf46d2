"""Puts the cogs together: what people can do, on top of the core and of one courier."""

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

import discord
from discord.ext import commands

from answering.aside import Aside
from answering.changes import Changes
from answering.ends import Ends
from answering.intake import Bounds, Intake
from answering.late_ends import LateEnds
from answering.own_posts import OwnPosts
from answering.recheck import Rereading
from answering.refusals import Refusals
from answering.stream import Showing
from answering.tellings import Tellings
from answering.threads import ThreadOpener
from answering.turned_away import TurnedAwayMessages
from answering.unanswered import Unanswered
from answering.worker import Answering
from cogs.buttons.take_up import TakingUp
from cogs.client import Bobbin
from cogs.commands.model import ModelCommand
from cogs.commands.reset import Conversations
from cogs.commands.settings import SettingsCommand
from cogs.commands.stop import Stopping
from cogs.gateway.catch_up import Client, Missed, Readable
from cogs.gateway.gap import Hearing
from cogs.gateway.lifecycle import Recovery
from cogs.gateway.permission_watch import Reopening
from cogs.messages.listen_modes import Attentions
from cogs.messages.listener import Talking
from cogs.permissions.access import Access
from cogs.permissions.ownership import Steering
from cogs.permissions.rate_limit import Cooldown, Pace
from conversation.entities import Shown
from conversation.meter import NO_METER, Meter
from conversation.ports import ModelCatalog, Now, Store
from conversation.service import ConversationService
from delivery.courier import Courier
from delivery.discord_api import ArchiveMinutes, Surface
from delivery.interactions import Teller


@dataclass(frozen=True, slots=True)
class Rules:
    """What the owner has set about talking on Discord; see `.env.example`."""

    access: Access
    queue_limit: int
    pace: Pace
    thread_archive_minutes: ArchiveMinutes
    thread_wait_s: float
    shutdown_grace_s: float
    recovery_window_minutes: float


@dataclass(frozen=True, slots=True)
class Assembly:
    """What all cogs stand on; none of it is owned.

    `connection_errors` are what the HTTP library raises when a connection fails; `unfinished` are
    the answers that the last process did not end.
    """

    rules: Rules
    store: Store
    service: ConversationService
    catalog: ModelCatalog
    courier: Courier
    connection_errors: tuple[type[Exception], ...]
    now: Now
    unfinished: tuple[Shown, ...] = ()
    meter: Meter = NO_METER

    def make_cogs(self, bot: Bobbin, user: discord.ClientUser) -> Sequence[commands.Cog]:
        """Make every cog, once the bot has logged in as `user`."""
        access, store, service = self.rules.access, self.store, self.service
        surface = Surface(bot.get_partial_messageable, bot.fetch_channel, self.connection_errors)
        posts = OwnPosts(bot.get_partial_messageable, user.id, self.connection_errors)
        showing = _Showing(
            surface=surface,
            teller=Teller(self.courier, surface),
            tellings=Tellings(store),
            ends=Ends(store, self.courier, surface, posts),
            posts=posts,
            hearing=Hearing(self.now),
            changes=Changes(),
        )
        answering = self._answering(bot, showing)
        attentions = Attentions(store, user.id)
        steering = Steering(store, user.id)
        cooldown = Cooldown(self.rules.pace, time.monotonic)
        stopping = Stopping(answering.runs)
        taking_up = TakingUp(access, cooldown, store, answering, self.now)
        bot.add_dynamic_items(stopping.button, *taking_up.buttons)
        return [
            self._talking(bot, user, showing, answering, attentions, cooldown),
            stopping,
            Reopening(self.courier, bot.get_channel),
            ModelCommand(service, self.catalog, store, steering),
            SettingsCommand(service, self.catalog, store, attentions, steering),
            Conversations(user.name, access, service, store, answering, attentions, steering),
        ]

    def _answering(self, bot: Bobbin, showing: "_Showing") -> Answering:
        threads = ThreadOpener(
            self.store,
            self.courier,
            showing.surface,
            bot.get_channel,
            archive_minutes=self.rules.thread_archive_minutes,
            longest_wait_s=self.rules.thread_wait_s,
        )
        shows = Showing(
            self.store,
            showing.tellings,
            self.courier,
            showing.surface,
            threads,
            showing.ends,
            showing.hearing,
        )
        return Answering(
            self.service,
            shows,
            showing.teller,
            LateEnds(self.service.checkpoints, self.store, showing.ends),
            showing.changes,
            grace_s=self.rules.shutdown_grace_s,
            meter=self.meter,
        )

    def _talking(
        self,
        bot: Bobbin,
        user: discord.ClientUser,
        showing: "_Showing",
        answering: Answering,
        attentions: Attentions,
        cooldown: Cooldown,
    ) -> Talking:
        rules, store, aside = self.rules, self.store, Aside()
        unanswered = Unanswered(user.name, showing.tellings, showing.teller, aside)
        refusals = Refusals(store, showing.teller, aside)
        turned_away = TurnedAwayMessages(store, showing.teller)
        intake = Intake(
            Bounds(rules.queue_limit, rules.access.turns_per_day),
            store,
            attentions,
            answering,
            refusals,
            unanswered,
            turned_away,
            showing.changes,
            aside,
            self.now,
        )
        return Talking(
            own_id=user.id,
            access=rules.access,
            cooldown=cooldown,
            attentions=attentions,
            intake=intake,
            unanswered=unanswered,
            turned_away=turned_away,
            aside=aside,
            answering=answering,
            courier=self.courier,
            recovery=self._recovery(bot, showing, answering, intake, refusals, turned_away),
        )

    def _recovery(
        self,
        bot: Bobbin,
        showing: "_Showing",
        answering: Answering,
        intake: Intake,
        refusals: Refusals,
        turned_away: TurnedAwayMessages,
    ) -> Recovery:

        async def channel(channel_id: int) -> object:
            return bot.get_channel(channel_id) or await bot.fetch_channel(channel_id)

        client = Client(
            channel,
            lambda: _spoken_in(bot.guilds),
            lambda channel_id: bot.get_channel(channel_id) is not None,
            lambda: not any(guild.unavailable for guild in bot.guilds),
            self.connection_errors,
        )
        return Recovery(
            self.store,
            showing.hearing,
            Missed(self.store, showing.hearing, client, self.now),
            answering,
            showing.ends,
            showing.posts,
            Rereading(self.store, intake, channel, self.connection_errors),
            refusals,
            turned_away,
            showing.changes,
            self.now,
            timedelta(minutes=self.rules.recovery_window_minutes),
            self.unfinished,
        )


@dataclass(frozen=True, slots=True)
class _Showing:
    """What speaks on Discord, and what it has to know before it does."""

    surface: Surface
    teller: Teller
    tellings: Tellings
    ends: Ends
    posts: OwnPosts
    hearing: Hearing
    changes: Changes


def _spoken_in(guilds: Iterable[discord.Guild]) -> Iterator[Readable]:
    """Give all places of some servers in which people can write to us."""
    for guild in guilds:
        yield from guild.text_channels
        yield from guild.voice_channels
        yield from guild.stage_channels
        yield from guild.threads
