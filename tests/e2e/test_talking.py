"""Talking with the bot, as people do: what it takes to be meant for it."""

import sqlite3
from contextlib import closing

import pytest

from rendering.wording.sentences import Sentence, say
from sandbox.models.script import Answer
from sandbox.world.entities import ChannelKind, Draft, MessageKind
from tests.e2e.hearing import answer_to, conversations, questions, said_by_people
from tests.e2e.scene import Scene


async def test_a_mention_opens_a_thread_named_after_the_question_and_is_answered_there(
    scene: Scene,
) -> None:
    """A mention in a channel opens a thread from that message and is answered in it."""
    scene.script.queue(Answer("A bobbin holds thread."))
    async with scene.bot():
        thread, answer = await scene.ask("what is a bobbin?")
    assert thread.kind is ChannelKind.PUBLIC_THREAD
    assert thread.name == "what is a bobbin?"
    assert answer.content == "A bobbin holds thread."
    assert questions(scene) == ["what is a bobbin?"]


async def test_a_mention_of_its_own_role_is_a_mention(scene: Scene) -> None:
    """Mentioning the bot's own role in a text channel opens a thread and answers there."""
    role = next(
        role for role in scene.world.roles_of(scene.guild) if role.bot_id == scene.world.bot.id
    )
    async with scene.bot():
        question = scene.actor(scene.ann).say(scene.channel, f"{role.mention} what is felt?")
        thread = await scene.thread_of(question)
        await scene.answer_in(thread)
    assert thread.name == "what is felt?"
    assert questions(scene) == ["what is felt?"]


async def test_in_its_own_thread_nobody_has_to_mention_it_again(scene: Scene) -> None:
    """A message in the bot's thread is answered, with the first question remembered."""
    async with scene.bot():
        thread, _ = await scene.ask("my name is Ada")
        scene.actor(scene.ann).say(thread, "what is my name?")
        await scene.answer_in(thread, 2)
    assert said_by_people(conversations(scene)[-1]) == ["my name is Ada", "what is my name?"]


async def test_in_its_own_thread_it_listens_after_a_restart_too(scene: Scene) -> None:
    """It goes on after a restart as if nothing had happened."""
    async with scene.bot():
        thread, _ = await scene.ask("my name is Ada")
    async with scene.bot():
        scene.actor(scene.ann).say(thread, "what is my name?")
        await scene.answer_in(thread, 2)
    assert said_by_people(conversations(scene)[-1]) == ["my name is Ada", "what is my name?"]


async def test_in_a_forum_post_begun_with_a_mention_nobody_has_to_mention_it_again(
    scene: Scene,
) -> None:
    """A forum post begun with a mention is listened to, even what follows in the same instant."""
    forum = scene.world.create_forum(scene.guild, "help")
    async with scene.bot():
        ann = scene.actor(scene.ann)
        post, _ = ann.create_post(forum, "Looms", scene.mention("what is a loom?"))
        ann.say(post, "and what is a heddle?")
        await scene.until(lambda: "heddle" in " ".join(questions(scene)))
        ann.say(post, "thanks!")
        await scene.until(lambda: "thanks!" in questions(scene)[-1])
    assert "what is a loom?" in questions(scene)[0]


async def test_a_forum_post_is_listened_to_after_a_restart_too(scene: Scene) -> None:
    """That a forum post was begun with a mention is remembered across a restart."""
    forum = scene.world.create_forum(scene.guild, "help")
    async with scene.bot():
        post, _ = scene.actor(scene.ann).create_post(forum, "Looms", scene.mention("a loom?"))
        await scene.answer_in(post)
    async with scene.bot():
        scene.actor(scene.ben).say(post, "and a heddle?")
        await scene.answer_in(post, 2)
    assert questions(scene)[-1].endswith("and a heddle?")


async def test_in_other_threads_and_channels_only_mentions_and_replies_count(scene: Scene) -> None:
    """In a thread or forum post that is not the bot's, it answers when mentioned or replied to."""
    forum = scene.world.create_forum(scene.guild, "help")
    async with scene.bot():
        ann = scene.actor(scene.ann)
        thread = ann.start_thread(scene.channel, "among ourselves")
        post, _ = ann.create_post(forum, "Looms", "what is a loom?")
        for place in (scene.channel, thread, post):
            ann.say(place, "I wonder")
        for place in (thread, post):
            ann.say(place, scene.mention("what is felt?"))
            answer = await scene.answer_in(place)
            ann.say(place, "I see")
            ann.say(place, "and silk?", reply_to=answer)
            await scene.answer_in(place, 2)
    assert questions(scene) == ["what is felt?", "and silk?"] * 2
    assert scene.from_bot(scene.channel) == []


async def test_a_setting_of_the_place_changes_which_messages_count(scene: Scene) -> None:
    """`/settings` makes it answer every message in a thread of somebody else, or stop doing so."""
    async with scene.bot():
        ann = scene.actor(scene.ann)
        thread = ann.start_thread(scene.channel, "among ourselves")
        await ann.slash(thread, "settings", answer_to="every message")
        ann.say(thread, "what is felt?")
        await scene.until(lambda: "what is felt?" in scene.from_bot(thread)[-1].content)
        await ann.slash(thread, "settings", answer_to="mentions and replies")
        ann.say(thread, "let us see")
        ann.say(thread, scene.mention("and silk?"))
        await scene.until(lambda: len(questions(scene)) == 2)
    assert questions(scene) == ["what is felt?", "and silk?"]


