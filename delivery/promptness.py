"""Answering commands in time: Discord waits three seconds, the database sometimes longer."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

import discord

from delivery.interactions import think

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
            await think(interaction, ephemeral=ephemeral)
        return await task
    finally:
        task.cancel()
