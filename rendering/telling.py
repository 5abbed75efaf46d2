"""Tells people things in words: as a reply in the channel, or ephemerally to a command."""

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from typing import TypeVar

import discord

from rendering.courier import Courier
from rendering.cursor import without_cursor
from rendering.errors import DeliveryError
from rendering.limits import Call, Urgency
from rendering.splitting import DISCORD_LIMIT_CHARS
from rendering.surface import Row, Spot, Surface

log = logging.getLogger(__name__)

_ANSWERED_ALREADY = 40060
"""Discord's code for a second first answer to an interaction."""

_HAS_ANSWER = "has its first answer"
"""Among an interaction's extras where the library does not know of the answer."""

_Result = TypeVar("_Result")

_PAUSES_S = (1.0, 2.0, 4.0, 8.0, 16.0)
"""Between the attempts to tell something: Discord is seldom out for longer than half a minute."""


class Teller:
    """Posts notices; what cannot be told is logged and no reason to fail.

    Args:
        courier: Carries the requests; not owned.
        surface: Makes them.
    """

    def __init__(self, courier: Courier, surface: Surface) -> None:
        self._courier = courier
        self._surface = surface

    async def tell(
        self, spot: Spot, text: str, row: Row | None = None, *, nonce: str | None = None
    ) -> int | None:
        """Post a notice, as a reply where `spot` names a message; give its id once it is there.

        What is posted again with a `nonce` (25 characters at most), within minutes and also by
        another process, is posted once; None makes one of its own.
        """
        content = text[:DISCORD_LIMIT_CHARS]
        nonce = nonce or f"n{secrets.token_hex(8)}"
        try:
            return await self._done(
                Call.POST, spot, lambda: self._surface.post(spot, content, nonce=nonce, row=row)
            )
        except DeliveryError as error:
            log.warning("channel %d: a notice could not be posted: %s", spot.channel_id, error)
            return None

    async def mark(self, spot: Spot, message_id: int, notice: str, row: Row) -> int | None:
        """Put a notice and buttons under one of our messages, whose own are taken away.

        A message that has no room for it keeps its text, and the notice follows in a new one,
        whose id is given.
        """
        try:
            text = await self._done(
                Call.OTHER, spot, lambda: self._surface.text_of(spot, message_id)
            )
            text = without_cursor(text)
            marked = f"{text}\n{notice}"
            fits = len(marked) <= DISCORD_LIMIT_CHARS
            content = marked if fits else text
            below = row if fits else None
            await self._done(
                Call.EDIT,
                spot,
                lambda: self._surface.edit(spot, message_id, content, row=below),
            )
        except DeliveryError as error:
            log.warning("message %d could not be marked: %s", message_id, error)
            return None
        return None if fits else await self.tell(spot, notice, row)

    async def _done(self, call: Call, spot: Spot, act: Callable[[], Awaitable[_Result]]) -> _Result:
        """Have something done, and again after a pause where Discord fails for the moment.

        Raises:
            DeliveryError: It is refused, or failed too often.
        """
        for pause_s in _PAUSES_S:
            try:
                return await self._courier.run(call, spot.channel_id, act, urgency=Urgency.FINAL)
            except DeliveryError as error:
                if error.is_lasting:
                    raise
            await asyncio.sleep(pause_s)
        return await self._courier.run(call, spot.channel_id, act, urgency=Urgency.FINAL)


async def respond(
    interaction: discord.Interaction,
    text: str,
    view: discord.ui.View | None = None,
    *,
    ephemeral: bool = True,
) -> None:
    """Answer an interaction, pinging nobody; unless told otherwise, that person alone sees it.

    It may be the first answer or a later one.
    """
    content = text[:DISCORD_LIMIT_CHARS]
    pings = discord.AllowedMentions.none()
    buttons = discord.utils.MISSING if view is None else view
    if interaction.response.is_done() or _HAS_ANSWER in interaction.extras:
        await interaction.followup.send(
            content, ephemeral=ephemeral, allowed_mentions=pings, view=buttons
        )
    else:
        with answered_once(interaction):
            await interaction.response.send_message(
                content, ephemeral=ephemeral, allowed_mentions=pings, view=buttons
            )


async def acknowledge(interaction: discord.Interaction) -> None:
    """Answer a click at once, changing nothing; what there is to say comes with `follow_up`."""
    with answered_once(interaction):
        await interaction.response.defer()


async def think(interaction: discord.Interaction, *, ephemeral: bool) -> None:
    """Answer a command with the promise of an answer, which `respond` gives."""
    with answered_once(interaction):
        await interaction.response.defer(ephemeral=ephemeral, thinking=True)


async def open_form(interaction: discord.Interaction, form: discord.ui.Modal) -> None:
    """Answer with a form."""
    # The library would know it only after Discord's answer; where that is lost, people see a form
    # that has to be heard of all the same.
    interaction._state.store_view(form)  # noqa: SLF001  # pyright: ignore[reportPrivateUsage] - `add_view` takes none that has a timeout
    with answered_once(interaction):
        await interaction.response.send_modal(form)


async def follow_up(interaction: discord.Interaction, text: str) -> None:
    """Tell that person alone something after `acknowledge`, pinging nobody."""
    pings = discord.AllowedMentions.none()
    content = text[:DISCORD_LIMIT_CHARS]
    await interaction.followup.send(content, ephemeral=True, allowed_mentions=pings)


@contextmanager
def answered_once(interaction: discord.Interaction) -> Generator[None, None, None]:
    """Take it for done where the first answer got through, but Discord's answer to it did not.

    The library repeats it then, and is told that the interaction has its answer.
    """
    try:
        yield
    except discord.HTTPException as error:
        if error.code != _ANSWERED_ALREADY:
            raise
        interaction.extras[_HAS_ANSWER] = True
        log.info("interaction %d was answered already", interaction.id)
