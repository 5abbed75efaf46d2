"""From a question to its stored answer, over a real store and real providers."""

import asyncio
import sqlite3
from contextlib import aclosing, closing
from pathlib import Path

import pytest

from conversation.answer import Answer as StoredAnswer
from conversation.entities import (
    FailureReason,
    Outcome,
    Parameters,
    PlaceSettings,
    Role,
)
from conversation.errors import StoreError
from conversation.events import Finished, ReasoningDelta, ReplyEvent, Shortened, TextDelta
from conversation.service import Assignment
from conversation.stop_signal import StopSignal
from sandbox.models.recording import RecordedRequest
from sandbox.models.script import Answer, Cut, Gate, Refuse
from tests.conversation.house import (
    BEN,
    CHANNEL,
    DIRECT,
    LOCAL,
    MODEL,
    THREAD,
    House,
    end_of,
    text_of,
)
from tests.storage.opened import set_all

TOO_LONG = Answer(fault=Refuse("too long", 400, "context_length_exceeded"))


def told(request: RecordedRequest) -> list[str]:
    """Return the texts that a model was told."""
    assert request.asked is not None
    return [message.text for message in request.asked.messages]


async def use_local(house: House) -> None:
    """Let the OpenAI-compatible server answer in the thread."""
    await set_all(house.store, THREAD, PlaceSettings(model=LOCAL))


async def test_events_come_in_order_and_the_answer_is_stored(house: House) -> None:
    """`Finished` comes last; what came is stored with its outcome."""
    house.playground.script.queue(Answer("Hello *you*."))
    events = await house.ask("hello")
    assert end_of(events).outcome is Outcome.COMPLETE
    assert text_of(events) == "Hello *you*."
    stored = (await house.head()).turn
    assert (stored.text, stored.outcome, stored.model) == ("Hello *you*.", Outcome.COMPLETE, MODEL)
    assert stored.resume is not None


async def test_question_is_stored_before_anything_is_asked(house: House) -> None:
    """With the assignment the question and an answer without outcome are stored."""
    conversation_id = await house.say("hello")
    assignment = await house.service.next_assignment(conversation_id)
    assert assignment is not None
    stored = (await house.head()).turn
    assert (stored.id, stored.role) == (assignment.exchange.turn.id, Role.ASSISTANT)
    assert (stored.outcome, stored.model) == (None, MODEL)
    assert [it for it in house.playground.requests if it.method == "POST"] == []


async def test_nothing_waits(house: House) -> None:
    """Where nothing waits, or in an unknown conversation, there is nothing to tell."""
    conversation_id = await house.say("hello")
    await house.answer(conversation_id)
    assert await house.answer(conversation_id) == []
    assert await house.answer(404) == []


async def test_what_waited_together_is_answered_together(house: House) -> None:
    """Two people's messages become one question, with who says what."""
    await house.say("one")
    conversation_id = await house.say("two", author_id=BEN)
    await house.answer(conversation_id)
    assert "ann: one\n\nben: two" in told(house.playground.requests[-1])[-1]
    assert (await house.head()).asker_ids == {1, 2}


async def test_reasoning_is_stored_apart(house: House) -> None:
    """What the model thinks is stored as reasoning and is no text."""
    await use_local(house)
    house.local.traits = house.local.traits.__class__(reasoning_field="reasoning_content")
    house.local.script.queue(Answer("Yes.", reasoning="Hm, let me see."))
    events = await house.ask("hello")
    assert any(isinstance(event, ReasoningDelta) for event in events)
    stored = (await house.head()).turn
    assert (stored.text, stored.reasoning) == ("Yes.", "Hm, let me see.")


