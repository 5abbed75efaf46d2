"""What the store costs: statements and trips to a thread are counted, time is not."""

from pathlib import Path

from benchmarks.storage import burst, costs
from tests.storage.opened import Clock, opened_sqlite

STATEMENTS_AT_MOST = {
    "settings": 1,
    "receive, the first": 5,
    "receive, a second": 3,
    "conversation": 1,
    "waiting": 1,
    "move": 3,
    "begin": 7,
    "add_part": 1,
    "checkpoint": 1,
    "finish": 1,
    "was_told": 1,
    "note_told": 1,
    "current_conversation": 1,
    "shown_by": 3,
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

    readers = {
        "settings",
        "conversation",
        "waiting",
        "was_told",
        "current_conversation",
        "shown_by",
    }
    assert {name: cost.trips for name, cost in found.items()} == {
        name: 1 if name in readers else 2 for name in found
    }


async def test_many_at_once_cost_no_more(tmp_path: Path) -> None:
    """Sixty who ask at once are all answered, for what sixty cost; they share their commits."""
    async with opened_sqlite(tmp_path, Clock()) as store:
        cost = await burst(store, people=60)

    methods = ("receive, the first", "begin", "add_part", "finish")
    assert 0 < cost.statements <= 60 * sum(STATEMENTS_AT_MOST[name] for name in methods)
    assert cost.trips <= 60
