"""A store that fails for a moment while an answer ends."""

import pytest

from conversation.checkpoints import OWED_LIMIT
from conversation.entities import Outcome, TurnResult
from conversation.errors import StoreError, StoreUnavailableError
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


async def test_end_that_is_stored_when_the_store_is_back(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An end that the store took at no try is kept in memory, and stored with the checkpoints."""
    is_down = True
    finish = house.store.finish

    async def fail_while_down(turn_id: int, result: TurnResult) -> None:
        if is_down:
            raise StoreUnavailableError("the disk is full")
        await finish(turn_id, result)

    monkeypatch.setattr(house.store, "finish", fail_while_down)
    with pytest.raises(StoreUnavailableError):
        await house.ask("hello")
    with pytest.raises(StoreUnavailableError):
        await house.service.checkpoints.store_now()
    assert (await house.head()).turn.outcome is None
    is_down = False
    await house.service.checkpoints.store_now()
    turn = (await house.head()).turn
    assert (turn.outcome, turn.text) == (Outcome.COMPLETE, "You said: hello")


async def test_ends_that_cannot_be_stored_are_bounded(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    """Of too many ends the oldest is given up, and the log names it."""
    checkpoints = house.service.checkpoints
    for turn_id in range(OWED_LIMIT + 1):
        checkpoints.owe(turn_id, TurnResult("text", Outcome.COMPLETE))
    assert [record.getMessage() for record in caplog.records] == [
        "turn 0 is lost: too many answers wait for the database"
    ]
