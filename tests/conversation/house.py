"""The core with everything real around it: a store in a file, providers, and their stand-ins."""

from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from conversation.answer import Answer
from conversation.asking.asking import Asking
from conversation.asking.breaker import Breaker
from conversation.asking.slots import Slots
from conversation.day import day_of
from conversation.effective_settings import Defaults
from conversation.entities import Limits, PlaceKey, Received, Shown, Verdict
from conversation.events import Finished, ReplyEvent, TextDelta
from conversation.service import ConversationService
from conversation.stop_signal import StopSignal
from sandbox.models.openai.server import OpenAIServer
from sandbox.models.playground.server import PlaygroundServer
from sandbox.models.script import Script
from storage.sqlite.store import Store
from tests.contracts.provider_stands import QUICK
from tests.storage.opened import Clock, opened_sqlite
from upstream.catalog import Catalog
from upstream.openai.provider import OpenAICompatible
from upstream.playground.provider import Playground
from upstream.wire.session import open_session

DIRECT = PlaceKey(100)
CHANNEL = PlaceKey(200, guild_id=9)
THREAD = PlaceKey(300, guild_id=9, parent_channel_id=200)
ANN, BEN = 1, 2
MODEL = "allenai/tulu3-405b"
LOCAL = "local/demo"


@dataclass
class House:
    """A service with the servers behind it; the local one lists its models when it is asked."""

    service: ConversationService
    store: Store
    catalog: Catalog
    playground: PlaygroundServer
    local: OpenAIServer
    clock: Clock
    breaker: Breaker
    slots: Slots
    """Two answers may stream at once."""
    _ids: Iterator[int] = field(default_factory=lambda: count(1))

    async def say(self, text: str, *, place: PlaceKey = THREAD, author_id: int = ANN) -> int:
        """Let somebody say something; give the conversation."""
        name = {ANN: "ann", BEN: "ben"}[author_id]
        message = Received(next(self._ids), place, author_id, name, text)
        began_at, ends_at = day_of(self.clock.now())
        limits = Limits(10, None, began_at, ends_at)
        receipt = await self.store.queue.receive(message, limits)
        assert receipt.verdict is Verdict.ACCEPTED
        return receipt.conversation_id

    async def ask(self, text: str, *, place: PlaceKey = THREAD) -> list[ReplyEvent]:
        """Say something and give all events of the answer."""
        return await self.answer(await self.say(text, place=place))

    async def answer(
        self,
        conversation_id: int,
        stop: StopSignal | None = None,
        on_event: Callable[[ReplyEvent], None] | None = None,
    ) -> list[ReplyEvent]:
        """Return all events of the answer to what is to be answered next, and store its end."""
        assignment = await self.service.next_assignment(conversation_id)
        if assignment is None:
            return []
        answer = Answer(conversation_id, assignment.exchange.turn.model or "")
        found: list[ReplyEvent] = []
        async with aclosing(self.service.stream(assignment, stop or StopSignal())) as events:
            async for event in events:
                answer.add(event)
                found.append(event)
                if on_event is not None:
                    on_event(event)
        await self.service.finish(assignment.exchange.turn.id, answer.result())
        return found

    async def head(self, place: PlaceKey = THREAD) -> Shown:
        """Return the newest answer as it is stored."""
        conversation = await self.store.places.current_conversation(place.channel_id)
        assert conversation is not None
        assert conversation.head_turn_id is not None
        shown = await self.store.turns.shown_turn(conversation.head_turn_id)
        assert shown is not None
        return shown


def text_of(events: list[ReplyEvent]) -> str:
    """Join the text of an answer."""
    return "".join(event.text for event in events if isinstance(event, TextDelta))


def end_of(events: list[ReplyEvent]) -> Finished:
    """Return the last event, after checking that no other ends the answer."""
    *before, last = events
    assert isinstance(last, Finished)
    assert not any(isinstance(event, Finished) for event in before)
    return last


@asynccontextmanager
async def opened_house(folder: Path) -> AsyncGenerator[House, None]:
    """Open everything; the Playground's model answers by default."""
    clock = Clock()
    async with (
        opened_sqlite(folder, clock) as store,
        PlaygroundServer(Script()) as playground,
        OpenAIServer(Script(), models=("demo", "demo-small")) as local,
        open_session() as session,
    ):
        providers = [
            Playground(session, playground.base_url, limits=QUICK, now=clock.now),
            OpenAICompatible(session, "local", local.base_url, limits=QUICK),
        ]
        catalog = Catalog(providers)
        await catalog.refresh()
        breaker = Breaker(lambda: clock.now().timestamp())
        slots = Slots(2, 2, report_after_s=(0.0, 0.01))
        service = ConversationService(
            store.turns,
            store.places,
            Asking(
                {provider.name: provider for provider in providers},
                catalog,
                breaker=breaker,
                slots=slots,
                most_chars=2000,
            ),
            Defaults(MODEL),
        )
        yield House(service, store, catalog, playground, local, clock, breaker, slots)
