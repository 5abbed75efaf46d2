"""Where the bot answers: in channels without threads, and without the message content intent."""

import logging

import pytest

from rendering.wording.sentences import Sentence, say
from sandbox.models.script import Answer
from sandbox.rest.rate_limits import Limits, Rate
from sandbox.world.permissions import Permission
from tests.e2e.hearing import answer_to, conversations, questions, said_by_people
from tests.e2e.scene import Scene, opened_scene

_LACKS = say(Sentence.NO_THREAD_PERMISSION, names="*Create Public Threads*")


@pytest.fixture
def threadless(scene: Scene) -> Scene:
    """Return a scene in whose channel the bot may not open threads."""
    scene.world.set_permissions(
        scene.channel, scene.world.bot, deny=Permission.CREATE_PUBLIC_THREADS
    )
    return scene


async def test_without_the_permission_it_answers_in_the_channel_and_says_once_what_is_missing(
    threadless: Scene,
) -> None:
    """Where it may not open threads it answers as a reply; the first answer names the reason."""
    scene = threadless
    scene.script.queue(Answer("It is pressed."), Answer("It is spun."))
    async with scene.bot():
        first = scene.actor(scene.ann).say(scene.channel, scene.mention("what is felt?"))
        answer = await answer_to(scene, first, scene.channel)
        second = scene.actor(scene.ben).say(scene.channel, scene.mention("what is silk?"))
        other = await answer_to(scene, second, scene.channel)
    assert answer.content == f"It is pressed.\n{_LACKS}"
    assert other.content == "It is spun."
    assert scene.world.threads_of(scene.guild) == []


async def test_what_is_missing_is_not_said_again_after_a_restart(threadless: Scene) -> None:
    """What is missing is said once a channel, not once a run."""
    scene = threadless
    scene.script.queue(Answer("It is pressed."), Answer("It is spun."))
    for words in ("what is felt?", "what is silk?"):
        async with scene.bot():
            question = scene.actor(scene.ann).say(scene.channel, scene.mention(words))
            answer = await answer_to(scene, question, scene.channel)
    assert answer.content == "It is spun."


async def test_in_a_channel_replying_to_its_answer_continues_that_conversation(
    threadless: Scene,
) -> None:
    """In a channel each root question is a conversation; a reply to its answer goes on with it."""
    scene = threadless
    async with scene.bot():
        first = scene.actor(scene.ann).say(scene.channel, scene.mention("my name is Ada"))
        answer = await answer_to(scene, first, scene.channel)
        second = scene.actor(scene.ben).say(scene.channel, scene.mention("what is my name?"))
        await answer_to(scene, second, scene.channel)
        third = scene.actor(scene.ann).say(
            scene.channel, "what is my name?", reply_to=answer, ping_reply=False
        )
        last = await answer_to(scene, third, scene.channel)
        fourth = scene.actor(scene.ann).say(scene.channel, "really?", reply_to=last)
        await answer_to(scene, fourth, scene.channel)
    heard = [said_by_people(asked) for asked in conversations(scene)]
    assert heard == [
        ["my name is Ada"],
        ["what is my name?"],
        ["my name is Ada", "what is my name?"],
        ["my name is Ada", "what is my name?", "really?"],
    ]


async def test_a_reply_in_a_channel_continues_after_a_restart(threadless: Scene) -> None:
    """Replying to an answer of an earlier run continues its conversation."""
    scene = threadless
    async with scene.bot():
        first = scene.actor(scene.ann).say(scene.channel, scene.mention("my name is Ada"))
        answer = await answer_to(scene, first, scene.channel)
    async with scene.bot():
        second = scene.actor(scene.ann).say(scene.channel, "and now?", reply_to=answer)
        await answer_to(scene, second, scene.channel)
    assert said_by_people(conversations(scene)[-1]) == ["my name is Ada", "and now?"]


