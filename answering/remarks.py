"""What is to be said in small print under an answer, beside how it ended."""

from datetime import UTC, datetime, timedelta
from typing import Protocol

from conversation.day import day_of
from conversation.entities import Exchange, Inbound
from conversation.notices import Remark, RemarkKind

_LATE = timedelta(minutes=5)
"""An answer that comes later than this after its question calls for a word."""
_WARN_AT_LEFT = 3
"""From how many answers left on a person is told that the day's are running out."""
_EPOCH_MS = 1_420_070_400_000
"""The first second of 2015, from which Discord's ids count milliseconds (documentation,
"Snowflakes")."""


class Absence(Protocol):
    """When the bot was last away."""

    @property
    def back_at(self) -> datetime | None:
        """When it began to listen again, the last time; None if it does not yet."""
        ...

    @property
    def away_s(self) -> float:
        """How long it had not listened then."""
        ...


def about_question(
    exchange: Exchange, absence: Absence, turns_per_day: int | None = None
) -> list[Remark]:
    """Return the remarks that follow from what is answered; none where an answer goes on.

    Args:
        exchange: The question.
        absence: When the bot was away.
        turns_per_day: How many answers a person may have a day; None for no limit.
    """
    if exchange.goes_on:
        return []
    found: list[Remark] = []
    names = tuple(it.name for inbound in exchange.inbounds for it in inbound.attachments)
    if names:
        found.append(Remark(RemarkKind.UNREAD_FILES, {"names": names}))
    if exchange.presser_id is None and exchange.inbounds:
        found += _quota_near(exchange.inbounds[-1], turns_per_day)
        found += _late_answer(exchange, absence)
    return found


def _quota_near(inbound: Inbound, limit: int | None) -> list[Remark]:
    """Return the remark that few turns of the day are left, where that is so."""
    left, received_at = inbound.left_today, inbound.received_at
    if limit is None or left is None or received_at is None:
        return []
    if left > min(_WARN_AT_LEFT, limit // 2):
        return []
    _, renews_at = day_of(received_at)
    fields = {"left": left, "limit": limit, "when": renews_at.timestamp()}
    return [Remark(RemarkKind.QUOTA_NEAR, fields)]


def written_at(message_id: int) -> datetime:
    """Return when a Discord message was written, by its id."""
    return datetime.fromtimestamp(((message_id >> 22) + _EPOCH_MS) / 1000, UTC)


def _late_answer(exchange: Exchange, absence: Absence) -> list[Remark]:
    """Return the remark that the bot was away, where that made an answer come late.

    What only waited behind other answers did so while the bot was there.
    """
    back_at = absence.back_at
    asked_at = written_at(exchange.inbounds[0].message_id)
    if back_at is None or asked_at > back_at:
        return []
    late_s = (exchange.turn.created_at - asked_at).total_seconds()
    if min(late_s, absence.away_s) <= _LATE.total_seconds():
        return []
    return [Remark(RemarkKind.WAS_AWAY, {"when": asked_at.timestamp()})]
