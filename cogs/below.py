"""What stands below an answer: how it ended, what is to be said with it, and its buttons."""

from collections.abc import Iterable

from cogs.work import Work
from conversation.entities import Exchange
from conversation.events import Finished
from rendering.buttons import Buttons, buttons_after
from rendering.notices import Notice, files_named, outcome_notice, say


def unread_files(exchange: Exchange) -> list[str]:
    """Give the notice that files were not read; said once, not again where an answer goes on."""
    if exchange.goes_on:
        return []
    files = tuple(file for inbound in exchange.inbounds for file in inbound.attachments)
    return [say(Notice.UNREAD_FILES, names=files_named(files))] if files else []


def below(event: Finished, work: Work, small_print: Iterable[str]) -> tuple[str, Buttons]:
    """Give all notices below an answer, how it ended first, and its buttons."""
    failure, has_text = event.failure, work.has_text
    model = work.display.model if work.display is not None else ""
    ended = outcome_notice(event.outcome, failure, model=model, has_text=has_text)
    buttons = buttons_after(
        event.outcome, failure.reason if failure is not None else None, has_text=has_text
    )
    return "\n".join(line for line in (ended, *small_print) if line), buttons
