"""How an answer ends where OpenAI-compatible servers are careless."""

import json

import aiohttp
import pytest

from conversation.entities import FailureReason, Outcome, Usage
from tests.contracts.provider_stands import QUICK, Told, ask, told
from tests.upstream.raw_server import RawServer, answering, event, http
from upstream.openai.provider import OpenAICompatible


def provider(session: aiohttp.ClientSession, server: RawServer) -> OpenAICompatible:
    """Make a provider for a server."""
    return OpenAICompatible(session, "local", server.base_url, limits=QUICK)


class TestEnds:
    """How an answer ends where servers are careless."""

    async def _told(self, session: aiohttp.ClientSession, *answers: bytes) -> Told:
        async with answering(*answers) as server:
            return await told(provider(session, server), ask("demo", "hi"))

    async def test_end_with_the_connection_is_uncertain(
        self, session: aiohttp.ClientSession
    ) -> None:
        """A body that ends with the connection, and says nothing of an end, was cut."""
        answer = await self._told(session, http(event("half a"), is_framed=False))
        assert answer.text == "half a"
        assert answer.reason is FailureReason.CUT

    async def test_done_is_an_end(self, session: aiohttp.ClientSession) -> None:
        """`[DONE]` alone is an end, also without the empty line after it."""
        body = event("all") + "data: [DONE]"
        answer = await self._told(session, http(body, is_framed=False))
        assert answer.end.outcome is Outcome.COMPLETE

    async def test_cut_after_the_finish_does_not_matter(
        self, session: aiohttp.ClientSession
    ) -> None:
        """Once the model has finished, a lost connection loses the usage at most."""
        whole = http(event("all", finish_reason="stop") + "data: [DONE]\n\n")
        answer = await self._told(session, whole[:-6])
        assert answer.text == "all"
        assert answer.end.outcome is Outcome.COMPLETE

    async def test_nothing_at_all_is_asked_again(self, session: aiohttp.ClientSession) -> None:
        """A stream that ends before it began was cut, and is asked for again."""
        answer = await self._told(
            session, http(": hello\n\n"), http(event("all", finish_reason="stop"))
        )
        assert answer.text == "all"

    async def test_whole_completion(self, session: aiohttp.ClientSession) -> None:
        """A server that does not stream is understood all the same."""
        body = json.dumps(
            {
                "choices": [
                    {
                        "message": {
                            "content": [{"type": "text", "text": "all"}],
                            "reasoning": "hm",
                        },
                        "finish_reason": "stop",
                    }
                ],
                "usage": {"prompt_tokens": 5, "completion_tokens": 2},
            }
        )
        headers = "Content-Type: application/json\r\n"
        answer = await self._told(session, http(body, headers=headers))
        assert (answer.thought, answer.text) == ("hm", "all")
        assert answer.end.usage == Usage(5, 2)

    async def test_error_with_status_200(self, session: aiohttp.ClientSession) -> None:
        """An error object under a success is an error, and its code is the status."""
        body = '{"error": {"code": 402, "message": "Insufficient credits"}}'
        headers = "Content-Type: application/json\r\n"
        answer = await self._told(session, http(body, headers=headers))
        assert answer.reason is FailureReason.UNAUTHORIZED
        assert answer.end.failure is not None
        assert answer.end.failure.status == 402

    async def test_no_simpler_request_after_the_first_token(
        self, session: aiohttp.ClientSession
    ) -> None:
        """An error that looks like a refused parameter ends an answer that has begun."""
        refused = 'data: {"error": {"code": 400, "message": "malformed"}}\n\n'
        broken = http(event("one ") + refused)
        async with answering(broken, http(event("one two", finish_reason="stop"))) as server:
            answer = await told(provider(session, server), ask("demo", "count"))
        assert (answer.text, answer.end.outcome) == ("one ", Outcome.FAILED)
        assert len(server.requests) == 1

    @pytest.mark.parametrize(
        ("text", "outcome"), [("so", Outcome.TRUNCATED), (None, Outcome.FAILED)]
    )
    async def test_content_filter(
        self, session: aiohttp.ClientSession, text: str | None, outcome: Outcome
    ) -> None:
        """A filter that cuts an answer is told as unsafe, with or without text before it."""
        answer = await self._told(session, http(event(text, finish_reason="content_filter")))
        assert answer.end.outcome is outcome
        assert answer.reason is FailureReason.UNSAFE

    @pytest.mark.parametrize(
        ("status", "body", "expected"),
        [
            (
                "429 Too Many",
                '{"error": {"code": "insufficient_quota"}}',
                FailureReason.UNAUTHORIZED,
            ),
            ("400 Bad", '{"error": {"code": "context_length_exceeded"}}', FailureReason.TOO_LONG),
            (
                "400 Bad",
                '{"error": {"message": "x is not a valid model ID"}}',
                FailureReason.UNKNOWN_MODEL,
            ),
            (
                "404 Not Found",
                '{"error": "model \\"x\\" not found, try pulling it first"}',
                FailureReason.UNKNOWN_MODEL,
            ),
            ("404 Not Found", "404 page not found", FailureReason.INVALID),
            (
                "403 Forbidden",
                '{"error": {"message": "requires moderation"}}',
                FailureReason.UNSAFE,
            ),
            (
                "500 Oops",
                '{"error": {"message": "the request exceeds the available context size"}}',
                FailureReason.TOO_LONG,
            ),
        ],
    )
    async def test_refusals(
        self, session: aiohttp.ClientSession, status: str, body: str, expected: FailureReason
    ) -> None:
        """The words of the field are understood beside the statuses."""
        assert (await self._told(session, http(body, status=status))).reason is expected

    @pytest.mark.parametrize(
        "odd",
        [
            "{}",
            "null",
            "[]",
            '{"choices": null}',
            '{"choices": [null]}',
            '{"choices": [{"delta": null}]}',
            '{"choices": [{"delta": {"content": 7}}]}',
            '{"choices": [{"delta": {"content": null, "tool_calls": []}}], "usage": 3}',
            '"x"',
        ],
    )
    async def test_odd_chunks_never_raise(self, session: aiohttp.ClientSession, odd: str) -> None:
        """An object without text is passed over; what is no object at all is garbage."""
        answer = await self._told(
            session, http(event("all") + f"data: {odd}\n\n" + event("", finish_reason="stop"))
        )
        assert answer.text == "all"
        is_object = odd.startswith("{")
        assert answer.end.outcome is (Outcome.COMPLETE if is_object else Outcome.FAILED)
