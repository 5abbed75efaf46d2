"""The way of a question to its answer, for any provider, any store and no Discord."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass

from conversation.asking.asking import Asking
from conversation.effective_settings import Choice, Defaults, choice_at
from conversation.entities import (
    ClickVerdict,
    Ending,
    Exchange,
    Failure,
    Outcome,
    PlaceKey,
    Press,
    TurnResult,
)
from conversation.events import ReplyEvent
from conversation.ports.catalog import CatalogModel
from conversation.ports.places import PlaceStore
from conversation.ports.turns import TurnStore
from conversation.stop_signal import StopSignal

GO_ON = "Go on exactly where you stopped: repeat nothing, introduce nothing."
"""What a model is told so that it goes on with its answer."""


@dataclass(frozen=True, slots=True)
class Assignment:
    """An answer that is to be given, and by whom."""

    exchange: Exchange
    choice: Choice
    model: CatalogModel | Failure


class ConversationService:
    """Finds what is to be answered, asks for it, and stores what came of it.

    Args:
        turns: Where questions and answers are kept; not owned.
        places: Where settings are kept; not owned.
        asking: Asks the models.
        defaults: What is in force where neither a place nor its channel has anything set.
    """

    def __init__(
        self, turns: TurnStore, places: PlaceStore, asking: Asking, defaults: Defaults
    ) -> None:
        self._turns = turns
        self._places = places
        self._asking = asking
        self._defaults = defaults

    async def choice(self, place: PlaceKey) -> Choice:
        """Return the model and the settings in force at a place.

        Raises:
            StoreError: They could not be read.
        """
        return await choice_at(self._places, place, self._defaults)

    async def next_assignment(self, conversation_id: int) -> Assignment | None:
        """Return the next answer to be given in a conversation, as stored; None if there is none.

        One conversation must not be answered twice at once: the caller sees to that.

        Raises:
            StoreError: It could not be read or stored.
        """
        conversation = await self._places.conversation(conversation_id)
        if conversation is None:
            return None
        choice = await self.choice(conversation.place)
        model = self._asking.resolve(choice.model)
        exchange = await self._turns.next_exchange(
            conversation_id,
            model=choice.model if isinstance(model, Failure) else model.full_name,
            parameters=choice.parameters,
        )
        return None if exchange is None else Assignment(exchange, choice, model)

    def stream(self, assignment: Assignment, stop: StopSignal) -> AsyncGenerator[ReplyEvent, None]:
        """Ask, and yield what comes; `Finished` last. Nothing is stored before `finish`.

        With the stop signal set the upstream is closed at once and the end is `stopped`.
        """
        return self._asking.answer(assignment.exchange, assignment.choice, assignment.model, stop)

    async def finish(self, turn_id: int, result: TurnResult) -> Ending:
        """Store how an answer ended; see `TurnStore.finish`.

        Raises:
            StoreError: It could not be stored.
        """
        return await self._turns.finish(turn_id, result)

    async def stop_before_it_begins(self, turn_id: int) -> None:
        """End an answer that is still to be asked for.

        Raises:
            StoreError: It could not be stored.
        """
        await self._turns.finish(turn_id, TurnResult("", Outcome.STOPPED))

    async def answer_again(self, press: Press) -> ClickVerdict:
        """Have the question of an ended answer asked again; see `TurnStore.answer_again`.

        Raises:
            StoreError: It could not be stored.
        """
        return await self._turns.answer_again(press)

    async def continue_answer(self, press: Press) -> ClickVerdict:
        """Have an ended answer gone on with; see `TurnStore.continue_answer`.

        Raises:
            StoreError: It could not be stored.
        """
        return await self._turns.continue_answer(press, GO_ON)
