"""Conversations: begun afresh, explained, remembered, shortened, and kept from each other."""

import sqlite3
from contextlib import closing

from rendering.splitting.splitter import DISCORD_LIMIT_CHARS
from rendering.wording.sentences import Sentence, say
from sandbox.models.openai.server import OpenAIServer
from sandbox.models.script import Answer, Gate, Refuse, Script
from sandbox.world.entities import Channel
from tests.e2e.scene import Scene
from tests.e2e.steps import answers, ask_in, asked, command, let_manage, told
from tests.e2e.streams import first_shown, hold, until_waiting

DEFAULT = "allenai/tulu3-405b"
TOO_LONG = Refuse("maximum context length is 4096 tokens", 400, "context_length_exceeded")


async def reset(scene: Scene, channel: Channel) -> None:
    """Begin afresh in a place; everybody there sees that."""
    record = await scene.actor(scene.ann).slash(channel, "reset")
    assert record.response is not None
    assert record.response.content == Sentence.RESET_DONE
    assert not record.response.is_ephemeral


def stored_texts(scene: Scene) -> list[str]:
    """Return the texts of all stored turns, oldest first."""
    with closing(sqlite3.connect(scene.folder / "bobbin.db")) as connection:
        return [text for (text,) in connection.execute("SELECT text FROM turn ORDER BY id")]


async def test_reset_starts_afresh(scene: Scene) -> None:
    """`/reset` starts afresh in this place, also after a restart; nothing is deleted."""
    async with scene.bot():
        thread, _ = await scene.ask("my name is Ada")
        await reset(scene, thread)
        await ask_in(scene, thread, "what is my name?")
    async with scene.bot():
        await ask_in(scene, thread, "and now?")
    second, third = asked(scene.playground)[1:]
    assert told(second) == [("user", "what is my name?")]
    assert second.value("parent") is None
    assert told(third)[0] == ("user", "what is my name?")
    assert "my name is Ada" in stored_texts(scene)


async def test_reset_keeps_model_and_settings(scene: Scene) -> None:
    """What is set for the place stays set."""
    async with scene.bot():
        thread, _ = await scene.ask("hello")
        await command(scene, thread, "model", name="olmoe-0125")
        await reset(scene, thread)
        await ask_in(scene, thread, "again")
    last = asked(scene.playground)[-1].asked
    assert last is not None
    assert last.model == "olmoe-0125"


async def test_reset_stops_what_streams(scene: Scene) -> None:
    """An answer that streams is stopped by a reset; what came of it is kept on the screen."""
    gate = Gate()
    scene.script.queue(Answer("one two three", hold=gate))
    async with scene.bot():
        question = scene.actor(scene.ann).say(scene.channel, scene.mention("count"))
        thread = await scene.thread_of(question)
        gate.release(1)
        await scene.until(lambda: scene.from_bot(thread))
        await reset(scene, thread)
        await scene.until(lambda: answers(scene, thread))
        assert answers(scene, thread)[0].content == f"one \n{Sentence.STOPPED}".replace(" \n", "\n")
        await ask_in(scene, thread, "again")
    await scene.playground.until(lambda: asked(scene.playground)[0].closed_by_client)
    assert told(asked(scene.playground)[-1]) == [("user", "again")]


async def test_what_waits_at_a_reset_is_answered_afresh(scene: Scene) -> None:
    """What waited behind a stopped answer is not dropped, and is answered in the new beginning."""
    async with scene.bot():
        held = await hold(scene, "One, ", "two.")
        await first_shown(scene, held)
        scene.actor(scene.ann).say(held.thread, "and silk?")
        await until_waiting(scene, held.thread, 1)
        await reset(scene, held.thread)
        await scene.until(lambda: len(asked(scene.playground)) == 2)
        await scene.until(lambda: len(answers(scene, held.thread)) == 2)
        await ask_in(scene, held.thread, "and wool?")
    assert told(asked(scene.playground)[1]) == [("user", "and silk?")]
    assert told(asked(scene.playground)[2])[0] == ("user", "and silk?")


async def test_reset_in_direct_messages(scene: Scene) -> None:
    """A direct message is a conversation of its own, which can begin afresh as well."""
    async with scene.bot():
        dm = scene.actor(scene.ann).open_direct_message()
        await ask_in(scene, dm, "my name is Ada")
        await reset(scene, dm)
        await ask_in(scene, dm, "again")
    assert told(asked(scene.playground)[-1]) == [("user", "again")]


async def test_reset_in_a_channel(scene: Scene) -> None:
    """In a channel each question begins a conversation: there is nothing to reset."""
    async with scene.bot():
        assert await command(scene, scene.channel, "reset") == Sentence.RESET_CHANNEL


