"""What people can try by what they write, are called and click; the bot is the real one."""

import discord

from cogs.client import PERMISSIONS
from conversation.entities import Outcome
from delivery.discord_api import Row, view_of
from rendering.buttons import STREAMING, Button, Buttons
from rendering.wording.sentences import Sentence, say
from sandbox.models.script import Answer, Cut
from sandbox.world.entities import Change, Message, MessageFlag
from tests.e2e.scene import Scene, labels_of
from tests.e2e.steps import asked, told
from tests.e2e.streams import first_shown, hold, until_stored
from tests.e2e.taking_up import CAME, cut_answer, press, refusal_of

_SQL = "Robert'); DROP TABLE turn; --"


async def _in_direct_messages(scene: Scene) -> Message:
    """Return an answer that ben has got in direct messages, where he may do everything."""
    direct = scene.actor(scene.ben).open_direct_message()
    scene.actor(scene.ben).say(direct, "hello")
    return await scene.answer_in(direct)


def _forge(scene: Scene, message: Message, turn_id: int, buttons: Buttons) -> None:
    """Put buttons of somebody else's turn under a message."""
    rows = tuple(view_of(Row(turn_id, buttons)).to_components())
    scene.world.edit(message, Change(components=rows))


async def test_a_forged_stop(scene: Scene) -> None:
    """A *Stop* brought to another place stops nothing: who may do all there is nobody here."""
    async with scene.bot():
        own = await _in_direct_messages(scene)
        held = await hold(scene, "one ", "two")
        shown = await first_shown(scene, held)
        _forge(scene, own, (await until_stored(scene, shown, None)).id, STREAMING)
        record = await scene.actor(scene.ben).click(own, label="Stop")
        await record.until(lambda: record.response or record.failed)
        assert record.response is not None, record.failed
        assert record.response.content == Sentence.NOT_YOURS
        held.gate.open()
        assert (await scene.answer_in(held.thread)).content == "one two"


async def test_a_forged_try_again(scene: Scene) -> None:
    """*Try again* and *Continue* brought to another place ask nothing and show nothing of it."""
    async with scene.bot():
        own = await _in_direct_messages(scene)
        _, answer = await scene.ask("what I alone know")
        turn = await until_stored(scene, answer, Outcome.COMPLETE)
        _forge(scene, own, turn.id, frozenset({Button.AGAIN, Button.CONTINUE}))
        before = len(asked(scene.playground))
        for label in ("Try again", "Continue"):
            record = await press(scene, own, label, scene.ben)
            assert await refusal_of(record) == Sentence.NOT_YOURS
    assert len(asked(scene.playground)) == before


async def test_a_reply_to_an_answer_of_another_place(scene: Scene) -> None:
    """A reply that names an answer given elsewhere does not bring its conversation along."""
    scene.script.queue(Answer(chunks=("Noted.",)))
    async with scene.bot():
        private = scene.actor(scene.ann).open_direct_message()
        scene.actor(scene.ann).say(private, "the safe opens with 4711")
        answer = await scene.answer_in(private)
        question = scene.actor(scene.ben).say(
            scene.channel, scene.mention("and what did I say?"), reply_to=answer
        )
        await scene.answer_in(await scene.thread_of(question))
    assert "4711" not in str(told(asked(scene.playground)[-1]))


async def test_names_and_words_that_are_sql(scene: Scene) -> None:
    """A quote in a name or a text is text to the database, and comes out as it went in."""
    scene.guild.members[scene.ann.id].nick = _SQL
    async with scene.bot():
        thread, answer = await scene.ask(_SQL)
        assert _SQL in answer.content
        scene.actor(scene.ben).say(thread, "what did she say?")
        await scene.answer_in(thread, 2)
    assert f"{_SQL}: {_SQL}" in str(told(asked(scene.playground)[-1]))


async def test_addresses_get_no_previews(scene: Scene) -> None:
    """Discord is asked not to fetch what a model links to: the address itself might tell tales."""
    scene.script.queue(Answer(chunks=("See https://example.org/?said=4711 ", "x" * 2500)))
    async with scene.bot():
        thread, _ = await scene.ask("hello")
        await scene.answer_in(thread, 2)
    assert all(each.flags & MessageFlag.SUPPRESS_EMBEDS for each in scene.from_bot(thread))


async def test_clicks_are_bounded_too(scene: Scene) -> None:
    """Who has clicked as often as one person may has nothing asked with another click."""
    async with scene.bot(COOLDOWN_MESSAGES="1", COOLDOWN_S="3600"):
        _, answer = await cut_answer(scene)
        before, buttons = len(asked(scene.playground)), answer.components
        scene.script.queue(Answer(f"{CAME} three four", fault=Cut(len(CAME))))
        await press(scene, answer, "Try again")
        await scene.until(lambda: answer.components != buttons and "Try again" in labels_of(answer))
        said = await refusal_of(await press(scene, answer, "Try again"))
    words = say(Sentence.SLOW_DOWN_BUTTONS, limit=1, seconds=3600, when="|")
    assert said.startswith(words.partition("|")[0])
    assert len(asked(scene.playground)) == before + 1


def test_the_invite_link_asks_for_no_power_over_anybody() -> None:
    """Whoever takes the bot over gets no permission to change a server or what others wrote."""
    power = discord.Permissions.elevated()
    power.update(mention_everyone=True, manage_nicknames=True, view_audit_log=True)
    assert not PERMISSIONS & power.value
