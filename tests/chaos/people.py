"""What people do during a run: they talk, edit, delete, give commands and click."""

from collections.abc import Callable, Coroutine

from sandbox.people.client_refusal import ClientRefusedError
from sandbox.world.entities import Channel, ChannelKind, Message, Person
from tests.chaos.chronicle import Spoken
from tests.chaos.stage import OTHER_MODEL, Stage
from tests.e2e.scene import labels_of

Act = Callable[[], Coroutine[None, None, None]]
"""Something that is done, once."""

_COMMANDS = ("stop", "reset", "model", "help", "settings")
_MODELS = ("tulu3-405b", "OLMo-2-1124-13B-Instruct", OTHER_MODEL, "nonsense")
_RECENT = 12
_FLOOD = 14
_MOST_THREADS = 120
_NEW = 6
"""How often of ten it is the newest few threads in which somebody talks: there much goes on."""
_NEWEST_THREADS = 8


class People:
    """The people of a run.

    Args:
        stage: Where they are.
    """

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._random = stage.random
        self._chronicle = stage.chronicle

    def warm_up(self, threads: int) -> None:
        """Begin in each place: so many threads, two forum posts, and wherever one is alone."""
        for number in range(threads):
            self.mention(self._stage.channels[number % len(self._stage.channels)])
        for _ in range(2):
            self.begin_post()
        for channel, person in self._stage.alone:
            self._say_alone(channel, person, "hello")

    def some_acts(self) -> list[Act]:
        """Return what is done in one round."""
        acts: list[Act] = self._random.choices(
            (self.talk, self._talk_to_others, self._edit, self._delete, self._command,
             self._click, self._reply, self._send_file),
            weights=(14, 2, 2, 2, 2, 4, 3, 1),
            k=self._random.randint(4, 9),
        )  # fmt: skip
        if self._random.random() < 0.04:
            acts.append(self._flood)
        return acts

    def mention(self, channel: Channel, person: Person | None = None) -> Message:
        """Ask the bot something in a text channel."""
        person = person or self._random.choice(self._stage.people)
        return self.say(channel, person, f"{self._stage.world.bot.mention} tell me")

    def say(
        self, channel: Channel, person: Person, words: str, reply_to: Message | None = None
    ) -> Message:
        """Say something to the bot, with a word that nobody else says."""
        tag = self._chronicle.next_tag()
        actor = self._stage.discord.person(person)
        message = actor.say(channel, f"{words} {tag}", reply_to=reply_to)
        self._chronicle.speak(Spoken(tag, message, channel, person, is_meant=True))
        return message

    async def talk(self) -> None:
        """Say something to the bot, wherever it may be."""
        kind = self._random.choices(("channel", "thread", "alone", "post"), (3, 6, 4, 1))[0]
        person = self._random.choice(self._stage.people)
        if kind == "post":
            self.begin_post()
        elif kind == "alone":
            self._say_alone(*self._random.choice(self._stage.alone), "and")
        elif kind == "thread" and self._stage.threads:
            self.say(self._some_thread(), person, "go on")
        else:
            self.mention(self._random.choice(self._stage.channels), person)

    def begin_post(self) -> None:
        """Make a post in the forum, for the bot."""
        person, tag = self._random.choice(self._stage.people), self._chronicle.next_tag()
        text = f"{self._stage.world.bot.mention} about {tag}"
        actor = self._stage.discord.person(person)
        thread, first = actor.create_post(self._stage.forum, f"post {tag}", text)
        self._stage.threads.append(thread)
        self._chronicle.speak(Spoken(tag, first, thread, person, is_meant=True))

    def adopt_threads(self) -> None:
        """Take threads in which the bot has answered for places to talk in; the newest stay."""
        threads = {thread.id: thread for thread in self._stage.threads}
        for message in self._stage.from_bot():
            channel = self._stage.world.channels[message.channel_id]
            if channel.kind is ChannelKind.PUBLIC_THREAD:
                threads.setdefault(channel.id, channel)
        newest = sorted(threads)[-_MOST_THREADS:]
        self._stage.threads[:] = [threads[channel_id] for channel_id in newest]

    def _some_thread(self) -> Channel:
        is_new = self._random.randrange(10) < _NEW
        threads = self._stage.threads
        return self._random.choice(threads[-_NEWEST_THREADS:] if is_new else threads)

    def _say_alone(self, channel: Channel, person: Person, words: str) -> Message:
        """Say something where nobody else is; in a thread that the bot did not open by mention."""
        if channel.thread is not None:
            words = f"{self._stage.world.bot.mention} {words}"
        return self.say(channel, person, words)

    async def _talk_to_others(self) -> None:
        """Say something to somebody else."""
        one, other = self._random.sample(self._stage.people, 2)
        channel = self._random.choice([*self._stage.channels, *self._stage.threads])
        tag = self._chronicle.next_tag()
        message = self._stage.discord.person(one).say(channel, f"{other.mention} look: {tag}")
        self._chronicle.speak(Spoken(tag, message, channel, one, is_meant=False))

    async def _send_file(self) -> None:
        """Send a file without a word, which the bot cannot read."""
        direct = [it for it in self._stage.alone if it[0].thread is None]
        channel, person = self._random.choice(direct)
        tag = self._chronicle.next_tag()
        actor = self._stage.discord.person(person)
        message = actor.say(channel, files=[(f"{tag}.txt", b"x")])
        self._chronicle.speak(Spoken(tag, message, channel, person, is_meant=True, has_words=False))

    async def _reply(self) -> None:
        """Reply to something that the bot said."""
        said = self._stage.from_bot()[-_RECENT:]
        if not said:
            return
        message = self._random.choice(said)
        channel = self._stage.world.channels[message.channel_id]
        self.say(channel, self._somebody_in(channel), "why", reply_to=message)

    async def _edit(self) -> None:
        """Change something that was said of late."""
        spoken = self._recent()
        if spoken is not None and spoken.has_words:
            self._chronicle.note(f"{spoken.tag} is edited", spoken.channel.id)
            text = f"{spoken.message.content} please"
            self._stage.discord.person(spoken.person).edit(spoken.message, text)

    async def _delete(self) -> None:
        """Take back something that was said of late."""
        spoken = self._recent()
        if spoken is not None:
            self._chronicle.note(f"{spoken.tag} is deleted", spoken.channel.id)
            self._stage.discord.person(spoken.person).delete(spoken.message)

    async def _command(self) -> None:
        """Use a command."""
        name = self._random.choice(_COMMANDS)
        place, person = self._random.choice(
            [*self._stage.alone, *((thread, self._stage.people[0]) for thread in
              self._stage.threads)]
        )  # fmt: skip
        options = {"name": self._random.choice(_MODELS)} if name == "model" else {}
        self._chronicle.note(f"{person.name} gives /{name} {options}", place.id)
        await self._stage.discord.person(person).slash(place, name, **options)

    async def _click(self) -> None:
        """Click a button, of an answer that streams or of one that ended, if there is one."""
        offering = [it for it in self._stage.from_bot() if labels_of(it)]
        if offering:
            message = self._random.choice(offering[-_RECENT:])
            label = self._random.choice(labels_of(message))
            channel = self._stage.world.channels[message.channel_id]
            person = self._somebody_in(channel)
            self._chronicle.note(f"{person.name} clicks {label}", message.channel_id)
            await self._stage.discord.person(person).click(message, label=label)

    async def _flood(self) -> None:
        """Say more at once than the queue of a conversation holds."""
        channel, person = self._random.choice(self._stage.alone)
        for _ in range(_FLOOD):
            self._say_alone(channel, person, "and")

    def _somebody_in(self, channel: Channel) -> Person:
        """Return somebody who may write in a place."""
        alone = (person for place, person in self._stage.alone if place.id == channel.id)
        return next(alone, None) or self._random.choice(self._stage.people)

    def _recent(self) -> Spoken | None:
        recent = [
            spoken
            for spoken in list(self._chronicle.spoken.values())[-_RECENT:]
            if not spoken.message.is_deleted
        ]
        return self._random.choice(recent) if recent else None


async def carried_out(act: Act) -> None:
    """Do something; what a person's client does not allow is not done."""
    try:
        await act()
    except (ClientRefusedError, TimeoutError):
        return
