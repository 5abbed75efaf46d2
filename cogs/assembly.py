"""Puts the cogs together: what people can do, on top of the core and of one courier."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import discord
from discord.ext import commands

from cogs.access import Access
from cogs.answering import Answering
from cogs.attentions import Attentions
from cogs.client import Bobbin
from cogs.conversations import Conversations
from cogs.cooldown import Cooldown, Pace
from cogs.ends import Ends
from cogs.intake import Bounds, Intake
from cogs.model import ModelCommand
from cogs.own_posts import OwnPosts
from cogs.recovery import Client, Recovery
from cogs.refusals import Refusals
from cogs.reopening import Reopening
from cogs.rereading import Rereading
from cogs.settings import SettingsCommand
from cogs.showing import Showing
from cogs.steering import Steering
from cogs.stopping import Stopping
from cogs.taking_up import TakingUp
from cogs.talking import Talking
from cogs.threads import ThreadOpener
from conversation.entities import Shown
from conversation.meter import NO_METER, Meter
from conversation.ports import ModelCatalog, Now, Store
from conversation.service import ConversationService
from rendering.courier import Courier
from rendering.surface import ArchiveMinutes, Surface
from rendering.telling import Teller


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
        rules, store, service = self.rules, self.store, self.service
        surface = Surface(bot.get_partial_messageable, bot.fetch_channel, self.connection_errors)
        teller = Teller(self.courier, surface)
        posts = OwnPosts(bot.get_partial_messageable, user.id, self.connection_errors)
        ends = Ends(store, self.courier, surface, posts)
        answering = self._answering(bot, surface, teller, ends)
        attentions = Attentions(store, user.id)
        steering = Steering(store, user.id)
        bounds = Bounds(rules.queue_limit, rules.access.turns_per_day)
        refusals = Refusals(store, teller)
        intake = Intake(user.name, bounds, store, attentions, answering, teller, refusals, self.now)
        cooldown = Cooldown(rules.pace, time.monotonic)
        talking = Talking(
            own_id=user.id,
            access=rules.access,
            cooldown=cooldown,
            attentions=attentions,
            intake=intake,
            answering=answering,
            courier=self.courier,
            recovery=self._recovery(bot, answering, teller, ends, refusals),
        )
        stopping = Stopping(answering.runs)
        taking_up = TakingUp(rules.access, cooldown, store, answering, self.now)
        bot.add_dynamic_items(stopping.button, *taking_up.buttons)
        return [
            talking,
            stopping,
            Reopening(self.courier, bot.get_channel),
            ModelCommand(service, self.catalog, store, steering),
            SettingsCommand(service, self.catalog, store, attentions, steering),
            Conversations(user.name, rules.access, service, store, answering, attentions, steering),
        ]

    def _answering(self, bot: Bobbin, surface: Surface, teller: Teller, ends: Ends) -> Answering:
        threads = ThreadOpener(
            self.store,
            self.courier,
            surface,
            bot.get_channel,
            archive_minutes=self.rules.thread_archive_minutes,
            longest_wait_s=self.rules.thread_wait_s,
        )
        return Answering(
            self.service,
            Showing(self.store, self.courier, surface, threads, ends),
            teller,
            grace_s=self.rules.shutdown_grace_s,
            meter=self.meter,
        )

    def _recovery(
        self,
        bot: Bobbin,
        answering: Answering,
        teller: Teller,
        ends: Ends,
        refusals: Refusals,
    ) -> Recovery:

        async def channel(channel_id: int) -> object:
            return bot.get_channel(channel_id) or await bot.fetch_channel(channel_id)

        client = Client(
            channel_by_id=bot.get_channel,
            fetch_channel=bot.fetch_channel,
            channels=lambda: [
                it for guild in bot.guilds for it in (*guild.text_channels, *guild.threads)
            ],
            connection_errors=self.connection_errors,
        )
        window = timedelta(minutes=self.rules.recovery_window_minutes)
        rereading = Rereading(self.store, channel, self.connection_errors)
        return Recovery(
            self.store,
            answering,
            teller,
            ends,
            rereading,
            refusals,
            client,
            self.now,
            window,
            self.unfinished,
        )
