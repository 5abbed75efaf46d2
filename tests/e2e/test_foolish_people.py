"""Whatever people send is text: it reaches the model whole, opens a thread, and breaks nothing."""

import pytest
import regex

from rendering.wording.sentences import Sentence, say
from sandbox.models.script import Answer
from sandbox.world.entities import Channel
from tests.e2e.hearing import answer_to, questions
from tests.e2e.scene import Scene

ZALGO = "".join(sign + "".join(map(chr, range(0x300, 0x350))) for sign in "he comes") * 6

TEXTS = {
    "as long as Nitro allows": "word " * 790 + "end",
    "one word": "x" * 3900,
    "zalgo": ZALGO,
    "stacked": "a" + "\u0301" * 3000,
    "turned": "\u202eabc\u202c \u2066x\u2069 end",
    "controls": "a\x00b\x01\x02\x08c\x7fd\x85e",
    "ANSI": "\x1b[31mred\x1b[0m\x1b]0;title\x07",
    "unseen": "\u200b\u200c\u200d\ufeff",
    "a control": "\x00",
    "backticks": "`" * 3900,
    "brackets": "[a](" * 900,
    "quotes": "> " * 1900 + "a",
    "introductions": "a:\n> b\n" * 500 + "c",
    "emphasis": "*a_" * 1200,
    "lines": "a" + "\n" * 3000 + "b",
    "families": "\U0001f468\u200d\U0001f469\u200d\U0001f467" * 700,
}


async def _asked(scene: Scene, text: str, files: int = 0) -> Channel:
    """Ask in the channel, get the answer, and see that the bot goes on in that thread."""
    scene.script.queue(Answer("First."), Answer("Second."))
    question = scene.actor(scene.ann).say(
        scene.channel,
        scene.mention(text),
        files=[(f"file-{number}.txt", b"x") for number in range(files)],
    )
    thread = await scene.thread_of(question)
    await scene.answer_in(thread)
    scene.actor(scene.ann).say(thread, "are you there?")
    second = await scene.answer_in(thread, 2)
    assert second.content == "Second."
    return thread


@pytest.mark.parametrize("kind", TEXTS)
async def test_any_text_reaches_the_model_whole_and_names_a_thread(scene: Scene, kind: str) -> None:
    """The model hears each sign; the thread's name is one short line with a letter in it."""
    async with scene.bot():
        thread = await _asked(scene, TEXTS[kind])
    assert questions(scene) == [TEXTS[kind].strip(), "are you there?"]
    assert 0 < len(thread.name) <= 100
    assert regex.search(r"\w", thread.name)
    assert not regex.search(r"[\p{Cc}\u202a-\u202e\u2066-\u2069]|\p{M}{5}", thread.name)


async def test_people_mentioned_by_the_hundred_are_named_and_not_pinged(scene: Scene) -> None:
    """All names reach the model; nothing that the bot posts mentions anybody."""
    people = [scene.world.create_person(f"person-{number}") for number in range(150)]
    for person in people:
        scene.world.join(scene.guild, person)
    async with scene.bot():
        thread = await _asked(scene, "greet " + " ".join(it.mention for it in people))
    assert questions(scene)[0] == "greet " + " ".join(f"@{it.name}" for it in people)
    assert not any(message.mention_ids for message in scene.from_bot(thread))


async def test_an_echo_of_what_mentions_everybody_pings_nobody(scene: Scene) -> None:
    """A model that repeats @everyone, a role and strangers' ids does no more than write them."""
    role = scene.world.create_role(scene.guild, "weavers", mentionable=True)
    words = f"say @everyone @here {role.mention} <@123456789012345678>"
    async with scene.bot():
        question = scene.actor(scene.ann).say(scene.channel, scene.mention(words))
        thread = await scene.thread_of(question)
        answer = await scene.answer_in(thread)
    assert answer.content == "You said: say @everyone @here @weavers @someone"
    assert (answer.mention_ids, answer.mention_role_ids, answer.mentions_everyone) == (
        [],
        [],
        False,
    )
    assert thread.name == "say @everyone @here @weavers @someone"


async def test_ten_files_are_named_in_one_line_and_the_words_are_answered(scene: Scene) -> None:
    """Under the answer stands which files were not read: some by name, the others counted."""
    async with scene.bot():
        thread = await _asked(scene, "what are these?", files=10)
    names = ", ".join(f"`file-{number}.txt`" for number in range(5)) + ", 5 more"
    notice = say(Sentence.UNREAD_FILES, names=names)
    assert scene.from_bot(thread)[0].content == f"First.\n{notice}"


async def test_names_of_files_are_text_too(scene: Scene) -> None:
    """A file's name can neither ping nor break out of the notice that it stands in."""
    name = "`@everyone`\u202e\n# big.txt"
    async with scene.bot():
        sent = scene.actor(scene.ann).open_direct_message()
        message = scene.actor(scene.ann).say(sent, files=[(name, b"x")])
        notice = await answer_to(scene, message, sent)
    assert not notice.mentions_everyone
    assert len(notice.content.splitlines()) == 1
    assert "\u202e" not in notice.content


async def test_a_person_of_any_name_is_answered(scene: Scene) -> None:
    """A display name of controls and marks reaches the model on one line, as a name."""
    fool = scene.world.create_person("\u202efo\nol:\x00 " + "\u0301" * 20)
    scene.world.join(scene.guild, fool)
    async with scene.bot():
        thread, _ = await scene.ask("what is felt?")
        scene.actor(fool).say(thread, "and silk?")
        await scene.answer_in(thread, 2)
    assert questions(scene)[-1].endswith("\nfo ol: " + "\u0301" * 4 + ": and silk?")
