"""Puts the cogs together: what people can do, on top of the core and of one courier."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

import discord
from discord.ext import commands

from answering.answering import Answering
from answering.intake import Bounds, Intake
from answering.notifier import Notifier
from answering.outage import OutageNotices
from answering.preparation import Preparation
from answering.reconciler import Reconciler
from answering.stream import AnswerStream
from answering.threads import Threads
from answering.worker import Worker
from cogs.buttons.another_answer import AnotherAnswerButtons
from cogs.buttons.dispatch import turn_button
from cogs.buttons.stop import StopButton
from cogs.client import Bobbin
from cogs.command_tree import GuardedTree
from cogs.commands.help import HelpCommand
from cogs.commands.model import ModelCommand
from cogs.commands.reset import ResetCommand
from cogs.commands.settings import SettingsCommand
from cogs.commands.stop import StopCommand
from cogs.gateway.catch_up import CatchUp
from cogs.gateway.channel_reader import ChannelReader
from cogs.gateway.gap import Gap
from cogs.gateway.lifecycle import Lifecycle
from cogs.gateway.permission_watch import PermissionWatch
from cogs.gateway.recheck import DiscordRecheck
from cogs.messages.incoming import MessageReader
from cogs.messages.listen_modes import ListenModes
from cogs.messages.listener import Listener
from cogs.permissions.access import Access
from cogs.permissions.admission import Admission
from cogs.permissions.ownership import Ownership
from cogs.permissions.rate_limit import Pace, RateLimit
from conversation.meter import NO_METER, Meter
from conversation.ports.catalog import ModelCatalog
from conversation.ports.clock import Now
from conversation.ports.heard import HeardStore
from conversation.ports.notices import NoticeStore
from conversation.ports.places import PlaceStore
from conversation.ports.queue import InboundQueue
from conversation.ports.replies import ReplyStore
from conversation.ports.turns import TurnStore
from conversation.service import ConversationService
from delivery.courier import Courier
from delivery.discord_api import ArchiveMinutes, DiscordApi
from rendering.buttons import Button


@dataclass(frozen=True, slots=True)
class Rules:
    """What the owner has set about talking on Discord; see `.env.example`."""

    access: Access
    queue_limit: int
    pace: Pace
    thread_archive_minutes: ArchiveMinutes
    thread_wait_s: float
    shutdown_grace_s: float


@dataclass(frozen=True, slots=True)
class Ports:
    """The store, port by port."""

    queue: InboundQueue
    turns: TurnStore
    replies: ReplyStore
    notices: NoticeStore
    places: PlaceStore
    heard: HeardStore


@dataclass(frozen=True, slots=True)
class Assembly:
    """Makes every cog; owns none of what it is given.

    `connection_errors` are what the HTTP library raises when a connection fails.
    """

    rules: Rules
    ports: Ports
    service: ConversationService
    catalog: ModelCatalog
    courier: Courier
    connection_errors: tuple[type[Exception], ...]
    now: Now
    meter: Meter = NO_METER

    def make_cogs(self, bot: Bobbin, user: discord.ClientUser) -> Sequence[commands.Cog]:
        """Make every cog, once the bot has logged in as `user`."""
        ports, now = self.ports, self.now
        api = DiscordApi(bot, self.connection_errors)
        gap, modes = Gap(now), ListenModes(ports.places, user.id)
        reader = MessageReader(user.id, modes)
        rate_limit = RateLimit(self.rules.pace, time.monotonic)
        admission = Admission(self.rules.access, rate_limit, self.courier, api)
        channels = ChannelReader(self.courier, api)
        recheck = DiscordRecheck(ports.queue, reader, channels)
        preparation = Preparation(ports.places, ports.queue, gap, recheck)
        reconciler = Reconciler(ports.replies, ports.notices, self.courier, api)
        notifier = Notifier(ports.notices, reconciler)
        outage = OutageNotices(self.courier, api)
        stream = AnswerStream(
            self.service,
            reconciler,
            self._threads(api),
            gap,
            turns_per_day=self.rules.access.turns_per_day,
            meter=self.meter,
        )
        worker = Worker(
            self.service,
            preparation,
            stream,
            outage,
            notifier,
            grace_s=self.rules.shutdown_grace_s,
        )
        bounds = Bounds(self.rules.queue_limit, self.rules.access.turns_per_day)
        intake = Intake(bounds, ports.queue, notifier, worker, gap, outage, now)
        listener = Listener(user, reader, admission, modes, intake, self.courier)
        catch_up = CatchUp(ports.queue, gap, bot, channels, now)
        answering = Answering(worker, reconciler, outage, self.courier)
        if isinstance(bot.tree, GuardedTree):
            bot.tree.admission = admission
        self._add_buttons(bot, admission, worker, reconciler)
        return [
            Lifecycle(gap, catch_up, listener, ports.turns, ports.heard, answering),
            listener,
            PermissionWatch(self.courier, reconciler, bot.get_channel),
            *self._commands(user, modes, worker, reconciler),
        ]

    def _threads(self, api: DiscordApi) -> Threads:
        return Threads(
            self.ports.replies,
            self.courier,
            api,
            archive_minutes=self.rules.thread_archive_minutes,
            longest_wait_s=self.rules.thread_wait_s,
        )

    def _add_buttons(
        self, bot: Bobbin, admission: Admission, worker: Worker, reconciler: Reconciler
    ) -> None:
        limit = self.rules.access.turns_per_day
        stop = StopButton(worker.running, self.ports.turns, self.service, reconciler)
        another = AnotherAnswerButtons(
            admission, self.ports.turns, self.service, worker, limit, self.now
        )
        bot.add_dynamic_items(
            turn_button(Button.STOP, stop.pressed),
            turn_button(Button.CONTINUE, another.continue_pressed),
            turn_button(Button.AGAIN, another.again_pressed),
        )

    def _commands(
        self,
        user: discord.ClientUser,
        modes: ListenModes,
        worker: Worker,
        reconciler: Reconciler,
    ) -> Sequence[commands.Cog]:
        """Make the commands; a new one is one line here."""
        places, limit = self.ports.places, self.rules.access.turns_per_day
        ownership = Ownership(places, self.ports.turns, user.id)
        return [
            StopCommand(worker.running),
            ModelCommand(self.service, self.catalog, places, ownership),
            SettingsCommand(self.service, self.catalog, places, modes, ownership),
            ResetCommand(ownership, places, worker, reconciler),
            HelpCommand(user.name, self.service, modes, ownership, limit),
        ]
