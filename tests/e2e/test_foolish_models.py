"""Whatever a model writes is shown as text: nobody is pinged, nothing breaks, nothing is hidden."""

import pytest

from rendering.wording.sentences import Sentence
from sandbox.models.script import Answer
from sandbox.world.entities import Message
from tests.e2e.scene import Scene

FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466"
ZALGO = "".join(sign + "".join(map(chr, range(0x300, 0x350))) for sign in "he comes") * 8
TOKEN = "MTk4NjIyNDgzNDcxOTI1MjQ4.Cl2FMQ.ZnCjm1XVW7vRze4b7Cq4se7kKWs"

EXACT = {
    "a token": f"The token is {TOKEN}.",
    "ANSI": "\x1b[31mred\x1b[0m \x1b]0;title\x07 \x1b]52;c;aGk=\x07 end",
    "controls": "a\x00b\x01\x02\x08c\x7fd\x85e",
    "turned": "\u202eabc\u202c \u2066x\u2069 \u061c\u200fend",
    "backticks": "`" * 5000,
    "stars": "*" * 5000,
    "links": "[a](" * 1500,
    "families": FAMILY * 2000,
    "stacked": "a" + "\u0301" * 5000,
    "one word": "x" * 9000,
    "zalgo": ZALGO,
}
"""Answers that are shown as they are, over as many messages as it takes."""


async def _answered(scene: Scene, *answers: Answer) -> list[Message]:
    """Ask for an answer, then for an ordinary one: the bot goes on; give the parts of the first."""
    scene.script.queue(*answers, Answer("All is well."))
    async with scene.bot():
        question = scene.actor(scene.ann).say(scene.channel, scene.mention("tell me"))
        thread = await scene.thread_of(question)
        await scene.until(lambda: scene.from_bot(thread))
        scene.actor(scene.ben).say(thread, "and now?")
        await scene.until(lambda: scene.from_bot(thread)[-1].content == "All is well.")
        await scene.until(lambda: scene.finished(thread) == scene.from_bot(thread))
    return scene.from_bot(thread)[:-1]


@pytest.mark.parametrize("kind", EXACT)
async def test_what_a_model_writes_is_shown_as_it_is(scene: Scene, kind: str) -> None:
    """Each sign of the answer is on Discord, in order, and the next question is answered."""
    shown = await _answered(scene, Answer(EXACT[kind]))
    assert "".join(message.content for message in shown) == EXACT[kind]


@pytest.mark.parametrize(
    "words",
    ["@everyone", "@here", "<@{ann}>", "<@!{ben}>", "<@&{role}>", "{hundreds}"],
)
async def test_a_model_pings_nobody(scene: Scene, words: str) -> None:
    """Mentions in an answer stay text: no request allows one, and nobody is mentioned."""
    role = scene.world.create_role(scene.guild, "weavers", mentionable=True)
    hundreds = f"{scene.ann.mention}{scene.ben.mention}" * 100
    text = words.format(ann=scene.ann.id, ben=scene.ben.id, role=role.id, hundreds=hundreds)
    shown = await _answered(scene, Answer(f"{text} look!"))
    assert "".join(message.content for message in shown).split() == f"{text} look!".split()
    assert not any(it.mention_ids or it.mention_role_ids or it.mentions_everyone for it in shown)
    sent = [
        request.body
        for method in ("POST", "PATCH")
        for request in scene.discord.requests_to(method, "/channels/*/messages*")
        if not request.path.endswith("/threads")
    ]
    assert len(sent) >= 2
    for body in sent:
        assert body["allowed_mentions"]["parse"] == []
        assert not body["allowed_mentions"].get("users")
        assert not body["allowed_mentions"].get("roles")


@pytest.mark.parametrize("text", ["", " \n\t \n", "\u200b\u200c\u200d\ufeff", "\x00", "\u202e"])
async def test_an_answer_that_shows_nothing_says_so(scene: Scene, text: str) -> None:
    """White space, characters of no width and controls alone are an empty answer, in words."""
    shown = await _answered(scene, Answer(text))
    assert [message.content.removeprefix(text.strip()).strip() for message in shown] == [
        Sentence.EMPTY
    ]


async def test_a_fence_that_never_closes_is_closed_on_each_message(scene: Scene) -> None:
    """Code without an end is code in each part, and no part lends its fence to the next."""
    code = "".join(f"print({number})\n" for number in range(600))
    shown = await _answered(scene, Answer(f"Look:\n```py\n{code}"))
    assert len(shown) > 2
    assert all(message.content.count("```") == 2 for message in shown)
    lines = "\n".join(message.content for message in shown).splitlines()
    assert [line for line in lines if line.startswith("print")] == code.split("\n")[:-1]


async def test_half_a_surrogate_pair_is_shown_as_a_sign_that_cannot_be_read(scene: Scene) -> None:
    """Half of a character, which no encoder takes, does not end an answer."""
    [shown] = await _answered(scene, Answer(chunks=["a \ud83d", "b \udc00", " c \ud83d", "\ude00"]))
    assert shown.content == "a \ufffdb \ufffd c \U0001f600"


async def test_a_long_answer_costs_no_more_than_its_length(scene: Scene) -> None:
    """Tens of thousands of characters are shown in order, in messages that each are full."""
    text = "".join(f"word{number} " for number in range(3500)).strip()
    shown = await _answered(scene, Answer(text, chunks=[text]))
    assert " ".join(message.content for message in shown) == text
    assert len(shown) == -(-len(text) // 2000)
