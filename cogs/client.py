"""The Discord client: its intents, its caches, its commands, what it says when it is there."""

import hashlib
import json
import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import discord
from discord.ext import commands

from cogs.access import Access
from cogs.tree import guarded_tree

log = logging.getLogger(__name__)

PERMISSIONS = 377_957_239_872
"""What the invite link asks for: view channels, send, send in threads, create public and private
threads, embed, attach, read history, react."""


def invite_link(application_id: int) -> str:
    """Give the link with which somebody adds the bot to their server."""
    return discord.utils.oauth_url(
        application_id,
        permissions=discord.Permissions(PERMISSIONS),
        scopes=("bot", "applications.commands"),
    )


def intents_with(*, content: bool) -> discord.Intents:
    """Give what the bot wants to hear of: guilds and messages, and nothing else."""
    return discord.Intents(
        guilds=True, guild_messages=True, dm_messages=True, message_content=content
    )


class Bobbin(commands.Bot):
    """discord.py's client, told to keep and to hear only what is used.

    Args:
        access: The owner's rules, for commands.
        http_trace: The aiohttp.TraceConfig that sees each request and its answer.
        reads_content: Whether to ask for the message content intent.
        commands_file: Where the hash of the commands last registered is kept.
        make_cogs: Makes what people can do, once the bot's own id and name are known.
    """

    def __init__(
        self,
        access: Access,
        http_trace: Any,  # an aiohttp.TraceConfig; aiohttp is not imported here
        *,
        reads_content: bool,
        commands_file: Path,
        make_cogs: Callable[["Bobbin", discord.ClientUser], Sequence[commands.Cog]],
    ) -> None:
        super().__init__(
            command_prefix=(),
            help_command=None,
            tree_cls=guarded_tree(access),
            intents=intents_with(content=reads_content),
            allowed_mentions=discord.AllowedMentions.none(),
            allowed_contexts=discord.app_commands.AppCommandContext(
                guild=True, dm_channel=True, private_channel=False
            ),
            allowed_installs=discord.app_commands.AppInstallationType(guild=True, user=False),
            member_cache_flags=discord.MemberCacheFlags.none(),
            chunk_guilds_at_startup=False,
            max_messages=None,
            http_trace=http_trace,
        )
        self._commands_file = commands_file
        self._reads_content = reads_content
        self._make_cogs = make_cogs

    async def on_message(self, message: discord.Message) -> None:
        """Do nothing: the cogs listen for themselves, and there are no prefix commands."""

    async def setup_hook(self) -> None:
        """Add what people can do, and register its commands if they have changed."""
        if self.user is None:
            raise RuntimeError("the library calls setup_hook after it has logged in")
        for cog in self._make_cogs(self, self.user):
            await self.add_cog(cog)
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
        digest = hashlib.sha256(text.encode()).hexdigest()
        if self._commands_file.is_file() and self._commands_file.read_text() == digest:
            return
        try:
            registered = await self.tree.sync()
        except discord.HTTPException as error:
            log.error("the commands could not be registered: %s", error)  # noqa: TRY400 - no trace
            return
        self._commands_file.write_text(digest)
        log.info("registered %d commands", len(registered))
