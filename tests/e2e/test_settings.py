"""`/settings`: temperature, top p, maximum length, system prompt, and to what the bot answers."""

import asyncio
import sqlite3
from contextlib import closing

from rendering.wording.sentences import Sentence, say
from sandbox.models.openai.server import OpenAIServer
from sandbox.models.script import Answer, Script
from sandbox.people.interactions import InteractionRecord
from sandbox.people.modals import Modal
from sandbox.world.entities import Channel, Person
from tests.e2e.scene import Scene
from tests.e2e.steps import answers, ask_in, asked, command, let_manage, told

FIELDS = ("Temperature", "Top p", "Maximum length", "System prompt")
SAVED = say(Sentence.SETTINGS_SAVED, settings="")


async def opened(scene: Scene, channel: Channel, person: Person | None = None) -> Modal:
    """Open the form."""
    record = await scene.actor(person or scene.ann).slash(channel, "settings")
    assert record.modal is not None
    return record.modal


async def sent(scene: Scene, modal: Modal, person: Person | None = None, /, **typed: str) -> str:
    """Send the form, with what is typed in the order of `FIELDS` by names; give the answer."""
    record = await submitted(scene, modal, person, **typed)
    assert record.response is not None
    assert record.response.is_ephemeral
    return record.response.content


async def submitted(
    scene: Scene, modal: Modal, person: Person | None = None, /, **typed: str
) -> InteractionRecord:
    """Send the form; `typed` are the labels in lower case with `_` for blanks."""
    values = {name.replace("_", " ").capitalize(): value for name, value in typed.items()}
    record = await scene.actor(person or scene.ann).submit(modal, **values)
    assert record.failed is None
    return record


def shown(modal: Modal) -> tuple[str, ...]:
    """Return what the form shows as set."""
    return tuple(modal.input(name).value for name in FIELDS)


def values(*lines: str) -> str:
    """Return what is said of saved settings, from the values in the order of `FIELDS`."""
    named = (f"- {name}: {value}" for name, value in zip(FIELDS, lines, strict=True))
    return say(Sentence.SETTINGS_SAVED, settings="\n".join(named))


OWN = "the model's own"


async def test_settings_show_what_is_set(scene: Scene) -> None:
    """`/settings` shows the four values of this place, blank where nothing is set."""
    async with scene.bot():
        thread, _ = await scene.ask("hello")
        modal = await opened(scene, thread)
        assert shown(modal) == ("", "", "", "")
        saved = await sent(scene, modal, temperature="0,5", maximum_length="300")
        assert saved == values("0.5", OWN, "300", "none")
    async with scene.bot():
        assert shown(await opened(scene, thread)) == ("0.5", "", "300", "")


async def test_settings_reach_the_playground(scene: Scene) -> None:
    """What is set takes effect in the next request; what is blank is not sent."""
    async with scene.bot():
        thread, _ = await scene.ask("hello")
        await sent(
            scene, await opened(scene, thread), temperature="0.25", top_p="0.9", maximum_length="77"
        )
        await ask_in(scene, thread, "again")
    before, after = asked(scene.playground)
    names = ("temperature", "top_p", "max_tokens")
    assert [before.value(name) for name in names] == [None, None, None]
    assert [after.value(name) for name in names] == ["0.25", "0.9", "77"]


async def test_settings_reach_an_openai_compatible_server(scene: Scene) -> None:
    """They hold for every provider, the system prompt as its own message where there is one."""
    async with OpenAIServer(Script()) as server:
        scene.settings |= {"PROVIDERS__LOCAL__BASE_URL": server.base_url}
        async with scene.bot(DEFAULT_MODEL="local/demo"):
            thread, _ = await scene.ask("hello")
            modal = await opened(scene, thread)
            typed = {"temperature": "1.5", "top_p": "0.5", "maximum_length": "4096"}
            await sent(scene, modal, **typed, system_prompt="Be a pirate.")
            await ask_in(scene, thread, "again")
        last = asked(server)[-1]
    assert told(last)[0] == ("system", "Be a pirate.")
    assert last.asked is not None
    options = last.asked.options
    assert (options["temperature"], options["top_p"]) == (1.5, 0.5)
    assert 4096 in (options.get("max_tokens"), options.get("max_completion_tokens"))


async def test_system_prompt_is_folded_in(scene: Scene) -> None:
    """The Playground has no system prompt for strangers: it is told with what was said."""
    async with scene.bot():
        thread, _ = await scene.ask("hello")
        await sent(scene, await opened(scene, thread), system_prompt="Be a pirate.")
        await ask_in(scene, thread, "again")
        await ask_in(scene, thread, "and again")
    second, third = asked(scene.playground)[1:]
    ((_, text),) = told(second)
    assert "Be a pirate." in text
    assert "User: hello" in text
    assert text.endswith("again")
    assert told(third)[-1] == ("user", "and again")
    assert third.value("parent") is not None


