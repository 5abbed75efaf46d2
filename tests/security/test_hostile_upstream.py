"""What a hostile model service can send: every answer ends, and a list of models is read."""

import gzip
import json
import tracemalloc
from datetime import UTC, datetime

import aiohttp
import pytest

from conversation.entities import FailureReason, Outcome, Usage
from conversation.errors import ModelNameError
from monitoring.metrics import PrometheusMeter
from tests.contracts.provider_stands import QUICK, Told, ask, told
from tests.upstream.raw_server import answering, event, http
from upstream.catalog import Catalog, ListingProvider
from upstream.model_names import LONGEST_CHARS, MOST_MODELS
from upstream.openai.provider import OpenAICompatible
from upstream.playground.provider import Playground
from upstream.wire.session import open_session

_DONE = "data: [DONE]\n\n"
_KEY = "sk-meant-for-one-server"


def _local(session: aiohttp.ClientSession, base_url: str) -> OpenAICompatible:
    return OpenAICompatible(session, "local", base_url, api_key=_KEY, limits=QUICK)


async def _answer_to(*sent: bytes) -> Told:
    """Ask a server that sends these bytes."""
    async with answering(*sent) as server, open_session() as session:
        return await told(_local(session, server.base_url), ask("demo", "hi"))


async def _listed(make: str, body: str) -> ListingProvider:
    """Have a provider ask for its list, and be sent this body."""
    answer = http(body, headers="Content-Type: application/json\r\n")
    async with answering(answer) as server, open_session() as session:
        provider: ListingProvider = _local(session, server.base_url)
        if make == "playground":
            provider = Playground(
                session, server.base_url, limits=QUICK, now=lambda: datetime.now(UTC)
            )
        await Catalog([provider]).refresh()
    return provider


def _packed(text: str) -> bytes:
    """Write a response that is small on the wire."""
    body = gzip.compress(text.encode(), 9)
    head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\nContent-Encoding: gzip\r\n"
    return head.encode() + b"Content-Type: text/event-stream\r\nConnection: close\r\n\r\n" + body


async def test_a_redirect_gets_no_key() -> None:
    """A redirect is not followed: the key is for one server, and no other is ever asked."""
    async with answering(http(event("stolen") + _DONE)) as thief:
        moved = http("", status="307 Moved", headers=f"Location: {thief.base_url}/v1\r\n")
        answer = await _answer_to(moved)
    assert answer.end.outcome is Outcome.FAILED
    assert thief.requests == []


async def test_no_cookie_is_kept() -> None:
    """What a service sets as a cookie is not sent back: two people are not one to it."""
    sent = http(event("hello") + _DONE, headers="Set-Cookie: id=42; Path=/\r\n")
    async with answering(sent) as server, open_session() as session:
        provider = _local(session, server.base_url)
        for _ in range(2):
            assert (await told(provider, ask("demo", "hi"))).end.outcome is Outcome.COMPLETE
    assert len(server.requests) == 2
    assert not any(b"cookie" in request.lower() for request in server.requests)


async def test_a_compressed_bomb_bursts_early() -> None:
    """A kilobyte on the wire that unpacks to a gigabyte is given up within a bounded memory."""
    bomb = _packed("data: " + "x" * (200 * 1024 * 1024))
    tracemalloc.start()
    try:
        answer = await _answer_to(bomb)
        _, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert answer.reason is FailureReason.GARBAGE
    assert peak_bytes < 100 * 1024 * 1024


@pytest.mark.parametrize(
    "body",
    [
        "data: " + "[" * 100_000 + "\n\n",
        'data: {"choices": ' + '{"a":' * 100_000 + "\n\n",
        "data: " + "9" * 10_000 + "\n\n",
        "data: \x00\x01\x02\n\n",
        'data: {"choices": [{"delta": {"content": {"a": ["\\ud800"]}}}]}\n\n' + _DONE,
    ],
    ids=["arrays", "objects", "a huge number", "control characters", "another shape"],
)
async def test_json_that_is_no_answer(body: str) -> None:
    """Nesting without end, numbers without end and other shapes end an answer, and nothing else."""
    assert (await _answer_to(http(body))).end.outcome is Outcome.FAILED


@pytest.mark.parametrize("count", ["1e999", "9" * 400, "-5", "true", "NaN", '"many"'])
async def test_usage_that_is_no_count(count: str) -> None:
    """A count of tokens that is none harms neither the answer nor the metrics."""
    usage = f'data: {{"choices": [], "usage": {{"prompt_tokens": {count}}}}}\n\n'
    end = (await _answer_to(http(event("hello") + usage + _DONE))).end
    assert end.outcome is Outcome.COMPLETE
    assert end.usage in (None, Usage(0, 0))
    PrometheusMeter().asked("local", end)


@pytest.mark.parametrize("value", ["NaN", "Infinity", "1e999", "9" * 400, '"0.5"', "[]"])
async def test_bounds_that_are_no_numbers(value: str) -> None:
    """A list whose numbers are none is read, with the usual ones in their place."""
    names = ("temperature_default", "top_p_default", "max_tokens_default", "top_p_upper")
    numbers = ", ".join(f'"{name}": {value}' for name in names)
    provider = await _listed("playground", f'[{{"id": "one", "host": "modal", {numbers}}}]')
    assert [model.name for model in provider.known_models] == ["one"]
    assert provider.is_listed


@pytest.mark.parametrize("make", ["openai", "playground"])
async def test_names_that_are_none(make: str) -> None:
    """A name that would leave its line or its code on Discord, or is too long, is not offered."""
    names = ["one", "two\n# Three", "`@everyone`", "\u202eruof", "x" * (LONGEST_CHARS + 1), "", "5"]
    items = [{"id": name, "host": "modal"} for name in names]
    body = json.dumps(items if make == "playground" else {"data": items})
    assert [model.name for model in (await _listed(make, body)).known_models] == ["one", "5"]


@pytest.mark.parametrize("make", ["openai", "playground"])
async def test_a_list_without_end(make: str) -> None:
    """Of a list of a hundred thousand models as many are offered as can be searched."""
    items = [{"id": f"m{number}", "host": "modal"} for number in range(100_000)]
    body = json.dumps(items if make == "playground" else {"data": items})
    assert len((await _listed(make, body)).known_models) == MOST_MODELS


async def test_a_name_that_is_taken_on_trust() -> None:
    """Where nothing is listed a person's own name is taken, but not one that leaves its line."""
    provider = await _listed("openai", "no list")
    catalog = Catalog([provider])
    assert catalog.resolve("local/mine").full_name == "local/mine"
    for name in ("local/two\nlines", "local/`code`", "local/" + "x" * (LONGEST_CHARS + 1)):
        with pytest.raises(ModelNameError):
            catalog.resolve(name)


async def test_headers_without_end() -> None:
    """Headers of megabytes end an answer like any other nonsense."""
    answer = await _answer_to(http("", headers=f"X-Long: {'x' * 1_000_000}\r\n"))
    assert answer.end.outcome is Outcome.FAILED
