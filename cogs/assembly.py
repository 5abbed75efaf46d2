"""Puts the cogs together: what people can do, on top of the core and of one courier."""

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
from cogs.ends import Ends
from cogs.intake import Bounds, Intake
from cogs.model import ModelCommand
from cogs.recovery import Client, Recovery
from cogs.settings import SettingsCommand
from cogs.steering import Steering
from cogs.stopping import Stopping
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
        answering = self._answering(bot, surface, teller)
        attentions = Attentions(store, user.id)
        steering = Steering(store, user.id)
        bounds = Bounds(rules.queue_limit, rules.access.turns_per_day)
        intake = Intake(user.name, bounds, store, attentions, answering, teller, self.now)
        talking = Talking(
            own_id=user.id,
            access=rules.access,
            attentions=attentions,
            intake=intake,
            answering=answering,
            courier=self.courier,
            recovery=self._recovery(bot, answering, surface, teller),
        )
        stopping = Stopping(answering)
        bot.add_dynamic_items(stopping.button)
        return [
            talking,
            stopping,
            ModelCommand(service, self.catalog, store, steering),
            SettingsCommand(service, self.catalog, store, attentions, steering),
            Conversations(user.name, rules.access, service, store, answering, attentions, steering),
        ]

    def _answering(self, bot: Bobbin, surface: Surface, teller: Teller) -> Answering:
        threads = ThreadOpener(
            self.courier,
            surface,
            bot.get_channel,
            archive_minutes=self.rules.thread_archive_minutes,
            longest_wait_s=self.rules.thread_wait_s,
        )
        return Answering(
            self.service,
            self.store,
            self.courier,
            surface,
            teller,
            threads,
            grace_s=self.rules.shutdown_grace_s,
            meter=self.meter,
        )

    def _recovery(
        self, bot: Bobbin, answering: Answering, surface: Surface, teller: Teller
    ) -> Recovery:
        async def message_by_id(channel_id: int, message_id: int) -> discord.Message:
            return await bot.get_partial_messageable(channel_id).fetch_message(message_id)

        ends = Ends(self.store, self.courier, surface, message_by_id, self.connection_errors)
        client = Client(
            channel_by_id=bot.get_channel,
            fetch_channel=bot.fetch_channel,
            channels=lambda: [
                it for guild in bot.guilds for it in (*guild.text_channels, *guild.threads)
            ],
            connection_errors=self.connection_errors,
        )
        window = timedelta(minutes=self.rules.recovery_window_minutes)
        return Recovery(
            self.store, answering, teller, ends, client, self.now, window, self.unfinished
        )