async def test_stop_closes_the_upstream_and_keeps_what_came(house: House) -> None:
    """With the stop signal set the upstream is closed at once, and the answer is stopped."""
    gate = Gate()
    house.playground.script.queue(Answer("one two three", hold=gate))
    gate.release(1)
    events = await stopped_at_first_word(house, await house.say("count"))
    assert events[-1] == Finished(Outcome.STOPPED)
    stored = (await house.head()).turn
    assert (stored.text, stored.outcome, stored.resume) == ("one ", Outcome.STOPPED, None)
    await house.playground.until(lambda: house.playground.requests[-1].closed_by_client)


async def stopped_at_first_word(house: House, conversation_id: int) -> list[ReplyEvent]:
    """Answer, with a stop as soon as the first word has come; return all events."""
    stop = StopSignal()

    def set_at_text(event: ReplyEvent) -> None:
        if isinstance(event, TextDelta):
            asyncio.get_running_loop().call_soon(stop.set, 1)

    return await house.answer(conversation_id, stop, set_at_text)


async def test_stopped_answer_stays_on_the_path(house: House) -> None:
    """What came before the stop is told to the model with the next question."""
    await use_local(house)
    gate = Gate()
    house.local.script.queue(Answer("one two", hold=gate))
    gate.release(1)
    await stopped_at_first_word(house, await house.say("count"))
    await house.ask("go on")
    assert told(house.local.requests[-1]) == ["count", "one ", "go on"]


async def test_closing_closes_the_upstream(house: House) -> None:
    """Closing the answer closes the upstream; what came of it is interrupted."""
    assignment = await asked_slowly(house)
    answer = StoredAnswer(assignment.exchange.conversation.id, MODEL)
    async with aclosing(house.service.stream(assignment, StopSignal())) as events:
        async for event in events:
            answer.add(event)
            if isinstance(event, TextDelta):
                break
    result = answer.result()
    assert (result.text, result.outcome) == ("one ", Outcome.INTERRUPTED)
    await house.playground.until(lambda: house.playground.requests[-1].closed_by_client)


async def test_cancelling_closes_the_upstream(house: House) -> None:
    """Cancelling the task that asks closes the upstream."""
    assignment = await asked_slowly(house)
    has_text = asyncio.Event()

    async def consume() -> None:
        async with aclosing(house.service.stream(assignment, StopSignal())) as events:
            async for event in events:
                if isinstance(event, TextDelta):
                    has_text.set()

    task = asyncio.create_task(consume())
    async with asyncio.timeout(5):
        await has_text.wait()
        task.cancel()
        await asyncio.wait({task})
    assert task.cancelled()
    await house.playground.until(lambda: house.playground.requests[-1].closed_by_client)


async def asked_slowly(house: House) -> Assignment:
    """Let somebody ask for an answer of which one word comes."""
    gate = Gate()
    gate.release(1)
    house.playground.script.queue(Answer("one two three", hold=gate))
    assignment = await house.service.next_assignment(await house.say("count"))
    assert assignment is not None
    return assignment


async def test_cut_answer_is_stored_as_failed(house: House) -> None:
    """An answer that the upstream cuts is stored with what came, and why it ended."""
    house.playground.script.queue(Answer("one two three", fault=Cut(after_chars=4)))
    end = end_of(await house.ask("count"))
    assert end.failure is not None
    stored = (await house.head()).turn
    assert (stored.text, stored.outcome) == ("one ", Outcome.FAILED)
    assert stored.failure is not None
    assert stored.failure.reason is end.failure.reason is FailureReason.CUT


async def test_unknown_model_is_an_answer(house: House) -> None:
    """A model that is nobody's ends the answer with the nearest names; nobody is asked."""
    await set_all(house.store, THREAD, PlaceSettings(model="local/dema"))
    asked = len(house.local.requests)
    end = end_of(await house.ask("hello"))
    assert end.failure is not None
    assert end.failure.reason is FailureReason.UNKNOWN_MODEL
    assert end.failure.nearest[:2] == (LOCAL, "local/demo-small")
    assert len(house.local.requests) == asked
    assert (await house.head()).turn.model == "local/dema"


