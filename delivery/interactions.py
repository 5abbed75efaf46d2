"""Answers interactions: at once, in time or later, ephemerally unless told otherwise; and forms."""

import asyncio
import logging
from collections.abc import Coroutine, Generator
from contextlib import contextmanager
from typing import Any, TypeVar

import discord

from rendering.splitting.splitter import DISCORD_LIMIT_CHARS

log = logging.getLogger(__name__)

_ANSWERED_ALREADY = 40060
"""Discord's code for a second first answer to an interaction."""

_HAS_ANSWER = "has its first answer"
"""Among an interaction's extras where the library does not know of the answer."""

_PATIENCE_S = 1.5
"""Discord gives up after 3 s (its documentation, "Receiving and Responding"); a busy database is
waited for longer than that. What is left is for the way to Discord."""

_Result = TypeVar("_Result")


async def in_time(
    interaction: discord.Interaction, work: Coroutine[Any, Any, _Result], *, ephemeral: bool = True
) -> _Result:
    """Do what an answer depends on; where it takes long, tell Discord that the answer will come.

    Args:
        interaction: Not answered yet.
        work: Does not answer it.
        ephemeral: Whether the answer is to be seen by that person only.
    """
    task = asyncio.create_task(work, name=f"interaction-{interaction.id}")
    try:
        done, _ = await asyncio.wait({task}, timeout=_PATIENCE_S)
        if not done:
            await _promise(interaction, ephemeral=ephemeral)
        return await task
    finally:
        task.cancel()


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


async def _promise(interaction: discord.Interaction, *, ephemeral: bool) -> None:
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
