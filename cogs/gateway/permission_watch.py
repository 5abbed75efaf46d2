"""Hears of changes in places that refused us: what was to be shown there is tried again."""

from collections.abc import Callable

import discord
from discord.ext import commands

from answering.reconciler import Reconciler
from cogs.permissions.access import may_answer_in
from delivery.courier import Courier


class PermissionWatch(commands.Cog):
    """Tries a place that refused us again, once for each change that may have opened it.

    Args:
        courier: Remembers which places refused us; not owned.
        reconciler: Shows what is behind there.
        channel_by_id: The Discord client's cache: `Client.get_channel`.
    """

    def __init__(
        self,
        courier: Courier,
        reconciler: Reconciler,
        channel_by_id: Callable[[int], object],
    ) -> None:
        self._courier = courier
        self._reconciler = reconciler
        self._channel_by_id = channel_by_id

    @commands.Cog.listener()
    async def on_ready(self) -> None:
        """Try every place: anything may have changed before the new session."""
        for channel_id in self._courier.refused_channels:
            self._reconciler.reopened(channel_id)

    @commands.Cog.listener()
    async def on_guild_channel_update(
        self,
        _: discord.abc.GuildChannel,
        after: discord.abc.GuildChannel,
    ) -> None:
        """Look which places are open now that a channel has other permissions."""
        self._look_in(after.guild)

    @commands.Cog.listener()
    async def on_guild_role_update(self, _: discord.Role, after: discord.Role) -> None:
        """Look which places are open now that a role has other permissions."""
        self._look_in(after.guild)

    @commands.Cog.listener()
    async def on_guild_role_delete(self, role: discord.Role) -> None:
        """Look which places are open now that a role, which may have denied much, is gone."""
        self._look_in(role.guild)

    @commands.Cog.listener()
    async def on_member_update(self, _: discord.Member, after: discord.Member) -> None:
        """Look which places are open now that we have other roles."""
        if after == after.guild.me:
            self._look_in(after.guild)

    @commands.Cog.listener()
    async def on_guild_join(self, guild: discord.Guild) -> None:
        """Look which places are open now that we are let in, perhaps again."""
        self._look_in(guild)

    @commands.Cog.listener()
    async def on_guild_available(self, guild: discord.Guild) -> None:
        """Look which places are open now that a server is there again."""
        self._look_in(guild)

    @commands.Cog.listener()
    async def on_raw_thread_update(self, payload: discord.RawThreadUpdateEvent) -> None:
        """Try a thread that is not locked away any more."""
        state = payload.data["thread_metadata"]
        if not (state["archived"] and state.get("locked", False)):
            self._reconciler.reopened(payload.thread_id)

    def _look_in(self, guild: discord.Guild) -> None:
        for channel_id in self._courier.refused_channels:
            channel = self._channel_by_id(channel_id)
            if getattr(channel, "guild", None) == guild and may_answer_in(channel):
                self._reconciler.reopened(channel_id)