async def test_out_of_bounds(scene: Scene) -> None:
    """What is out of bounds is refused, the bounds named, and nothing at all is changed."""
    typed = {"temperature": "1.01", "top_p": "0", "maximum_length": "many", "system_prompt": "x"}
    async with scene.bot():
        thread, _ = await scene.ask("hello")
        refused = await sent(scene, await opened(scene, thread), **typed)
        assert shown(await opened(scene, thread)) == ("", "", "", "")
    problems = (
        say(Sentence.TEMPERATURE_REFUSED, lower=0, upper=1),
        say(Sentence.TOP_P_REFUSED, lower=0.01, upper=1),
        say(Sentence.LENGTH_REFUSED, lower=1, upper=2048),
    )
    assert refused == say(Sentence.SETTINGS_REFUSED, problems="\n".join(problems))


async def test_refused_form_is_offered_again(scene: Scene) -> None:
    """After a refusal the form is offered again with what was typed, as often as needed."""
    async with scene.bot():
        thread, _ = await scene.ask("hello")
        typed = {"temperature": "7", "system_prompt": "a long and careful text"}
        refused = await submitted(scene, await opened(scene, thread), **typed)
        for wrong in ("8", "9"):
            assert refused.response is not None
            again = await scene.actor(scene.ann).click(refused.response, label="Edit again")
            assert again.modal is not None
            assert shown(again.modal) == ("7", "", "", "a long and careful text")
            refused_again = await submitted(scene, again.modal, temperature=wrong)
            assert refused_again.response is not None
            assert refused_again.response.content == refused.response.content
        again = await scene.actor(scene.ann).click(refused.response, label="Edit again")
        assert again.modal is not None
        saved = await sent(scene, again.modal, temperature="0.7")
    assert saved == values("0.7", OWN, OWN, "a long and careful text")


async def test_bounds_are_the_providers(scene: Scene) -> None:
    """The form names the bounds of the provider whose model answers here."""
    settings = {"PROVIDERS__LOCAL__BASE_URL": "http://127.0.0.1:9/v1"}
    async with scene.bot(**settings, PROVIDERS__LOCAL__MODELS="demo"):
        dm = scene.actor(scene.ann).open_direct_message()
        modal = await opened(scene, dm)
        assert "from 0 to 1;" in modal.input("Temperature").placeholder
        await command(scene, dm, "model", name="local/demo")
        modal = await opened(scene, dm)
        assert "from 0 to 2;" in modal.input("Temperature").placeholder
        saved = await sent(scene, modal, temperature="1.5")
    assert saved.startswith(SAVED)


async def test_two_people_with_the_form_open(scene: Scene) -> None:
    """Two people may have the form of one place open; both are saved, the later one last."""
    let_manage(scene, scene.ben)
    async with scene.bot():
        thread, _ = await scene.ask("hello")
        of_ann = await opened(scene, thread)
        of_ben = await opened(scene, thread, scene.ben)
        assert (await sent(scene, of_ann, temperature="0.1")).startswith(SAVED)
        assert (await sent(scene, of_ben, scene.ben, temperature="0.2")).startswith(SAVED)
        assert shown(await opened(scene, thread))[0] == "0.2"


async def test_model_and_form_at_once(scene: Scene) -> None:
    """A model set while somebody sends the form changes nothing of it, nor the form the model."""
    async with scene.bot():
        thread, _ = await scene.ask("hello")
        for model, value in (("olmoe-0125", "0.1"), ("tulu3-405b", "0.2")):
            form = await opened(scene, thread)
            await asyncio.gather(
                sent(scene, form, temperature=value),
                command(scene, thread, "model", scene.ann, name=model),
            )
            assert shown(await opened(scene, thread))[0] == value
            assert f"`allenai/{model}` (" in await command(scene, thread, "model")


async def test_right_to_change_is_checked_again(scene: Scene) -> None:
    """Who may no longer change a place when the form is sent is refused, and nothing changes."""
    async with scene.bot():
        thread = scene.actor(scene.ben).start_thread(scene.channel, "ben's own")
        await ask_in(scene, thread, scene.mention("I begin"), scene.ben)
        await ask_in(scene, thread, scene.mention("hello"))
        modal = await opened(scene, thread)
        await ask_in(scene, thread, scene.mention("me"), scene.ben)
        assert await sent(scene, modal, temperature="0.1") == Sentence.NOT_YOURS
        assert shown(await opened(scene, thread, scene.ben))[0] == ""


