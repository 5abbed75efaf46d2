"""A store that fails for a moment while an answer ends."""

import pytest

from conversation.entities import Outcome, TurnResult
from conversation.errors import StoreError
from tests.conversation.house import House, end_of


async def test_answer_that_is_stored_after_all(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A store that fails once costs nothing: the answer is stored, and nobody is told otherwise."""
    finish = house.store.finish
    attempts: list[int] = []

    async def fail_once(turn_id: int, result: TurnResult) -> None:
        attempts.append(turn_id)
        if len(attempts) == 1:
            raise StoreError("the database was busy")
        await finish(turn_id, result)

    monkeypatch.setattr(house.store, "finish", fail_once)
    events = await house.ask("hello")
    assert end_of(events).outcome is Outcome.COMPLETE
    assert (await house.head()).turn.outcome is Outcome.COMPLETE
