"""Talking with the bot, as people do."""

from sandbox.discord.entities import ChannelKind
from sandbox.script import Answer
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
    assert scene.playground.requests[-1].asked is not None
    assert scene.playground.requests[-1].asked.messages[-1].text == "what is a bobbin?"


async def test_in_its_own_thread_nobody_has_to_mention_it_again(scene: Scene) -> None:
    """A message in the bot's thread is answered, with the first question remembered."""
    async with scene.bot():
        thread, _ = await scene.ask("my name is Ada")
        scene.actor(scene.ann).say(thread, "what is my name?")
        await scene.answer_in(thread, 2)
    asked = scene.playground.requests[-1].asked
    assert asked is not None
    assert [message.text for message in asked.messages if message.role == "user"] == [
        "my name is Ada",
        "what is my name?",
    ]
