"""Who may: the owner's rules, who steers a conversation, and the commands that are registered."""

from datetime import UTC, datetime

from rendering.wording.sentences import Sentence, say
from sandbox.models.script import Answer, Gate
from sandbox.world.entities import Channel, Message, Person
from tests.e2e.scene import Scene, opened_scene
from tests.e2e.steps import answers, ask_in, asked, command, let_manage

STEERING = {"reset": {}, "model": {"name": "olmoe-0125"}, "settings": {}}
"""Commands that change a conversation; `/stop` needs one that streams."""


async def replies_to(scene: Scene, message: Message) -> list[str]:
    """Wait until a message has been replied to; give what was replied."""

    def found() -> list[str]:
        return [
            each.content
            for each in answers(scene, scene.world.channels[message.channel_id])
            if each.reference is not None and each.reference.message_id == message.id
        ]

    return await scene.until(found)


async def refusals(scene: Scene, channel: Channel, person: Person) -> set[str]:
    """Return what somebody is answered to each command that changes a conversation."""
    return {
        await command(scene, channel, name, person, **given) for name, given in STEERING.items()
    }


async def told_once(scene: Scene, channel: Channel, notice: str, question: str) -> None:
    """Check that ann is told a notice once in a place, and that a later refusal is silent.

    Ben is answered there after her: her second question was decided before his.
    """
    first = scene.actor(scene.ann).say(channel, question)
    assert await replies_to(scene, first) == [notice]
    scene.actor(scene.ann).say(channel, question)
    last = scene.actor(scene.ben).say(channel, question)
    await scene.until(lambda: last.id in scene.world.channels or len(answers(scene, channel)) > 1)
    assert [each.content for each in answers(scene, channel)].count(notice) == 1


async def told_once_alone(scene: Scene, notice: str) -> None:
    """Check that ann and ben are told a notice once each, whatever they say after that."""
    for person in (scene.ann, scene.ben):
        first = scene.actor(person).say(scene.channel, scene.mention("hello"))
        assert await replies_to(scene, first) == [notice]
        scene.actor(person).say(scene.channel, scene.mention("hello?"))
    assert len(answers(scene, scene.channel)) == 2


async def test_others_may_not_steer(scene: Scene) -> None:
    """`/reset`, `/model NAME` and `/settings` are refused, ephemerally, to everybody else."""
    async with scene.bot():
        thread, _ = await scene.ask("hello")
        assert await refusals(scene, thread, scene.ben) == {Sentence.NOT_YOURS}
        await ask_in(scene, thread, "still here?")
        assert "(the bot's default)" in await command(scene, thread, "model", scene.ben)
    assert len(asked(scene.playground)) == 2


async def test_person_answered_may_steer(scene: Scene) -> None:
    """Whoever was answered last may steer, though another began the thread."""
    async with scene.bot():
        thread, _ = await scene.ask("hello")
        await ask_in(scene, thread, "me too", scene.ben)
        for person in (scene.ben, scene.ann):
            shown = await command(scene, thread, "model", person, name="olmoe-0125")
            assert "olmoe-0125" in shown
            assert shown != Sentence.NOT_YOURS


async def test_starter_may_steer_after_a_reset(scene: Scene) -> None:
    """The thread's starter stays its starter when the conversation in it is reset."""
    async with scene.bot():
        thread, _ = await scene.ask("hello")
        await scene.actor(scene.ann).slash(thread, "reset")
        await ask_in(scene, thread, "now me", scene.ben)
        shown = await command(scene, thread, "model", name="olmoe-0125")
    assert shown == say(Sentence.MODEL_SET, model="allenai/olmoe-0125")


async def test_starter_of_a_thread_that_the_bot_did_not_open(scene: Scene) -> None:
    """Who opened the thread may steer, though only another was answered in it."""
    async with scene.bot():
        thread = scene.actor(scene.ann).start_thread(scene.channel, "ann's own")
        await ask_in(scene, thread, scene.mention("hello"), scene.ben)
        shown = await command(scene, thread, "model", name="olmoe-0125")
    assert shown == say(Sentence.MODEL_SET, model="allenai/olmoe-0125")


async def test_whoever_may_manage_messages_may_steer(scene: Scene) -> None:
    """Whoever may manage messages may steer, in a thread and in the channel."""
    let_manage(scene, scene.ben)
    async with scene.bot():
        thread, _ = await scene.ask("hello")
        for place in (thread, scene.channel):
            shown = await command(scene, place, "model", scene.ben, name="olmoe-0125")
            assert shown == say(Sentence.MODEL_SET, model="allenai/olmoe-0125")
        refused = await command(scene, scene.channel, "model", name="olmoe-0125")
    assert refused == Sentence.NOT_YOURS


