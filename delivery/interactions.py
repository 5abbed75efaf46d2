"""Tells people things in words: as a reply in the channel, or ephemerally to a command."""

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from itertools import chain, repeat

import discord

from delivery.courier import Courier
from delivery.discord_api import Row, Spot, Surface
from delivery.errors import DeliveryError
from delivery.pacing.policy import Call, Urgency
from rendering.splitting.splitter import DISCORD_LIMIT_CHARS

log = logging.getLogger(__name__)

_ANSWERED_ALREADY = 40060
"""Discord's code for a second first answer to an interaction."""

_HAS_ANSWER = "has its first answer"
"""Among an interaction's extras where the library does not know of the answer."""

_PAUSES_S = (1.0, 2.0, 4.0, 8.0)
"""Between the attempts to tell something; the last one again and again."""

_PATIENCE_S = 40.0
"""So long after the first attempt others are begun: Discord is seldom out for half a minute."""

_PATIENCE_WITH_NONCE_S = 150.0
"""Likewise where a nonce tells Discord what was posted already; nonces live for minutes."""


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
        another process, is posted once; None makes one of its own. With one that is given this
        may take minutes, while Discord fails.
        """
        patience_s = _PATIENCE_S if nonce is None else _PATIENCE_WITH_NONCE_S
        content, nonce = text[:DISCORD_LIMIT_CHARS], nonce or f"n{secrets.token_hex(8)}"
        try:
            return await self._done(
                spot,
                lambda: self._surface.post(spot, content, nonce=nonce, row=row),
                patience_s,
            )
        except DeliveryError as error:
            log.warning("channel %d: a notice could not be posted: %s", spot.channel_id, error)
            return None

    async def _done(self, spot: Spot, post: Callable[[], Awaitable[int]], patience_s: float) -> int:
        """Have something posted, and again after a pause where Discord fails for the moment.

        Raises:
            DeliveryError: It is refused, or failed for too long.
        """
        now = asyncio.get_running_loop().time
        last_s = now() + patience_s
        pauses = chain(_PAUSES_S, repeat(_PAUSES_S[-1]))
        while True:
            try:
                return await self._courier.run(
                    Call.POST, spot.channel_id, post, urgency=Urgency.FINAL
                )
            except DeliveryError as error:
                pause_s = next(pauses)
                if error.is_lasting or now() + pause_s > last_s:
                    raise
            await asyncio.sleep(pause_s)


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
