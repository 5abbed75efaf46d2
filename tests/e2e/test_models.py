"""Models: which one answers in a place, choosing another, and what each is told."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager

from rendering.wording.sentences import Sentence, say
from sandbox.models.openai.server import OpenAIServer
from sandbox.models.playground.server import PlaygroundServer
from sandbox.models.script import Answer, Script
from sandbox.world.entities import Channel
from tests.e2e.scene import Scene
from tests.e2e.steps import ask_in, asked, command, let_manage, told

DEFAULT = "allenai/tulu3-405b"
SMALL = "allenai/tulu-3-1-8b"


def models_asked(server: PlaygroundServer | OpenAIServer) -> list[str]:
    """Return the models that were asked, oldest first."""
    return [request.asked.model for request in server.requests if request.asked is not None]


@asynccontextmanager
async def local_server(
    scene: Scene, *answers: Answer, name: str = "local", models: Sequence[str] = ("demo",)
) -> AsyncGenerator[OpenAIServer, None]:
    """Serve an OpenAI-compatible provider, for every bot that is started in here."""
    async with OpenAIServer(Script(*answers), models=models) as server:
        scene.settings[f"PROVIDERS__{name.upper()}__BASE_URL"] = server.base_url
        yield server


async def say_model(scene: Scene, channel: Channel, **options: str) -> str:
    """Return what `/model` answers to ann."""
    return await command(scene, channel, "model", **options)


async def offered(scene: Scene, channel: Channel, typed: str) -> list[str]:
    """Return what `/model` offers to ann who types."""
    choices = await scene.actor(scene.ann).autocomplete(channel, "model", "name", typed)
    return [choice["value"] for choice in choices]


async def test_tulu3_405b_of_the_playground_answers_by_default(scene: Scene) -> None:
    """The provider of the user's upstream is `allenai`, its default model `tulu3-405b`."""
    async with scene.bot():
        thread, _ = await scene.ask("hello")
        shown = await say_model(scene, thread)
    assert models_asked(scene.playground) == ["tulu3-405b"]
    assert f"`{DEFAULT}`" in shown
    assert "(the bot's default)" in shown


async def test_model_shows_what_can_be_chosen(scene: Scene) -> None:
    """`/model` without argument shows this place's model and what can be chosen."""
    async with scene.bot():
        thread, _ = await scene.ask("hello")
        await say_model(scene, thread, name=SMALL)
        shown = await say_model(scene, thread)
    choices = [SMALL, DEFAULT, "allenai/OLMo-2-1124-13B-Instruct"]
    choices += ["allenai/Llama-3-1-Tulu-3-70B", "allenai/olmoe-0125"]
    lines = "\n".join(f"- `{name}`" for name in choices)
    assert shown == say(Sentence.MODEL_NOW_PLACE, model=SMALL, choices=lines)


async def test_model_is_set_from_the_next_turn_on(scene: Scene) -> None:
    """`/model NAME` sets it for this place from the next turn on, history kept."""
    async with scene.bot():
        thread, _ = await scene.ask("my name is Ada")
        confirmed = await say_model(scene, thread, name=SMALL)
        await ask_in(scene, thread, "what is my name?")
    assert confirmed == say(Sentence.MODEL_SET, model=SMALL)
    assert models_asked(scene.playground) == ["tulu3-405b", "tulu-3-1-8b"]
    assert told(asked(scene.playground)[-1]) == [
        ("user", "my name is Ada"),
        ("assistant", "You said: my name is Ada"),
        ("user", "what is my name?"),
    ]


async def test_model_is_set_for_this_place_alone_and_after_a_restart(scene: Scene) -> None:
    """A place keeps its model over a restart, and other places have theirs."""
    async with scene.bot():
        thread, _ = await scene.ask("hello")
        await say_model(scene, thread, name=SMALL)
    async with scene.bot():
        await ask_in(scene, thread, "again")
        await scene.ask("elsewhere")
    assert models_asked(scene.playground) == ["tulu3-405b", "tulu-3-1-8b", "tulu3-405b"]