def screen(*lines: str) -> str:
    """Return what `/help` says, for the default model."""
    first, steer, *more = lines
    model = say(Sentence.HELP_MODEL, model=DEFAULT)
    return "\n".join([first, model, steer, *more, Sentence.HELP_STORED])


async def test_help_in_each_place(scene: Scene) -> None:
    """`/help` says what it can do, here, for this person, in one screen."""
    let_manage(scene, scene.ben)
    name = scene.world.bot.name
    async with scene.bot():
        own, _ = await scene.ask("hello")
        other = scene.actor(scene.ann).start_thread(scene.channel, "ann's own")
        dm = scene.actor(scene.ann).open_direct_message()
        in_channel = say(Sentence.HELP_CHANNEL, bot=name)
        may, may_not = Sentence.HELP_STEER, Sentence.HELP_NO_STEER
        assert await command(scene, scene.channel, "help") == screen(in_channel, may_not)
        assert await command(scene, scene.channel, "help", scene.ben) == screen(in_channel, may)
        assert await command(scene, own, "help") == screen(Sentence.HELP_THREAD, may)
        in_other = say(Sentence.HELP_OTHER_THREAD, bot=name)
        assert await command(scene, other, "help") == screen(in_other, may)
        assert await command(scene, dm, "help") == screen(Sentence.HELP_DIRECT, may)


async def test_help_for_somebody_else(scene: Scene) -> None:
    """A person who may not change this place is not offered what would be refused."""
    async with scene.bot(TURNS_PER_PERSON_PER_DAY="5"):
        thread, _ = await scene.ask("hello")
        text = await command(scene, thread, "help", scene.ben)
    quota = say(Sentence.HELP_QUOTA, limit=5)
    assert text == screen(Sentence.HELP_THREAD, Sentence.HELP_NO_STEER, quota)


async def test_help_is_one_screen(scene: Scene) -> None:
    """It fits into one message, whatever the model is called."""
    name = "x" * 1500
    settings = {"PROVIDERS__LOCAL__BASE_URL": "http://127.0.0.1:9/v1"}
    model = f"local/{name}"
    async with scene.bot(**settings, PROVIDERS__LOCAL__MODELS=name, DEFAULT_MODEL=model):
        text = await command(scene, scene.channel, "help")
    assert len(text) <= DISCORD_LIMIT_CHARS
    assert text.endswith(Sentence.HELP_STORED)


async def test_goes_on_after_a_restart(scene: Scene) -> None:
    """It goes on after a restart as if nothing had happened: the service's thread as well."""
    scene.script.queue(Answer("Hello Ada."))
    async with scene.bot():
        thread, _ = await scene.ask("my name is Ada")
    async with scene.bot():
        await ask_in(scene, thread, "what is my name?")
    first, second = asked(scene.playground)
    assert [text for _, text in told(second)] == [
        "my name is Ada",
        "Hello Ada.",
        "what is my name?",
    ]
    assert second.value("parent") is not None
    name = "X-Anonymous-User-Id"
    assert second.headers[name] == first.headers[name]


async def test_path_that_is_too_long(scene: Scene) -> None:
    """A path too long loses its oldest turns from the request, never from the store."""
    async with OpenAIServer(Script()) as server:
        scene.settings["PROVIDERS__LOCAL__BASE_URL"] = server.base_url
        async with scene.bot(DEFAULT_MODEL="local/demo"):
            thread, _ = await scene.ask("first")
            await ask_in(scene, thread, "second")
            server.script.queue(Answer(fault=TOO_LONG), Answer("Here I am."))
            shortened = await ask_in(scene, thread, "third")
            server.script.queue(Answer(fault=TOO_LONG), Answer("Still here."))
            again = await ask_in(scene, thread, "fourth")
        whole, half = asked(server)[2:4]
    assert shortened.content == f"Here I am.\n{Sentence.SHORTENED}"
    assert again.content == "Still here."
    assert told(whole)[0] == ("user", "first")
    assert [text for _, text in told(half)] == ["You said: second", "third"]
    assert stored_texts(scene)[:4] == ["first", "You said: first", "second", "You said: second"]


async def test_model_whose_list_says_how_much_it_takes(scene: Scene) -> None:
    """Where the limit is known, what cannot fit is left out before anything is asked."""
    async with OpenAIServer(Script()) as server:
        server.context_tokens = 400
        scene.settings["PROVIDERS__LOCAL__BASE_URL"] = server.base_url
        async with scene.bot(DEFAULT_MODEL="local/demo"):
            await server.until(lambda: server.requests and server.requests[0].is_over)
            server.script.queue(Answer("Good."), Answer("Yes."))
            thread, _ = await scene.ask("long ago " * 60)
            shortened = await ask_in(scene, thread, "still there? " * 10)
        assert [len(told(it)) for it in asked(server)] == [1, 2]
        assert told(asked(server)[-1])[0] == ("assistant", "Good.")
    assert shortened.content == f"Yes.\n{Sentence.SHORTENED}"