@pytest.mark.parametrize("opening", ["{ben}", "@everyone", "{role}"])
async def test_a_message_that_addresses_somebody_else_is_left_alone(
    scene: Scene, opening: str
) -> None:
    """In the bot's thread, a message that begins by mentioning somebody else is not answered."""
    role = scene.world.create_role(scene.guild, "weavers", mentionable=True)
    words = opening.format(ben=scene.ben.mention, role=role.mention)
    async with scene.bot():
        thread, _ = await scene.ask("what is felt?")
        scene.actor(scene.ann).say(thread, f"{words} have you seen this?")
        scene.actor(scene.ann).say(thread, "and silk?")
        await scene.answer_in(thread, 2)
    assert questions(scene) == ["what is felt?", "and silk?"]


async def test_a_reply_to_somebody_else_is_left_alone_unless_it_mentions_the_bot(
    scene: Scene,
) -> None:
    """In the bot's thread, a reply to another person addresses that person."""
    async with scene.bot():
        thread, _ = await scene.ask("what is felt?")
        ben = scene.actor(scene.ben).say(thread, f"{scene.ann.mention} that is right")
        scene.actor(scene.ann).say(thread, "you think so?", reply_to=ben)
        scene.actor(scene.ann).say(thread, scene.mention("is it?"), reply_to=ben)
        await scene.answer_in(thread, 2)
    assert len(questions(scene)) == 2
    assert questions(scene)[-1].endswith("is it?")


async def test_a_direct_message_is_a_conversation_of_its_own(scene: Scene) -> None:
    """A direct message needs no mention, is remembered, and shares nothing with others."""
    async with scene.bot():
        await scene.ask("my name is Ada")
        place = scene.actor(scene.ann).open_direct_message()
        scene.actor(scene.ann).say(place, "I weave")
        await scene.answer_in(place)
        scene.actor(scene.ann).say(place, "what do I do?")
        await scene.answer_in(place, 2)
        other = scene.actor(scene.ben).open_direct_message()
        scene.actor(scene.ben).say(other, "hello")
        await scene.answer_in(other)
    assert said_by_people(conversations(scene)[-2]) == ["I weave", "what do I do?"]
    assert said_by_people(conversations(scene)[-1]) == ["hello"]


@pytest.mark.parametrize("ping", [True, False])
async def test_a_reply_counts_as_a_mention_ping_or_not(scene: Scene, ping: bool) -> None:  # noqa: FBT001 - a parameter of the test
    """A reply to one of the bot's messages counts as a mention, with its ping on or off."""
    async with scene.bot():
        ann = scene.actor(scene.ann)
        thread = ann.start_thread(scene.channel, "among ourselves")
        ann.say(thread, scene.mention("what is felt?"))
        answer = await scene.answer_in(thread)
        ann.say(thread, "and silk?", reply_to=answer, ping_reply=ping)
        await scene.answer_in(thread, 2)
    assert questions(scene) == ["what is felt?", "and silk?"]


async def test_bots_webhooks_and_system_messages_cost_nothing(scene: Scene) -> None:
    """Messages by bots and webhooks and system messages are not answered and not written down."""
    robot = scene.world.create_person("robot")
    robot.is_bot = True
    scene.world.join(scene.guild, robot)
    async with scene.bot():
        thread, _ = await scene.ask("what is felt?")
    async with scene.bot():
        with closing(sqlite3.connect(scene.folder / "bobbin.db")) as database:
            before = database.execute("PRAGMA data_version").fetchone()
            for place in (scene.channel, thread):
                scene.world.post(robot, place, Draft(scene.mention("hello")))
                scene.world.post(scene.ben, place, Draft(scene.mention("hi"), webhook_id=7))
            joined = Draft(scene.mention("joined"), kind=MessageKind.THREAD_CREATED)
            scene.world.post(scene.ann, thread, joined)
            await scene.actor(scene.ann).slash(thread, "help")
            assert database.execute("PRAGMA data_version").fetchone() == before
            question = scene.actor(scene.ann).say(thread, "and silk?")
            await scene.until(lambda: len(questions(scene)) == 2)
            rows = database.execute("SELECT message_id FROM inbound ORDER BY id").fetchall()
    assert rows == [(thread.id,), (question.id,)]


async def test_a_thread_that_a_person_starts_from_its_message_is_no_question(scene: Scene) -> None:
    """The system message that heads a person's thread is not taken for a reply to the bot."""
    async with scene.bot():
        await scene.ask("what is felt?")
        notice = scene.world.post(scene.world.bot, scene.channel, Draft("Felt is not woven."))
        thread = scene.actor(scene.ann).start_thread(scene.channel, "about felt", notice)
        scene.actor(scene.ann).say(thread, scene.mention("is that so?"))
        await scene.answer_in(thread)
    assert questions(scene) == ["what is felt?", "is that so?"]


async def test_an_empty_mention_is_answered_with_a_how_to(scene: Scene) -> None:
    """An empty mention is answered with a one-line how-to, and the model is not asked."""
    async with scene.bot():
        message = scene.actor(scene.ann).say(scene.channel, scene.world.bot.mention)
        answer = await answer_to(scene, message, scene.channel)
        scene.discord.gateway.faults.repeat_last_event("MESSAGE_CREATE", new_sequence=True)
        await scene.ask("what is felt?")
    assert answer.content == say(Sentence.HOW_TO, bot=scene.world.bot.name)
    assert "\n" not in answer.content
    assert questions(scene) == ["what is felt?"]
