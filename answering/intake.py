"""Writes messages that are meant for the bot, before anything else happens to them."""

import asyncio
import logging
from dataclasses import dataclass

from answering.gate import Gate
from answering.notifier import Notifier
from answering.outage import OutageNotices
from answering.worker import Worker
from conversation.day import day_of
from conversation.entities import Limits, Received, Spot, Verdict
from conversation.errors import StoreError
from conversation.notices import Notice
from conversation.ports.clock import Now
from conversation.ports.queue import InboundQueue
from conversation.store_failures import report

log = logging.getLogger(__name__)

_STORED_AT_ONCE = 256
"""So many messages wait for the store at once, behind what answering writes: neither starves."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much is taken in.

    `queue_limit` is how many messages may wait in one conversation; `turns_per_day` how many
    answers a person may have a day (UTC), None for no limit.
    """

    queue_limit: int
    turns_per_day: int | None


class Intake:
    """Takes messages in, and what their authors make of them later.

    What the store does not take is not heard: it is read again when the store can be used, as after
    an absence, and its author is told so.

    Args:
        bounds: How much is taken in.
        queue: Where messages are written.
        notifier: Tells why one is not taken.
        worker: Answers what is taken.
        gate: Told of what was not heard.
        outage: Tells people that they are answered later.
        now: The wall clock.
    """

    def __init__(
        self,
        bounds: Bounds,
        queue: InboundQueue,
        notifier: Notifier,
        worker: Worker,
        gate: Gate,
        outage: OutageNotices,
        now: Now,
    ) -> None:
        self._bounds = bounds
        self._queue = queue
        self._notifier = notifier
        self._worker = worker
        self._gate = gate
        self._outage = outage
        self._now = now
        self._room = asyncio.Semaphore(_STORED_AT_ONCE)

    async def take(self, received: Received) -> bool:
        """Write a message and have it answered; return whether the store has it."""
        spot = _spot_of(received)
        try:
            async with self._room:
                receipt = await self._queue.receive(received, self._limits())
        except StoreError as error:
            self.not_heard(error, spot, received.author_id)
            return False
        match receipt.verdict:
            case Verdict.ACCEPTED:
                self._worker.wake(receipt.conversation_id, spot=spot, author_id=received.author_id)
            case Verdict.REPEATED | Verdict.COVERED:
                log.debug("message %d: %s", received.message_id, receipt.verdict)
            case Verdict.QUEUE_FULL | Verdict.QUOTA_SPENT:
                if receipt.notice_id is not None:
                    self._notifier.post(receipt.notice_id)
        return True

    async def tell(self, notice: Notice) -> bool:
        """Tell why a message is not taken; return whether that is stored, and so will be told.

        While the store cannot be used nobody is promised an answer to what would have none: the
        message is read again, and told of then.
        """
        try:
            await self._notifier.tell(notice)
        except StoreError as error:
            report(
                log, error, "why message %d is not taken was not told", notice.answers_message_id
            )
            self._gate.lose_track(
                Spot(notice.channel_id, notice.guild_id, notice.answers_message_id)
            )
            return False
        return True

    async def is_known(self, message_id: int) -> bool:
        """Return whether a message is stored.

        Raises:
            StoreError: That could not be read.
        """
        return await self._queue.is_known(message_id)

    async def revise(self, message_id: int, text: str) -> None:
        """Record what a message says now; empty where it says nothing to us any more.

        That counts while it waits.
        """
        try:
            is_known = await self._queue.is_known(message_id)
            if is_known and await self._queue.revise(message_id, text):
                log.debug("message %d was edited while it waited", message_id)
        except StoreError as error:
            self.not_heard(error)

    async def withdraw(self, message_id: int) -> None:
        """Record that a message is gone: it is not answered, or its answer is stopped."""
        try:
            if not await self._queue.is_known(message_id):
                return
            inbound = await self._queue.withdraw(message_id)
        except StoreError as error:
            self.not_heard(error)
            return
        if inbound is not None and inbound.turn_id is not None:
            self._worker.running.stop_answer_to(inbound.turn_id, inbound.author_id)

    async def withdraw_in(self, channel_id: int) -> None:
        """Record that a place is gone: nothing that waits there is answered."""
        try:
            count = await self._queue.withdraw_in(channel_id)
        except StoreError as error:
            self.not_heard(error)
            return
        if count:
            log.info("channel %d is gone, and with it %d messages that waited", channel_id, count)

    def not_heard(self, error: StoreError, spot: Spot | None = None, author_id: int = 0) -> None:
        """Record that the store did not take something, which is to be read again."""
        report(log, error, "something was not heard")
        self._gate.lose_track(spot)
        if spot is not None:
            self._outage.tell(spot, author_id)

    def _limits(self) -> Limits:
        began_at, ends_at = day_of(self._now())
        return Limits(self._bounds.queue_limit, self._bounds.turns_per_day, began_at, ends_at)


def _spot_of(received: Received) -> Spot:
    """Return where a notice about a message goes."""
    place = received.place
    return Spot(place.channel_id, place.guild_id, received.message_id)
