"""What of a message reaches the model: as people see it on Discord, quoted and named."""

from rendering.wording.sentences import Sentence, say
from sandbox.models.script import Answer
from tests.e2e.hearing import answer_to, conversations, questions, said_by_people
from tests.e2e.scene import Scene


async def test_a_message_that_is_replied_to_reaches_the_model_quoted_and_named(
    scene: Scene,
) -> None:
    """Mentioned in a reply to somebody, the bot knows what it is about and who said it."""
    async with scene.bot():
        told = scene.actor(scene.ben).say(scene.channel, "Felt is not woven.\nIt is pressed.")
        question = scene.actor(scene.ann).say(
            scene.channel, scene.mention("is that so?"), reply_to=told
        )
        thread = await scene.thread_of(question)
        await scene.answer_in(thread)
    assert questions(scene) == ["ben wrote:\n> Felt is not woven.\n> It is pressed.\n\nis that so?"]
    assert thread.name == "is that so?"


async def test_a_bare_mention_in_a_reply_asks_about_what_is_replied_to(scene: Scene) -> None:
    """A reply that holds nothing but a mention passes on what it replies to."""
    async with scene.bot():
        told = scene.actor(scene.ben).say(scene.channel, "what is felt?")
        question = scene.actor(scene.ann).say(scene.channel, scene.world.bot.mention, reply_to=told)
        thread = await scene.thread_of(question)
        await scene.answer_in(thread)
    assert questions(scene) == ["ben wrote:\n> what is felt?"]
    assert thread.name == "what is felt?"


async def test_an_older_answer_that_is_replied_to_is_quoted_and_the_latest_is_not(
    scene: Scene,
) -> None:
    """The conversation's own latest answer is known to the model; an older one is quoted."""
    scene.script.queue(Answer("Felt is pressed."), Answer("Silk is spun."), Answer("It is."))
    async with scene.bot():
        ann = scene.actor(scene.ann)
        thread, first = await scene.ask("what is felt?")
        ann.say(thread, "and silk?", reply_to=first)
        second = await scene.answer_in(thread, 2)
        ann.say(thread, "is that so?", reply_to=first)
        await scene.answer_in(thread, 3)
    assert second.content == "Silk is spun."
    assert questions(scene)[1] == "and silk?"
    name = scene.world.bot.name
    assert questions(scene)[2] == f"{name} wrote:\n> Felt is pressed.\n\nis that so?"


async def test_a_forwarded_message_reaches_the_model_quoted_and_named_as_such(
    scene: Scene,
) -> None:
    """A message forwarded to the bot's thread is asked about, with its codes readable."""
    role = scene.world.create_role(scene.guild, "weavers")
    async with scene.bot():
        thread, _ = await scene.ask("hello")
        other = scene.world.create_text_channel(scene.guild, "looms")
        words = f"Felt is pressed, say {role.mention} in {other.mention}."
        told = scene.actor(scene.ben).say(other, words)
        scene.actor(scene.ann).say(thread, forward=told)
        await scene.answer_in(thread, 2)
    assert questions(scene)[-1] == (
        "Forwarded message:\n> Felt is pressed, say @weavers in #looms."
    )


async def test_when_several_people_talk_the_model_can_tell_who_says_what(scene: Scene) -> None:
    """From the second person on, everybody's words begin with their name, earlier ones too."""
    async with scene.bot():
        thread, _ = await scene.ask("I weave")
        scene.actor(scene.ben).say(thread, "I spin")
        await scene.answer_in(thread, 2)
        scene.actor(scene.ann).say(thread, "who does what?")
        await scene.answer_in(thread, 3)
    for asked in conversations(scene)[1:]:
        heard = "\n".join(said_by_people(asked))
        assert "ann: I weave" in heard
        assert "ben: I spin" in heard
    assert questions(scene)[-1].endswith("ann: who does what?")


async def test_with_one_person_the_model_is_not_told_who_says_what(scene: Scene) -> None:
    """Where one person talks with the bot, nothing but their words is sent."""
    async with scene.bot():
        thread, _ = await scene.ask("I weave")
        scene.actor(scene.ann).say(thread, "what do I do?")
        await scene.answer_in(thread, 2)
    last = conversations(scene)[-1]
    assert said_by_people(last) == ["I weave", "what do I do?"]
    assert not any("ann" in message.text for message in last.messages)


async def test_codes_reach_the_model_as_readable_text(scene: Scene) -> None:
    """Mentions, channels, roles, custom emoji and timestamps are sent as people see them."""
    role = scene.world.create_role(scene.guild, "weavers", mentionable=True)
    async with scene.bot():
        talk = scene.actor(scene.ben).start_thread(scene.channel, "old talk")
        words = (
            f"ask {scene.ben.mention} of {role.mention} in {scene.channel.mention} or "
            f"{talk.mention} <:loom:123456789012345678> <a:spin:123456789012345679> "
            f"<t:1700000000:R> with </model:123456789012345670>"
        )
        await scene.ask(words)
    heard = "@ben of @weavers in #general or #old talk :loom: :spin: 2023-11-14 22:13 UTC"
    assert questions(scene) == [f"ask {heard} with /model"]


async def test_the_bot_mentioned_inside_a_sentence_stays_in_it(scene: Scene) -> None:
    """A mention of the bot that is a word of the sentence reaches the model as its name."""
    name = scene.world.bot.name
    async with scene.bot():
        question = scene.actor(scene.ann).say(
            scene.channel, f"is {scene.world.bot.mention} a good name? {scene.world.bot.mention}"
        )
        await scene.answer_in(await scene.thread_of(question))
    assert questions(scene) == [f"is @{name} a good name?"]


async def test_attachments_that_are_not_read_are_named_in_a_notice(scene: Scene) -> None:
    """Under the answer to a message with files stands which of them were not read."""
    scene.script.queue(Answer("I see nothing."))
    async with scene.bot():
        question = scene.actor(scene.ann).say(
            scene.channel,
            scene.mention("what is this?"),
            files=[("loom.png", b"x"), ("`felt`.txt", b"y")],
        )
        answer = await scene.answer_in(await scene.thread_of(question))
    notice = say(Sentence.UNREAD_FILES, names="`loom.png`, `felt.txt`")
    assert answer.content == f"I see nothing.\n{notice}"
    assert questions(scene) == ["what is this?"]


async def test_a_message_of_files_alone_is_answered_with_a_notice_that_names_them(
    scene: Scene,
) -> None:
    """Files without a word are named in a notice, also as a reply; the model is not asked."""
    async with scene.bot():
        thread, first = await scene.ask("hello")
        scene.actor(scene.ann).say(thread, "and now?")
        await scene.answer_in(thread, 2)
        sent = scene.actor(scene.ann).say(thread, files=[("loom.png", b"x")], reply_to=first)
        notice = await answer_to(scene, sent, thread)
    assert notice.content == say(Sentence.ONLY_FILES, names="`loom.png`")
    assert questions(scene) == ["hello", "and now?"]
