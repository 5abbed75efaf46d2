"""Answers that ended are asked for again, or gone on with, by a click."""

import pytest

from conversation.entities import ClickVerdict, Outcome, Press
from conversation.service import GO_ON
from sandbox.models.script import Answer, Cut
from tests.conversation.house import BEN, House, end_of, text_of
from tests.conversation.test_service import told
from tests.storage.opened import MORNING


def press(turn_id: int) -> Press:
    """Return Ben's click under an answer."""
    return Press(turn_id, BEN, None, MORNING.replace(hour=0, minute=0))


async def test_an_answer_is_gone_on_with(house: House) -> None:
    """The model is asked with the answer and a hidden question; what it says is a further turn."""
    house.playground.script.queue(Answer("one two", fault=Cut(3)), Answer(" two"))
    await house.ask("count")
    former = await house.head()
    assert former.turn.outcome is Outcome.FAILED
    verdict = await house.service.continue_answer(press(former.turn.id))
    events = await house.answer(former.conversation.id)
    assert verdict is ClickVerdict.TAKEN
    assert (text_of(events), end_of(events).outcome) == (" two", Outcome.COMPLETE)
    words = " ".join(told(house.playground.requests[-1]))
    assert words.index("count") < words.index("one") < words.index(GO_ON)
    rest = await house.head()
    assert (rest.turn.text, rest.asker_ids) == (" two", former.asker_ids)
    assert rest.reply_id != former.reply_id


async def test_an_answer_is_asked_for_again(house: House) -> None:
    """The model is asked the same question, without the answer that failed."""
    house.playground.script.queue(Answer("one two", fault=Cut(3)), Answer("one two three"))
    await house.ask("count")
    former = await house.head()
    assert await house.service.answer_again(press(former.turn.id)) is ClickVerdict.TAKEN
    await house.answer(former.conversation.id)
    again = await house.head()
    assert (again.turn.text, again.reply_id) == ("one two three", former.reply_id)
    assert told(house.playground.requests[-1])[-1].endswith("count")


@pytest.mark.parametrize("is_known", [True, False])
async def test_nothing_is_asked_but_of_the_newest_answer(house: House, *, is_known: bool) -> None:
    """Nothing comes of a click under an answer that others follow, or under an unknown one."""
    await house.ask("one")
    former = await house.head()
    await house.ask("two")
    asked = len(house.playground.requests)
    click = press(former.turn.id if is_known else 404)
    assert await house.service.answer_again(click) is ClickVerdict.GONE_ON
    assert await house.service.continue_answer(click) is ClickVerdict.GONE_ON
    assert await house.answer(former.conversation.id) == []
    assert len(house.playground.requests) == asked