async def test_stop_is_for_the_same_people(scene: Scene) -> None:
    """`/stop` and *Stop* are refused to others, and the answer goes on."""
    gate = Gate()
    scene.script.queue(Answer("one two three", hold=gate))
    async with scene.bot():
        question = scene.actor(scene.ann).say(scene.channel, scene.mention("hello"))
        thread = await scene.thread_of(question)
        gate.release(1)
        await scene.until(lambda: scene.from_bot(thread) and scene.from_bot(thread)[0].components)
        assert await command(scene, thread, "stop", scene.ben) == Sentence.NOT_YOURS
        clicked = await scene.actor(scene.ben).click(scene.from_bot(thread)[0], label="Stop")
        assert clicked.response is not None
        assert clicked.response.content == Sentence.NOT_YOURS
        assert clicked.response.is_ephemeral
        gate.open()
        await scene.until(lambda: answers(scene, thread))
        assert answers(scene, thread)[0].content == "one two three"


async def test_channel_that_is_not_allowed(scene: Scene) -> None:
    """Outside `ALLOWED_CHANNELS` people are told why: once to messages, each time to commands."""
    other = scene.world.create_text_channel(scene.guild, "other")
    async with scene.bot(ALLOWED_CHANNELS=str(other.id)):
        first = scene.actor(scene.ann).say(scene.channel, scene.mention("hello"))
        assert await replies_to(scene, first) == [Sentence.CHANNEL_NOT_ALLOWED]
        scene.actor(scene.ann).say(scene.channel, scene.mention("hello?"))
        for _ in range(2):
            assert await command(scene, scene.channel, "help") == Sentence.CHANNEL_NOT_ALLOWED
        allowed = scene.actor(scene.ann).say(other, scene.mention("hello"))
        await scene.answer_in(await scene.thread_of(allowed))
        assert len(answers(scene, scene.channel)) == 1
    assert len(asked(scene.playground)) == 1


async def test_threads_of_an_allowed_channel(scene: Scene) -> None:
    """A thread of an allowed channel is allowed, its posts and commands alike."""
    async with scene.bot(ALLOWED_CHANNELS=str(scene.channel.id)):
        thread, _ = await scene.ask("hello")
        await ask_in(scene, thread, "again")
        assert "olmoe" in await command(scene, thread, "model", name="olmoe-0125")
    assert len(asked(scene.playground)) == 2


async def test_server_that_is_not_allowed(scene: Scene) -> None:
    """Outside `ALLOWED_GUILDS` people are told why, once, and ephemerally to a command."""
    async with scene.bot(ALLOWED_GUILDS=str(scene.guild.id + 1)):
        await told_once_alone(scene, Sentence.GUILD_NOT_ALLOWED)
        assert await command(scene, scene.channel, "help") == Sentence.GUILD_NOT_ALLOWED
    assert asked(scene.playground) == []


async def test_allowed_roles(scene: Scene) -> None:
    """With `ALLOWED_ROLES` only those who have one are answered; the others are told why, once."""
    role = scene.world.create_role(scene.guild, "talkers")
    scene.world.join(scene.guild, scene.ben, (role,))
    async with scene.bot(ALLOWED_ROLES=str(role.id)):
        await told_once(scene, scene.channel, Sentence.ROLE_NOT_ALLOWED, scene.mention("hello"))
        assert await command(scene, scene.channel, "help") == Sentence.ROLE_NOT_ALLOWED
        assert await command(scene, scene.channel, "help", scene.ben) != Sentence.ROLE_NOT_ALLOWED


async def test_blocked_people(scene: Scene) -> None:
    """`BLOCKED_USERS` are told so, once, and ephemerally to a command; others are answered."""
    async with scene.bot(BLOCKED_USERS=str(scene.ann.id)):
        await told_once(scene, scene.channel, Sentence.BLOCKED, scene.mention("hello"))
        assert await command(scene, scene.channel, "model") == Sentence.BLOCKED
        offered = await scene.actor(scene.ann).autocomplete(scene.channel, "model", "name", "")
    assert offered == []


async def test_direct_messages_that_are_not_allowed(scene: Scene) -> None:
    """With `ALLOW_DMS` off a direct message is answered with why, once; servers work."""
    async with scene.bot(ALLOW_DMS="false"):
        dm = scene.actor(scene.ann).open_direct_message()
        first = scene.actor(scene.ann).say(dm, "hello")
        assert await replies_to(scene, first) == [Sentence.NO_DIRECT_MESSAGES]
        scene.actor(scene.ann).say(dm, "hello?")
        assert await command(scene, dm, "help") == Sentence.NO_DIRECT_MESSAGES
        await scene.ask("hello")
        assert len(answers(scene, dm)) == 1
    assert len(asked(scene.playground)) == 1


