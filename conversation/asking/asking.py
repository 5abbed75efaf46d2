"""Asks for an answer: the chosen model in its turn, then those that are asked where it fails."""

import logging
from collections.abc import AsyncGenerator, Generator, Iterator, Mapping, Sequence
from contextlib import aclosing, contextmanager
from dataclasses import dataclass, field, replace
from typing import TypeGuard

from conversation import history
from conversation.asking.breaker import Breaker
from conversation.asking.length_limit import AnswerBound
from conversation.asking.slots import Slots
from conversation.effective_settings import Choice
from conversation.entities import Exchange, Failure, FailureReason, Outcome
from conversation.errors import ModelNameError
from conversation.events import (
    Finished,
    Queued,
    ReasoningDelta,
    Shortened,
    StreamEvent,
    Switched,
    TextDelta,
)
from conversation.meter import NO_METER, Meter
from conversation.ports import CatalogModel, Entry, ModelCatalog, Provider, Request
from conversation.stop_signal import StopRequestedError, StopSignal

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
"""After which another model may do better. What a model says of the question itself is its answer:
nobody is asked until one is found that does not mind."""


@dataclass(slots=True)
class _Attempt:
    """One model being asked."""

    end: Finished = field(default_factory=lambda: Finished(Outcome.INTERRUPTED))
    is_admitted: bool = False
    """Whether its provider is being asked indeed."""
    has_begun: bool = False


class Asking:
    """Turns a stored question into requests, and what providers tell into the answer's events.

    Args:
        providers: The providers by their names.
        catalog: Which models there are.
        breaker: Knows which models are not worth asking.
        slots: Bounds how many stream at once.
        most_chars: How long an answer may become.
        meter: Takes how each model that was tried ended.
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
        """Find the model that is meant, or say why there is none."""
        try:
            return self._catalog.resolve(name)
        except ModelNameError as error:
            return Failure(FailureReason.UNKNOWN_MODEL, nearest=error.candidates)

    async def answer(
        self, exchange: Exchange, choice: Choice, model: CatalogModel | Failure, stop: StopSignal
    ) -> AsyncGenerator[AskedEvent, None]:
        """Ask the model, and where it fails before the first token those that may replace it.

        Ends with `Finished`: the first model's where none has answered. After a stop it is
        `stopped`, with everything upstream closed.
        """
        lost: list[Finished] = []
        if isinstance(model, Failure):
            lost.append(Finished(Outcome.FAILED, model))
            self._meter.asked("", lost[0])
        for candidate in self._candidates(choice, model):
            before = len(lost)
            events = _unless_lost(self._tried(exchange, choice, candidate, stop), candidate, lost)
            async with aclosing(events):
                async for event in events:
                    yield event
            if len(lost) == before:
                return
            if not _is_replaceable(lost[-1]):
                break
        yield lost[0]

    def _candidates(self, choice: Choice, model: CatalogModel | Failure) -> Iterator[CatalogModel]:
        """Give the models to be asked in turn, each once."""
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

    async def _tried(
        self, exchange: Exchange, choice: Choice, model: CatalogModel, stop: StopSignal
    ) -> AsyncGenerator[Queued | Shortened | StreamEvent, None]:
        """Ask one model, and take in how it ends before anybody else does."""
        attempt = _Attempt()
        with self._noted(model, attempt):
            async with aclosing(self._in_turn(exchange, choice, model, attempt)) as events:
                try:
                    while not isinstance(event := await stop.next(events), Finished):
                        if not attempt.has_begun and isinstance(event, TextDelta | ReasoningDelta):
                            attempt.has_begun = True
                            self._breaker.lives(model.full_name)
                        yield event
                    attempt.end = event
                except StopRequestedError:
                    attempt.end = Finished(Outcome.STOPPED)
        yield attempt.end

    @contextmanager
    def _noted(self, model: CatalogModel, attempt: _Attempt) -> Generator[None, None, None]:
        """Tell the breaker and the meter how an attempt ends, however the context is left."""
        try:
            yield
        finally:
            if attempt.is_admitted:
                self._breaker.note(model.full_name, attempt.end)
            self._meter.asked(model.full_name.partition("/")[0], attempt.end)

    async def _in_turn(
        self, exchange: Exchange, choice: Choice, model: CatalogModel, attempt: _Attempt
    ) -> AsyncGenerator[Queued | Shortened | StreamEvent, None]:
        """Ask one model when it is this answer's turn, unless it is known how it would fail."""
        known = self._breaker.known_failure(model.full_name)
        if known is not None:
            yield Finished(Outcome.FAILED, known)
            return
        with self._slots.slot(model.full_name.partition("/")[0]) as slot:
            async with aclosing(slot.until_its_turn()) as turns:
                async for ahead in turns:
                    yield Queued(ahead)
            known = self._breaker.admit(model.full_name)
            if known is not None:
                yield Finished(Outcome.FAILED, known)
                return
            attempt.is_admitted = True
            async with aclosing(self._bounded(exchange, choice, model)) as events:
                async for event in events:
                    yield event

    async def _bounded(
        self, exchange: Exchange, choice: Choice, model: CatalogModel
    ) -> AsyncGenerator[Shortened | StreamEvent, None]:
        """Ask one model for no longer an answer than is allowed."""
        bound = AnswerBound(self._most_chars)
        async with aclosing(self._fitted(exchange, choice, model)) as events:
            async for event in events:
                if isinstance(event, Shortened):
                    yield event
                    continue
                for left in bound.take(event):
                    yield left
                    if isinstance(left, Finished):
                        return

    async def _fitted(
        self, exchange: Exchange, choice: Choice, model: CatalogModel
    ) -> AsyncGenerator[StreamEvent | Shortened, None]:
        """Ask until the request is short enough for the model."""
        system_prompt = history.instructions(choice.system_prompt, exchange.path)
        whole = history.entries_of(exchange.path)
        entries = whole
        if model.context_tokens is not None:
            entries = history.shortened(
                whole, system_prompt, model.context_tokens, choice.parameters.max_tokens
            )
        provider_name, _, model_name = model.full_name.partition("/")
        provider = self._providers[provider_name]
        while True:
            if len(entries) < len(whole):
                yield Shortened(len(whole) - len(entries))
            request = Request(
                model_name, history.alternating(entries), system_prompt, choice.parameters
            )
            async with aclosing(provider.stream(request)) as events:
                has_begun = False
                async for event in events:
                    if not has_begun and _may_be_halved(event, entries):
                        break
                    has_begun = True
                    is_end = isinstance(event, Finished)
                    yield self._with_nearest(event, model.full_name) if is_end else event
                else:
                    return
            entries = history.halved(entries)

    def _with_nearest(self, event: Finished, full_name: str) -> Finished:
        """Add names to choose instead, where the service itself does not know the model."""
        failure = event.failure
        if failure is None or failure.reason is not FailureReason.UNKNOWN_MODEL:
            return event
        return replace(event, failure=replace(failure, nearest=self._catalog.nearest(full_name)))


