"""All that the laws judge, as plain values: what was said, stored, shown, asked and logged."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from sandbox.models.script import AskedConversation
from sandbox.rest.requests import RecordedRequest
from sandbox.world.entities import Channel, ChannelKind, Message
from tests.chaos.chronicle import Spoken
from tests.chaos.stored import Stored, StoredNotice
from tests.chaos.talker import Speech

_REMEMBERED = 20_000
"""So many texts are looked at once only, though the laws are asked again and again."""
_PRIVATE = (ChannelKind.DIRECT_MESSAGE, ChannelKind.PRIVATE_THREAD)


@dataclass(frozen=True, slots=True)
class Life:
    """A life of the bot, on the clock of the recorded requests; infinite where it still lives."""

    began_s: float
    ended_s: float = float("inf")


@dataclass(frozen=True, slots=True)
class Told:
    """What a model was told in one request."""

    conversation: AskedConversation
    may_be_shortened: bool = False
    """Whether the service had said just before that a request was too long."""


@dataclass(slots=True)
class Record:
    """One instant of a run.

    Attributes:
        own_id: The bot's id.
        stored: What the bot has stored.
        spoken: What people said, by message id.
        messages: All that the bot shows to everybody, by message id, oldest first.
        channels: All places, by id.
        speeches: What the model said, by the word that begins each text.
        told: What the models were told, in each request that they saw.
        requests: What the bot asked of Discord.
        lives: The bot's, in order.
        log: What the running life has logged.
        secrets: What no log may hold.
    """

    own_id: int
    stored: Stored = field(default_factory=Stored)
    spoken: Mapping[int, Spoken] = field(default_factory=dict[int, Spoken])
    messages: Mapping[int, Message] = field(default_factory=dict[int, Message])
    channels: Mapping[int, Channel] = field(default_factory=dict[int, Channel])
    speeches: Mapping[str, Speech] = field(default_factory=dict[str, Speech])
    told: Sequence[Told] = ()
    requests: Sequence[RecordedRequest] = ()
    lives: Sequence[Life] = ()
    log: str = ""
    secrets: frozenset[str] = frozenset()

    def part_ids(self) -> frozenset[int]:
        """Return the messages that are parts of replies."""
        return frozenset(
            part.message_id
            for parts in self.stored.parts.values()
            for part in parts
            if part.message_id is not None
        )

    def other_messages(self) -> list[Message]:
        """Return the bot's messages that are no parts of replies."""
        part_ids = self.part_ids()
        return [it for it in self.messages.values() if it.id not in part_ids]

    def shown_notices(self) -> list[StoredNotice]:
        """Return the notices that stand on Discord, where they belong."""
        return [
            notice
            for notice in self.stored.notices
            if (message := self.messages.get(notice.message_id or 0)) is not None
            and message.channel_id == notice.channel_id
            and replied_to(message) == notice.answers_message_id
        ]

    def is_private(self, channel_id: int) -> bool:
        """Return whether not everybody may read a place."""
        channel = self.channels.get(channel_id)
        return channel is not None and channel.kind in _PRIVATE


TAG = re.compile(r"\bq\d+q\b")
"""The word by which a message of a person is known."""
NAME = re.compile(r"\b(A\d+)(?:w\d+)?\b")
"""A word of the model's; the group is the answer that it belongs to."""


def replied_to(message: Message) -> int | None:
    """Return the message that one replies to."""
    return message.reference.message_id if message.reference else None


@lru_cache(maxsize=_REMEMBERED)
def own_tags(text: str) -> tuple[str, ...]:
    """Return the tags in a text, but for those in what it quotes."""
    lines = (line for line in text.split("\n") if not line.startswith("> "))
    return tuple(tag for line in lines for tag in TAG.findall(line))


@lru_cache(maxsize=_REMEMBERED)
def known_words(text: str) -> frozenset[str]:
    """Return the tags in a text, and the answers whose words are in it."""
    return frozenset((*TAG.findall(text), *NAME.findall(text)))
