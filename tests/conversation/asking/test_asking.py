"""Asking: fallbacks, the line, and the limits, over a real store and real providers."""

import asyncio
from collections.abc import Generator
from contextlib import ExitStack, aclosing, contextmanager

import pytest

from conversation.asking.breaker import OPENS_AFTER
from conversation.entities import Failure, FailureReason, Outcome, PlaceSettings
from conversation.events import Finished, Queued, ReplyEvent, Switched, TextDelta
from conversation.stop_signal import StopSignal
from sandbox.models.script import (
    Answer,
    AskedConversation,
    Fault,
    Gate,
    HangUp,
    Http,
    Reason,
    Refuse,
    Script,
)
from tests.contracts.provider_stands import QUICK
from tests.conversation.house import DIRECT, LOCAL, MODEL, THREAD, House, end_of, text_of
from tests.storage.opened import set_all

SMALL = "local/demo-small"
BUSY = Http(503)
KEY = Refuse("no such key", 401)


async def fall_back(house: House, *models: str, model: str = MODEL) -> None:
    """Set the fallback models of the thread."""
    await set_all(house.store, THREAD, PlaceSettings(model=model, fallback_models=models))


def asked(house: House) -> tuple[int, int]:
    """Count the questions that have reached the Playground and the local server."""
    posts = [
        [it for it in server.requests if it.asked] for server in (house.playground, house.local)
    ]
    return len(posts[0]), len(posts[1])


def fail(house: House, fault: Fault) -> None:
    """Have the Playground fail the next question, in each of its attempts."""
    house.playground.script.queue(*[Answer("never", fault=fault)] * QUICK.attempts)


@contextmanager
def all_taken(house: House) -> Generator[None, None, None]:
    """Occupy all slots, with providers that nobody else wants."""
    with house.slots.slot("x"), house.slots.slot("y"):
        yield


def keep_saying(script: Script, answer: Answer) -> None:
    """Have a server answer every question with this."""

    def answerer(_: AskedConversation) -> Answer:
        return answer

    script.default = answerer


def keep_failing(house: House) -> None:
    """Have the Playground refuse every question, without a second attempt."""
    keep_saying(house.playground.script, Answer("never", fault=KEY))


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (Http(503), FailureReason.OVERLOADED),
        (Http(500), FailureReason.SERVER_ERROR),
        (Http(401), FailureReason.UNAUTHORIZED),
        (Http(403), FailureReason.FORBIDDEN),
        (Http(429, headers={"Retry-After": "3600"}), FailureReason.RATE_LIMITED),
        (HangUp(), FailureReason.CUT),
        (Http(200, "{}\n{"), FailureReason.GARBAGE),
        (Reason("model overloaded", after_chars=0), FailureReason.OVERLOADED),
    ],
    ids=lambda it: it.value if isinstance(it, FailureReason) else None,
)
async def test_the_next_model_answers(house: House, fault: Fault, reason: FailureReason) -> None:
    """Where the chosen model fails for good before its first token, the next one is asked."""
    await fall_back(house, LOCAL)
    fail(house, fault)
    events = await house.ask("hello")
    assert text_of(events) == "You said: hello"
    assert end_of(events).outcome is Outcome.COMPLETE
    (switched,) = [event for event in events if isinstance(event, Switched)]
    assert (switched.model, switched.failure.reason) == (LOCAL, reason)
    assert events.index(switched) < next(
        index for index, event in enumerate(events) if isinstance(event, TextDelta)
    )
    stored = (await house.head()).turn
    assert (stored.model, stored.outcome) == (LOCAL, Outcome.COMPLETE)


async def test_models_are_asked_in_their_order(house: House) -> None:
    """Each is asked once, and none after the one that answers."""
    await fall_back(house, SMALL, MODEL, LOCAL)
    fail(house, BUSY)
    house.local.script.queue(Answer("never", fault=KEY))
    events = await house.ask("hello")
    assert (await house.head()).turn.model == LOCAL
    assert text_of(events) == "You said: hello"
    assert asked(house)[1] == 2


async def test_where_all_fail_the_first_failure_stands(house: House) -> None:
    """The person hears of the model that was chosen."""
    await fall_back(house, LOCAL)
    fail(house, KEY)
    house.local.script.queue(*[Answer("never", fault=BUSY)] * QUICK.attempts)
    events = await house.ask("hello")
    failure = end_of(events).failure
    assert failure is not None
    assert failure.reason is FailureReason.UNAUTHORIZED
    assert not [event for event in events if isinstance(event, Switched)]
    assert (await house.head()).turn.model == MODEL


