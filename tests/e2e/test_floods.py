"""Somebody sends too much at once: what is taken, what is told, and that it is told once."""

import asyncio
from collections.abc import Callable

import discord.utils

from rendering.wording.fields import clock_time
from rendering.wording.sentences import Sentence, say
from sandbox.models.script import Answer, Gate
from sandbox.people.interactions import InteractionRecord
from sandbox.world.entities import Channel, Message
from tests.e2e.hearing import answer_to, questions
from tests.e2e.scene import Scene
from tests.e2e.streams import asked

_SENDS_EVERY_S = 0.05


def _told(notice: Sentence, limit: int, first: int, window_s: float = 60) -> str:
    """Return the notice of a cooldown that began with the message or command of this id."""
    began_s = discord.utils.snowflake_time(first).timestamp()
    return say(notice, limit=limit, seconds=window_s, when=clock_time(began_s + window_s))


def _told_of(scene: Scene, text: str) -> list[Message]:
    """Return where the bot said this, in all places."""
    channels = list(scene.world.channels.values())
    return [it for channel in channels for it in scene.from_bot(channel) if it.content == text]


async def test_a_person_who_floods_is_told_once_and_the_rest_is_not_taken(scene: Scene) -> None:
    """Of 200 messages in a row as many as the bound are taken; one notice says until when."""
    async with scene.bot(COOLDOWN_MESSAGES="5", QUEUE_LIMIT="100"):
        ann = scene.actor(scene.ann)
        first = ann.say(scene.channel, scene.mention("number 0"))
        thread = await scene.thread_of(first)
        await scene.answer_in(thread)
        posts = len(scene.discord.requests_to("POST", "/channels/*/messages"))
        for number in range(1, 200):
            ann.say(thread, f"number {number}")
        notice = _told(Sentence.SLOW_DOWN, 5, first.id)
        await scene.until(lambda: _told_of(scene, notice))
        await scene.until(lambda: "number 4" in "\n".join(questions(scene)))
        ben, _ = await scene.ask("let that arrive", scene.ben)
        await scene.answer_in(ben)
    said = "\n".join(questions(scene))
    assert "number 5" not in said
    assert "number 199" not in said
    assert len(_told_of(scene, notice)) == 1
    answers = len(scene.from_bot(thread)) + len(scene.from_bot(ben))
    assert len(scene.discord.requests_to("POST", "/channels/*/messages")) - posts == answers - 1


async def test_a_flood_of_one_person_takes_nothing_from_another(scene: Scene) -> None:
    """While one person has to slow down, others in the same place are answered as ever."""
    async with scene.bot(COOLDOWN_MESSAGES="2"):
        thread, _ = await scene.ask("what is felt?")
        for number in range(20):
            scene.actor(scene.ann).say(thread, f"number {number}")
        scene.actor(scene.ben).say(thread, "and silk?")
        await scene.until(lambda: "and silk?" in "\n".join(questions(scene)))


async def test_after_the_cooldown_messages_are_taken_again(scene: Scene) -> None:
    """A cooldown ends by itself, also for somebody who never stopped sending."""
    async with scene.bot(COOLDOWN_MESSAGES="1", COOLDOWN_S="0.5"):
        thread, _ = await scene.ask("what is felt?")
        await _send_until(scene, thread, lambda: "Slow down" in _said_in(scene, thread))
        count = len(questions(scene))
        await _send_until(scene, thread, lambda: len(questions(scene)) > count)
        await scene.until(lambda: "You said: is it over?" in _said_in(scene, thread))


def _said_in(scene: Scene, thread: Channel) -> str:
    return "\n".join(it.content for it in scene.finished(thread))


async def _send_until(scene: Scene, thread: Channel, condition: Callable[[], bool]) -> None:
    """Have ann send messages, one after the other, until something is so."""
    async with asyncio.timeout(10):
        while not condition():
            scene.actor(scene.ann).say(thread, "is it over?")
            await asyncio.sleep(_SENDS_EVERY_S)


async def test_without_a_cooldown_everything_is_taken(scene: Scene) -> None:
    """With 0 messages there is no cooldown, and the queue's bound alone holds."""
    async with scene.bot(COOLDOWN_MESSAGES="0", QUEUE_LIMIT="100"):
        thread, _ = await scene.ask("what is felt?")
        for number in range(60):
            scene.actor(scene.ann).say(thread, f"number {number}.")
        await scene.until(lambda: "number 59." in "\n".join(questions(scene)))
    heard = "\n".join(questions(scene))
    assert all(f"number {number}." in heard for number in range(60))


