"""How an answer of the Playground ends, told apart."""

import pytest

from conversation.entities import FailureReason, Outcome
from sandbox.models.script import Answer, Http, Pace, Reason, Refuse
from tests.contracts.provider_stands import ask, told
from tests.upstream.playground.playground_house import House


class TestEnds:
    """Its errors, told apart."""

    async def test_length_after_text(self, house: House) -> None:
        """Text that was cut for its length stands as truncated, and is no place to resume."""
        house.script.queue(Answer("Hello world", fault=Reason("length", after_chars=5)))
        answer = await told(house.provider(), ask("tulu3-405b", "hi"))
        assert answer.text == "Hello"
        assert answer.end.outcome is Outcome.TRUNCATED
        assert answer.reason is FailureReason.LENGTH
        assert answer.end.resume is None

    async def test_length_before_text(self, house: House) -> None:
        """The same word before any text means that the prompt is too long."""
        house.script.queue(Answer("Hello", fault=Reason("length", after_chars=0)))
        answer = await told(house.provider(), ask("tulu3-405b", "hi"))
        assert answer.end.outcome is Outcome.FAILED
        assert answer.reason is FailureReason.TOO_LONG

    @pytest.mark.parametrize("word", ["unclosed stream", "aborted", "finalization failure"])
    async def test_other_reasons(self, m25: House, word: str) -> None:
        """Other words of the service are its own errors; the text before them stands."""
        m25.script.queue(Answer("Hello world", fault=Reason(word, after_chars=5)))
        answer = await told(m25.provider(), ask("tulu3-405b", "hi"))
        assert answer.text == "Hello"
        assert answer.reason is FailureReason.SERVER_ERROR
        assert answer.end.failure is not None
        assert answer.end.failure.detail == word

    async def test_overload_is_tried_again(self, m25: House) -> None:
        """A real overload (no chunk in time) and a failed backend are tried again."""
        m25.script.queue(
            Answer("x", pace=Pace(first_token_s=60)),
            Answer("x", fault=Reason("grpc inference failed", after_chars=0)),
            Answer("Here"),
        )
        answer = await told(m25.provider(), ask("tulu3-405b", "hi"))
        assert answer.text == "Here"
        assert len(m25.posts) == 3

    async def test_lasting_overload_is_told(self, m25: House) -> None:
        """An overload that lasts is told as that."""
        m25.script.queue(*[Answer("x", fault=Reason("model overloaded", after_chars=0))] * 3)
        answer = await told(m25.provider(), ask("tulu3-405b", "hi"))
        assert answer.reason is FailureReason.OVERLOADED

    async def test_missing_finish_reason_is_success(self, m25: House) -> None:
        """A model that never says why it stopped has said all."""
        answer = await told(m25.provider(), ask("olmoe-0125", "hi"))
        assert answer.end.outcome is Outcome.COMPLETE

    async def test_tool_error_is_an_error(self, t26: House) -> None:
        """A typed error goes on to the end of the stream, and is an error all the same."""
        t26.script.queue(Answer("Hello", fault=Reason("toolCallError")))
        answer = await told(t26.provider(), ask("tulu3-405b", "hi"))
        assert answer.reason is FailureReason.SERVER_ERROR

    @pytest.mark.parametrize(
        ("message", "expected"),
        [
            ("failed_captcha", FailureReason.CAPTCHA),
            ("invalid_captcha", FailureReason.CAPTCHA),
            ("failed_captcha_assessment", FailureReason.CAPTCHA),
            (
                "Failed to evaluate captcha. Please reload the page and try again.",
                FailureReason.CAPTCHA,
            ),
            ("inappropriate_prompt", FailureReason.UNSAFE),
            ("inappropriate_prompt_text", FailureReason.UNSAFE),
            ("something else", FailureReason.INVALID),
        ],
    )
    async def test_refusals(self, house: House, message: str, expected: FailureReason) -> None:
        """Captchas, unsafe prompts and other refusals are told apart, and not tried again."""
        house.script.queue(Answer(fault=Refuse(message)), Answer("no"))
        answer = await told(house.provider(), ask("tulu3-405b", "hi"))
        assert answer.reason is expected
        assert house.script.waiting == 1

    async def test_quoted_request_means_nothing(self, m25: House) -> None:
        """What a person wrote is no reason, though a validation error quotes it."""
        body = (
            '{"error": {"code": 400, "message": "captcha inappropriate_prompt Invalid model",'
            ' "validation_errors": [{"loc": ["top_p"], "msg": "Input should be greater"}]}}'
        )
        m25.script.queue(Answer(fault=Http(400, body, "application/json")))
        answer = await told(m25.provider(), ask("tulu3-405b", "captcha"))
        assert answer.reason is FailureReason.INVALID

    async def test_required_captcha(self, m25: House) -> None:
        """A service that requires a captcha's token wants proof of a browser."""
        body = (
            '{"error": {"code": 400, "message": "1 validation error",'
            ' "validation_errors": [{"loc": ["captchaToken"], "msg": "Field required"}]}}'
        )
        m25.script.queue(Answer(fault=Http(400, body, "application/json")))
        answer = await told(m25.provider(), ask("tulu3-405b", "hi"))
        assert answer.reason is FailureReason.CAPTCHA

    async def test_proper_end_without_last_word(self, m25: House) -> None:
        """A body that ends as it should, but without the final object, was cut all the same."""
        lines = (
            '{"id": "msg_A", "root": "msg_A", "role": "user", "final": false, "children":'
            ' [{"id": "msg_B", "role": "assistant", "content": ""}]}\n'
            '{"message": "msg_B", "content": "Hel"}\n'
        )
        m25.script.queue(Answer(fault=Http(200, lines, "application/jsonl")))
        answer = await told(m25.provider(), ask("tulu3-405b", "hi"))
        assert answer.said == "Hel"
        assert answer.reason is FailureReason.CUT
        assert answer.end.resume is None

    async def test_last_word_counts(self, m25: House) -> None:
        """Where the stored text differs from what was streamed, it is the text."""
        lines = (
            '{"id": "msg_A", "root": "msg_A", "role": "user", "final": false, "children":'
            ' [{"id": "msg_B", "role": "assistant", "content": ""}]}\n'
            '{"message": "msg_B", "content": "Helo"}\n'
            '{"message": "msg_B", "type": "novel"}\n'
            '{"id": "msg_A", "root": "msg_A", "role": "user", "final": true, "children":'
            ' [{"id": "msg_B", "role": "assistant", "content": "Hello"}]}\n'
        )
        m25.script.queue(Answer(fault=Http(200, lines, "application/jsonl")))
        answer = await told(m25.provider(), ask("tulu3-405b", "hi"))
        assert answer.said == "Helo"
        assert answer.end.text == "Hello"
