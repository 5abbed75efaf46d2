"""Records that nobody lived: all is well in them, until a test breaks something."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from sandbox.models.script import AskedConversation, AskedMessage
from sandbox.rest.requests import RecordedRequest
from sandbox.world.entities import Channel, ChannelKind, Message, MessageKind, Person, Reference
from tests.chaos.chronicle import Spoken
from tests.chaos.laws.violation import Law
from tests.chaos.record import Life, Record, Told
from tests.chaos.stored import (
    StoredConversation,
    StoredInbound,
    StoredNotice,
    StoredPart,
    StoredPlace,
    StoredReply,
    StoredTurn,
)
from tests.chaos.talker import Speech

BOT_ID = 1
_GUILD_ID = 2


@dataclass(slots=True)
class MadeUp:
    """A record under construction; what is said in a place is one conversation."""

    spoken: dict[int, Spoken] = field(default_factory=dict[int, Spoken])
    messages: dict[int, Message] = field(default_factory=dict[int, Message])
    channels: dict[int, Channel] = field(default_factory=dict[int, Channel])
    speeches: dict[str, Speech] = field(default_factory=dict[str, Speech])
    told: list[Told] = field(default_factory=list[Told])
    requests: list[RecordedRequest] = field(default_factory=list[RecordedRequest])
    record: Record = field(init=False)
    _last_id: int = 100

    def __post_init__(self) -> None:
        """Make the record, which shares all that is kept here."""
        self.record = Record(
            own_id=BOT_ID,
            spoken=self.spoken,
            messages=self.messages,
            channels=self.channels,
            speeches=self.speeches,
            told=self.told,
            requests=self.requests,
            lives=[Life(0.0)],
            secrets=frozenset({"a-token"}),
        )

    def next_id(self) -> int:
        """Return an id greater than all before."""
        self._last_id += 1
        return self._last_id

    def place(self, kind: ChannelKind = ChannelKind.PUBLIC_THREAD) -> Channel:
        """Make a place with an empty conversation."""
        channel = Channel(self.next_id(), kind, "somewhere")
        self.channels[channel.id] = channel
        stored, is_direct = self.record.stored, kind is ChannelKind.DIRECT_MESSAGE
        conversation_id = self.next_id()
        stored.places[channel.id] = StoredPlace(
            channel.id,
            None if is_direct else _GUILD_ID,
            None if is_direct else _GUILD_ID + 1,
            conversation_id,
        )
        stored.conversations[conversation_id] = StoredConversation(
            conversation_id, channel.id, None, None
        )
        return channel

    def say(
        self,
        place: Channel,
        tag: str,
        *,
        person: Person | None = None,
        is_meant: bool = True,
        has_words: bool = True,
    ) -> Spoken:
        """Say something, which nobody has taken so far."""
        person = person or ANN
        message = Message(self.next_id(), place.id, person.id, f"hello {tag}")
        spoken = Spoken(tag, message, place, person, is_meant=is_meant, has_words=has_words)
        self.spoken[message.id] = spoken
        return spoken

    def take(self, spoken: Spoken, state: str = "answered", turn_id: int | None = None) -> None:
        """Store a message as taken."""
        message = spoken.message
        self.record.stored.inbounds[message.id] = StoredInbound(
            message.id, spoken.channel.id, spoken.person.id, message.content, state, turn_id
        )

    def question(self, *spoken: Spoken) -> StoredTurn:
        """Make a question of messages, below what was said last in their place."""
        place = spoken[0].channel
        turn = StoredTurn(
            self.next_id(),
            self.conversation(place).id,
            self.conversation(place).head_turn_id,
            "user",
            "\n\n".join(it.message.content for it in spoken),
            None,
            speakers=tuple((it.person.name, len(it.message.content)) for it in spoken),
        )
        self.record.stored.add_turn(turn)
        for one in spoken:
            self.take(one, "answered", turn.id)
        return turn

    def answer(
        self, question: StoredTurn, name: str, text: str | None = None, **changed: Any
    ) -> StoredTurn:
        """Answer a question, and show that in as many messages as the text has form feeds."""
        pages = (f"{name} says: hi" if text is None else text).split("\f")
        turn = StoredTurn(
            self.next_id(),
            question.conversation_id,
            question.id,
            "assistant",
            "\n".join(pages),
            **_with(changed, outcome="complete"),
        )
        self.record.stored.add_turn(turn)
        self._set_head(turn)
        self._tell(name, question, turn)
        self.show(turn, *pages)
        return turn

    def exchange(self, place: Channel, tag: str, name: str, **changed: Any) -> StoredTurn:
        """Ask something and have it answered."""
        return self.answer(self.question(self.say(place, tag)), name, **changed)

    def show(self, turn: StoredTurn, *contents: str) -> list[Message]:
        """Show a turn in messages of a reply of its own."""
        channel_id = self.record.stored.channel_of(turn.id)
        reply = StoredReply(self.next_id(), turn.id, channel_id, 2, 2)
        self.record.stored.replies[turn.id] = reply
        posted = [self.post(channel_id, content) for content in contents]
        self.record.stored.parts[reply.id] = [
            StoredPart(ordinal, channel_id, message.id) for ordinal, message in enumerate(posted)
        ]
        return posted

    def post(self, channel_id: int, content: str, reply_to: int | None = None) -> Message:
        """Have the bot post something."""
        kind = MessageKind.DEFAULT if reply_to is None else MessageKind.REPLY
        reference = None if reply_to is None else Reference(channel_id, reply_to)
        message = Message(
            self.next_id(), channel_id, BOT_ID, content, kind=kind, reference=reference
        )
        self.messages[message.id] = message
        return message

    def notice(self, spoken: Spoken, kind: str, content: str, **changed: Any) -> StoredNotice:
        """Tell the author of a message something."""
        message = self.post(spoken.channel.id, content, spoken.message.id)
        notice = StoredNotice(
            id=self.next_id(),
            key=f"{kind}:{spoken.message.id}",
            kind=kind,
            channel_id=spoken.channel.id,
            answers_message_id=spoken.message.id,
            author_id=spoken.person.id,
            covers_until_id=None,
            is_ended=True,
            message_id=message.id,
        )
        notice = replace(notice, **changed)
        self.record.stored.notices.append(notice)
        return notice

    def request(self, method: str, template: str, **values: Any) -> RecordedRequest:
        """Have the bot ask something of Discord."""
        wanted = _with(values, time_s=1.0, status=200)
        request = RecordedRequest(method=method, path=template, template=template, **wanted)
        self.requests.append(request)
        return request

    def change(self, turn: StoredTurn, **changed: Any) -> None:
        """Store a turn otherwise."""
        self.record.stored.add_turn(replace(turn, **changed))

    def messages_of(self, turn: StoredTurn) -> list[Message]:
        """Return the messages that show a turn."""
        parts = self.record.stored.parts_of(turn.id)
        return [self.messages[part.message_id or 0] for part in parts]

    def conversation(self, place: Channel) -> StoredConversation:
        """Return the conversation of a place."""
        conversation_id = self.record.stored.places[place.id].current_conversation_id
        return self.record.stored.conversations[conversation_id or 0]

    def _set_head(self, turn: StoredTurn) -> None:
        conversations = self.record.stored.conversations
        former = conversations[turn.conversation_id]
        conversations[turn.conversation_id] = replace(former, head_turn_id=turn.id)

    def _tell(self, name: str, question: StoredTurn, answer: StoredTurn) -> None:
        """Have the model be told the path, and say the answer."""
        path = self.record.stored.path_to(question.id)
        asked = AskedConversation(
            "a-model", tuple(AskedMessage(turn.role, turn.text) for turn in path)
        )
        self.told.append(Told(asked))
        self.speeches[name] = Speech(question.text, answer.text)


ANN, BEN = Person(11, "ann"), Person(12, "ben")


def buttons(turn_id: int, *does: str) -> list[dict[str, Any]]:
    """Return a row of buttons as Discord keeps it."""
    made: list[Mapping[str, Any]] = [
        {"type": 2, "label": it, "custom_id": f"bobbin:{it}:{turn_id}"} for it in does
    ]
    return [{"type": 1, "components": made}]


def _with(changed: Mapping[str, Any], **usual: Any) -> dict[str, Any]:
    return {**usual, **changed}


def told_by(law: Law, made: MadeUp) -> str:
    """Return what a law finds in a record, as one line."""
    return " / ".join(violation.words for violation in law(made.record))
