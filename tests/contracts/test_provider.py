"""The contract of every provider, over the wire.

Longer than a module should be, for the contract is to be read as one.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace

import pytest

from conversation.entities import FailureReason, Outcome, Parameters
from conversation.events import Finished, TextDelta
from sandbox.models.script import (
    Answer,
    AskedConversation,
    Cut,
    Gate,
    HangUp,
    Http,
    Pace,
    Refuse,
    Stall,
)
from tests.contracts.provider_stands import QUICK, STANDS, Stand, ask, told
from upstream.wire.session import open_session


@pytest.fixture(params=STANDS)
async def stand(request: pytest.FixtureRequest) -> AsyncGenerator[Stand, None]:
    """Each provider with its stand-in."""
    async with open_session() as session, STANDS[request.param](session, QUICK) as opened:
        yield opened


@pytest.fixture(params=STANDS)
async def hasty(request: pytest.FixtureRequest) -> AsyncGenerator[Stand, None]:
    """Each provider with limits that are reached at once."""
    limits = replace(QUICK, first_token_s=0.4, between_chunks_s=0.4)
    async with open_session() as session, STANDS[request.param](session, limits) as opened:
        yield opened


class TestAnswers:
    """What comes when all goes well."""

    async def test_joined_deltas_are_the_text(self, stand: Stand) -> None:
        """The deltas, joined, are the text, white space at every place of it included."""
        text = "\n\n  Grüße, 世界! 🧵\t\n```py\n    x = 1\n```\n \n"
        stand.script.queue(Answer(text))
        answer = await told(stand.provider, ask(stand.model, "hello"))
        assert answer.text == text
        assert answer.said == text
        assert answer.end.outcome is Outcome.COMPLETE
        assert answer.end.failure is None

    async def test_no_delta_is_empty(self, stand: Stand) -> None:
        """Empty chunks of the wire are not told; how many of the others make a delta is open."""
        stand.script.queue(Answer(chunks=["", "a", "", " ", "b", ""]))
        answer = await told(stand.provider, ask(stand.model, "hello"))
        deltas = [event.text for event in answer.events if isinstance(event, TextDelta)]
        assert all(deltas)
        assert "".join(deltas) == "a b"

    @pytest.mark.parametrize("size", [1, 2, 3, 7, 64])
    async def test_writes_of_any_size(self, stand: Stand, size: int) -> None:
        """Where the bytes are cut does not matter."""
        stand.script.queue(Answer("Zwölf Boxkämpfer 🥊, 世界", write_sizes=[size]))
        answer = await told(stand.provider, ask(stand.model, "hello"))
        assert answer.text == "Zwölf Boxkämpfer 🥊, 世界"

    async def test_first_delta_does_not_wait_for_the_second(self, stand: Stand) -> None:
        """A delta is told when it comes, though the rest does not."""
        gate = Gate()
        stand.script.queue(Answer(chunks=["one", "two"], hold=gate))
        async with aclosing(stand.provider.stream(ask(stand.model, "hello"))) as events:
            gate.release()
            assert await anext(events) == TextDelta("one")
            gate.open()
            assert await anext(events) == TextDelta("two")
            assert isinstance(await anext(events), Finished)
            with pytest.raises(StopAsyncIteration):
                await anext(events)

    async def test_many_at_once(self, stand: Stand) -> None:
        """One instance answers any number of questions at once, each with its own answer."""

        def default(asked: AskedConversation) -> Answer:
            return Answer(asked.messages[-1].text[::-1])

        stand.script.default = default
        questions = [f"question {number}" for number in range(30)]
        answers = await asyncio.gather(
            *(told(stand.provider, ask(stand.model, question)) for question in questions)
        )
        assert [answer.text for answer in answers] == [question[::-1] for question in questions]

    async def test_a_crowd_at_once(self, stand: Stand) -> None:
        """So many questions at once that they are read more rarely lose nothing by it."""

        def default(asked: AskedConversation) -> Answer:
            return Answer(asked.messages[-1].text, pace=Pace(tokens_per_second=20))

        stand.script.default = default
        questions = [f"question {number} of a crowd" for number in range(100)]
        answers = await asyncio.gather(
            *(told(stand.provider, ask(stand.model, question)) for question in questions)
        )
        assert [answer.text for answer in answers] == questions
        assert {answer.end.outcome for answer in answers} == {Outcome.COMPLETE}

    async def test_long_answer(self, stand: Stand) -> None:
        """Chunks and prompts of any length pass."""
        stand.script.queue(Answer(chunks=["ж" * 60_000]))
        answer = await told(stand.provider, ask(stand.model, "ы" * 22_000))
        assert answer.text == "ж" * 60_000

    async def test_parameters_are_brought_within_bounds(self, stand: Stand) -> None:
        """Values that are not allowed become the nearest ones that are."""
        parameters = Parameters(temperature=99.0, top_p=-1.0, max_tokens=0)
        answer = await told(stand.provider, ask(stand.model, "hello", parameters=parameters))
        assert answer.end.outcome is Outcome.COMPLETE
        asked = stand.requests()[-1].asked
        assert asked is not None
        bounds = stand.provider.bounds
        assert asked.options["temperature"] == bounds.temperature.upper
        assert asked.options["top_p"] == bounds.top_p.lower
        assert asked.options["max_tokens"] == bounds.max_tokens.lower

    async def test_history_reaches_the_model(self, stand: Stand) -> None:
        """The model sees all that was said and the system prompt, in whichever way."""
        request = ask(stand.model, "my cat is Tom", "Noted.", "who?", system_prompt="Be brief.")
        await told(stand.provider, request)
        asked = stand.requests()[-1].asked
        assert asked is not None
        seen = "\n".join(message.text for message in asked.messages)
        for words in ("Be brief.", "my cat is Tom", "Noted.", "who?"):
            assert words in seen

    async def test_goes_on_from_a_resume_state(self, stand: Stand) -> None:
        """With the resume state that came with an answer, the model sees the same conversation."""
        first = await told(stand.provider, ask(stand.model, "one"))
        assert (first.end.resume is not None) == stand.has_memory
        request = ask(stand.model, "one", first.text, "two", resume=first.end.resume)
        await told(stand.provider, request)
        asked = stand.requests()[-1].asked
        assert asked is not None
        said = [message.text for message in asked.messages if message.role != "system"]
        assert said == ["one", first.text, "two"]

    async def test_lists_models(self, stand: Stand) -> None:
        """The list has the model that is asked, in the service's order and each once."""
        names = [model.name for model in await stand.provider.models()]
        assert stand.model in names
        assert len(names) == len(set(names))

    async def test_name_can_stand_before_a_slash(self, stand: Stand) -> None:
        """The name is lower case and holds no slash."""
        assert stand.provider.name == stand.provider.name.lower()
        assert "/" not in stand.provider.name