async def _unless_lost(
    events: AsyncGenerator[Queued | Shortened | StreamEvent, None],
    model: CatalogModel,
    lost: list[Finished],
) -> AsyncGenerator[AskedEvent, None]:
    """Yield what a model answers; where it fails before the first token, add its end to `lost`.

    Its own end does not matter to anybody where others were lost before: theirs is told.
    """
    has_begun = False
    async with aclosing(events):
        async for event in events:
            if not has_begun and not isinstance(event, Queued | Shortened):
                has_begun = True
                if _is_lost(event, lost):
                    lost.append(event)
                    return
                failure = lost[0].failure if lost else None
                if failure is not None and not _is_stopped(event):
                    yield Switched(model.full_name, failure)
            yield event


def _is_lost(event: StreamEvent, lost: Sequence[Finished]) -> TypeGuard[Finished]:
    """Tell whether a model's first event says that another one should be asked, or should have."""
    if not isinstance(event, Finished) or event.outcome is not Outcome.FAILED:
        return False
    return bool(lost) or _is_replaceable(event)


def _is_stopped(event: StreamEvent) -> bool:
    return isinstance(event, Finished) and event.outcome is Outcome.STOPPED


def _is_replaceable(end: Finished) -> bool:
    return end.failure is not None and end.failure.reason in _REPLACEABLE


def _may_be_halved(event: StreamEvent, entries: tuple[Entry, ...]) -> bool:
    """Tell whether a provider has refused a request that can still be made shorter."""
    if not isinstance(event, Finished) or event.failure is None:
        return False
    is_too_long = event.failure.reason is FailureReason.TOO_LONG
    return is_too_long and event.outcome is Outcome.FAILED and len(entries) > 1
