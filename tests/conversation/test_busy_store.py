"""A store that fails for a moment while an answer ends."""

import asyncio
import logging

import pytest

from conversation.checkpoints import OWED_LIMIT
from conversation.entities import Outcome, Parameters, TurnResult
from conversation.errors import StoreError, StoreUnavailableError
from conversation.events import TextDelta
from tests.conversation.house import DIRECT, MODEL, House, end_of


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


async def test_an_end_that_the_store_refuses_for_good_holds_up_nothing(
    house: House, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """It is given up and logged once with its trace; other ends are stored, and what streams.

    That of a turn that the store does not have is one.
    """
    checkpoints, finish = house.service.checkpoints, house.store.finish
    is_down = True

    async def fail_while_down(turn_id: int, result: TurnResult) -> None:
        if is_down:
            raise StoreUnavailableError("the disk is full")
        await finish(turn_id, result)

    checkpoints.owe(999, TurnResult("text", Outcome.COMPLETE))
    monkeypatch.setattr(house.store, "finish", fail_while_down)
    with pytest.raises(StoreUnavailableError):
        await house.ask("hello")
    is_down = False
    owed = await house.head()
    conversation_id = await house.say("and you?", place=DIRECT)
    streaming = await house.store.begin(conversation_id, model=MODEL, parameters=Parameters())
    assert streaming is not None
    with checkpoints.tracked(streaming.turn.id) as answer:
        answer.take(TextDelta("So f"))
        caplog.clear()
        for _ in range(2):
            await checkpoints.store_now()
    assert (await house.head()).turn.outcome is Outcome.COMPLETE
    assert (await house.head(DIRECT)).turn.text == "So f"
    errors = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert [record.getMessage() for record in errors] == [
        "turn 999 is lost: the database refuses it"
    ]
    assert errors[0].exc_info is not None
    async with asyncio.timeout(1):
        await checkpoints.until_settled(999)
        await checkpoints.until_settled(owed.turn.id)
