"""What stands below an answer: how it ended, what is to be said with it, and its buttons."""

from collections.abc import Iterable
from datetime import datetime, timedelta

import discord

from answering.running import Work
from conversation.entities import Exchange
from conversation.events import Finished
from rendering.buttons import Buttons, buttons_after
from rendering.wording.english import Notice, files_named, outcome_notice, say

_LATE = timedelta(minutes=5)
"""An answer that comes later than this after its question calls for a word."""


def unread_files(exchange: Exchange) -> list[str]:
    """Give the notice that files were not read; said once, not again where an answer goes on."""
    if exchange.goes_on:
        return []
    files = tuple(file for inbound in exchange.inbounds for file in inbound.attachments)
    return [say(Notice.UNREAD_FILES, names=files_named(files))] if files else []


def late_answer(exchange: Exchange, back_at: datetime | None, away_s: float) -> list[str]:
    """Give the notice that the bot was away, where that made an answer come late.

    What only waited behind other answers did so while the bot was there.

    Args:
        exchange: The question and its answer, which begins.
        back_at: When the bot began to listen again, the last time; None if it does not yet.
        away_s: How long it had not listened then.
    """
    if back_at is None or exchange.goes_on or not exchange.inbounds:
        return []
    written_at = discord.utils.snowflake_time(exchange.inbounds[0].message_id)
    late_s = (exchange.turn.created_at - written_at).total_seconds()
    if written_at > back_at or min(late_s, away_s) < _LATE.total_seconds():
        return []
    return [say(Notice.WAS_AWAY, when=discord.utils.format_dt(written_at, "R"))]


def below(event: Finished, work: Work, small_print: Iterable[str]) -> tuple[str, Buttons]:
    """Give all notices below an answer, how it ended first, and its buttons."""
    failure, has_text = event.failure, work.has_text
    model = work.display.model if work.display is not None else ""
    ended = outcome_notice(event.outcome, failure, model=model, has_text=has_text)
    buttons = buttons_after(
        event.outcome, failure.reason if failure is not None else None, has_text=has_text
    )
    return "\n".join(line for line in (ended, *small_print) if line), buttons
