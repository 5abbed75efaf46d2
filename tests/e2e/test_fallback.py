"""A model that fails: another one answers, says so, and nobody waits for a dead one each time."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest

from conversation.asking.breaker import OPENS_AFTER
from conversation.entities import Outcome
from rendering.wording.sentences import Sentence, say
from sandbox.models.openai.server import OpenAIServer
from sandbox.models.script import Answer, AskedConversation, Refuse, Script, echo
from tests.e2e.scene import Scene
from tests.e2e.steps import ask_in, asked, command, let_manage
from tests.e2e.streams import until_stored

DEFAULT, SMALL, LOCAL = "allenai/tulu3-405b", "allenai/tulu-3-1-8b", "local/demo"


@pytest.fixture
async def local(scene: Scene) -> AsyncGenerator[OpenAIServer, None]:
    """Serve another provider, for every bot of the scene."""
    async with OpenAIServer(Script(), models=("demo",)) as server:
        scene.settings["PROVIDERS__LOCAL__BASE_URL"] = server.base_url
        yield server


@asynccontextmanager
async def refusing(scene: Scene) -> AsyncGenerator[None, None]:
    """Let the Playground refuse everybody."""

    def refused(_: AskedConversation) -> Answer:
        return Answer("never", fault=Refuse("no such key", 401))

    scene.script.default = refused
    yield
    scene.script.default = echo


def instead(why: Sentence = Sentence.SWITCHED_UNAUTHORIZED) -> str:
    """Return the words under an answer of another model."""
    return say(why, model=LOCAL, chosen=DEFAULT)


async def test_another_model_answers_and_says_so(scene: Scene, local: OpenAIServer) -> None:
    """The next model of the list answers; under it stands which one it is and why."""
    async with scene.bot(FALLBACK_MODELS="local/gone,demo"), refusing(scene):
        _, answer = await scene.ask("hello")
        assert answer.content == f"You said: hello\n{instead()}"
        turn = await until_stored(scene, answer, Outcome.COMPLETE)
    assert (turn.model, turn.outcome, turn.text) == (LOCAL, Outcome.COMPLETE, "You said: hello")
    assert len(asked(local)) == 1


async def test_a_service_that_is_down_is_replaced(scene: Scene, local: OpenAIServer) -> None:
    """A provider to which no connection can be made is one that fails like others."""
    nobody = "http://127.0.0.1:1"
    settings = {"ALLENAI_BASE_URL": nobody, "FALLBACK_MODELS": LOCAL, "UPSTREAM_ATTEMPTS": "1"}
    async with scene.bot(**settings):
        _, answer = await scene.ask("hello")
    assert answer.content == f"You said: hello\n{instead(Sentence.SWITCHED_UNREACHABLE)}"
    assert len(asked(local)) == 1


async def test_where_all_fail_the_chosen_models_end_is_told(
    scene: Scene, local: OpenAIServer
) -> None:
    """The notice is that of the first failure, and of no other."""
    local.script.queue(Answer("never", fault=Refuse("not you", 403)))
    async with scene.bot(FALLBACK_MODELS=LOCAL), refusing(scene):
        _, answer = await scene.ask("hello")
    assert answer.content == Sentence.UNAUTHORIZED


async def test_a_dead_model_is_asked_no_more(scene: Scene, local: OpenAIServer) -> None:
    """After some failures in a row no question reaches it, until one finds out that it is back."""
    settings = {"FALLBACK_MODELS": LOCAL, "UPSTREAM_PAUSE_S": "3", "COOLDOWN_MESSAGES": "1000"}
    async with scene.bot(**settings):
        async with refusing(scene):
            thread, _ = await scene.ask("first")
            for count in range(OPENS_AFTER):
                answer = await ask_in(scene, thread, f"question {count}")
                assert answer.content.endswith(instead())
            assert len(asked(scene.playground)) == OPENS_AFTER
        answer = await ask_in(scene, thread, "too soon")
        assert answer.content.endswith(instead())
        assert len(asked(scene.playground)) == OPENS_AFTER
        assert len(asked(local)) == OPENS_AFTER + 2
        while answer.content.endswith(instead()):
            answer = await ask_in(scene, thread, "and now?")
        assert answer.content.endswith("and now?")
        assert (await until_stored(scene, answer, Outcome.COMPLETE)).model == DEFAULT
        assert len(asked(scene.playground)) == OPENS_AFTER + 1


async def test_a_place_has_fallbacks_of_its_own(scene: Scene, local: OpenAIServer) -> None:
    """`/model` sets them for a place, in any form of name, and shows them."""
    async with scene.bot(), refusing(scene):
        thread, _ = await scene.ask("hello")
        confirmed = await command(scene, thread, "model", fallback="tulu-3-1-8b, DEMO")
        names = f"`{SMALL}`, then `{LOCAL}`"
        now = say(Sentence.FALLBACK_NOW_PLACE, names=names)
        assert confirmed == now
        assert (await command(scene, thread, "model")).endswith(now)
        answer = await ask_in(scene, thread, "and now?")
        assert answer.content.endswith(instead())
    assert [it.asked.model for it in asked(scene.playground) if it.asked] == [
        "tulu3-405b",
        "tulu3-405b",
        "tulu-3-1-8b",
    ]
    assert len(asked(local)) == 1


async def test_a_thread_inherits_its_channels_fallbacks(scene: Scene, local: OpenAIServer) -> None:
    """It has those of its channel until it has, or wants none, of its own."""
    let_manage(scene, scene.ann)
    async with scene.bot(FALLBACK_MODELS=SMALL), refusing(scene):
        await command(scene, scene.channel, "model", fallback=LOCAL)
        thread, answer = await scene.ask("hello")
        assert answer.content.endswith(instead())
        now = say(Sentence.FALLBACK_NOW_CHANNEL, names=f"`{LOCAL}`")
        assert (await command(scene, thread, "model")).endswith(now)
        none = await command(scene, thread, "model", fallback="none")
        assert none == Sentence.FALLBACK_NONE_PLACE
        answer = await ask_in(scene, thread, "and now?")
        assert answer.content == Sentence.UNAUTHORIZED
        again = await command(scene, thread, "model", fallback="default")
        assert again == now
    assert len(asked(local)) == 1


async def test_fallbacks_that_cannot_be_are_refused(scene: Scene, local: OpenAIServer) -> None:
    """A wrong name and too many names change nothing, the model beside them included."""
    async with scene.bot():
        thread, _ = await scene.ask("hello")
        before = await command(scene, thread, "model")
        said = await command(scene, thread, "model", name=SMALL, fallback="local/dema")
        assert "local/dema" in said
        four = "demo, tulu-3-1-8b, olmoe-0125, tulu3-405b"
        said = await command(scene, thread, "model", name=SMALL, fallback=four)
        assert said == say(Sentence.FALLBACK_TOO_MANY, limit=3)
        assert await command(scene, thread, "model") == before
    assert asked(local) == []


async def test_fallbacks_are_offered_while_somebody_types(
    scene: Scene, local: OpenAIServer
) -> None:
    """The last name of the list that is typed so far is completed."""
    async with scene.bot():
        thread, _ = await scene.ask("hello")
        await command(scene, thread, "model", name=LOCAL)
        actor = scene.actor(scene.ann)
        choices = await actor.autocomplete(thread, "model", "fallback", "tulu3-405b, dem")
        assert [choice["value"] for choice in choices] == [f"tulu3-405b, {LOCAL}"]
    assert asked(local) == []
