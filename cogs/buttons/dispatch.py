"""Clicks on the buttons of replies: each finds its way by its custom id, also after a restart."""

import re
from collections.abc import Awaitable, Callable

import discord

from delivery.interaction_failures import tell_failure
from rendering.buttons import Button, custom_id_pattern

TurnButton = type[discord.ui.DynamicItem[discord.ui.Button[discord.ui.View]]]


def turn_button(
    button: Button, pressed: Callable[[discord.Interaction, int], Awaitable[None]]
) -> TurnButton:
    """Make the class that recognises clicks on one kind of button, to be registered once.

    Args:
        button: Which.
        pressed: Called with the interaction and the turn's id.
    """

    class PressedButton(
        discord.ui.DynamicItem[discord.ui.Button[discord.ui.View]],
        template=custom_id_pattern(button),
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
        ) -> "PressedButton":
            if not isinstance(item, discord.ui.Button):
                raise TypeError(f"{button} is a button, not {type(item).__name__}")
            return cls(item, int(match["turn_id"]))

        async def callback(self, interaction: discord.Interaction) -> None:
            try:
                await pressed(interaction, self.turn_id)
            except Exception as error:  # noqa: BLE001 - the door of buttons, as of commands
                await tell_failure(interaction, error)

    return PressedButton