async def test_model_that_is_in_force_already(scene: Scene) -> None:
    """Who chooses what is in force is told so."""
    async with scene.bot():
        thread, _ = await scene.ask("hello")
        confirmed = await say_model(scene, thread, name="llama-3.1-405b")
    assert confirmed == say(Sentence.MODEL_SAME, model=DEFAULT)


async def test_bare_names_and_aliases_work(scene: Scene) -> None:
    """Bare names and aliases work where they are unique, however they are written."""
    names = {
        "tulu-3-405b": DEFAULT,
        "OLMo-2-1124-13B-Instruct": "allenai/OLMo-2-1124-13B-Instruct",
        "olmo-2-13b": "allenai/OLMo-2-1124-13B-Instruct",
        "LLAMA-3.1-8B": SMALL,
        " tulu-3-70b ": "allenai/Llama-3-1-Tulu-3-70B",
        "allenai/llama-3.1-70b": "allenai/Llama-3-1-Tulu-3-70B",
        "olmoe-0125": "allenai/olmoe-0125",
    }
    async with scene.bot():
        dm = scene.actor(scene.ann).open_direct_message()
        for name, chosen in names.items():
            assert f"`{chosen}`" in await say_model(scene, dm, name=name)


async def test_name_that_two_providers_have(scene: Scene) -> None:
    """A bare name of several providers is answered with the full names, and nothing is set."""
    async with local_server(scene, models=("tulu3-405b", "a/b")) as server, scene.bot():
        dm = scene.actor(scene.ann).open_direct_message()
        async with asyncio.timeout(5):
            while "local/a/b" not in await offered(scene, dm, "local"):
                pass
        refused = await say_model(scene, dm, name="tulu3-405b")
        scene.actor(scene.ann).say(dm, "hello")
        await scene.answer_in(dm)
        both = f"`{DEFAULT}` or `local/tulu3-405b`"
        assert refused == say(Sentence.MODEL_AMBIGUOUS, name="tulu3-405b", nearest=both)
        assert asked(server) == []
        chosen = await say_model(scene, dm, name="local/a/b")
        assert chosen == say(Sentence.MODEL_SET, model="local/a/b")


async def test_autocomplete_offers_the_current_model_first(scene: Scene) -> None:
    """The choices come from the providers' own lists, filtered, the current one first."""
    models = ("demo", "qwen-tulu", "tulu-demo")
    async with local_server(scene, models=models), scene.bot():
        thread, _ = await scene.ask("hello")
        async with asyncio.timeout(5):
            while "local/demo" not in (everything := await offered(scene, thread, "")):
                pass
        assert everything[0] == DEFAULT
        assert len(everything) == 8
        await say_model(scene, thread, name="local/tulu-demo")
        assert (await offered(scene, thread, ""))[0] == "local/tulu-demo"
        filtered = await offered(scene, thread, "tulu")
        assert filtered[0] == "local/tulu-demo"
        assert set(filtered) == {
            *(f"local/{name}" for name in models[1:]),
            *(DEFAULT, SMALL, "allenai/Llama-3-1-Tulu-3-70B"),
        }
        assert await offered(scene, thread, "demo") == ["local/tulu-demo", "local/demo"]
        assert await offered(scene, thread, "zzzzzz") == []


