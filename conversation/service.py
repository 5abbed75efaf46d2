"""Answers a conversation: stores the question, asks the model, stores what came of it."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field

from conversation import history
from conversation.choosing import Choice, choice_at
from conversation.entities import (
    Exchange,
    Failure,
    FailureReason,
    Outcome,
    PlaceKey,
    TurnResult,
)
from conversation.errors import ModelNameError, StoreError
from conversation.events import (
    Began,
    Finished,
    ReasoningDelta,
    ReplyEvent,
    Shortened,
    StreamEvent,
    TextDelta,
)
from conversation.ports import CatalogModel, Entry, ModelCatalog, Provider, Request, Store
from conversation.stopping import StopRequestedError, StopSignal

log = logging.getLogger(__name__)

_STORE_LIMIT_S = 10.0
"""How long the last write of a turn may take when we are being cancelled."""


@dataclass(slots=True)
class _Answer:
    """What has come so far of one answer."""

    texts: list[str] = field(default_factory=list[str])
    thoughts: list[str] = field(default_factory=list[str])
    last: Finished | None = None

    def take(self, event: StreamEvent) -> None:
        match event:
            case TextDelta(text):
                self.texts.append(text)
            case ReasoningDelta(text):
                self.thoughts.append(text)
            case Finished():
                self.last = event

    def result(self) -> TurnResult:
        """Give what is to be stored; an answer without an end was interrupted."""
        last = self.last or Finished(Outcome.INTERRUPTED)
        return TurnResult(
            text="".join(self.texts) if last.text is None else last.text,
            outcome=last.outcome,
            failure=last.failure.reason if last.failure else None,
            reasoning="".join(self.thoughts),
            usage=last.usage,
            resume=last.resume if last.outcome is Outcome.COMPLETE else None,
        )


class ConversationService:
    """The way of a question to its answer, for any provider, any store and no Discord.

    Args:
        store: Where everything is kept; not owned.
        providers: The providers by their names.
        catalog: Which models there are.
        default_model: The model where neither a place nor its channel has one.
        default_system_prompt: Likewise the system prompt; may be empty.
    """

    def __init__(
        self,
        store: Store,
        providers: Mapping[str, Provider],
        catalog: ModelCatalog,
        *,
        default_model: str,
        default_system_prompt: str = "",
    ) -> None:
        self._store = store
        self._providers = providers
        self._catalog = catalog
        self._default_model = default_model
        self._default_system_prompt = default_system_prompt

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
        model, unknown = self._resolve(choice.model)
        exchange = await self._store.begin(
            conversation_id,
            model=model.full_name if model else choice.model,
            parameters=choice.parameters,
        )
        if exchange is None:
            return
        answer = _Answer()
        try:
            yield Began(exchange)
            if model is None:
                answer.last = Finished(Outcome.FAILED, unknown)
            else:
                async with aclosing(self._asked(exchange, choice, model, stop)) as events:
                    async for event in events:
                        if not isinstance(event, Shortened):
                            answer.take(event)
                        if not isinstance(event, Finished):
                            yield event
            await self._store.finish(exchange.turn.id, answer.result())
        except BaseException:
            await self._keep(exchange, answer)
            raise
        yield answer.last or Finished(Outcome.INTERRUPTED)

    def _resolve(self, name: str) -> tuple[CatalogModel | None, Failure | None]:
        try:
            return self._catalog.resolve(name), None
        except ModelNameError as error:
            return None, Failure(FailureReason.UNKNOWN_MODEL, nearest=error.candidates)

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
            request = Request(model_name, entries, system_prompt, choice.parameters)
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

    async def _keep(self, exchange: Exchange, answer: _Answer) -> None:
        """Store what came before we were cut off, whatever cut us off."""
        turn_id = exchange.turn.id
        try:
            async with asyncio.timeout(_STORE_LIMIT_S):
                await asyncio.shield(self._store.finish(turn_id, answer.result()))
        except (StoreError, TimeoutError):
            log.exception("turn %d could not be stored", turn_id)


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
