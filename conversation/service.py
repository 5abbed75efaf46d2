"""Answers a conversation: stores the question, asks the model, stores what came of it."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Generator, Mapping
from contextlib import aclosing, contextmanager
from dataclasses import replace

from conversation import history
from conversation.checkpoints import Answer, Checkpoints
from conversation.choosing import Choice, choice_at
from conversation.entities import (
    Exchange,
    Failure,
    FailureReason,
    Outcome,
    PlaceKey,
)
from conversation.errors import ModelNameError, StoreError
from conversation.events import (
    Began,
    Finished,
    ReplyEvent,
    Shortened,
    StreamEvent,
)
from conversation.meter import NO_METER, Meter
from conversation.ports import CatalogModel, Entry, ModelCatalog, Provider, Request, Store
from conversation.stopping import StopRequestedError, StopSignal

log = logging.getLogger(__name__)

_STORE_LIMIT_S = 10.0
"""How long the last write of a turn may take when we are being cancelled."""


class ConversationService:
    """The way of a question to its answer, for any provider, any store and no Discord.

    Args:
        store: Where everything is kept; not owned.
        providers: The providers by their names.
        catalog: Which models there are.
        default_model: The model where neither a place nor its channel has one.
        default_system_prompt: Likewise the system prompt; may be empty.
        meter: Takes how answers end.
    """

    def __init__(
        self,
        store: Store,
        providers: Mapping[str, Provider],
        catalog: ModelCatalog,
        *,
        default_model: str,
        default_system_prompt: str = "",
        meter: Meter = NO_METER,
    ) -> None:
        self._store = store
        self._providers = providers
        self._catalog = catalog
        self._default_model = default_model
        self._default_system_prompt = default_system_prompt
        self._meter = meter
        self.checkpoints = Checkpoints(store)
        """Keeps what streams; whoever made the service runs it."""

    async def choice(self, place: PlaceKey) -> Choice:
        """Find the model and the settings in force at a place."""
        return await choice_at(
            self._store,
            place,
            default_model=self._default_model,
            default_system_prompt=self._default_system_prompt,
        )

    async def reply(
        self, conversation_id: int, stop: StopSignal
    ) -> AsyncGenerator[ReplyEvent, None]:
        """Answer everything that waits in a conversation, in one turn.

        Yields `Began` first, when the question and an empty answer are stored, and `Finished`
        last, when the answer is stored too; nothing at all when nothing waits. With the stop
        signal set the upstream is closed at once and the answer is stored as stopped. Closing or
        cancelling this generator stores it as interrupted.

        One conversation must not be answered twice at once: the caller sees to that.

        Raises:
            StoreError: The question could not be stored (then nothing was asked), or the answer
                could not (then it has been shown and is lost to the next turn).
        """
        conversation = await self._store.conversation(conversation_id)
        if conversation is None:
            return
        choice = await self.choice(conversation.place)
        model = self._resolve(choice.model)
        exchange = await self._store.begin(
            conversation_id,
            model=choice.model if isinstance(model, Failure) else model.full_name,
            parameters=choice.parameters,
        )
        if exchange is not None:
            events = self._answered(exchange, choice, model, stop)
            async with aclosing(events):
                async for event in events:
                    yield event

    async def again(self, turn_id: int, stop: StopSignal) -> AsyncGenerator[ReplyEvent, None]:
        """Ask the question of an ended answer again, for an answer that takes over its reply.

        As `reply`; yields nothing unless that answer is the last thing in its conversation.

        Raises:
            StoreError: See `reply`.
        """
        shown = await self._store.shown_turn(turn_id)
        if shown is None:
            return
        choice = await self.choice(shown.conversation.place)
        model = self._resolve(choice.model)
        exchange = await self._store.answer_again(
            turn_id,
            model=choice.model if isinstance(model, Failure) else model.full_name,
            parameters=choice.parameters,
        )
        if exchange is not None:
            events = self._answered(exchange, choice, model, stop)
            async with aclosing(events):
                async for event in events:
                    yield event

    async def _answered(
        self,
        exchange: Exchange,
        choice: Choice,
        model: CatalogModel | Failure,
        stop: StopSignal,
    ) -> AsyncGenerator[ReplyEvent, None]:
        """Ask, and store what comes of it, however it ends."""
        with self.checkpoints.tracked(exchange.turn.id) as answer, self._metered(answer, model):
            try:
                yield Began(exchange)
                if isinstance(model, Failure):
                    answer.last = Finished(Outcome.FAILED, model)
                else:
                    events = self._asked(exchange, choice, model, stop)
                    async with aclosing(events):
                        async for event in events:
                            if isinstance(event, Finished):
                                answer.take(self._with_nearest(event, model.full_name))
                                break
                            if not isinstance(event, Shortened):
                                answer.take(event)
                            yield event
                await self._store.finish(exchange.turn.id, answer.result())
            except StoreError:
                if not await self._keep(exchange, answer):
                    raise
            except BaseException:
                await self._keep(exchange, answer)
                raise
        yield answer.last or Finished(Outcome.INTERRUPTED)

    @contextmanager
    def _metered(
        self, answer: Answer, model: CatalogModel | Failure
    ) -> Generator[None, None, None]:
        """Tell the meter how an answer ends, however the context is left."""
        provider = "" if isinstance(model, Failure) else model.full_name.partition("/")[0]
        try:
            yield
        finally:
            self._meter.asked(provider, answer.last or Finished(Outcome.INTERRUPTED))

    def _resolve(self, name: str) -> CatalogModel | Failure:
        try:
            return self._catalog.resolve(name)
        except ModelNameError as error:
            return Failure(FailureReason.UNKNOWN_MODEL, nearest=error.candidates)

    def _with_nearest(self, event: Finished, full_name: str) -> Finished:
        """Add names to choose instead, where the service itself does not know the model."""
        failure = event.failure
        if failure is None or failure.reason is not FailureReason.UNKNOWN_MODEL:
            return event
        return replace(event, failure=replace(failure, nearest=self._catalog.nearest(full_name)))

    async def _asked(
        self, exchange: Exchange, choice: Choice, model: CatalogModel, stop: StopSignal
    ) -> AsyncGenerator[StreamEvent | Shortened, None]:
        """Ask until the request is short enough for the model; ends with `Finished`."""
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
            async with aclosing(_stoppable(provider, request, stop)) as events:
                has_begun = False
                async for event in events:
                    if not has_begun and _may_be_halved(event, entries):
                        break
                    has_begun = True
                    yield event
                else:
                    return
            entries = history.halved(entries)

    async def _keep(self, exchange: Exchange, answer: Answer) -> bool:
        """Store what came before we were cut off, whatever it was; tell whether it is stored."""
        turn_id = exchange.turn.id
        try:
            async with asyncio.timeout(_STORE_LIMIT_S):
                await asyncio.shield(self._store.finish(turn_id, answer.result()))
        except (StoreError, TimeoutError):
            log.exception("turn %d could not be stored", turn_id)
            return False
        return True


def _may_be_halved(event: StreamEvent, entries: tuple[Entry, ...]) -> bool:
    """Tell whether a provider has refused a request that can still be made shorter."""
    if not isinstance(event, Finished) or event.failure is None:
        return False
    is_too_long = event.failure.reason is FailureReason.TOO_LONG
    return is_too_long and event.outcome is Outcome.FAILED and len(entries) > 1


async def _stoppable(
    provider: Provider, request: Request, stop: StopSignal
) -> AsyncGenerator[StreamEvent, None]:
    """Yield a provider's events; when stopped, close it and end as stopped."""
    async with aclosing(provider.stream(request)) as events:
        try:
            while True:
                event = await stop.next(events)
                yield event
                if isinstance(event, Finished):
                    return
        except StopRequestedError:
            pass
    yield Finished(Outcome.STOPPED)