class TestEnds:
    """How it can end otherwise: always with one `Finished`, which says why."""

    @pytest.mark.parametrize("text", ["", " \n\t ", "\u200b\u2060"])
    async def test_nothing_visible(self, stand: Stand, text: str) -> None:
        """A clean end without a visible character has failed as empty, and cannot be resumed."""
        stand.script.queue(Answer(chunks=[text]))
        answer = await told(stand.provider, ask(stand.model, "hello"))
        assert answer.end.outcome is Outcome.FAILED
        assert answer.reason is FailureReason.EMPTY
        assert answer.end.resume is None

    async def test_cut_after_text(self, stand: Stand) -> None:
        """What came before a cut stands, it is not asked again, and it is no place to resume."""
        stand.script.queue(Answer("Hello world", fault=Cut(after_chars=7, torn_bytes=5)))
        answer = await told(stand.provider, ask(stand.model, "hello"))
        assert answer.text == "Hello w"
        assert answer.end.outcome is Outcome.FAILED
        assert answer.reason is FailureReason.CUT
        assert answer.end.resume is None
        assert len(stand.requests()) == 1

    async def test_stall_after_text(self, hasty: Stand) -> None:
        """Silence after text ends the answer as stalled, with the text that came."""
        hasty.script.queue(Answer("Hello world", fault=Stall(after_chars=5, keep_alive_s=0.05)))
        answer = await told(hasty.provider, ask(hasty.model, "hello"))
        assert answer.text == "Hello"
        assert answer.reason is FailureReason.STALLED
        await hasty.until(lambda: hasty.requests()[-1].is_over)

    async def test_no_first_token(self, hasty: Stand) -> None:
        """Silence before the first token ends it, comments or not, and it is not asked again."""
        hasty.script.queue(Answer("Hello", fault=Stall(after_chars=0, keep_alive_s=0.05)))
        answer = await told(hasty.provider, ask(hasty.model, "hello"))
        assert answer.said == ""
        assert answer.reason is FailureReason.NO_FIRST_TOKEN
        assert len(hasty.requests()) == 1

    async def test_slow_stream_has_no_limit_on_the_whole(self, hasty: Stand) -> None:
        """An answer may take longer than any limit, as long as its chunks keep coming."""
        hasty.script.queue(Answer(chunks=["word "] * 14, pace=Pace(tokens_per_second=25)))
        answer = await told(hasty.provider, ask(hasty.model, "hello"))
        assert answer.text == "word " * 14
        assert answer.end.outcome is Outcome.COMPLETE

    async def test_consumer_may_be_slow(self, hasty: Stand) -> None:
        """The time that the consumer takes for itself is not counted as silence."""
        gate = Gate()
        hasty.script.queue(Answer(chunks=["one", "two"], hold=gate))
        async with aclosing(hasty.provider.stream(ask(hasty.model, "hello"))) as events:
            gate.release()
            assert await anext(events) == TextDelta("one")
            await asyncio.sleep(0.45)
            gate.open()
            assert await anext(events) == TextDelta("two")

    @pytest.mark.parametrize(
        ("status", "reason"),
        [
            (401, FailureReason.UNAUTHORIZED),
            (402, FailureReason.UNAUTHORIZED),
            (403, FailureReason.FORBIDDEN),
            (404, FailureReason.INVALID),
            (308, FailureReason.INVALID),
            (413, FailureReason.TOO_LONG),
        ],
    )
    async def test_refusals_are_final(
        self, stand: Stand, status: int, reason: FailureReason
    ) -> None:
        """What a second try cannot mend is not tried twice, and told with its status."""
        stand.script.queue(Answer(fault=Http(status, headers={"Location": "/elsewhere"})))
        answer = await told(stand.provider, ask(stand.model, "hello"))
        assert answer.reason is reason
        assert answer.end.failure is not None
        assert answer.end.failure.status == status
        assert stand.script.waiting == 0
        assert len(stand.requests()) == 1

    @pytest.mark.parametrize("body", [b"", b"\xff\xfe\x00{", b"[1, 2", b"null", b'{"error": 7}'])
    async def test_error_body_may_be_anything(self, stand: Stand, body: bytes) -> None:
        """The body of an error need not be JSON, nor text."""
        stand.script.queue(Answer(fault=Http(418, body, content_type="application/json")))
        answer = await told(stand.provider, ask(stand.model, "hello"))
        assert answer.reason is FailureReason.INVALID

    async def test_unknown_model(self, stand: Stand) -> None:
        """A model that the service does not know is told as that."""
        answer = await told(stand.provider, ask("gpt-nine", "hello"))
        assert answer.reason is FailureReason.UNKNOWN_MODEL

    async def test_body_of_another_kind(self, stand: Stand) -> None:
        """A success whose body is nonsense ends as garbage, and is not asked again."""
        stand.script.queue(Answer(fault=Http(200, "data: <html>\n\n")))
        answer = await told(stand.provider, ask(stand.model, "hello"))
        assert answer.reason is FailureReason.GARBAGE

    async def test_hangs_up_every_time(self, stand: Stand) -> None:
        """A connection that is closed unanswered, however often, was cut."""
        stand.script.queue(*[Answer(fault=HangUp())] * 3)
        answer = await told(stand.provider, ask(stand.model, "hello"))
        assert answer.reason is FailureReason.CUT
        assert len(stand.requests()) == 3


