"""What the Playground is sent, and which models it offers, in both dialects."""

from dataclasses import replace

import pytest

from conversation.entities import Outcome, Parameters
from sandbox.models.playground.models import DOCUMENTED_MODELS
from sandbox.models.playground.server import PlaygroundServer
from sandbox.models.script import Script
from tests.contracts.provider_stands import QUICK, ask, told
from tests.upstream.playground.playground_house import FOLDED, START, House
from tests.upstream.raw_server import answering, http
from upstream.playground.provider import Playground
from upstream.wire.session import open_session


class TestRequest:
    """What is sent."""

    async def test_is_real_multipart(self, house: House) -> None:
        """The body is multipart with only the new message, verbatim, and no parent at first."""
        await told(house.provider(), ask("tulu3-405b", "hi\r\n  “you”"))
        (post,) = house.posts
        assert post.headers["Content-Type"].startswith("multipart/form-data; boundary=")
        assert post.value("content") == "hi\r\n  “you”"
        assert post.value("private") == "true"
        assert post.value("parent") is None
        assert post.files == ()

    async def test_host_is_the_listed_one(self, m25: House) -> None:
        """Each model is asked at the host that the list gives, which is read once."""
        provider = m25.provider()
        for model in ("tulu3-405b", "olmoe-0125", "tulu3-405b"):
            assert (await told(provider, ask(model, "hi"))).end.outcome is Outcome.COMPLETE
        assert [post.value("host") for post in m25.posts] == ["inferd", "modal", "inferd"]
        assert len([each for each in m25.server.requests if each.method == "GET"]) == 1

    async def test_host_that_moved_is_found(self) -> None:
        """A model that has moved to another host is found there, unnoticed."""
        moved = replace(DOCUMENTED_MODELS[0], host="elsewhere")
        async with open_session() as session:
            async with PlaygroundServer(Script()) as server:
                provider = Playground(session, server.base_url, limits=QUICK, now=lambda: START)
                await provider.models()
                port = int(server.base_url.rpartition(":")[2])
            async with PlaygroundServer(Script(), models=(moved,), port=port):
                answer = await told(provider, ask("tulu3-405b", "hi"))
        assert answer.end.outcome is Outcome.COMPLETE

    async def test_host_can_be_forced(self, house: House) -> None:
        """A forced host is sent with every model."""
        await told(house.provider(host="modal", private=False), ask("tulu-3-1-8b", "hi"))
        assert house.posts[0].value("host") == "modal"
        assert house.posts[0].value("private") == "false"

    async def test_numbers_lie_on_the_grid(self, house: House) -> None:
        """Numbers are sent within bounds and on the grid of 0.01."""
        parameters = Parameters(temperature=0.333333, top_p=0.07000000001, max_tokens=5000)
        answer = await told(house.provider(), ask("tulu3-405b", "hi", parameters=parameters))
        assert answer.end.outcome is Outcome.COMPLETE
        (post,) = house.posts
        assert post.value("temperature") == "0.33"
        assert post.value("top_p") == "0.07"
        assert post.value("max_tokens") == "2048"

    async def test_parameter_set_back_is_not_inherited(self, t26: House) -> None:
        """A parameter that is set back to its default does not come from the parent."""
        provider = t26.provider()
        hot = Parameters(temperature=1.0)
        first = await told(provider, ask("tulu3-405b", "one", parameters=hot))
        await told(provider, ask("tulu3-405b", "one", first.text, "two", resume=first.end.resume))
        asked = t26.posts[-1].asked
        assert asked is not None
        assert asked.options["temperature"] == 0.7

    async def test_system_prompt_is_told_first(self, house: House) -> None:
        """A system prompt stands in front of the first message, and is not repeated."""
        provider = house.provider()
        first = await told(provider, ask("tulu3-405b", "one", system_prompt="Be brief."))
        assert house.posts[0].value("content") == (
            "Instructions for you, for this whole conversation:\n\nBe brief.\n\none"
        )
        request = ask(
            "tulu3-405b",
            "one",
            first.text,
            "two",
            resume=first.end.resume,
            system_prompt="Be brief.",
        )
        await told(provider, request)
        assert house.posts[1].value("content") == "two"

    async def test_changed_system_prompt_begins_anew(self, house: House) -> None:
        """Another system prompt begins a thread of its own, with the history told."""
        provider = house.provider()
        first = await told(provider, ask("tulu3-405b", "one"))
        request = ask(
            "tulu3-405b", "one", first.text, "two", resume=first.end.resume, system_prompt="Sing."
        )
        await told(provider, request)
        content = house.posts[1].value("content") or ""
        assert house.posts[1].value("parent") is None
        assert content.endswith(FOLDED.format(first.text))
        assert content.startswith("Instructions for you")


class TestModels:
    """The list of models."""

    async def test_list_and_aliases(self, house: House) -> None:
        """Visible models are offered in order, with the documented aliases."""
        provider = house.provider()
        assert not provider.is_listed
        models = {model.name: model for model in await provider.models()}
        assert next(iter(models)) == "tulu3-405b"
        assert "olmo-7b-chat" not in models
        assert models["tulu3-405b"].aliases == ("tulu-3-405b", "llama-3.1-405b")
        assert provider.is_listed

    @pytest.mark.parametrize("body", ["<html>", "[]", "{}", '[{"no": "id"}]'])
    async def test_documented_list_where_there_is_none(self, body: str) -> None:
        """A service that does not answer with a list offers what is documented."""
        async with open_session() as session, answering(http(body)) as server:
            provider = Playground(session, server.base_url, limits=QUICK, now=lambda: START)
            models = await provider.models()
        assert [model.name for model in models][:2] == ["tulu3-405b", "OLMo-2-1124-13B-Instruct"]
        assert not provider.is_listed

    async def test_list_is_not_waited_for_twice(self, m25: House) -> None:
        """Where there is no list, the documented hosts serve, and it is asked for only once."""
        async with answering(http("no", status="404 Not Found")) as server:
            provider = Playground(m25.session, server.base_url, limits=QUICK, now=lambda: START)
            for model in ("tulu3-405b", "olmoe-0125"):
                await told(provider, ask(model, "hi"))
        methods = [request.split(b" ")[0] for request in server.requests]
        assert methods == [b"GET", b"POST", b"POST"]
        assert b"\r\n\r\ninferd\r\n" in server.requests[1]
        assert b"\r\n\r\nmodal\r\n" in server.requests[2]
