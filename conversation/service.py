"""Answers a conversation: stores the question, asks the model, stores what came of it."""

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import aclosing
from functools import partial
from typing import Protocol

from conversation.asking.asking import Asking
from conversation.checkpoints import Answer, Checkpoints
from conversation.effective_settings import Choice, choice_at
from conversation.entities import (
    Exchange,
    Failure,
    Outcome,
    Parameters,
    PlaceKey,
)
from conversation.errors import StoreError
from conversation.events import (
    Began,
    Finished,
    ReplyEvent,
)
from conversation.ports import CatalogModel, Store
from conversation.stop_signal import StopSignal

log = logging.getLogger(__name__)

_STORE_LIMIT_S = 10.0
"""How long the last write of a turn may take when we are being cancelled."""

GO_ON = "Go on exactly where you stopped: repeat nothing, introduce nothing."
"""What a model is told so that it goes on with its answer."""


class _TakeUp(Protocol):
    async def __call__(self, *, model: str, parameters: Parameters) -> Exchange | None: ...


class ConversationService:
    """The way of a question to its answer, for any provider, any store and no Discord.

    Args:
        store: Where everything is kept; not owned.
        asking: Asks the models.
        default_model: The model where neither a place nor its channel has one.
        default_system_prompt: Likewise the system prompt; may be empty.
        default_fallbacks: Likewise the models that are asked where that one fails, in turn.
    """

    def __init__(
        self,
        store: Store,
        asking: Asking,
        *,
        default_model: str,
        default_system_prompt: str = "",
        default_fallbacks: tuple[str, ...] = (),
    ) -> None:
        self._store = store
        self._asking = asking
        self._default_model = default_model
        self._default_system_prompt = default_system_prompt
        self._default_fallbacks = default_fallbacks
        self.checkpoints = Checkpoints(store)
        """Keeps what streams; whoever made the service runs it."""

    async def choice(self, place: PlaceKey) -> Choice:
        """Find the model and the settings in force at a place."""
        return await choice_at(
            self._store,
            place,
            default_model=self._default_model,
            default_system_prompt=self._default_system_prompt,
            default_fallbacks=self._default_fallbacks,
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
        model = self._asking.resolve(choice.model)
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

    def again(
        self, turn_id: int, stop: StopSignal, presser_id: int | None = None
    ) -> AsyncGenerator[ReplyEvent, None]:
        """Ask the question of an ended answer again, for an answer that takes over its reply.

        As `reply`; yields nothing unless that answer is the last thing in its conversation. It is
        one of the turns of the day of whoever pressed a button for it.

        Raises:
            StoreError: See `reply`.
        """
        take_up = partial(self._store.answer_again, turn_id, presser_id=presser_id)
        return self._taken_up(turn_id, take_up, stop)

    def go_on(
        self, turn_id: int, stop: StopSignal, presser_id: int | None = None
    ) -> AsyncGenerator[ReplyEvent, None]:
        """Have an ended answer gone on with, in an answer with a reply of its own; as `again`."""
        take_up = partial(self._store.go_on, turn_id, GO_ON, presser_id=presser_id)
        return self._taken_up(turn_id, take_up, stop)

    async def _taken_up(
        self, turn_id: int, take_up: _TakeUp, stop: StopSignal
    ) -> AsyncGenerator[ReplyEvent, None]:
        shown = await self._store.shown_turn(turn_id)
        if shown is None:
            return
        choice = await self.choice(shown.conversation.place)
        model = self._asking.resolve(choice.model)
        exchange = await take_up(
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
        with self.checkpoints.tracked(exchange.turn.id) as answer:
            try:
                yield Began(exchange)
                events = self._asking.answer(exchange, choice, model, stop)
                async with aclosing(events):
                    async for event in events:
                        answer.take(event)
                        if isinstance(event, Finished):
                            break
                        yield event
                await self._store.finish(exchange.turn.id, answer.result())
            except StoreError:
                if not await self._keep(exchange, answer):
                    raise
            except BaseException:
                await self._keep(exchange, answer)
                raise
        yield answer.last or Finished(Outcome.INTERRUPTED)

    async def _keep(self, exchange: Exchange, answer: Answer) -> bool:
        """Store what came before we were cut off, whatever it was; tell whether it is stored."""
        turn_id = exchange.turn.id
        try:
            async with asyncio.timeout(_STORE_LIMIT_S):
                await asyncio.shield(self._store.finish(turn_id, answer.result()))
        except (StoreError, TimeoutError) as error:
            self.checkpoints.owe(turn_id, answer.result())
            log.warning("turn %d could not be stored yet: %s", turn_id, error)
            return False
        return True