async def test_an_unknown_model_is_replaced(house: House) -> None:
    """A model that nobody has any more is no reason for no answer."""
    await fall_back(house, "local/nothing-like-it", LOCAL, model="local/gone")
    events = await house.ask("hello")
    assert text_of(events) == "You said: hello"
    (switched,) = [event for event in events if isinstance(event, Switched)]
    assert switched.failure.reason is FailureReason.UNKNOWN_MODEL


@pytest.mark.parametrize(
    "refusal",
    [
        Refuse("too long", 400, "context_length_exceeded"),
        Refuse("flagged", 400, "content_filter"),
        Refuse("malformed", 422, None),
    ],
    ids=["too long", "unsafe", "invalid"],
)
async def test_what_concerns_the_question_is_an_answer(house: House, refusal: Refuse) -> None:
    """Nobody else is asked what one model does not take."""
    await fall_back(house, MODEL, model=LOCAL)
    keep_saying(house.local.script, Answer(fault=refusal))
    failure = end_of(await house.ask("hello")).failure
    assert failure is not None
    assert failure.reason in {
        FailureReason.TOO_LONG,
        FailureReason.UNSAFE,
        FailureReason.INVALID,
    }
    assert asked(house)[0] == 0


async def test_a_refusal_by_the_second_is_not_shopped_around(house: House) -> None:
    """Where the model that replaces another judges the question, no third one is asked."""
    await fall_back(house, LOCAL, SMALL)
    fail(house, BUSY)
    house.local.script.queue(Answer(fault=Refuse("flagged", 400, "content_filter")))
    failure = end_of(await house.ask("hello")).failure
    assert failure is not None
    assert failure.reason is FailureReason.OVERLOADED
    assert asked(house)[1] == 1


async def test_after_the_first_token_nobody_else_is_asked(house: House) -> None:
    """What came is kept, and not begun anew by another model."""
    await fall_back(house, LOCAL)
    house.playground.script.queue(Answer("one two", fault=Reason("model overloaded", 4)))
    events = await house.ask("count")
    assert (text_of(events), end_of(events).outcome) == ("one ", Outcome.FAILED)
    assert asked(house) == (1, 0)


async def test_a_model_that_is_known_to_fail_is_not_asked(house: House) -> None:
    """After so many failures in a row the next model answers without anybody waiting."""
    await fall_back(house, LOCAL)
    keep_failing(house)
    for _ in range(OPENS_AFTER):
        await house.ask("hello")
    assert asked(house)[0] == OPENS_AFTER
    assert text_of(await house.ask("hello")) == "You said: hello"
    assert asked(house) == (OPENS_AFTER, OPENS_AFTER + 1)


async def test_without_a_fallback_the_known_failure_is_told(house: House) -> None:
    """Nobody is asked, and the person hears what is known."""
    keep_failing(house)
    for _ in range(OPENS_AFTER):
        await house.ask("hello")
    failure = end_of(await house.ask("hello")).failure
    assert failure is not None
    assert failure.reason is FailureReason.UNAUTHORIZED
    assert asked(house)[0] == OPENS_AFTER


async def test_after_the_pause_it_is_asked_again(house: House) -> None:
    """One question finds out that the model answers again."""
    await fall_back(house, LOCAL)
    keep_failing(house)
    for _ in range(OPENS_AFTER):
        await house.ask("hello")
    keep_saying(house.playground.script, Answer("I am back."))
    house.clock.advance(seconds=31)
    for count in range(1, 3):
        assert text_of(await house.ask("hello")) == "I am back."
        assert asked(house) == (OPENS_AFTER + count, OPENS_AFTER)


async def test_questions_that_nobody_can_answer_close_no_model(house: House) -> None:
    """What a person causes never counts against the model."""
    await fall_back(house, model=LOCAL)
    refusal = Answer(fault=Refuse("flagged", 400, "content_filter"))
    house.local.script.queue(*[refusal] * (OPENS_AFTER + 1))
    for _ in range(OPENS_AFTER + 1):
        await house.ask("hello")
    assert asked(house)[1] == OPENS_AFTER + 1