async def test_refusal_is_not_repeated_after_a_restart(scene: Scene) -> None:
    """Who was told why once is not told again by the next process."""
    for _ in range(2):
        async with scene.bot(BLOCKED_USERS=str(scene.ann.id)):
            scene.actor(scene.ann).say(scene.channel, scene.mention("hello"))
            last = scene.actor(scene.ben).say(scene.channel, scene.mention("hello"))
            await scene.answer_in(await scene.thread_of(last))
            await scene.until(lambda: answers(scene, scene.channel))
    assert [each.content for each in answers(scene, scene.channel)] == [Sentence.BLOCKED]


def renewal() -> str:
    """Write when the day ends (UTC), as the bot does."""
    now = datetime.now(UTC)
    seconds = now.timestamp()
    return f"<t:{int(seconds - seconds % 86_400) + 86_400}:R>"


async def test_quota_is_told_before_it_bites(scene: Scene) -> None:
    """The last answers of a day are announced under an answer, with when they renew."""
    async with scene.bot(TURNS_PER_PERSON_PER_DAY="6"):
        dm = scene.actor(scene.ann).open_direct_message()
        under = [(await ask_in(scene, dm, "hello")).content for _ in range(6)]
    said = "You said: hello"
    near = [
        f"{said}\n{say(Sentence.QUOTA_NEAR, left=left, limit=6, when=renewal())}"
        for left in (3, 2, 1, 0)
    ]
    assert under == [said, said, *near]


async def test_quota_that_is_spent(scene: Scene) -> None:
    """Past it a person is told once a day when it renews; others are still answered."""
    async with scene.bot(TURNS_PER_PERSON_PER_DAY="1"):
        dm = scene.actor(scene.ann).open_direct_message()
        await ask_in(scene, dm, "hello")
        refused = await ask_in(scene, dm, "more")
        scene.actor(scene.ann).say(dm, "more!")
        thread, _ = await scene.ask("hello", scene.ben)
        await scene.until(lambda: len(answers(scene, thread)) == 1)
        assert len(answers(scene, dm)) == 2
    assert refused.content == say(Sentence.QUOTA_SPENT, limit=1, when=renewal())
    assert len(asked(scene.playground)) == 2


async def test_quota_holds_after_a_restart(scene: Scene) -> None:
    """What a person has had today is remembered over a restart."""
    async with scene.bot(TURNS_PER_PERSON_PER_DAY="1"):
        dm = scene.actor(scene.ann).open_direct_message()
        await ask_in(scene, dm, "hello")
    async with scene.bot(TURNS_PER_PERSON_PER_DAY="1"):
        refused = await ask_in(scene, dm, "more")
    assert refused.content == say(Sentence.QUOTA_SPENT, limit=1, when=renewal())


def registrations(scene: Scene) -> int:
    """Count how often the bot registered its commands."""
    return len(scene.discord.requests_to("PUT", "/applications/*/commands"))


async def test_commands_are_registered_when_they_changed_only(scene: Scene) -> None:
    """Command sync when the commands' hash changed only."""
    async with scene.bot():
        assert registrations(scene) == 1
        offered = scene.discord.acting.commands(scene.ann, scene.channel)
    async with scene.bot():
        assert registrations(scene) == 1
    (scene.folder / "commands.sha256").write_text("of an older version")
    async with scene.bot():
        assert registrations(scene) == 2
    assert [each.name for each in offered] == ["help", "model", "reset", "settings", "stop"]


async def test_commands_are_registered_for_another_application(scene: Scene) -> None:
    """The hash is of one application's commands: another one's are registered too."""
    async with scene.bot():
        hash_of_one = (scene.folder / "commands.sha256").read_bytes()
    async with opened_scene(scene.folder) as other, other.bot():
        assert registrations(other) == 1
        assert (scene.folder / "commands.sha256").read_bytes() != hash_of_one


async def test_failing_registration_does_not_stop_the_bot(scene: Scene) -> None:
    """Commands that Discord does not take are tried again at the next start; the bot talks."""
    scene.discord.faults.answer("PUT", "/applications/*/commands", 400)
    async with scene.bot():
        _, answer = await scene.ask("hello")
        assert answer.content == "You said: hello"
    scene.discord.faults.reset("PUT", "/applications/*/commands")
    async with scene.bot():
        await scene.ask("hello")
    async with scene.bot():
        assert registrations(scene) == 3
        assert "olmoe" in await command(scene, scene.channel, "model")


async def test_folder_that_does_not_exist_yet(scene: Scene) -> None:
    """The database may be elsewhere: the bot makes `DATA_DIR` for itself."""
    url = f"sqlite:///{scene.folder.parent}/elsewhere/bobbin.db"
    async with scene.bot(DATABASE_URL=url):
        await scene.ask("hello")
    assert (scene.folder / "commands.sha256").is_file()
