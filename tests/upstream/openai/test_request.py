"""What an OpenAI-compatible server is sent, and which models it offers."""

import json
from typing import cast

import aiohttp
import pytest

from conversation.entities import FailureReason, Parameters
from conversation.ports.provider import ModelInfo
from sandbox.models.openai.server import OpenAIServer
from sandbox.models.script import Script
from tests.contracts.provider_stands import QUICK, ask, told
from tests.upstream.raw_server import RawServer, answering, event, http
from upstream.openai.provider import OpenAICompatible


def provider(session: aiohttp.ClientSession, server: RawServer) -> OpenAICompatible:
    """Make a provider for a server."""
    return OpenAICompatible(session, "local", server.base_url, limits=QUICK)


def body_of(request: bytes) -> dict[str, object]:
    """Read the JSON that was sent."""
    return cast(dict[str, object], json.loads(request.partition(b"\r\n\r\n")[2]))


class TestRequest:
    """What is sent."""

    async def test_body(self, session: aiohttp.ClientSession) -> None:
        """The body holds history, system prompt and what is set, a person's choice first."""
        async with OpenAIServer(Script(), models=("demo",), api_key="k3y") as server:
            asked = OpenAICompatible(
                session,
                "local",
                server.base_url + "/",
                api_key="k3y",
                headers={"X-Title": "Bobbin"},
                parameters={"top_k": 3, "temperature": 0.1, "top_p": 0.2, "stream": False},
                limits=QUICK,
            )
            parameters = Parameters(temperature=1.25, max_tokens=7)
            await told(
                asked, ask("demo", "a", "b", "c", system_prompt="Sing.", parameters=parameters)
            )
            (request,) = server.requests
        assert request.headers["Authorization"] == "Bearer k3y"
        assert request.headers["X-Title"] == "Bobbin"
        assert request.json == {
            "model": "demo",
            "messages": [
                {"role": "system", "content": "Sing."},
                {"role": "user", "content": "a"},
                {"role": "assistant", "content": "b"},
                {"role": "user", "content": "c"},
            ],
            "stream": True,
            "stream_options": {"include_usage": True},
            "temperature": 1.25,
            "top_p": 0.2,
            "top_k": 3,
            "max_tokens": 7,
        }

    async def test_stream_options_are_given_up(self, session: aiohttp.ClientSession) -> None:
        """A server that refuses `stream_options` is asked without, now and from then on."""
        refusal = http('{"error": "unknown field"}', status="400 Bad Request")
        answer = http(event("yes") + "data: [DONE]\n\n")
        async with answering(refusal, answer) as server:
            asked = provider(session, server)
            assert (await told(asked, ask("demo", "hi"))).text == "yes"
            assert (await told(asked, ask("demo", "hi"))).text == "yes"
        sent = ["stream_options" in body_of(request) for request in server.requests]
        assert sent == [True, False, False]

    async def test_length_goes_by_its_newer_name(self, session: aiohttp.ClientSession) -> None:
        """A model that takes `max_completion_tokens` only is given that."""
        words = "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead."
        refusal = http(json.dumps({"error": {"message": words}}), status="400 Bad Request")
        async with answering(refusal, http(event("yes", finish_reason="stop"))) as server:
            parameters = Parameters(max_tokens=9)
            await told(provider(session, server), ask("demo", "hi", parameters=parameters))
        assert body_of(server.requests[1])["max_completion_tokens"] == 9
        assert "max_tokens" not in body_of(server.requests[1])
        assert "stream_options" in body_of(server.requests[1])

    async def test_malformed_request_is_told(self, session: aiohttp.ClientSession) -> None:
        """A server that refuses the simpler request too has refused."""
        async with answering(http("{}", status="422 Unprocessable Entity")) as server:
            answer = await told(provider(session, server), ask("demo", "hi"))
        assert answer.reason is FailureReason.INVALID
        assert len(server.requests) == 2


class TestModels:
    """What is offered."""

    async def test_configured_models_are_the_list(self, session: aiohttp.ClientSession) -> None:
        """Models that the owner names are all that is offered, and nothing is asked."""
        asked = OpenAICompatible(session, "local", "http://127.0.0.1:9/v1", models=["a", "b"])
        assert await asked.models() == (ModelInfo("a"), ModelInfo("b"))
        assert asked.is_listed

    async def test_context_length_is_read(self, session: aiohttp.ClientSession) -> None:
        """Where a server says how long a context may be, it is known."""
        body = (
            '{"data": [{"id": "a", "context_length": 4096}, {"id": "b", "max_model_len": 9}, {}]}'
        )
        async with answering(http(body)) as server:
            models = await provider(session, server).models()
        assert [model.context_tokens for model in models] == [4096, 9]

    @pytest.mark.parametrize("body", ["", "[]", '{"data": 1}', "<html>"])
    async def test_no_list_is_no_certainty(self, session: aiohttp.ClientSession, body: str) -> None:
        """A server without a list offers nothing, and it is known that this is not certain."""
        async with answering(http(body)) as server:
            asked = provider(session, server)
            assert await asked.models() == ()
        assert not asked.is_listed