async def test_where_opening_a_thread_would_have_to_wait_it_answers_in_the_channel(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """When the channel's limit for new threads is used up, the answer does not wait for it."""
    limits = Limits.off().but(create_thread=Rate(2, 300.0, "shared"))
    async with opened_scene(tmp_path_factory.mktemp("data"), limits) as scene, scene.bot():
        await scene.ask("what is felt?")
        scene.script.queue(Answer("It is spun."))
        question = scene.actor(scene.ben).say(scene.channel, scene.mention("what is silk?"))
        answer = await answer_to(scene, question, scene.channel)
        assert answer.content == f"It is spun.\n{Sentence.NO_THREAD_BUSY}"
        follow_up = scene.actor(scene.ben).say(scene.channel, "why?", reply_to=answer)
        await answer_to(scene, follow_up, scene.channel)
    assert said_by_people(conversations(scene)[-1]) == ["what is silk?", "why?"]
    assert len(scene.world.threads_of(scene.guild)) == 1


async def test_of_several_asked_at_once_none_waits_for_the_threads_limit(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """Of two who ask in one instant, with one thread allowed, one is answered in the channel."""
    limits = Limits.off().but(create_thread=Rate(2, 300.0, "shared"))
    async with (
        opened_scene(tmp_path_factory.mktemp("data"), limits) as scene,
        scene.bot(THREAD_WAIT_S="0.3"),
    ):
        scene.actor(scene.ann).say(scene.channel, scene.mention("what is felt?"))
        scene.actor(scene.ben).say(scene.channel, scene.mention("what is silk?"))
        await scene.until(lambda: scene.world.threads_of(scene.guild))
        thread = scene.world.threads_of(scene.guild)[0]
        shown = [await scene.answer_in(thread), await scene.answer_in(scene.channel)]
    assert {message.content.splitlines()[0] for message in shown} == {
        "You said: what is felt?",
        "You said: what is silk?",
    }
    assert len(scene.world.threads_of(scene.guild)) == 1
    assert [each.status for each in scene.discord.requests_to("POST", "*/threads")] == [201]


@pytest.fixture
def withheld(scene: Scene) -> Scene:
    """Return a scene whose bot has no message content intent."""
    scene.world.bot.may_read_content = False
    return scene


async def test_without_the_content_intent_it_starts_and_says_so(
    withheld: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    """Without the message content intent it starts all the same, and the log says what to do."""
    with caplog.at_level(logging.WARNING):
        async with withheld.bot():
            await withheld.ask("what is felt?")
            await withheld.until(lambda: "switch it on at" in caplog.text)
    assert "Discord refuses the Message Content Intent" in caplog.text


async def test_without_the_content_intent_it_works_by_mention_reply_and_direct_message(
    withheld: Scene,
) -> None:
    """Mentions, replies and direct messages are readable without the intent, and answered."""
    scene = withheld
    async with scene.bot():
        ann = scene.actor(scene.ann)
        thread, answer = await scene.ask("what is felt?")
        ann.say(thread, "and silk?", reply_to=answer)
        await scene.answer_in(thread, 2)
        place = ann.open_direct_message()
        ann.say(place, "and wool?")
        await scene.answer_in(place)
    assert questions(scene) == ["what is felt?", "and silk?", "and wool?"]


async def test_a_message_whose_content_is_withheld_gets_one_notice_a_place(
    withheld: Scene,
) -> None:
    """What Discord does not show is asked for in words, once a place, and the model is not."""
    scene = withheld
    async with scene.bot():
        ann = scene.actor(scene.ann)
        first, answer = await scene.ask("what is felt?")
        second, _ = await scene.ask("what is silk?")
        for place in (first, second):
            ann.say(place, "why?")
            ann.say(place, "why, I said")
            ann.say(place, scene.mention("that is all"))
            await scene.answer_in(place, 3)
        ann.say(first, "and why?", reply_to=answer, ping_reply=False)
        ann.say(first, scene.mention("good night"))
        await scene.answer_in(first, 4)
    asked = ["what is felt?", "what is silk?", "that is all", "that is all", "good night"]
    assert questions(scene) == asked
    for place, count in ((first, 1), (second, 1)):
        said = [message.content for message in scene.from_bot(place)]
        assert said.count(Sentence.WITHHELD) == count


async def test_a_mention_of_its_role_with_withheld_content_is_not_called_empty(
    withheld: Scene,
) -> None:
    """Discord withholds the content of a message that mentions only the role; that is said."""
    scene = withheld
    own = next(
        role for role in scene.world.roles_of(scene.guild) if role.bot_id == scene.world.bot.id
    )
    own.is_mentionable = True
    async with scene.bot():
        message = scene.actor(scene.ann).say(scene.channel, f"{own.mention} what is felt?")
        answer = await answer_to(scene, message, scene.channel)
    assert answer.content == Sentence.WITHHELD


async def test_where_it_may_not_send_nothing_is_asked(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    """A mention where the bot may neither send nor open threads costs no model anything."""
    denied = Permission.SEND_MESSAGES | Permission.SEND_MESSAGES_IN_THREADS
    scene.world.set_permissions(scene.channel, scene.world.bot, deny=denied)
    async with scene.bot():
        scene.actor(scene.ann).say(scene.channel, scene.mention("hello?"))
        await scene.until(lambda: "may not send" in caplog.text)
        scene.world.set_permissions(scene.channel, scene.world.bot)
        await scene.ask("and now?")
    assert [
        request.asked.messages[-1].text
        for request in scene.playground.requests
        if request.asked is not None
    ] == ["and now?"]