async def test_a_flood_over_the_queue_is_told_of_once(scene: Scene) -> None:
    """200 messages into one thread: one notice of the full queue, one of the cooldown, no more."""
    gate = Gate()
    scene.script.queue(Answer("one moment", hold=gate))
    async with scene.bot():
        ann = scene.actor(scene.ann)
        question = ann.say(scene.channel, scene.mention("what is felt?"))
        thread = await scene.thread_of(question)
        gate.release()
        await scene.until(lambda: scene.from_bot(thread))
        for number in range(200):
            ann.say(thread, f"number {number}.")
        last = scene.actor(scene.ben).say(thread, "is there room for me?")
        ben_told = await answer_to(scene, last, thread)
        slow = _told(Sentence.SLOW_DOWN, 30, question.id)
        await scene.until(lambda: _told_of(scene, slow))
        gate.open()
        await scene.until(lambda: "number 9." in questions(scene)[-1])
        await scene.until(lambda: len(scene.finished(thread)) == 5)
    full = say(Sentence.QUEUE_FULL, limit=10)
    assert ben_told.content == full
    assert [len(_told_of(scene, notice)) for notice in (full, slow)] == [2, 1]
    assert len(scene.from_bot(thread)) == 5
    assert "number 10." not in questions(scene)[-1]


async def test_files_in_a_row_are_told_of_once(scene: Scene) -> None:
    """Of files without words one notice speaks for all, until words come from the same person."""
    async with scene.bot():
        ann, ben = scene.actor(scene.ann), scene.actor(scene.ben)
        place = (await scene.ask("what is felt?"))[0]
        first = ann.say(place, files=[("0.png", b"x")])
        for number in range(1, 20):
            ann.say(place, files=[(f"{number}.png", b"x")])
        other = ben.say(place, files=[("ben.png", b"x")])
        ann.say(place, "and silk?")
        await scene.until(lambda: questions(scene)[-1] == "and silk?")
        again = ann.say(place, files=[("again.png", b"x")])
        names = {first.id: "0.png", other.id: "ben.png", again.id: "again.png"}
        await scene.until(lambda: _told_of(scene, say(Sentence.ONLY_FILES, names="`again.png`")))
        await scene.until(lambda: len(scene.finished(place)) == 5)
    told = {it.reference.message_id: it.content for it in scene.from_bot(place) if it.reference}
    expected = {key: say(Sentence.ONLY_FILES, names=f"`{name}`") for key, name in names.items()}
    assert {key: words for key, words in told.items() if key in names} == expected
    assert len(scene.from_bot(place)) == 5


async def test_a_blocked_person_who_floods_is_told_of_the_block_alone(scene: Scene) -> None:
    """Whoever may not talk to the bot hears why once, and nothing of a cooldown."""
    async with scene.bot(COOLDOWN_MESSAGES="2", BLOCKED_USERS=str(scene.ann.id)):
        for number in range(20):
            scene.actor(scene.ann).say(scene.channel, scene.mention(f"number {number}"))
        await scene.until(lambda: scene.from_bot(scene.channel))
        await scene.ask("let that arrive", scene.ben)
    assert [it.content for it in scene.from_bot(scene.channel)] == [Sentence.BLOCKED]
    assert len(asked(scene)) == 1


async def test_a_repeated_event_does_not_bring_the_cooldown_nearer(scene: Scene) -> None:
    """What the gateway repeats is one message, counted once."""
    faults = scene.discord.gateway.faults
    async with scene.bot(COOLDOWN_MESSAGES="2"):
        thread, _ = await scene.ask("what is felt?")
        faults.repeat_last_event("MESSAGE_CREATE", new_sequence=True)
        scene.actor(scene.ann).say(thread, "and silk?")
        faults.repeat_last_event("MESSAGE_CREATE", new_sequence=True)
        await scene.answer_in(thread, 2)
    assert questions(scene) == ["what is felt?", "and silk?"]


async def test_commands_past_the_bound_are_answered_with_the_notice_alone(scene: Scene) -> None:
    """A person who gives commands without end is told to slow down, seen by nobody else."""
    async with scene.bot(COOLDOWN_MESSAGES="3"):
        given: list[InteractionRecord] = [
            await scene.actor(scene.ann).slash(scene.channel, "help") for _ in range(5)
        ]
        other = await scene.actor(scene.ben).slash(scene.channel, "help")
    notice = _told(Sentence.SLOW_DOWN_COMMANDS, 3, given[0].id)
    responses = [record.response for record in (*given, other)]
    contents = [response.content for response in responses if response is not None]
    assert [content == notice for content in contents] == [False] * 3 + [True] * 2 + [False]
    assert all(response is not None and response.is_ephemeral for response in responses)
