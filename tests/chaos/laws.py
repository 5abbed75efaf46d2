"""The laws that hold whenever all is quiet, whatever went wrong before (DESIGN.md, section 6)."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from sandbox.world.entities import Message
from tests.chaos.chronicle import Spoken
from tests.chaos.showing import covers_what_follows, is_notice, says_how_it_ended, shows
from tests.chaos.stage import Stage
from tests.chaos.stored import Stored, StoredTurn
from tests.e2e.scene import labels_of

_TAG = re.compile(r"\bq\d+q\b")
_CURSOR = "\u258c"


@dataclass(frozen=True, slots=True)
class Violation:
    """A law that does not hold."""

    words: str
    channel_ids: frozenset[int] = frozenset()
    """The places whose story matters."""


class Laws:
    """Compares what people said, what the model said, what is stored and what is shown.

    Args:
        stage: Where it all happened.
        stored: What the bot has stored, read when all was quiet.
    """

    def __init__(self, stage: Stage, stored: Stored) -> None:
        self._stage = stage
        self._stored = stored
        self._visible = {message.id: message for message in stage.from_bot()}
        parts = (part for parts in stored.parts.values() for part in parts)
        self._part_ids = {part.message_id for part in parts}

    def violations(self) -> list[Violation]:
        """Give everything that does not hold."""
        return [
            *(it for spoken in self._stage.chronicle.spoken.values() for it in self._heard(spoken)),
            *(it for turn in self._stored.turns.values() for it in self._kept(turn)),
            *self._posted_once(),
            *self._asked_once(),
        ]

    def _heard(self, spoken: Spoken) -> Iterator[Violation]:
        """Hold a person's message against what became of it."""
        inbound = self._stored.inbounds.get(spoken.message.id)
        where = frozenset({spoken.channel.id})
        if not spoken.is_meant:
            if inbound is not None:
                yield Violation(f"{spoken.tag} was for others and was taken", where)
            return
        if inbound is None:
            if not spoken.message.is_deleted and not self._told_of(spoken):
                yield Violation(f"{spoken.tag} was never taken, and nobody was told", where)
            return
        here = where | {self._place_of(inbound.turn_id)}
        match inbound.state:
            case "waiting":
                yield Violation(f"{spoken.tag} still waits", here)
            case "withdrawn" if not spoken.message.is_deleted:
                yield Violation(f"{spoken.tag} was withdrawn by nobody", here)
            case "refused" if not self._told_of_refusal(spoken):
                yield Violation(f"{spoken.tag} was refused without a word", here)
            case "answered":
                question = self._stored.turns.get(inbound.turn_id or 0)
                if question is None or spoken.tag not in question.text:
                    yield Violation(f"{spoken.tag} is not in the turn it became", here)
            case _:
                pass

    def _kept(self, turn: StoredTurn) -> Iterator[Violation]:
        """Hold a stored turn against what was said upstream and what is shown."""
        where = frozenset({self._place_of(turn.id)})
        if turn.role == "user":
            shown = [it for it in self._stored.answers_to(turn.id) if it.id in self._stored.shown]
            if len(shown) != 1:
                yield Violation(f"question {turn.id} has {len(shown)} answers shown", where)
            return
        if turn.outcome is None:
            yield Violation(f"answer {turn.id} still streams", where)
            return
        yield from self._truly_said(turn, where)
        reply_id = self._stored.shown.get(turn.id)
        if reply_id is not None:
            yield from self._truly_shown(turn, reply_id, where)

    def _truly_said(self, turn: StoredTurn, where: frozenset[int]) -> Iterator[Violation]:
        if not turn.text:
            if turn.outcome == "complete":
                yield Violation(f"answer {turn.id} is complete and empty", where)
            return
        speech = self._stage.talker.speeches.get(turn.text.split()[0])
        is_whole = turn.outcome == "complete"
        if speech is None:
            if is_whole:
                yield Violation(f"answer {turn.id} was never said: {turn.text[:40]!r}", where)
            return
        if is_whole and turn.text != speech.text:
            yield Violation(f"answer {turn.id} is not what was said", where)
        if not speech.text.startswith(turn.text.rstrip()):
            yield Violation(f"answer {turn.id} is not the beginning of what was said", where)
        question = self._stored.turns[turn.parent_id or 0]
        if not set(_TAG.findall(question.text)) <= set(_TAG.findall(speech.question)):
            yield Violation(f"answer {turn.id} was said to something else", where)

    def _truly_shown(
        self, turn: StoredTurn, reply_id: int, where: frozenset[int]
    ) -> Iterator[Violation]:
        parts = self._stored.parts.get(reply_id, [])
        messages = [self._visible.get(part.message_id) for part in parts]
        if not parts:
            if not self._has_lone_notice(where):
                yield Violation(f"answer {turn.id} ({turn.outcome}) is shown nowhere", where)
            return
        contents = [message.content for message in messages if message is not None]
        if len(contents) < len(messages):
            yield Violation(f"answer {turn.id} has a message that is gone", where)
            return
        text = turn.text if turn.text.strip() else self._stored.text_before(turn)
        if not shows(contents, text, is_interrupted=turn.outcome == "interrupted"):
            ends = [content[-60:] for content in contents]
            words = f"answer {turn.id} ({turn.outcome}) is shown otherwise than stored"
            yield Violation(f"{words}: stored …{text[-60:]!r}, shown {ends}", where)
        if self._stored.is_gone_on_with(turn.id):
            return
        is_said = says_how_it_ended(contents[-1]) or self._has_lone_notice(where)
        if (turn.outcome != "complete") is not says_how_it_ended(contents[-1]) and not (
            turn.outcome == "interrupted" and is_said
        ):
            yield Violation(f"answer {turn.id} ({turn.outcome}) ends: {contents[-1][-80:]}", where)

    def _posted_once(self) -> Iterator[Violation]:
        """Look at all messages of the bot: none twice, none that belongs to nothing, none open."""
        nonces: Counter[tuple[int, object]] = Counter()
        contents: Counter[tuple[int, int, str]] = Counter()
        for message in self._visible.values():
            where = frozenset({message.channel_id})
            words = message.content[:60]
            if labels_of(message) == ["Stop"]:
                yield Violation(f"message {message.id} can still be stopped: {words!r}", where)
            if _CURSOR in message.content:
                yield Violation(f"message {message.id} still has its cursor: {words!r}", where)
            if message.id not in self._part_ids and not is_notice(message.content):
                yield Violation(f"message {message.id} shows no answer: {words!r}", where)
            nonces[message.channel_id, message.nonce] += message.nonce is not None
            if not is_notice(message.content) or message.reference is not None:
                replied = message.reference.message_id if message.reference else None
                contents[message.channel_id, replied or 0, message.content] += 1
        for (channel_id, nonce), count in nonces.items():
            if count > 1:
                yield Violation(f"nonce {nonce} was posted {count} times", frozenset({channel_id}))
        for (channel_id, _, content), count in contents.items():
            if count > 1:
                words = f"posted {count} times: {content[:60]!r}"
                yield Violation(words, frozenset({channel_id}))

    def _asked_once(self) -> Iterator[Violation]:
        """No message became part of two questions."""
        tags = Counter(
            (tag, turn.conversation_id)
            for turn in self._stored.turns.values()
            if turn.role == "user"
            for tag in set(_TAG.findall(turn.text))
        )
        for (tag, conversation_id), count in tags.items():
            if count > 1:
                where = frozenset({self._stored.places[conversation_id]})
                yield Violation(f"{tag} was asked {count} times", where)

    def _place_of(self, turn_id: int | None) -> int:
        turn = self._stored.turns.get(turn_id or 0)
        return 0 if turn is None else self._stored.places[turn.conversation_id]

    def _notices_to(self, message: Message) -> list[Message]:
        return [
            it
            for it in self._visible.values()
            if it.reference is not None
            and it.reference.message_id == message.id
            and it.id not in self._part_ids
        ]

    def _told_of(self, spoken: Spoken) -> bool:
        """Whether its author was told that it was not taken, by a reply to it.

        One without words may be covered by the reply to an earlier one, which has to say so.
        """
        if self._notices_to(spoken.message):
            return True
        return not spoken.has_words and any(
            covers_what_follows(notice.content)
            for earlier in self._stage.chronicle.spoken.values()
            if not earlier.has_words
            and earlier.person is spoken.person
            and earlier.channel.id == spoken.channel.id
            and earlier.message.id < spoken.message.id
            for notice in self._notices_to(earlier.message)
        )

    def _told_of_refusal(self, spoken: Spoken) -> bool:
        """Whether its author was told, about this message or another of theirs in that place."""
        spoken_by = self._stage.chronicle.spoken
        return any(
            it.reference is not None
            and it.reference.message_id in spoken_by
            and spoken_by[it.reference.message_id].person is spoken.person
            and it.id not in self._part_ids
            for it in self._visible.values()
            if it.channel_id == spoken.channel.id
        )

    def _has_lone_notice(self, where: frozenset[int]) -> bool:
        """Whether a place has a message that says how an answer ended, and no more."""
        return any(
            message.channel_id in where and says_how_it_ended(message.content)
            for message in self._visible.values()
            if message.id not in self._part_ids
        )
