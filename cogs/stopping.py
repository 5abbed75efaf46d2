"""Stopping an answer: `/stop` and the button under it."""

import re
from collections.abc import Awaitable, Callable

import discord
from discord import app_commands
from discord.ext import commands

from cogs.access import may_steer, who_is
from cogs.answering import Answering
from cogs.failures import tell_failure
from cogs.work import Running
from rendering.notices import Notice
from rendering.surface import STOP_PREFIX
from rendering.telling import respond


class Stopping(commands.Cog):
    """Stops answers for those who may.

    Args:
        answering: Knows what streams now.
    """

    def __init__(self, answering: Answering) -> None:
        self._answering = answering
        self.button = stop_button(self.stop_turn)
        """To be registered with the client, so that clicks reach this cog also after a restart."""

    @app_commands.command(name="stop", description="Stop the answer that is being written here")
    async def stop(self, interaction: discord.Interaction) -> None:
        """Stop what streams in this place and may be stopped by this person."""
        running = list(self._answering.running_in(interaction.channel_id or 0))
        mine = [answer for answer in running if _may_stop(interaction, answer)]
        for answer in mine:
            answer.stop.set(interaction.user.id)
        if mine:
            await respond(interaction, Notice.STOP_DONE)
        else:
            await respond(interaction, Notice.NOT_YOURS if running else Notice.STOP_NOTHING)

    async def stop_turn(self, interaction: discord.Interaction, turn_id: int) -> None:
        """Stop the answer under whose button somebody clicked."""
        answer = self._answering.running(turn_id)
        if answer is None:
            await interaction.response.edit_message(view=None)
            await respond(interaction, Notice.STOP_ENDED)
        elif _may_stop(interaction, answer):
            answer.stop.set(interaction.user.id)
            await interaction.response.defer()
        else:
            await respond(interaction, Notice.NOT_YOURS)


def stop_button(
    stop_turn: Callable[[discord.Interaction, int], Awaitable[None]],
) -> type[discord.ui.DynamicItem[discord.ui.Button[discord.ui.View]]]:
    """Make the class that recognises clicks on *Stop* buttons by their custom id.

    Args:
        stop_turn: Called with the interaction and the turn's id.
    """

    class StopButton(
        discord.ui.DynamicItem[discord.ui.Button[discord.ui.View]],
        template=re.escape(STOP_PREFIX) + r"(?P<turn_id>\d+)",
    ):
        def __init__(self, item: discord.ui.Button[discord.ui.View], turn_id: int) -> None:
            super().__init__(item)
            self.turn_id = turn_id

        @classmethod
        async def from_custom_id(
            cls,
            interaction: discord.Interaction,  # noqa: ARG003 - discord.py's signature
            item: discord.ui.Item[discord.ui.View],
            match: re.Match[str],
        ) -> "StopButton":
            if not isinstance(item, discord.ui.Button):
                raise TypeError(f"a Stop button is a button, not {type(item).__name__}")
            return cls(item, int(match["turn_id"]))

        async def callback(self, interaction: discord.Interaction) -> None:
            try:
                await stop_turn(interaction, self.turn_id)
            except Exception as error:  # noqa: BLE001 - the door of buttons, as of commands
                await tell_failure(interaction, error)

    return StopButton


def _may_stop(interaction: discord.Interaction, answer: Running) -> bool:
    owners = set(answer.asker_ids)
    if answer.conversation.starter_id is not None:
        owners.add(answer.conversation.starter_id)
    if isinstance(interaction.channel, discord.Thread):
        owners.add(interaction.channel.owner_id)
    return may_steer(who_is(interaction.user, interaction.channel), owners)
