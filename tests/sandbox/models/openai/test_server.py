"""What the OpenAI-compatible servers of the field have in common, and how they differ."""

import asyncio
import json
from dataclasses import replace
from typing import Any

import pytest

from sandbox.models.openai import encoding
from sandbox.models.openai.flavours import FLAVOURS
from sandbox.models.openai.server import OpenAIServer
from sandbox.models.script import Answer, Cut, Http, Reason, Refuse, Script, Stall
from tests.sandbox.models.clients import Received, ask_openai, send

_USAGE = {"include_usage": True}


def _chunks(received: Received) -> list[dict[str, Any]]:
    return [json.loads(event) for event in received.events() if event != "[DONE]"]


def _joined(received: Received, name: str = "content") -> str:
    deltas = [choice["delta"] for chunk in _chunks(received) for choice in chunk["choices"]]
    return "".join(delta.get(name) or "" for delta in deltas)


@pytest.mark.parametrize("flavour", FLAVOURS)
async def test_every_flavour_says_the_same_text(flavour: str) -> None:
    """The deltas joined are the text, white space and other alphabets included."""
    async with OpenAIServer(Script(Answer("Да,\n\n  there 🙂")), flavour=flavour) as server:
        received = await ask_openai(server)
        assert received.headers["Content-Type"] == "text/event-stream"
        assert _joined(received) == "Да,\n\n  there 🙂"
        assert received.events()[-1] == "[DONE]"
        assert not received.is_cut


@pytest.mark.parametrize(
    ("flavour", "field"),
    [
        ("openai", None),
        ("ollama", "reasoning"),
        ("openrouter", "reasoning"),
        ("llama.cpp", "reasoning_content"),
        ("vllm", "reasoning_content"),
        ("lmstudio", "reasoning_content"),
        ("litellm", "reasoning_content"),
    ],
)
async def test_reasoning_has_the_flavours_own_field(flavour: str, field: str | None) -> None:
    """Thoughts come under one of two names, or not at all, and are never text."""
    script = Script(Answer("Hi", reasoning="I think"))
    async with OpenAIServer(script, flavour=flavour) as server:
        received = await ask_openai(server)
        assert _joined(received) == "Hi"
        for name in ("reasoning", "reasoning_content"):
            assert _joined(received, name) == ("I think" if name == field else "")


async def test_the_first_delta_differs() -> None:
    """The role comes with an empty text, with null, or in each delta."""
    firsts: dict[str, object] = {}
    for flavour in ("openai", "llama.cpp", "ollama"):
        async with OpenAIServer(Script(Answer("Hi")), flavour=flavour) as server:
            firsts[flavour] = _chunks(await ask_openai(server))[0]["choices"][0]["delta"]
    assert firsts == {
        "openai": {"role": "assistant", "content": ""},
        "llama.cpp": {"role": "assistant", "content": None},
        "ollama": {"role": "assistant", "content": "Hi"},
    }


async def test_usage_comes_when_asked_for_or_always() -> None:
    """OpenAI sends it in a chunk without choices if asked; OpenRouter always, with a choice."""
    async with OpenAIServer(Script()) as server:
        assert all("usage" not in chunk for chunk in _chunks(await ask_openai(server)))
        *others, last = _chunks(await ask_openai(server, stream_options=_USAGE))
        assert (last["choices"], {chunk["usage"] for chunk in others}) == ([], {None})
        assert last["usage"]["total_tokens"] > last["usage"]["prompt_tokens"] > 0
    async with OpenAIServer(Script(), flavour="openrouter") as server:
        last = _chunks(await ask_openai(server))[-1]
        assert last["choices"]
        assert last["usage"]["total_tokens"] > 0


async def test_openrouter_comments_while_it_works() -> None:
    """A comment comes before the first chunk, and as a sign of life."""
    script = Script(Answer("Hi", fault=Stall(after_chars=None, keep_alive_s=0.01)))
    async with OpenAIServer(script, flavour="openrouter") as server:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await ask_openai(server)
        await server.until(lambda: server.requests[0].is_over)
        assert server.requests[0].closed_by_client
    body = encoding.encode(Answer("Hi"), flavour="openrouter")
    assert body.startswith(b": OPENROUTER PROCESSING\n\n")


async def test_traits_can_be_combined_at_will() -> None:
    """No [DONE], no finish reason, CR LF and no space after the colon."""
    traits = replace(
        FLAVOURS["openai"],
        sends_done=False,
        sends_finish_reason=False,
        line_end="\r\n",
        space_after_colon=False,
    )
    async with OpenAIServer(Script(Answer("Hi")), flavour=traits) as server:
        received = await ask_openai(server)
        assert received.body.endswith(b"}\r\n\r\n")
        assert b"data: " not in received.body
        assert b"[DONE]" not in received.body
        assert b'"stop"' not in received.body
        assert _joined(received) == "Hi"


