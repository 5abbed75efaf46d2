"""Interactions of each type, made by a person and answered by an unmodified discord.py bot."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from sandbox.discord_server import DiscordServer
from sandbox.people.acting import Acting
from sandbox.people.client_refusal import ClientRefusedError
from sandbox.people.interactions import DID_NOT_RESPOND
from sandbox.rest.rate_limits import Limits
from sandbox.world.entities import Channel, Guild, Person
from sandbox.world.world import World
from tests.sandbox.interactive_bot import InteractiveBot
from tests.sandbox.running_client import running


@dataclass(frozen=True, slots=True)
class Scene:
    """A guild with a bot that runs and a person who acts."""

    server: DiscordServer
    bot: InteractiveBot
    guild: Guild
    channel: Channel
    person: Person

    @property
    def acting(self) -> Acting:
        """What people do."""
        return self.server.acting

    def texts(self) -> list[str]:
        """What everybody reads in the channel."""
        messages = self.server.messages(self.channel)
        return [message.content for message in messages if not message.is_ephemeral]


@pytest.fixture
async def scene() -> AsyncIterator[Scene]:
    """Run the bot in a guild with one channel and one person."""
    world = World()
    guild = world.create_guild("Weavers")
    world.join(guild, world.bot)
    person = world.create_person("ada")
    world.join(guild, person)
    channel = world.create_text_channel(guild, "general")
    async with (
        DiscordServer(world, limits=Limits.off()) as server,
        running(server, InteractiveBot()) as bot,
    ):
        yield Scene(server, bot, guild, channel, person)
        assert server.unknown_routes == []


async def test_a_slash_command_is_answered(scene: Scene) -> None:
    """Options reach the bot with their types, and its answer is a message of type 20."""
    record = await scene.acting.slash(scene.person, scene.channel, "echo", text="hey", times=2)
    assert record.response is not None
    assert record.response.content == "hey hey"
    assert record.response.kind == 20
    assert scene.texts() == ["hey hey"]


async def test_options_are_resolved(scene: Scene) -> None:
    """People, channels and roles come as what they are."""
    role = scene.server.world.create_role(scene.guild, "spinner")
    record = await scene.acting.slash(
        scene.person, scene.channel, "look", user=scene.person, channel=scene.channel, role=role
    )
    assert record.response is not None
    assert record.response.content == "ada general spinner"


async def test_a_subcommand_is_answered(scene: Scene) -> None:
    """A subcommand is named after its group."""
    record = await scene.acting.slash(scene.person, scene.channel, "loom thread", warp=7)
    assert record.response is not None
    assert record.response.content == "threaded 7"


async def test_a_command_works_in_a_direct_message(scene: Scene) -> None:
    """In direct messages the interaction has a user and no member."""
    channel = scene.server.person(scene.person).open_direct_message()
    record = await scene.acting.slash(scene.person, channel, "echo", text="hey")
    assert record.response is not None
    assert record.response.channel_id == channel.id


@pytest.mark.parametrize(
    ("name", "options", "told"),
    [
        ("sing", {}, "/sing is not registered; what is: /echo"),
        ("echo", {}, "needs text"),
        ("echo", {"text": "hey", "tune": 1}, "has no option 'tune'"),
        ("echo", {"text": "far too long"}, "between 1 and 10"),
        ("echo", {"text": "hey", "times": "two"}, "takes a integer"),
        ("loom", {}, "needs one of: thread"),
    ],
)
async def test_what_the_client_would_not_send_is_refused(
    scene: Scene, name: str, options: dict[str, object], told: str
) -> None:
    """Unknown commands and options, and values that do not fit, never reach the bot."""
    with pytest.raises(ClientRefusedError, match=told):
        await scene.acting.slash(scene.person, scene.channel, name, **options)


async def test_autocomplete_offers_choices(scene: Scene) -> None:
    """What is typed so far, and the other options, reach the bot; its choices come back."""
    choices = await scene.acting.autocomplete(
        scene.person, scene.channel, "echo", "text", "we", times=3
    )
    assert choices == [{"name": "weft!", "value": "weft"}]
    choices = await scene.acting.autocomplete(
        scene.person, scene.channel, "echo", "text", "3", times=3
    )
    assert [choice["value"] for choice in choices] == ["3"]


async def test_an_ephemeral_answer_is_for_one_person(scene: Scene) -> None:
    """An ephemeral answer is in no history, and nobody else can click its buttons."""
    record = await scene.acting.slash(scene.person, scene.channel, "whisper")
    await record.until(lambda: record.followups)
    response = record.response
    assert response is not None
    assert response.is_ephemeral
    assert record.followups[0].is_ephemeral
    assert scene.texts() == []
    place = scene.bot.get_partial_messageable(scene.channel.id)
    assert [message async for message in place.history()] == []
    other = scene.server.world.create_person("eve")
    scene.server.world.join(scene.guild, other)
    with pytest.raises(ClientRefusedError, match="for somebody else"):
        await scene.acting.click(other, response, label="Votes: 1")
    await scene.acting.click(scene.person, response, label="Votes: 1")
    assert response.content == "2 votes"


async def test_a_deferred_answer_comes_later(scene: Scene) -> None:
    """The first followup fills the deferred answer; further ones are messages of their own."""
    record = await scene.acting.slash(scene.person, scene.channel, "think")
    assert record.deferred
    await record.until(lambda: scene.texts() == ["thought", "certainty"])
    assert not record.is_thinking
    assert record.response is not None
    assert record.response.content == "thought"
    assert [followup.is_deleted for followup in record.followups] == [False, True]


async def test_a_late_answer_is_refused(scene: Scene) -> None:
    """After the time for the first answer the person is told so and the bot gets code 10062."""
    scene.server.interactions.first_answer_s = 0.05
    scene.bot.pause_s = 0.2
    record = await scene.acting.slash(scene.person, scene.channel, "slow")
    assert record.failed == DID_NOT_RESPOND
    await scene.server.until(lambda: scene.bot.refusals)
    assert scene.bot.refusals == [10062]
    assert record.response is None


async def test_a_modal_is_submitted(scene: Scene) -> None:
    """A modal shows its inputs, and what the person puts in comes back by label or custom id."""
    record = await scene.acting.slash(scene.person, scene.channel, "rename")
    modal = record.modal
    assert modal is not None
    assert modal.title == "Rename"
    assert modal.input("Name").value == "loom"
    assert modal.input("Why").placeholder == "optional"
    assert not modal.input("Why").required
    answer = await scene.acting.submit(scene.person, modal, Why="dusty")
    assert answer.response is not None
    assert answer.response.content == "loom/dusty"
    with pytest.raises(ClientRefusedError, match="0 to 10 characters"):
        await scene.acting.submit(scene.person, modal, Why="much too long")
    with pytest.raises(ClientRefusedError, match="'Name' is required"):
        await scene.acting.submit(scene.person, modal, Name="")


async def test_a_dynamic_button_updates_its_message(scene: Scene) -> None:
    """A button that is known by its custom id only changes the message that it is on."""
    record = await scene.acting.slash(scene.person, scene.channel, "vote")
    message = record.response
    assert message is not None
    click = await scene.acting.click(scene.person, message, label="Votes: 0")
    assert click.response is message
    assert scene.texts() == ["1 votes"]
    await scene.acting.click(scene.person, message, custom_id="vote:1")
    assert scene.texts() == ["2 votes"]
    with pytest.raises(ClientRefusedError, match="There is no button"):
        await scene.acting.click(scene.person, message, label="Votes: 0")


async def test_a_menu_tells_what_was_chosen(scene: Scene) -> None:
    """A string menu gives values; a deferred update changes the message later."""
    record = await scene.acting.slash(scene.person, scene.channel, "palette")
    message = record.response
    assert message is not None
    chosen = await scene.acting.select(scene.person, message, "colour", ["Red"])
    await chosen.until(lambda: message.content == "chose r")
    with pytest.raises(ClientRefusedError, match="does not offer"):
        await scene.acting.select(scene.person, message, "colour", ["Green"])


async def test_a_menu_of_people_resolves_them(scene: Scene) -> None:
    """A menu of people gives the bot the people who were chosen."""
    record = await scene.acting.slash(scene.person, scene.channel, "palette")
    assert record.response is not None
    chosen = await scene.acting.select(scene.person, record.response, "who", [scene.person])
    assert chosen.response is not None
    assert chosen.response.content == "chose ada"
    assert chosen.response.is_ephemeral


async def test_context_menus_get_their_target(scene: Scene) -> None:
    """The menus of messages and of people tell the bot what they were opened on."""
    message = scene.server.person(scene.person).say(scene.channel, "to be quoted")
    record = await scene.acting.context_menu(scene.person, "Quote", message)
    assert record.response is not None
    assert record.response.content == "> to be quoted"
    record = await scene.acting.context_menu(
        scene.person, "Wave", scene.person, channel=scene.channel
    )
    assert record.response is not None
    assert record.response.content == "hello ada"
    with pytest.raises(ClientRefusedError, match="it has: \\['Quote'\\]"):
        await scene.acting.context_menu(scene.person, "Wave", message)


async def test_a_modal_of_labels_changes_the_message_it_came_from(scene: Scene) -> None:
    """Inputs in labels, text and menu, come back; the answer may update the button's message."""
    record = await scene.acting.slash(scene.person, scene.channel, "palette")
    message = record.response
    assert message is not None
    clicked = await scene.acting.click(scene.person, message, custom_id="tune")
    assert clicked.modal is not None
    assert [each.label for each in clicked.modal.inputs] == ["How", "Pitch"]
    values: dict[str, str | list[str]] = {"How": "softly", "Pitch": ["h"]}
    answer = await scene.acting.submit(scene.person, clicked.modal, **values)
    assert answer.response is message
    assert message.content.startswith("softly")
    assert "h" in message.content
    other = scene.server.world.create_person("eve")
    with pytest.raises(ClientRefusedError, match="was not shown"):
        await scene.acting.submit(other, clicked.modal)