async def test_it_is_told_once_in_each_conversation(scene: Scene) -> None:
    """The person is told once: not again after a restart, but anew in another conversation."""
    async with OpenAIServer(Script()) as server:
        scene.settings["PROVIDERS__LOCAL__BASE_URL"] = server.base_url
        scene.settings["DEFAULT_MODEL"] = "local/demo"
        said: list[str] = []
        dm = scene.actor(scene.ann).open_direct_message()
        for _ in range(2):
            async with scene.bot():
                await ask_in(scene, dm, "hello")
                server.script.queue(Answer(fault=TOO_LONG), Answer("Yes."))
                said.append((await ask_in(scene, dm, "there?")).content)
        async with scene.bot():
            await reset(scene, dm)
            await ask_in(scene, dm, "hello")
            server.script.queue(Answer(fault=TOO_LONG), Answer("Yes."))
            said.append((await ask_in(scene, dm, "there?")).content)
    assert said == [f"Yes.\n{Sentence.SHORTENED}", "Yes.", f"Yes.\n{Sentence.SHORTENED}"]


async def test_message_that_alone_is_too_long(scene: Scene) -> None:
    """A message too long by itself is answered with that, and the next one gets an answer."""
    async with OpenAIServer(Script()) as server:
        scene.settings["PROVIDERS__LOCAL__BASE_URL"] = server.base_url
        async with scene.bot(DEFAULT_MODEL="local/demo"):
            server.script.queue(Answer(fault=TOO_LONG))
            thread, refused = await scene.ask("far too long")
            assert refused.content == Sentence.TOO_LONG
            server.script.queue(Answer(fault=TOO_LONG), Answer("Short is fine."))
            answer = await ask_in(scene, thread, "short")
        last = asked(server)[-1]
    assert answer.content == f"Short is fine.\n{Sentence.SHORTENED}"
    assert told(last) == [("user", "short")]


async def test_playground_that_finds_a_thread_too_long(scene: Scene) -> None:
    """A service with a memory is begun anew with the newer half, and gone on from there."""
    scene.script.queue(Answer("A."), Answer("B."), Answer(fault=Refuse("too long", 413)))
    scene.script.queue(Answer("C."))
    async with scene.bot():
        thread, _ = await scene.ask("first")
        await ask_in(scene, thread, "second")
        answer = await ask_in(scene, thread, "third")
        await ask_in(scene, thread, "fourth")
    assert answer.content == f"C.\n{Sentence.SHORTENED}"
    anew, after = asked(scene.playground)[-2:]
    assert anew.value("parent") is None
    ((_, text),) = told(anew)
    assert "first" not in text
    assert "B." in text
    assert after.value("parent") is not None
    assert told(after)[-1] == ("user", "fourth")


async def test_several_people_are_told_apart(scene: Scene) -> None:
    """When several people talk in one conversation the model can tell who says what."""
    scene.script.queue(Answer("Hello."), Answer("Hello again."))
    async with scene.bot():
        thread, _ = await scene.ask("I am first")
        await ask_in(scene, thread, "I am second", scene.ben)
    alone, shared = asked(scene.playground)
    assert told(alone) == [("user", "I am first")]
    said = "\n".join(text for _, text in told(shared))
    assert "ann: I am first" in said
    assert "ben: I am second" in said


async def test_direct_messages_are_each_persons_own(scene: Scene) -> None:
    """What one person said in direct messages reaches nobody else's conversation."""
    async with scene.bot():
        of_ann = scene.actor(scene.ann).open_direct_message()
        of_ben = scene.actor(scene.ben).open_direct_message()
        await ask_in(scene, of_ann, "my secret is 42")
        await ask_in(scene, of_ben, "what is ann's secret?", scene.ben)
        await ask_in(scene, of_ann, "what is my secret?")
        await scene.ask("what is my secret?")
    first, of_another, third, elsewhere = asked(scene.playground)
    assert told(of_another) == [("user", "what is ann's secret?")]
    assert told(third)[0] == ("user", "my secret is 42")
    assert told(elsewhere) == [("user", "what is my secret?")]
    name = "X-Anonymous-User-Id"
    assert first.headers[name] == third.headers[name]
    assert len({it.headers[name] for it in asked(scene.playground)}) == 3