_MID_STREAM = {
    "openai": b'data: {"error": {"message": "Oh no", "type": "server_error", "param": null, '
    b'"code": "boom"}}\n\n',
    "ollama": b'data: {"error": {"message": "Oh no", "type": "server_error", "param": null, '
    b'"code": "boom"}}\n\n',
    "llama.cpp": b'error: {"code": 500, "message": "Oh no", "type": "server_error"}\n\n'
    b"data: [DONE]\n",
    "vllm": b'data: {"object": "error", "message": "Oh no", "type": "server_error", '
    b'"param": null, "code": 500}\n\ndata: [DONE]\n\n',
    "lmstudio": b'event: error\ndata: {"error": "Oh no"}\n\n',
    "litellm": b'data: {"error": {"message": "Oh no", "type": "server_error", "param": null, '
    b'"code": "500"}}\n\n',
    "openrouter": b'"finish_reason": "error"}]}\n\n',
}


@pytest.mark.parametrize("flavour", FLAVOURS)
async def test_an_error_in_mid_stream_has_the_flavours_shape(flavour: str) -> None:
    """The status is 200, the text until then stands, and the error is the end."""
    fault = Reason("boom", after_chars=5, message="Oh no")
    async with OpenAIServer(Script(Answer("Hello there", fault=fault)), flavour=flavour) as server:
        received = await ask_openai(server)
        assert received.status == 200
        assert b"Hello" in received.body
        assert received.body.endswith(_MID_STREAM[flavour])


async def test_a_cut_stream_ends_without_its_terminator() -> None:
    """Half an event is sent, and the connection is closed."""
    script = Script(Answer("Hello there", fault=Cut(after_chars=5, torn_bytes=9)))
    async with OpenAIServer(script) as server:
        received = await ask_openai(server)
        assert received.is_cut
        assert received.body.endswith(b'\n\ndata: {"i')


async def test_without_streaming_the_answer_is_one_object() -> None:
    """It has the text, the thoughts, the finish reason and the usage."""
    script = Script(Answer("Hi", reasoning="hm"), Answer("a b c", obeys_limit=True))
    async with OpenAIServer(script, flavour="vllm") as server:
        whole = (await ask_openai(server, stream=False)).json()
        (choice,) = whole["choices"]
        assert choice["message"] == {
            "role": "assistant",
            "content": "Hi",
            "reasoning_content": "hm",
        }
        assert (choice["finish_reason"], whole["usage"]["completion_tokens"]) == ("stop", 2)
        short = (await ask_openai(server, stream=False, max_tokens=1)).json()["choices"][0]
        assert (short["message"]["content"], short["finish_reason"]) == ("a ", "length")


async def test_a_key_is_wanted_where_one_is_set() -> None:
    """Without the right one both routes answer 401."""
    async with OpenAIServer(Script(), api_key="sesame") as server:
        assert (await ask_openai(server, key="sesame")).status == 200
        assert (await ask_openai(server)).json()["error"]["code"] == "invalid_api_key"
        wrong = {"Authorization": "Bearer wrong"}
        assert (await send("GET", f"{server.base_url}/models", headers=wrong)).status == 401
        assert (await ask_openai(server, key="wrong")).status == 401


async def test_models_are_listed_and_unknown_ones_refused() -> None:
    """An unlisted model is a 404, but not where the server serves whatever is loaded."""
    async with OpenAIServer(Script(), models=("one", "two")) as server:
        listed = (await send("GET", f"{server.base_url}/models")).json()
        assert [model["id"] for model in listed["data"]] == ["one", "two"]
        assert (await ask_openai(server, model="three")).status == 404
    async with OpenAIServer(Script(), flavour="llama.cpp") as server:
        assert (await ask_openai(server, model="three")).status == 200


async def test_errors_before_the_stream() -> None:
    """A bad request is 400, a script's refusal has its headers, a proxy's page is not JSON."""
    script = Script(
        Answer(fault=Refuse("Slow down", 429, "rate_limit_exceeded", {"Retry-After": "2"})),
        Answer(fault=Http(502)),
        Answer("Hi", fault=Reason("boom")),
    )
    async with OpenAIServer(script) as server:
        assert (await ask_openai(server, messages=None)).status == 400
        limited = await ask_openai(server)
        assert (limited.status, limited.headers["Retry-After"]) == (429, "2")
        assert limited.json()["error"]["type"] == "rate_limit_error"
        assert (await ask_openai(server)).body.startswith(b"<html>")
        assert (await ask_openai(server, stream=False)).status == 500


async def test_content_may_come_in_parts() -> None:
    """The text parts of a message are read as one."""
    parts = [{"type": "text", "text": "Hel"}, {"type": "text", "text": "lo"}]
    async with OpenAIServer(Script()) as server:
        received = await ask_openai(server, messages=[{"role": "user", "content": parts}])
        assert _joined(received) == "You said: Hello"
