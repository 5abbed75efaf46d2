"""`HeardStore`: until when everything was heard. And what every port owes to a restart."""

from datetime import timedelta
from pathlib import Path

from storage.sqlite.store import Store
from tests.contracts.store.steps import answer, begin, notice, receive, said
from tests.storage.opened import MORNING, Clock, Opener


async def test_the_last_record_holds(store: Store) -> None:
    """The moment recorded last is returned, and none before the first."""
    assert await store.heard.heard_until() is None
    await store.heard.record_heard(MORNING)
    await store.heard.record_heard(MORNING + timedelta(seconds=10))
    assert await store.heard.heard_until() == MORNING + timedelta(seconds=10)


async def test_everything_survives_a_restart(opener: Opener, tmp_path: Path, clock: Clock) -> None:
    """What was stored is there when the store is opened again."""
    async with opener(tmp_path, clock) as store:
        former = await answer(store, said(1, "before"), "kept")
        await receive(store, said(2, "waits"))
        await store.notices.want(notice("a"))
        await store.heard.record_heard(MORNING)

    async with opener(tmp_path, clock) as store:
        assert await store.turns.conversations_with_work() == (former.conversation.id,)
        exchange = await begin(store, former.conversation.id)
        assert [turn.text for turn in exchange.path] == ["before", "kept", "waits"]
        assert await store.notices.want(notice("a")) is None
        assert await store.heard.heard_until() == MORNING
