"""How an answer is shown while it comes."""

from pathlib import Path

import pytest

from rendering.cursor import CURSOR
from sandbox.models.script import Answer, Gate, Pace
from sandbox.rest.rate_limits import Limits, Rate
from sandbox.world.entities import MessageFlag
from sandbox.world.permissions import Permission
from tests.e2e.scene import Scene, opened_scene
from tests.e2e.streams import asked, first_shown, has_stop_button, hold

_LIMIT_CHARS = 2000


async def test_the_first_words_are_shown_while_the_rest_has_not_come(scene: Scene) -> None:
    """The first words are shown as soon as they arrive."""
    async with scene.bot():
        held = await hold(scene, "A bobbin ", "holds ", "thread.")
        message = await first_shown(scene, held)
        assert message.content == "A bobbin" + CURSOR
        assert asked(scene)[-1].pieces_sent == 1
        held.gate.open()
        await scene.answer_in(held.thread)


async def test_the_first_words_are_shown_though_a_lone_mark_came_before_them(
    scene: Scene,
) -> None:
    """What cannot be shown by itself holds up the words after it no longer than they take."""
    async with scene.bot():
        held = await hold(scene, "**", "bold** words", " and the end")
        held.gate.release(2)
        await scene.until(lambda: scene.from_bot(held.thread), 2)
        assert scene.from_bot(held.thread)[0].content == "**bold** words" + CURSOR
        held.gate.open()
        await scene.answer_in(held.thread)


async def test_the_message_is_edited_as_more_comes(scene: Scene) -> None:
    """Then the message is edited as more do, and it is one message to the end."""
    async with scene.bot():
        held = await hold(scene, "One, ", "two, ", "three.")
        message = await first_shown(scene, held)
        held.gate.release()
        await scene.until(lambda: message.content == "One, two," + CURSOR)
        held.gate.open()
        await scene.answer_in(held.thread)
    assert [content for _, content in message.edits][-1] == "One, two, three."
    assert scene.from_bot(held.thread) == [message]


@pytest.mark.parametrize(
    "text",
    [
        "**bold** and _open",
        "a\n\n\n  b\twith  spaces",
        "`one` ``two`` ```unclosed",
        "- list\n- of <things> & \\*stars\\* ||spoiler",
        "Привет, 世界 👩‍👩‍👧‍👦 ok",
    ],
)
async def test_at_the_end_the_text_shown_is_what_came(scene: Scene, text: str) -> None:
    """At the end the text shown is exactly the text that came (an open fence is closed)."""
    scene.script.queue(Answer(chunks=list(text)))
    async with scene.bot():
        _, answer = await scene.ask("say it")
    fence = "\n```" if text.count("```") % 2 else ""
    assert answer.content == text + fence


def long_answer() -> str:
    """Make 6,600 characters in which code crosses each border between messages."""
    line = "    total = total + value * {:04d}  # add it up\n"
    code = "".join(line.format(number) for number in range(200))
    text = f"Here it is:\n\n```python\n{code}"
    return text[: 6600 - 4].rstrip("\n").ljust(6600 - 4, "#") + "\n```"


async def test_a_long_answer_goes_on_in_further_messages_with_its_code_reopened(
    scene: Scene,
) -> None:
    """Past 2,000 characters it goes on in further messages, fences closed and reopened."""
    text = long_answer()
    assert len(text) == 6600
    scene.script.queue(Answer(text, pace=Pace(tokens_per_second=800)))
    async with scene.bot():
        thread, _ = await scene.ask("give me code")
        await scene.until(lambda: len(scene.finished(thread)) == len(scene.from_bot(thread)) >= 4)
    contents = [message.content for message in scene.from_bot(thread)]
    opening, closing = "```python\n", "\n```"
    assert all(content.endswith(closing) for content in contents)
    assert all(content.startswith(opening) for content in contents[1:])
    pieces = [content.removeprefix(opening).removesuffix(closing) for content in contents[1:]]
    assert "\n".join([contents[0].removesuffix(closing), *pieces]) + closing == text


async def test_at_no_instant_is_a_message_too_long_or_a_fence_open(scene: Scene) -> None:
    """While it streams each message has at most 2,000 characters and its fences closed."""
    scene.script.queue(Answer(long_answer(), pace=Pace(tokens_per_second=800)))
    async with scene.bot():
        thread, _ = await scene.ask("give me code")
        await scene.until(lambda: len(scene.finished(thread)) == len(scene.from_bot(thread)) >= 4)
    sent = scene.discord.requests_to("*", f"/channels/{thread.id}/messages*")
    contents = [each.body["content"] for each in sent if each.body]
    assert len(contents) > len(scene.from_bot(thread)) == 4
    assert max(map(len, contents)) <= _LIMIT_CHARS
    assert all(content.count("```") % 2 == 0 for content in contents)


async def test_only_the_first_message_of_an_answer_makes_a_sound(scene: Scene) -> None:
    """Continuation parts are posted silently, and answer nobody."""
    scene.script.queue(Answer("word " * 900))
    async with scene.bot():
        thread, _ = await scene.ask("talk")
        await scene.until(lambda: len(scene.finished(thread)) == 3)
    silent = [
        bool(message.flags & MessageFlag.SUPPRESS_NOTIFICATIONS)
        for message in scene.from_bot(thread)
    ]
    assert silent == [False, True, True]
    assert all(message.reference is None for message in scene.from_bot(thread))


