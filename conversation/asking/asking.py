"""Ask for an answer: the chosen model first, then its fallbacks as long as nothing has come."""

import logging
from collections.abc import AsyncGenerator, Iterator, Mapping
from contextlib import aclosing
from dataclasses import replace

from conversation.asking.attempt import Attempt
from conversation.asking.breaker import Breaker
from conversation.asking.length_limit import LengthLimit
from conversation.asking.slots import Slots
from conversation.effective_settings import Choice
from conversation.entities import Exchange, Failure, FailureReason, Outcome
from conversation.errors import ModelNameError
from conversation.events import Finished, Queued, Shortened, StreamEvent, Switched
from conversation.meter import NO_METER, Meter
from conversation.ports.catalog import CatalogModel, ModelCatalog
from conversation.ports.provider import Provider
from conversation.stop_signal import StopSignal

log = logging.getLogger(__name__)

AskedEvent = Queued | Shortened | Switched | StreamEvent
"""What asking yields; `Finished` comes last."""

_REPLACEABLE = frozenset(
    {
        FailureReason.UNREACHABLE,
        FailureReason.NO_FIRST_TOKEN,
        FailureReason.CUT,
        FailureReason.GARBAGE,
        FailureReason.OVERLOADED,
        FailureReason.RATE_LIMITED,
        FailureReason.SERVER_ERROR,
        FailureReason.UNAUTHORIZED,
        FailureReason.FORBIDDEN,
        FailureReason.CAPTCHA,
        FailureReason.UNKNOWN_MODEL,
    }
)
"""Failures after which another model may do better. What a model objects to in the question itself
is its answer: models are not tried in turn until one does not mind."""


class Asking:
    """Ask models for an answer, and yield what the providers stream as the answer's events.

    Args:
        providers: The providers by their names.
        catalog: Which models there are.
        breaker: Knows which models are not worth asking.
        slots: Limits how many answers stream at once.
        most_chars: How long an answer may become.
        meter: Records how each attempt ended.
    """

    def __init__(
        self,
        providers: Mapping[str, Provider],
        catalog: ModelCatalog,
        *,
        breaker: Breaker,
        slots: Slots,
        most_chars: int,
        meter: Meter = NO_METER,
    ) -> None:
        self._providers = providers
        self._catalog = catalog
        self._breaker = breaker
        self._slots = slots
        self._most_chars = most_chars
        self._meter = meter

    def resolve(self, name: str) -> CatalogModel | Failure:
        """Return the model that a name means, or why there is none."""
        try:
            return self._catalog.resolve(name)
        except ModelNameError as error:
            return Failure(FailureReason.UNKNOWN_MODEL, nearest=error.candidates)

    async def answer(
        self, exchange: Exchange, choice: Choice, model: CatalogModel | Failure, stop: StopSignal
    ) -> AsyncGenerator[AskedEvent, None]:
        """Ask the model, and where it fails before the first token its fallbacks in turn.

        Ends with `Finished`: the chosen model's where none has answered. After a stop it is
        `stopped`, with everything upstream closed.
        """
        first: Finished | None = None
        if isinstance(model, Failure):
            first = Finished(Outcome.FAILED, model)
            self._meter.asked("", first)
        for candidate in self._candidates(choice, model):
            attempt = Attempt(
                candidate,
                None if first is None else first.failure,
                breaker=self._breaker,
                limit=LengthLimit(self._most_chars),
                meter=self._meter,
            )
            async with aclosing(self._asked(exchange, choice, attempt, stop)) as events:
                async for event in events:
                    yield event
            end = self._with_nearest(attempt)
            if attempt.has_begun or end.outcome is not Outcome.FAILED:
                yield end
                return
            first = first or end
            if not _is_replaceable(end):
                break
        if first is not None:
            yield first

    def _candidates(self, choice: Choice, model: CatalogModel | Failure) -> Iterator[CatalogModel]:
        """Yield the models to ask in turn, each once."""
        names: set[str] = set()
        if isinstance(model, CatalogModel):
            names.add(model.full_name)
            yield model
        for name in choice.fallback_models:
            found = self.resolve(name)
            if isinstance(found, Failure):
                log.warning("a fallback model is unknown: %s", name)
            elif found.full_name not in names:
                names.add(found.full_name)
                yield found

    async def _asked(
        self, exchange: Exchange, choice: Choice, attempt: Attempt, stop: StopSignal
    ) -> AsyncGenerator[AskedEvent, None]:
        """Ask one model when its turn comes, unless it is known how it would fail.

        Yields no `Finished`. When this generator is exhausted, everything upstream is closed, the
        slot is free again, and `attempt` has its end and has recorded it.
        """
        with attempt.recorded(), self._slots.slot(attempt.provider_name) as slot:
            stop.raise_if_set()
            if attempt.end_if_known_to_fail():
                return
            async with aclosing(slot.until_its_turn()) as turns:
                async for ahead in stop.until_set(turns):
                    yield Queued(ahead)
            if not attempt.admit(exchange, choice):
                return
            provider = self._providers[attempt.provider_name]
            while (request := attempt.next_request()) is not None:
                if request.left_out_turns:
                    yield Shortened(request.left_out_turns)
                async with aclosing(provider.stream(request.build())) as events:
                    async for event in stop.until_set(events):
                        for passed in attempt.take(event):
                            yield passed
                        if attempt.is_response_over:
                            stop.raise_if_set()
                            break

    def _with_nearest(self, attempt: Attempt) -> Finished:
        """Return the end, with names to choose instead where the service lacks the model."""
        end = attempt.end
        if end.failure is None or end.failure.reason is not FailureReason.UNKNOWN_MODEL:
            return end
        nearest = self._catalog.nearest(attempt.model.full_name)
        return replace(end, failure=replace(end.failure, nearest=nearest))


def _is_replaceable(end: Finished) -> bool:
    return end.failure is not None and end.failure.reason in _REPLACEABLE
