"""What the store costs: statements and trips to a thread are counted, time is not."""

from pathlib import Path

from benchmarks.storage import burst, costs
from tests.storage.opened import Clock, opened_sqlite

STATEMENTS_AT_MOST = {
    "receive, the first": 5,
    "conversation": 1,
    "settings": 1,
    "next_exchange": 9,
    "behind": 1,
    "place": 5,
    "record_step, a part": 2,
    "record_step, its message": 2,
    "record_step, text": 1,
    "finish": 2,
    "record_shown": 3,
    "next_exchange, none": 2,
    "receive, a second": 3,
    "want": 1,
    "current_conversation": 1,
    "record_heard": 1,
}
"""By method, of those that a message calls; those that begin and end a transaction excepted."""


async def test_a_message_costs_few_statements(tmp_path: Path) -> None:
    """No method on a message's way executes more statements than it needs."""
    async with opened_sqlite(tmp_path, Clock()) as store:
        found = await costs(store, rounds=0)

    statements = {method: cost.statements for method, cost in found.items()}
    assert statements.keys() == STATEMENTS_AT_MOST.keys()
    assert all(statements.values())
    dear = {name for name, count in statements.items() if count > STATEMENTS_AT_MOST[name]}
    assert dear == set()


async def test_only_what_may_wait_is_a_trip(tmp_path: Path) -> None:
    """A reader makes one trip to a thread, for its first statement; a writer another, to commit."""
    async with opened_sqlite(tmp_path, Clock()) as store:
        found = await costs(store, rounds=0)

    readers = {"conversation", "settings", "behind", "current_conversation"}
    assert {name: cost.trips for name, cost in found.items()} == {
        name: 1 if name in readers else 2 for name in found
    }


async def test_many_at_once_cost_no_more(tmp_path: Path) -> None:
    """Sixty who ask at once are all answered, for what sixty cost; they share their commits."""
    async with opened_sqlite(tmp_path, Clock()) as store:
        cost = await burst(store, people=60)

    methods = (
        "receive, the first",
        "next_exchange",
        "record_step, a part",
        "finish",
        "record_shown",
    )
    assert 0 < cost.statements <= 60 * sum(STATEMENTS_AT_MOST[name] for name in methods)
    assert cost.trips <= 60
