"""The page with the real bot behind it."""

import pytest

from sandbox.models.script import Answer, Cut, Gate
from sandbox.page.server import PageServer
from tests.e2e.scene import Scene
from tests.sandbox.page.page_client import PageClient, text_of, window_of


def _ephemeral(window: PageClient) -> list[str]:
    messages = window.messages.values()
    return [text_of(each.get("body", [])) for each in messages if each.get("ephemeral")]


async def test_an_answer_streams_onto_the_page(page: PageServer, scene: Scene) -> None:
    """A mention opens a thread on the page, whose answer is complete in the end."""
    scene.script.queue(Answer("The answer to everything is forty-two."))
    async with scene.bot(), window_of(page) as window:
        text = scene.mention("what is the answer?")
        said = await window.ask("say", channel=str(scene.channel.id), text=text)
        await window.until(lambda: said["id"] in window.channels)
        assert window.channels[said["id"]]["owner"] == str(scene.world.bot.id)
        await window.open(int(said["id"]))
        bot = str(scene.world.bot.id)
        await window.until(
            lambda: any(
                text_of(each.get("body", [])) == "The answer to everything is forty-two."
                for each in window.messages.values()
                if each["by"] == bot
            )
        )


async def test_commands_are_offered_and_completed(page: PageServer, scene: Scene) -> None:
    """The palette has the bot's commands, and its options what the bot offers for them."""
    channel = str(scene.channel.id)
    async with scene.bot(), window_of(page) as window:
        offered = await window.ask("commands", channel=channel)
        model = next(each for each in offered["commands"] if each["name"] == "model")
        assert model["about"]
        option = model["options"][0]["name"]
        completed = await window.ask(
            "complete", channel=channel, name="model", option=option, typed="tulu", options={}
        )
        assert completed["choices"]
        assert all("tulu" in each["value"].lower() for each in completed["choices"])


async def test_an_ephemeral_answer_is_for_one_person(page: PageServer, scene: Scene) -> None:
    """What only one person can see is in their window, and in nobody else's."""
    channel = str(scene.channel.id)
    async with (
        scene.bot(),
        window_of(page) as ann,
        window_of(page, person=str(scene.ben.id)) as ben,
    ):
        await ann.open(scene.channel.id)
        await ben.open(scene.channel.id)
        await ann.ask("slash", channel=channel, name="help", options={})
        await ann.until(lambda: any(_ephemeral(ann)))
        (shown,) = (each for each in ann.messages.values() if each.get("ephemeral"))
        assert shown["command"] == {"by": str(scene.ann.id), "name": "help"}
        await ben.ask("say", channel=channel, text="a")
        await ben.until(lambda: ben.messages)
        assert _ephemeral(ben) == []
        await ben.open(scene.channel.id)
        assert _ephemeral(ben) == []


async def test_a_form_is_filled_in(page: PageServer, scene: Scene) -> None:
    """A command opens a form; what is put into it reaches the bot, and it opens filled in again."""
    async with scene.bot(), window_of(page) as window:
        channel = (await window.ask("direct"))["channel"]
        await window.open(int(channel))
        form = (await window.ask("slash", channel=channel, name="settings", options={}))["form"]
        temperature = next(each for each in form["inputs"] if each["label"] == "Temperature")
        values = {temperature["id"]: "0.5"}
        assert (await window.ask("submit", form=form["id"], values=values))["t"] == "done"
        await window.until(lambda: any("0.5" in text for text in _ephemeral(window)))
        assert (await window.ask("submit", form=form["id"], values=values))["t"] == "refused"
        form = (await window.ask("slash", channel=channel, name="settings", options={}))["form"]
        assert form["inputs"][0]["value"] == "0.5"


async def test_a_button_is_pressed(page: PageServer, scene: Scene) -> None:
    """A button of the bot is on the page while it can be pressed, and does what it says."""
    scene.script.queue(Answer("one two three", hold=(gate := Gate())))
    async with scene.bot(), window_of(page) as window:
        text = scene.mention("count")
        said = await window.ask("say", channel=str(scene.channel.id), text=text)
        await window.until(lambda: said["id"] in window.channels)
        gate.release(4)
        await window.open(int(said["id"]))
        await window.until(lambda: _buttons(window))
        message_id, custom_id = _buttons(window)[0]
        place = {"channel": said["id"], "message": message_id, "custom_id": custom_id}
        assert (await window.ask("click", **place))["t"] == "done"
        await window.until(lambda: not _buttons(window))


async def test_a_cut_answer_is_gone_on_with(page: PageServer, scene: Scene) -> None:
    """What is offered under a cut answer is on the page, and pressing it brings the rest."""
    scene.script.queue(Answer("one two three", fault=Cut(7)), Answer("three four"))
    async with scene.bot(), window_of(page) as window:
        text = scene.mention("count")
        said = await window.ask("say", channel=str(scene.channel.id), text=text)
        await window.until(lambda: said["id"] in window.channels)
        await window.open(int(said["id"]))
        await window.until(lambda: len(_buttons(window)) == 2)
        message_id, custom_id = _buttons(window)[0]
        assert custom_id.startswith("bobbin:continue:")
        place = {"channel": said["id"], "message": message_id, "custom_id": custom_id}
        assert (await window.ask("click", **place))["t"] == "done"
        await window.until(
            lambda: "three four" in [text_of(it.get("body", [])) for it in window.messages.values()]
        )
        await window.until(lambda: not _buttons(window))


async def test_the_page_tells_whether_the_bot_is_there(page: PageServer, scene: Scene) -> None:
    """A window is told when the bot comes and when it goes."""
    async with window_of(page) as window:
        assert not window.welcome["connected"]
        async with scene.bot():
            await window.until(lambda: window.told("bot"))
        await window.until(lambda: len(window.told("bot")) == 2)
        assert [item["connected"] for item in window.told("bot")] == [True, False]


@pytest.mark.parametrize(("language", "locale"), [("ru", "ru"), ("en", "en-US"), ("xx", "en-US")])
async def test_commands_come_in_the_pages_language(
    page: PageServer, scene: Scene, language: str, locale: str
) -> None:
    """The bot is told the language of the page, as Discord tells it the client's."""
    async with window_of(page, language=language):
        assert scene.ann.locale == locale


def _buttons(window: PageClient) -> list[tuple[str, str]]:
    return [
        (message["id"], button["custom_id"])
        for message in window.messages.values()
        for row in message.get("rows", [])
        for button in row["inside"]
        if not button.get("disabled")
    ]