async def test_history_is_kept_across_providers(scene: Scene) -> None:
    """A model of another provider is told what was said, and so is the first one afterwards."""
    scene.script.queue(Answer("Hello Ada."), Answer("You are Ada, and like tea."))
    async with local_server(scene, Answer("Noted: tea.")) as server, scene.bot():
        thread, _ = await scene.ask("my name is Ada")
        await say_model(scene, thread, name="local/demo")
        await ask_in(scene, thread, "I like tea")
        await say_model(scene, thread, name=DEFAULT)
        await ask_in(scene, thread, "who am I?")
        assert told(asked(server)[-1]) == [
            ("user", "my name is Ada"),
            ("assistant", "Hello Ada."),
            ("user", "I like tea"),
        ]
    first, second = asked(scene.playground)
    *upstream, (role, text) = told(second)
    assert upstream == [("user", "my name is Ada"), ("assistant", "Hello Ada.")]
    assert role == "user"
    assert "User: I like tea\n\nAssistant: Noted: tea." in text
    assert text.endswith("who am I?")
    assert "my name is Ada" not in text
    assert second.value("parent") is not None
    assert second.headers["X-Anonymous-User-Id"] == first.headers["X-Anonymous-User-Id"]


async def test_misspelt_name_in_the_command(scene: Scene) -> None:
    """`/model` with a misspelt name is answered with the nearest ones, and nothing is set."""
    async with scene.bot():
        thread, _ = await scene.ask("hello")
        refused = await say_model(scene, thread, name="tulu4-405`b")
        await ask_in(scene, thread, "again")
    begin = Sentence.MODEL_UNKNOWN_NEAREST.partition("{nearest}")[0]
    assert refused.startswith(f"{begin.format(name='tulu4-405b')}`{DEFAULT}`")
    assert models_asked(scene.playground) == ["tulu3-405b"] * 2


_GONE = say(Sentence.UNKNOWN_MODEL_NEAREST, model="local/demo-large", nearest="`local/demo-small`")


async def test_model_that_is_gone_by_the_list(scene: Scene) -> None:
    """A model that its provider lists no more gets an answer with the nearest names."""
    async with local_server(scene, models=("demo-large",)) as server:
        async with scene.bot():
            thread, _ = await scene.ask("hello")
            await say_model(scene, thread, name="local/demo-large")
        server.models = ("demo-small",)
        async with scene.bot():
            async with asyncio.timeout(5):
                while "local/demo-small" not in await offered(scene, thread, "demo"):
                    pass
            answer = (await ask_in(scene, thread, "still there?")).content
        assert asked(server) == []
    assert answer == _GONE


async def test_model_that_is_gone_by_the_service(scene: Scene) -> None:
    """A model of which the service itself says that it is gone gets the nearest names too."""
    scene.settings["PROVIDERS__LOCAL__MODELS"] = "demo-large,demo-small,qwen"
    async with local_server(scene, models=("demo-small",)), scene.bot():
        thread, _ = await scene.ask("hello")
        await say_model(scene, thread, name="local/demo-large")
        answer = (await ask_in(scene, thread, "still there?")).content
        assert answer == _GONE
        await say_model(scene, thread, name="local/demo-small")
        mended = await ask_in(scene, thread, "and now?")
        assert mended.content == "You said: still there?\n\nand now?"


async def test_thread_inherits_its_channels_model(scene: Scene) -> None:
    """A thread has its channel's model until it has one of its own."""
    let_manage(scene, scene.ann)
    async with scene.bot():
        confirmed = await say_model(scene, scene.channel, name=SMALL)
        assert confirmed == say(Sentence.MODEL_SET, model=SMALL)
        thread, _ = await scene.ask("hello")
        assert "(set for the channel of this thread)" in await say_model(scene, thread)
        assert "(set here)" in await say_model(scene, scene.channel)
        await say_model(scene, thread, name="olmoe-0125")
        await ask_in(scene, thread, "again")
        assert "(set here)" in await say_model(scene, thread)
    assert models_asked(scene.playground) == ["tulu-3-1-8b", "olmoe-0125"]


async def test_default_model_is_a_setting(scene: Scene) -> None:
    """`DEFAULT_MODEL` names the model of every place that has no other; any provider will do."""
    async with local_server(scene) as server, scene.bot(DEFAULT_MODEL="local/demo"):
        _, answer = await scene.ask("hello")
        assert answer.content == "You said: hello"
        assert models_asked(server) == ["demo"]
    assert asked(scene.playground) == []
