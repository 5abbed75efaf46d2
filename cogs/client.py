"""The Discord client: its intents, its caches, its commands, what it says when it is there."""

import asyncio
import hashlib
import json
import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import discord
from discord.ext import commands

from cogs.command_tree import GuardedTree
from cogs.gateway.backoff import bounded_pauses

log = logging.getLogger(__name__)

PERMISSIONS = 377_957_239_872
"""What the invite link asks for: view channels, send, send in threads, create public and private
threads, embed, attach, read history, react."""


_GUILDS_LIMIT_S = 0.5
"""So long after the last server that Discord told of the session counts as ready, and what is owed
is paid; servers that come later are waited for where it matters (`cogs/gateway/catch_up.py`)."""

_REGISTERING_LIMIT_S = 30.0
"""Longer than this nobody is kept from talking; Discord may ask for hours (200 a day)."""


def invite_link(application_id: int) -> str:
    """Return the link with which somebody adds the bot to their server."""
    return discord.utils.oauth_url(
        application_id,
        permissions=discord.Permissions(PERMISSIONS),
        scopes=("bot", "applications.commands"),
    )


def intents_with(*, content: bool) -> discord.Intents:
    """Return what the bot wants to hear of: guilds and messages, and nothing else."""
    return discord.Intents(
        guilds=True, guild_messages=True, dm_messages=True, message_content=content
    )


@runtime_checkable
class Ending(Protocol):
    """A cog with work that has to be ended while events still come."""

    async def end(self) -> None:
        """End it; called once or more before the cog is unloaded, and never raises."""
        ...


@runtime_checkable
class Listening(Protocol):
    """A cog that can tell at once whether what somebody said has anything to do with it."""

    def concerns(self, message: discord.Message) -> bool:
        """Return whether a message that came or was edited is to be heard; without I/O."""
        ...


class Bobbin(commands.Bot):
    """discord.py's client, told to keep and to hear only what is used.

    Args:
        http_trace: The aiohttp.TraceConfig that sees each request and its answer.
        reads_content: Whether to ask for the message content intent.
        commands_file: Where the hash of the commands last registered is kept.
        connection_errors: What the HTTP library raises when a request fails on its way.
        make_cogs: Makes what people can do, once the bot's own id and name are known.
    """

    def __init__(
        self,
        http_trace: Any,  # an aiohttp.TraceConfig; aiohttp is not imported here
        *,
        reads_content: bool,
        commands_file: Path,
        connection_errors: tuple[type[Exception], ...],
        make_cogs: Callable[["Bobbin", discord.ClientUser], Sequence[commands.Cog]],
    ) -> None:
        super().__init__(
            command_prefix=(),
            help_command=None,
            tree_cls=GuardedTree,
            intents=intents_with(content=reads_content),
            allowed_mentions=discord.AllowedMentions.none(),
            allowed_contexts=discord.app_commands.AppCommandContext(
                guild=True, dm_channel=True, private_channel=False
            ),
            allowed_installs=discord.app_commands.AppInstallationType(guild=True, user=False),
            member_cache_flags=discord.MemberCacheFlags.none(),
            chunk_guilds_at_startup=False,
            max_messages=None,
            guild_ready_timeout=_GUILDS_LIMIT_S,
            http_trace=http_trace,
        )
        self._commands_file = commands_file
        self._connection_errors = connection_errors
        self._reads_content = reads_content
        self._make_cogs = make_cogs
        self._listening: list[Listening] = []

    async def connect(self, *, reconnect: bool = True) -> None:
        """Connect to the gateway, and again after each loss, never waiting long for that."""
        with bounded_pauses():
            await super().connect(reconnect=reconnect)

    async def close(self) -> None:
        """Let the cogs end their work, then leave: one that is unloaded hears no more events."""
        if not self.is_closed():
            for cog in self.cogs.values():
                if isinstance(cog, Ending):
                    await cog.end()
        await super().close()

    def dispatch(self, event_name: str, /, *args: Any, **kwargs: Any) -> None:
        """Drop what nobody wants to hear before the library makes tasks for it.

        That are the messages that concern no cog, most of all that comes; the library's notes on
        its own socket; and whatever comes when all is closed, for its delayed `ready` is not
        cancelled.
        """
        if event_name == "socket_event_type" or self.is_closed():
            return
        match event_name:
            case "message":
                is_heard = self._concerns_a_cog(args[0])
            case "raw_message_edit":
                is_heard = self._concerns_a_cog(args[0].message)
            case _:
                is_heard = True
        if is_heard:
            super().dispatch(event_name, *args, **kwargs)

    def _concerns_a_cog(self, message: discord.Message) -> bool:
        return any(cog.concerns(message) for cog in self._listening)

    async def on_message(self, message: discord.Message) -> None:
        """Do nothing: the cogs listen for themselves, and there are no prefix commands."""

    async def setup_hook(self) -> None:
        """Add what people can do, and register its commands if they have changed."""
        if self.user is None:
            raise RuntimeError("the library calls setup_hook after it has logged in")
        for cog in self._make_cogs(self, self.user):
            await self.add_cog(cog)
            if isinstance(cog, Listening):
                self._listening.append(cog)
        await self._register_commands()

    async def on_ready(self) -> None:
        """Say who is there."""
        log.info("connected as %s, in %d servers", self.user, len(self.guilds))
        if not self.guilds and self.application_id is not None:
            log.info("invite me to a server: %s", invite_link(self.application_id))
        if not self._reads_content:
            log.warning(
                "the Message Content Intent is not switched on: I hear mentions, replies and "
                "direct messages only; switch it on at "
                "https://discord.com/developers/applications under Bot"
            )

    async def _register_commands(self) -> None:
        """Register the commands when their hash has changed; a failure does not stop the bot."""
        payload = [command.to_dict(self.tree) for command in self.tree.get_commands()]
        text = json.dumps([self.application_id, payload], sort_keys=True)
        digest = hashlib.sha256(text.encode()).hexdigest().encode()
        try:
            if self._commands_file.is_file() and self._commands_file.read_bytes() == digest:
                return
            async with asyncio.timeout(_REGISTERING_LIMIT_S):
                registered = await self.tree.sync()
            log.info("registered %d commands", len(registered))
            self._commands_file.parent.mkdir(parents=True, exist_ok=True)
            self._commands_file.write_bytes(digest)
        except (discord.HTTPException, *self._connection_errors, OSError, TimeoutError) as error:
            log.error("the commands could not be registered: %r", error)  # noqa: TRY400 - no trace