async def test_the_button_is_under_the_last_message_only(scene: Scene) -> None:
    """A Stop button is there from the first post, under the last part, gone with the last edit."""
    async with scene.bot():
        held = await hold(scene, "word " * 100, "word " * 500, "end")
        first = await first_shown(scene, held)
        assert has_stop_button(first)
        held.gate.release()
        await scene.until(lambda: len(scene.from_bot(held.thread)) == 2 and not first.components)
        second = scene.from_bot(held.thread)[1]
        assert has_stop_button(second)
        held.gate.open()
        await scene.until(lambda: not second.components)
    posts = scene.discord.requests_to("POST", f"/channels/{held.thread.id}/messages")
    assert all(post.body["components"] for post in posts)
    assert second.content.endswith("end")


async def test_typing_shows_until_the_first_words_and_never_after(scene: Scene) -> None:
    """Typing shows until the first words and never after."""
    async with scene.bot():
        held = await hold(scene, "At last, ", "a word ", "and more.")
        await scene.until(lambda: scene.discord.typing)
        message = await first_shown(scene, held)
        held.gate.release()
        await scene.until(lambda: message.content == "At last, a word" + CURSOR)
        held.gate.open()
        await scene.answer_in(held.thread)
    assert {channel_id for _, channel_id, _ in scene.discord.typing} == {held.thread.id}
    assert max(time_s for time_s, _, _ in scene.discord.typing) < message.created_s


async def test_an_answer_that_begins_at_once_needs_no_typing(scene: Scene) -> None:
    """Typing does not show at all when the words come at once."""
    scene.script.queue(Answer("Here.", pace=Pace(tokens_per_second=2)))
    async with scene.bot():
        thread, _ = await scene.ask("quick")
        scene.script.queue(Answer("one two three", pace=Pace(tokens_per_second=3)))
        scene.actor(scene.ann).say(thread, "and slowly")
        await scene.answer_in(thread, 2)
    assert scene.discord.typing == []


async def test_the_words_of_a_model_ping_nobody(scene: Scene) -> None:
    """Model text never pings anyone: not in a post, not in an edit."""
    role = scene.world.create_role(scene.guild, "all", mentionable=True)
    everybody = f"@everyone @here <@{scene.ben.id}> <@&{role.id}>"
    async with scene.bot():
        held = await hold(scene, everybody, f" and {everybody}")
        message = await first_shown(scene, held)
        held.gate.open()
        await scene.answer_in(held.thread)
    assert message.content == f"{everybody} and {everybody}"
    assert (message.mention_ids, message.mention_role_ids) == ([], [])
    assert not message.mentions_everyone
    sent = scene.discord.requests_to("*", f"/channels/{held.thread.id}/messages*")
    allowed = [each.body["allowed_mentions"] for each in sent if each.body]
    assert len(allowed) >= 2
    assert all(each["parse"] == [] and not each.get("users") for each in allowed)


async def test_where_it_answers_as_a_reply_only_who_asked_is_pinged(scene: Scene) -> None:
    """The author being answered is mentioned, from the first post to the last edit; nobody else."""
    scene.world.set_permissions(
        scene.channel, scene.world.bot, deny=Permission.CREATE_PUBLIC_THREADS
    )
    gate = Gate()
    scene.script.queue(Answer(chunks=[f"<@{scene.ben.id}> ", "too"], hold=gate))
    async with scene.bot():
        scene.actor(scene.ann).say(scene.channel, scene.mention("who?"))
        gate.release()
        await scene.until(lambda: scene.from_bot(scene.channel))
        message = scene.from_bot(scene.channel)[0]
        assert message.mention_ids == [scene.ann.id]
        gate.open()
        await scene.answer_in(scene.channel)
    assert message.edits
    assert message.mention_ids == [scene.ann.id]


async def test_a_long_stream_is_never_refused_for_its_pace(tmp_path: Path) -> None:
    """With Discord's own limits a long answer brings no 429."""
    async with opened_scene(tmp_path, Limits()) as scene, scene.bot():
        scene.script.queue(Answer("word " * 1300, pace=Pace(tokens_per_second=160)))
        thread, _ = await scene.ask("talk for long")
        await scene.until(
            lambda: len(scene.finished(thread)) == len(scene.from_bot(thread)) == 4, 30
        )
        shown = " ".join(message.content for message in scene.from_bot(thread))
        assert shown == ("word " * 1300).strip()
        edits = scene.discord.requests_to("PATCH", "/channels/*/messages/*")
        assert len(edits) > 6
        assert [each.path for each in scene.discord.requests if each.status == 429] == []


async def test_the_call_that_spends_the_last_token_of_posts_holds_up_nothing(
    tmp_path: Path,
) -> None:
    """A post that spends its bucket's last token is over when it is there, not seconds later."""
    window_s = 4.0
    limits = Limits().but(create_message=Rate(1, window_s))
    async with opened_scene(tmp_path, limits) as scene, scene.bot():
        await scene.ask("so that the buckets are known")
        held = await hold(scene, "One, ", "two.")
        message = await first_shown(scene, held)
        held.gate.open()
        await scene.answer_in(held.thread)
        assert message.content == "One, two."
        assert message.edits[-1][0] - message.created_s < window_s / 2


async def test_the_call_that_spends_the_last_token_of_edits_holds_up_nothing(
    tmp_path: Path,
) -> None:
    """A last edit that spends its bucket's last token does not delay the next answer."""
    window_s = 4.0
    limits = Limits().but(edit_message=Rate(1, window_s))
    async with opened_scene(tmp_path, limits) as scene, scene.bot():
        thread, first = await scene.ask("one")
        scene.script.queue(Answer("second"))
        scene.actor(scene.ann).say(thread, "two")
        await scene.until(lambda: len(scene.from_bot(thread)) == 2)
        second = scene.from_bot(thread)[1]
        assert second.created_s - first.edits[-1][0] < window_s / 2
        await scene.answer_in(thread, 2)