async def test_thread_inherits_its_channels_settings(scene: Scene) -> None:
    """A thread has its channel's settings, each until it has its own."""
    let_manage(scene, scene.ann)
    async with scene.bot():
        modal = await opened(scene, scene.channel)
        await sent(scene, modal, temperature="0.2", top_p="0.5", system_prompt="Be brief.")
        thread, _ = await scene.ask("hello")
        saved = await sent(scene, await opened(scene, thread), temperature="0.9")
        await ask_in(scene, thread, "again")
    assert saved == values("0.9", "0.5", OWN, "Be brief.")
    sent_values = [(it.value("temperature"), it.value("top_p")) for it in asked(scene.playground)]
    assert sent_values == [("0.2", "0.5"), ("0.9", "0.5")]
    assert "Be brief." in told(asked(scene.playground)[0])[-1][1]


async def test_blank_field_inherits_again(scene: Scene) -> None:
    """A value that is set back to blank is the model's own again, in the same conversation."""
    async with scene.bot():
        thread, _ = await scene.ask("hello")
        await sent(scene, await opened(scene, thread), temperature="0.2")
        saved = await sent(scene, await opened(scene, thread), temperature="")
        await ask_in(scene, thread, "again")
    assert saved == values(*[OWN] * 3, "none")
    assert asked(scene.playground)[-1].value("temperature") is None


async def test_system_prompt_of_the_bot(scene: Scene) -> None:
    """The setting `SYSTEM_PROMPT` holds where no place has another."""
    scene.script.queue(Answer("Hello!"), Answer("Hi."))
    async with scene.bot(SYSTEM_PROMPT="Be kind."):
        thread, _ = await scene.ask("hello")
        saved = await sent(scene, await opened(scene, thread), system_prompt="Be *brief*.")
        await ask_in(scene, thread, "again")
    first, second = asked(scene.playground)
    assert "Be kind." in told(first)[-1][1]
    assert "Be *brief*." in told(second)[-1][1]
    assert "Be kind." not in told(second)[-1][1]
    assert saved == values(*[OWN] * 3, r"Be \*brief\*.")


async def test_answer_to_is_a_setting_of_the_place(scene: Scene) -> None:
    """In other channels only mentions and replies count; a setting of the place changes that."""
    let_manage(scene, scene.ann)
    async with scene.bot():
        said = await command(scene, scene.channel, "settings", answer_to="every message")
        assert said == Sentence.HEARS_ALL
        question = scene.actor(scene.ann).say(scene.channel, "hello")
        thread = await scene.thread_of(question)
        await scene.until(lambda: answers(scene, thread))
    async with scene.bot():
        said = await command(scene, thread, "settings", answer_to="mentions and replies")
        assert said == Sentence.HEARS_MENTIONS
        scene.actor(scene.ann).say(thread, "not for you")
        await ask_in(scene, thread, scene.mention("for you"))
    assert [told(it)[-1][1] for it in asked(scene.playground)] == ["hello", "for you"]


def database(scene: Scene) -> sqlite3.Connection:
    """Open the bot's database behind its back.

    It is to be waited for in another OS thread, for the bot needs the event loop to let go of it.
    """
    path = scene.folder / "bobbin.db"
    return sqlite3.connect(path, isolation_level=None, check_same_thread=False)


async def test_failing_store(scene: Scene) -> None:
    """Where the store fails, whoever gave a command is told that nothing was changed."""
    async with scene.bot():
        thread, _ = await scene.ask("hello")
        modal = await opened(scene, thread)
        with closing(database(scene)) as connection:
            await asyncio.to_thread(connection.execute, "ALTER TABLE place RENAME TO mislaid")
            for name, options in (("model", {}), ("help", {}), ("reset", {}), ("settings", {})):
                answer = await command(scene, thread, name, **options)
                assert answer == Sentence.COMMAND_STORE_DOWN, name
            answer = await command(scene, thread, "model", name="olmoe-0125")
            assert answer == Sentence.COMMAND_STORE_DOWN
            assert await sent(scene, modal, temperature="0.1") == Sentence.COMMAND_STORE_DOWN
            await asyncio.to_thread(connection.execute, "ALTER TABLE mislaid RENAME TO place")
        assert (await sent(scene, await opened(scene, thread), temperature="0.1")).startswith(SAVED)


async def test_busy_store(scene: Scene) -> None:
    """A command that has to wait for the database says so in time, and is then answered."""
    async with scene.bot():
        thread, _ = await scene.ask("hello")
        with closing(database(scene)) as connection:
            await asyncio.to_thread(connection.execute, "BEGIN IMMEDIATE")
            record = await scene.actor(scene.ann).slash(thread, "model", name="olmoe-0125")
            assert record.is_thinking
            connection.execute("ROLLBACK")
        await record.until(lambda: not record.is_thinking)
        assert record.response is not None
        assert record.response.content == say(Sentence.MODEL_SET, model="allenai/olmoe-0125")
        assert record.response.is_ephemeral
