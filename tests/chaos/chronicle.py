"""What happened during a run, and what people said that has to be answered."""

import time
from dataclasses import dataclass, field

from sandbox.world.entities import Channel, Message, Person

_TOLD_EVENTS = 40


@dataclass(slots=True)
class Spoken:
    """One message of a person."""

    tag: str
    """A word of its text which no other message has."""
    message: Message
    channel: Channel
    person: Person
    is_meant: bool
    """Whether it is meant for the bot."""
    has_words: bool = True


@dataclass(frozen=True, slots=True)
class Event:
    """One line of the story; channel 0 is for all places."""

    round_number: int
    time_s: float
    channel_id: int
    words: str


@dataclass(slots=True)
class Chronicle:
    """The story of a run, to be told where a law is broken."""

    round_number: int = 0
    spoken: dict[int, Spoken] = field(default_factory=dict[int, Spoken])
    """By message id."""
    _began_s: float = field(default_factory=time.monotonic)
    _events: list[Event] = field(default_factory=list[Event])
    _tags: int = 0

    def next_tag(self) -> str:
        """Return a word that nobody has used."""
        self._tags += 1
        return f"q{self._tags}q"

    def speak(self, spoken: Spoken) -> None:
        """Record a message that was posted just now."""
        self.spoken[spoken.message.id] = spoken
        meant = "says" if spoken.is_meant else "says to others"
        self.note(f"{spoken.person.name} {meant} {spoken.tag}", spoken.channel.id)

    def note(self, words: str, channel_id: int = 0) -> None:
        """Write a line."""
        at = time.monotonic() - self._began_s
        self._events.append(Event(self.round_number, at, channel_id, words))

    def story(self, channel_ids: set[int]) -> list[str]:
        """Return what happened of late in some channels, and everywhere."""
        wanted = {0, *channel_ids}
        events = [event for event in self._events if event.channel_id in wanted]
        return [
            f"  round {event.round_number:3} {event.time_s:8.2f}s "
            f"{event.channel_id or 'everywhere'}: {event.words}"
            for event in events[-_TOLD_EVENTS:]
        ]