async def test_the_first_words_of_one_let_the_others_through(house: House) -> None:
    """After the pause nobody is refused for as long as the first answer streams."""
    keep_failing(house)
    for _ in range(OPENS_AFTER):
        await house.ask("hello")
    house.clock.advance(seconds=31)
    gate = Gate()
    house.playground.script.queue(Answer("one two", hold=gate), Answer("Me too."))
    gate.release()
    assignment = await house.service.next_assignment(await house.say("hello"))
    assert assignment is not None
    async with aclosing(house.service.stream(assignment, StopSignal())) as events:
        await anext(event async for event in events if isinstance(event, TextDelta))
        assert text_of(await house.ask("and I?", place=DIRECT)) == "Me too."
    assert asked(house)[0] == OPENS_AFTER + 2


async def test_waiting_for_a_turn_is_told_and_can_be_stopped(house: House) -> None:
    """Stopped before its turn, an answer is stored as stopped and nobody was asked for it."""
    stop = StopSignal()
    conversation_id = await house.say("hello")

    def stop_in_line(event: ReplyEvent) -> None:
        if isinstance(event, Queued):
            stop.set(1)

    with all_taken(house):
        seen = await house.answer(conversation_id, stop, stop_in_line)
    assert seen == [Queued(0), Finished(Outcome.STOPPED)]
    assert (await house.head()).turn.outcome is Outcome.STOPPED
    assert asked(house) == (0, 0)
    assert house.slots.waiting_count == 0


async def test_nobody_waits_in_line_for_a_dead_model(house: House) -> None:
    """What is known is told at once, however many stream."""
    keep_failing(house)
    for _ in range(OPENS_AFTER):
        await house.ask("hello")
    with all_taken(house):
        async with asyncio.timeout(5):
            events = await house.ask("hello")
    assert not [event for event in events if isinstance(event, Queued)]


async def test_a_model_that_dies_meanwhile_is_not_asked(house: House) -> None:
    """Those who wait in line do not all find out by themselves that it is dead."""
    refused = Finished(Outcome.FAILED, Failure(FailureReason.UNAUTHORIZED))
    conversation_id = await house.say("hello")
    with ExitStack() as taken:
        taken.enter_context(all_taken(house))

        def die_in_line(event: ReplyEvent) -> None:
            if isinstance(event, Queued):
                for _ in range(OPENS_AFTER):
                    house.breaker.record_end(MODEL, refused)
                taken.close()

        seen = await house.answer(conversation_id, on_event=die_in_line)
    assert seen == [Queued(0), refused]
    assert asked(house) == (0, 0)


async def test_endless_text_is_cut(house: House) -> None:
    """A model that does not stop is stopped at the bound, and its connection closed."""
    house.playground.script.queue(Answer(chunks=["word " * 20] * 100_000))
    events = await house.ask("talk")
    end = end_of(events)
    assert end.failure is not None
    assert (end.outcome, end.failure.reason) == (Outcome.TRUNCATED, FailureReason.LENGTH_BOUND)
    stored = (await house.head()).turn
    assert stored.text == text_of(events) == "word " * 400
    await house.playground.until(lambda: house.playground.requests[-1].closed_by_client)


async def test_a_stop_goes_before_the_limit(house: House) -> None:
    """An answer that is stopped at the last words that its limit allows is a stopped one."""
    house.playground.script.queue(Answer(chunks=["word " * 20] * 100_000))
    stop, texts = StopSignal(), list[str]()

    def stop_at_the_limit(event: ReplyEvent) -> None:
        if isinstance(event, TextDelta):
            texts.append(event.text)
            if len("".join(texts)) == 2000:
                stop.set(1)

    events = await house.answer(await house.say("talk"), stop, stop_at_the_limit)
    assert events[-1] == Finished(Outcome.STOPPED)


async def test_endless_thought_is_cut(house: House) -> None:
    """So is one that only thinks; little of that is stored."""
    house.local.traits = house.local.traits.__class__(reasoning_field="reasoning_content")
    await fall_back(house, model=LOCAL)
    house.local.script.queue(Answer("never", reasoning="hm " * 100_000))
    end = end_of(await house.ask("think"))
    assert end.failure is not None
    assert (end.outcome, end.failure.reason) == (Outcome.TRUNCATED, FailureReason.LENGTH_BOUND)
    stored = (await house.head()).turn
    assert (stored.text, len(stored.reasoning)) == ("", 2000)
    await house.local.until(lambda: house.local.requests[-1].closed_by_client)