class TestRetries:
    """Before the first token it tries again."""

    @pytest.mark.parametrize(
        "fault",
        [
            Http(500),
            Http(502),
            Http(503),
            Http(529),
            Http(429),
            Http(429, headers={"Retry-After": "0"}),
            HangUp(),
            Cut(after_chars=0),
            Cut(after_chars=0, torn_bytes=9),
        ],
        ids=repr,
    )
    async def test_passing_faults_are_not_seen(
        self, stand: Stand, fault: Http | HangUp | Cut
    ) -> None:
        """A fault that passes costs a person nothing but time."""
        stand.script.queue(Answer("lost", fault=fault), Answer("Here I am"))
        answer = await told(stand.provider, ask(stand.model, "hello"))
        assert answer.text == "Here I am"
        assert answer.end.outcome is Outcome.COMPLETE

    async def test_attempts_are_bounded(self, stand: Stand) -> None:
        """It gives up after as many attempts as are allowed, and says what the last one met."""
        stand.script.queue(*[Answer(fault=Http(503))] * 5)
        answer = await told(stand.provider, ask(stand.model, "hello"))
        assert answer.reason is FailureReason.OVERLOADED
        assert stand.script.waiting == 2

    async def test_long_retry_after_is_told(self, stand: Stand) -> None:
        """A service that wants to be left alone for long is, and it is said for how long."""
        stand.script.queue(Answer(fault=Http(429, headers={"Retry-After": "120"})), Answer("no"))
        answer = await told(stand.provider, ask(stand.model, "hello"))
        assert answer.reason is FailureReason.RATE_LIMITED
        assert answer.end.failure is not None
        assert answer.end.failure.retry_after_s == 120.0
        assert stand.script.waiting == 1

    async def test_short_retry_after_is_waited_for(self, stand: Stand) -> None:
        """A time that the service names is waited for before the next attempt."""
        stand.script.queue(Answer(fault=Http(503, headers={"Retry-After": "0.3"})), Answer("yes"))
        assert (await told(stand.provider, ask(stand.model, "hello"))).text == "yes"
        first, second = stand.requests()
        assert second.time_s - first.time_s >= 0.3