async def test_model_that_the_service_does_not_know(house: House) -> None:
    """Where the service says that it is gone, the catalog gives the nearest of the others."""
    await use_local(house)
    house.local.models = ("demo-small",)
    end = end_of(await house.ask("hello"))
    assert end.failure is not None
    assert end.failure.reason is FailureReason.UNKNOWN_MODEL
    assert end.failure.nearest == ("local/demo-small",)


async def test_parameters_are_stored_with_the_answer(house: House) -> None:
    """An answer remembers how it was asked for."""
    parameters = Parameters(0.5, 0.9, 64)
    await set_all(house.store, THREAD, PlaceSettings(parameters=parameters))
    await house.ask("hello")
    assert (await house.head()).turn.parameters == parameters
    assert house.playground.requests[-1].value("max_tokens") == "64"


async def test_too_long_is_halved_until_it_fits(house: House) -> None:
    """A path that the service finds too long loses its older half, again and again."""
    await use_local(house)
    for text in ("a", "b", "c"):
        await house.ask(text)
    house.local.script.queue(TOO_LONG, TOO_LONG, Answer("Fits."))
    events = await house.ask("d")
    assert [it.left_out_turns for it in events if isinstance(it, Shortened)] == [4, 6]
    assert text_of(events) == "Fits."
    requests = house.local.requests[-3:]
    assert [len(told(it)) for it in requests] == [7, 3, 1]
    assert told(requests[-1]) == ["d"]


async def test_too_long_by_itself(house: House) -> None:
    """A question that alone is too long fails; it is left out of the next one."""
    await use_local(house)
    house.local.script.queue(TOO_LONG)
    end = end_of(await house.ask("much too long"))
    assert end.failure is not None
    assert end.failure.reason is FailureReason.TOO_LONG
    house.local.script.queue(TOO_LONG, Answer("Fits."))
    assert text_of(await house.ask("short")) == "Fits."
    assert told(house.local.requests[-1]) == ["short"]


async def test_known_limit_of_the_model(house: House) -> None:
    """Where the catalog knows the model's limit, what cannot fit is never sent."""
    house.local.context_tokens = 100
    await house.catalog.refresh()
    await use_local(house)
    house.local.script.queue(Answer("A."))
    await house.ask("x" * 140)
    events = await house.ask("y" * 140)
    assert [it.left_out_turns for it in events if isinstance(it, Shortened)] == [1]
    assert told(house.local.requests[-1]) == ["A.", "y" * 140]


async def test_question_that_cannot_be_stored(house: House, tmp_path: Path) -> None:
    """Nothing is asked that could not be stored."""
    conversation_id = await house.say("hello")
    with closing(sqlite3.connect(tmp_path / "bobbin.db")) as connection:
        connection.execute("ALTER TABLE turn RENAME TO mislaid")
    with pytest.raises(StoreError):
        await house.answer(conversation_id)
    assert [it for it in house.playground.requests if it.method == "POST"] == []


async def test_answer_that_cannot_be_stored(house: House, tmp_path: Path) -> None:
    """An end that the store refuses for good is no silent success."""
    conversation_id = await house.say("hello")

    def lose_table(event: ReplyEvent) -> None:
        if isinstance(event, Finished):
            with closing(sqlite3.connect(tmp_path / "bobbin.db")) as connection:
                connection.execute("ALTER TABLE turn RENAME TO mislaid")

    with pytest.raises(StoreError):
        await house.answer(conversation_id, on_event=lose_table)


async def test_conversations_do_not_mix(house: House) -> None:
    """Each place and each root question has a history of its own."""
    for place in (DIRECT, CHANNEL, THREAD):
        await house.ask("hello", place=place)
    posts = [it for it in house.playground.requests if it.method == "POST"]
    assert [told(it) for it in posts] == [["hello"]] * 3
    assert len({it.headers["X-Anonymous-User-Id"] for it in posts}) == 3
