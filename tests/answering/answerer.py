"""All that answers, on a real store, the sandbox's Discord and its Playground."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from answering.notifier import Notifier
from answering.outage import OutageNotices
from answering.preparation import Preparation
from answering.reconciler import Reconciler
from answering.stream import AnswerStream
from answering.threads import Threads
from answering.worker import Worker
from conversation.asking.asking import Asking
from conversation.asking.breaker import Breaker
from conversation.asking.slots import Slots
from conversation.day import day_of
from conversation.effective_settings import Defaults
from conversation.entities import Exchange, Inbound, Limits, Parameters, PlaceKey, Received, Spot
from conversation.errors import StoreUnavailableError
from conversation.service import ConversationService
from sandbox.models.playground.server import PlaygroundServer
from sandbox.models.recording import RecordedRequest
from sandbox.models.script import Answer, Gate, Script
from sandbox.world.entities import Channel
from storage.sqlite.store import SqlTurns
from tests.contracts.provider_stands import QUICK
from tests.delivery.stage import ANN, Stage, opened_stage
from upstream.catalog import Catalog
from upstream.playground.provider import Playground
from upstream.wire.session import open_session

MODEL = "allenai/tulu3-405b"


class TurnStoreThatFails(SqlTurns):
    """The turns of a store that cannot be used some times."""

    failures: int = 0

    async def next_exchange(
        self, conversation_id: int, *, model: str, parameters: Parameters
    ) -> Exchange | None:
        """See `TurnStore.next_exchange`."""
        if self.failures:
            self.failures -= 1
            raise StoreUnavailableError("down, as planned")
        return await super().next_exchange(conversation_id, model=model, parameters=parameters)


@dataclass
class ListeningGate:
    """A gate of somebody who has listened all the while; implements `answering.gate.Gate`."""

    back_at: datetime | None = None
    away_s: float = 0.0
    error: Exception | None = None
    """What becomes of whoever asks."""
    lost: int = 0

    async def until_read(self, channel_id: int) -> None:  # noqa: ARG002 - the gate's
        """Let everybody through."""
        if self.error is not None:
            raise self.error

    def lose_track(self, spot: Spot | None = None) -> None:  # noqa: ARG002 - the gate's
        """Count."""
        self.lost += 1


class NothingChanged:
    """Finds every message as it was; implements `answering.gate.Recheck`."""

    async def bring_up_to_date(self, inbounds: Sequence[Inbound]) -> bool:  # noqa: ARG002 - its
        """Return that none is gone."""
        return False


@dataclass
class Answerer:
    """What answers, and the servers that it speaks to."""

    stage: Stage
    script: Script
    playground: PlaygroundServer
    turns: TurnStoreThatFails
    gate: ListeningGate
    outage: OutageNotices
    worker: Worker
    said: list[int] = field(default_factory=list[int])

    @property
    def asked(self) -> list[RecordedRequest]:
        """What the model was asked, in order."""
        return [request for request in self.playground.requests if request.method == "POST"]

    def hold(self, text: str = "held") -> Gate:
        """Have the next answer wait for its gate."""
        gate = Gate()
        self.script.queue(Answer(chunks=(text,), hold=gate))
        return gate

    async def say(self, text: str = "hello", channel: Channel | None = None) -> int:
        """Have somebody say something in what is a thread, and have it answered."""
        where = channel or self.stage.channel
        message = self.stage.server.world.ids.make()
        began_at, ends_at = day_of(self.stage.clock.now())
        place = PlaceKey(where.id, where.guild_id, 1)
        receipt = await self.stage.store.queue.receive(
            Received(message, place, ANN, "ann", text), Limits(10, None, began_at, ends_at)
        )
        self.worker.wake(
            receipt.conversation_id, spot=Spot(where.id, where.guild_id, message), author_id=ANN
        )
        return receipt.conversation_id


@asynccontextmanager
async def opened_answerer(
    folder: Path, *, at_work: int = 1000, grace_s: float = 0.0
) -> AsyncGenerator[Answerer, None]:
    """Open all of it; the model says what was said to it unless something is queued."""
    script = Script()
    async with (
        opened_stage(folder) as stage,
        PlaygroundServer(script) as playground,
        open_session() as session,
    ):
        store, courier, api = stage.store, stage.courier, stage.api
        provider = Playground(session, playground.base_url, limits=QUICK, now=stage.clock.now)
        catalog = Catalog([provider])
        await catalog.refresh()
        turns = TurnStoreThatFails(store.database, stage.clock.now)
        asking = Asking(
            {provider.name: provider},
            catalog,
            breaker=Breaker(lambda: 0.0),
            slots=Slots(50, 50),
            most_chars=10_000,
        )
        service = ConversationService(turns, store.places, asking, Defaults(MODEL))
        reconciler = Reconciler(store.replies, store.notices, courier, api)
        threads = Threads(store.replies, courier, api, archive_minutes=1440, longest_wait_s=1.0)
        gate, outage = ListeningGate(), OutageNotices(courier, api)
        worker = Worker(
            service,
            Preparation(store.places, store.queue, gate, NothingChanged()),
            AnswerStream(service, reconciler, threads, gate),
            outage,
            Notifier(store.notices, reconciler),
            grace_s=grace_s,
            at_work=at_work,
        )
        try:
            yield Answerer(stage, script, playground, turns, gate, outage, worker)
        finally:
            await worker.close()
            await outage.close()
            await reconciler.close()
            await courier.close()
            await reconciler.until_saved()