class TestClosing:
    """Whoever stops listening stops the service."""

    async def test_closing_hangs_up(self, stand: Stand) -> None:
        """Closing the generator closes the connection at once."""
        stand.script.queue(Answer(chunks=["one", "two"], hold=(gate := Gate())))
        gate.release()
        async with aclosing(stand.provider.stream(ask(stand.model, "hello"))) as events:
            assert await anext(events) == TextDelta("one")
        await stand.until(lambda: stand.requests()[-1].is_over)
        assert stand.requests()[-1].closed_by_client

    @pytest.mark.parametrize("released", [0, 1])
    async def test_cancelling_hangs_up(self, stand: Stand, released: int) -> None:
        """Cancelling closes the connection too, before the first token as after it."""
        stand.script.queue(Answer(chunks=["one", "two"], hold=(gate := Gate())))
        gate.release(released)
        task = asyncio.create_task(told(stand.provider, ask(stand.model, "hello")))
        await stand.until(
            lambda: (
                stand.requests()
                and stand.requests()[-1].pieces_sent == released
                and stand.requests()[-1].asked
            )
        )
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await stand.until(lambda: stand.requests()[-1].is_over)
        assert stand.requests()[-1].closed_by_client


class TestDiscretion:
    """What it says of itself, and what it keeps to itself."""

    async def test_names_itself(self, stand: Stand) -> None:
        """Every request names Bobbin, and pretends to be no browser."""
        await told(stand.provider, ask(stand.model, "hello"))
        agent = stand.requests()[-1].headers["User-Agent"]
        assert agent.startswith("Bobbin/")
        assert "Mozilla" not in agent

    async def test_logs_hold_no_secret_and_no_text(
        self, stand: Stand, caplog: pytest.LogCaptureFixture
    ) -> None:
        """Neither keys, nor anonymous ids, nor anybody's words are logged or in a repr."""
        caplog.set_level("DEBUG")
        stand.script.queue(
            Answer(fault=Http(500, "the answer-word")),
            Answer("the answer-word is out"),
            Answer(fault=Refuse("the question-word is not allowed")),
            Answer("the answer-word", fault=Cut(after_chars=8)),
        )
        first = await told(stand.provider, ask(stand.model, "the question-word"))
        await told(stand.provider, ask(stand.model, "the question-word"))
        await told(stand.provider, ask(stand.model, "the question-word"))
        written = repr(first.events) + repr(first.end.resume)
        written += "".join(
            f"{record.getMessage()} {vars(record)}"
            for record in caplog.records
            if record.name.startswith(("upstream", "stamina", "aiohttp.client"))
        )
        secrets = list(first.end.resume.data.values()) if first.end.resume else []
        for secret in ("question-word", "answer-word", "k3y", *secrets):
            assert secret not in written
