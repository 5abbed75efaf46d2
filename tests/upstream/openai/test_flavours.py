"""Every kind of OpenAI-compatible server answers, and refuses, in its own way."""

from dataclasses import replace

import aiohttp
import pytest

from conversation.entities import FailureReason, Outcome
from sandbox.models.openai.flavours import FLAVOURS
from sandbox.models.openai.server import OpenAIServer
from sandbox.models.script import Answer, Reason, Refuse, Script
from tests.contracts.provider_stands import QUICK, ask, told
from upstream.openai.provider import OpenAICompatible

FLAVOUR_NAMES = pytest.mark.parametrize("flavour", FLAVOURS)


def provider(session: aiohttp.ClientSession, server: OpenAIServer) -> OpenAICompatible:
    """Make a provider for a server."""
    return OpenAICompatible(session, "local", server.base_url, limits=QUICK)


class TestFlavours:
    """Every kind of server answers, and refuses, in its own way."""

    @FLAVOUR_NAMES
    async def test_answers(self, session: aiohttp.ClientSession, flavour: str) -> None:
        """Each is understood, thoughts, text and usage alike."""
        script = Script(Answer("Hello world", reasoning="hm"))
        async with OpenAIServer(script, flavour=flavour) as server:
            answer = await told(provider(session, server), ask("demo", "hi"))
        assert answer.text == "Hello world"
        assert answer.thought == ("hm" if FLAVOURS[flavour].reasoning_field else "")
        assert answer.end.outcome is Outcome.COMPLETE
        assert answer.end.usage is not None
        assert answer.end.usage.completion_tokens > 0

    @FLAVOUR_NAMES
    async def test_length(self, session: aiohttp.ClientSession, flavour: str) -> None:
        """The limit of tokens cuts an answer short, and is told."""
        script = Script(Answer("one two three", limit_tokens=2))
        async with OpenAIServer(script, flavour=flavour) as server:
            answer = await told(provider(session, server), ask("demo", "hi"))
        assert answer.end.outcome is Outcome.TRUNCATED
        assert answer.reason is FailureReason.LENGTH
        assert answer.text == "one two "

    @FLAVOUR_NAMES
    async def test_error_after_text(self, session: aiohttp.ClientSession, flavour: str) -> None:
        """An error object in mid-stream ends the answer, and the text stands."""
        script = Script(Answer("Hello world", fault=Reason("backend_died", after_chars=5)))
        async with OpenAIServer(script, flavour=flavour) as server:
            answer = await told(provider(session, server), ask("demo", "hi"))
        assert answer.text == "Hello"
        assert answer.end.outcome is Outcome.FAILED
        assert answer.reason is FailureReason.SERVER_ERROR
        assert len(server.requests) == 1

    @FLAVOUR_NAMES
    async def test_too_long(self, session: aiohttp.ClientSession, flavour: str) -> None:
        """A prompt that does not fit is told as that, whatever the error's shape."""
        words = "This model's maximum context length is 4096 tokens, however you requested 9000"
        async with OpenAIServer(Script(Answer(fault=Refuse(words))), flavour=flavour) as server:
            answer = await told(provider(session, server), ask("demo", "hi"))
        assert answer.reason is FailureReason.TOO_LONG

    @FLAVOUR_NAMES
    async def test_unknown_model(self, session: aiohttp.ClientSession, flavour: str) -> None:
        """A model that a server does not have is told as that, by servers that look."""
        async with OpenAIServer(Script(), flavour=flavour) as server:
            answer = await told(provider(session, server), ask("gpt-9", "hi"))
        expected = FailureReason.UNKNOWN_MODEL if FLAVOURS[flavour].checks_model else None
        assert answer.reason is expected

    @FLAVOUR_NAMES
    async def test_lists_models(self, session: aiohttp.ClientSession, flavour: str) -> None:
        """Each lists its models."""
        async with OpenAIServer(Script(), flavour=flavour, models=("b", "a/b")) as server:
            asked = provider(session, server)
            assert [model.name for model in await asked.models()] == ["b", "a/b"]
            assert asked.is_listed

    @pytest.mark.parametrize("line_end", ["\r\n", "\r"])
    async def test_silent_server(self, session: aiohttp.ClientSession, line_end: str) -> None:
        """Without a finish reason, without `[DONE]` and without usage, the end is the end."""
        silent = replace(
            FLAVOURS["openai"],
            sends_done=False,
            sends_finish_reason=False,
            usage="never",
            line_end=line_end,
            space_after_colon=False,
        )
        script = Script(Answer("Hello  world", write_sizes=[1, 5]))
        async with OpenAIServer(script, flavour=silent) as server:
            answer = await told(provider(session, server), ask("demo", "hi"))
        assert answer.text == "Hello  world"
        assert answer.end.outcome is Outcome.COMPLETE
        assert answer.end.usage is None
