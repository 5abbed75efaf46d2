"""Answers that ended are asked for again, or gone on with."""

from contextlib import aclosing

from conversation.entities import Outcome
from conversation.events import Began
from conversation.service import GO_ON
from conversation.stop_signal import StopSignal
from sandbox.models.script import Answer, Cut
from tests.conversation.house import BEN, House, end_of, text_of
from tests.conversation.test_service import told


async def test_an_answer_is_gone_on_with(house: House) -> None:
    """The model is asked with the answer and a hidden question; what it says is a further turn."""
    house.playground.script.queue(Answer("one two", fault=Cut(3)), Answer(" two"))
    await house.ask("count")
    former = await house.head()
    assert former.turn.outcome is Outcome.FAILED
    async with aclosing(house.service.go_on(former.turn.id, StopSignal(), BEN)) as going:
        events = [event async for event in going]
    assert isinstance(events[0], Began)
    shown = events[0].exchange.former
    assert shown is not None
    assert (shown.turn, shown.parts) == (former.turn, former.parts)
    assert (text_of(events), end_of(events).outcome) == (" two", Outcome.COMPLETE)
    words = " ".join(told(house.playground.requests[-1]))
    assert words.index("count") < words.index("one") < words.index(GO_ON)
    rest = await house.head()
    assert (rest.turn.text, rest.asker_ids) == (" two", former.asker_ids)
    assert await house.store.used(BEN, former.turn.created_at) == 1


async def test_nothing_is_gone_on_with_but_the_newest_answer(house: House) -> None:
    """There is nothing to tell of an answer that others follow, and of an unknown one."""
    await house.ask("one")
    former = await house.head()
    await house.ask("two")
    asked = len(house.playground.requests)
    for turn_id in (former.turn.id, 404):
        async with aclosing(house.service.go_on(turn_id, StopSignal())) as going:
            assert [event async for event in going] == []
    assert len(house.playground.requests) == asked
