"""Laws about what people said: taken once, in order, and answered once."""

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

from tests.chaos.laws.violation import Violation, broken
from tests.chaos.record import Record, own_tags
from tests.chaos.stored import StoredTurn


def others_are_left_alone(record: Record) -> Iterator[Violation]:
    """What was said to somebody else is not taken."""
    for spoken in record.spoken.values():
        if not spoken.is_meant and spoken.message.id in record.stored.inbounds:
            yield broken(f"{spoken.tag} was for others and was taken", spoken.channel.id)


def nothing_waits(record: Record) -> Iterator[Violation]:
    """What was taken became part of a turn, or was refused, or was withdrawn by its author."""
    for spoken in record.spoken.values():
        inbound = record.stored.inbounds.get(spoken.message.id)
        if inbound is None:
            continue
        where = spoken.channel.id, record.stored.channel_of(inbound.turn_id)
        if inbound.state == "waiting":
            yield broken(f"{spoken.tag} still waits", *where)
        elif inbound.state == "withdrawn" and not spoken.message.is_deleted:
            yield broken(f"{spoken.tag} was withdrawn by nobody", *where)
        elif inbound.state == "answered":
            question = record.stored.turns.get(inbound.turn_id or 0)
            if question is None or spoken.tag not in own_tags(question.text):
                yield broken(f"{spoken.tag} is not in the turn it became", *where)


def nothing_is_asked_twice(record: Record) -> Iterator[Violation]:
    """No message became part of two questions."""
    tags = Counter(
        tag
        for turn in record.stored.turns.values()
        if turn.role == "user"
        for tag in set(own_tags(turn.text))
    )
    channels = {spoken.tag: spoken.channel.id for spoken in record.spoken.values()}
    for tag, count in tags.items():
        if count > 1:
            yield broken(f"{tag} was asked {count} times", channels.get(tag))


def each_is_answered_once(record: Record) -> Iterator[Violation]:
    """Each question has one answer that is shown: never none, never two."""
    for turn in record.stored.turns.values():
        if turn.role == "user":
            shown = [
                it for it in record.stored.answers_to(turn.id) if record.stored.parts_of(it.id)
            ]
            if len(shown) != 1:
                words = f"question {turn.id} has {len(shown)} answers shown"
                yield broken(words, record.stored.channel_of(turn.id))


def questions_keep_their_order(record: Record) -> Iterator[Violation]:
    """On each path, what was said earlier was asked earlier, and within a question came first."""
    messages = _messages_of_turns(record)
    for path in paths(record):
        said = [messages[turn.id] for turn in path if turn.id in messages]
        for earlier, later in pairwise(said):
            if max(earlier) > min(later):
                words = f"message {max(earlier)} was asked before {min(later)}"
                yield broken(words, record.stored.channel_of(path[-1].id))
    tags = {message_id: spoken.tag for message_id, spoken in record.spoken.items()}
    for turn_id, ids in messages.items():
        wanted = [tags[it] for it in sorted(ids) if it in tags]
        found = [tag for tag in own_tags(record.stored.turns[turn_id].text) if tag in wanted]
        if wanted != found:
            words = f"question {turn_id} says {found}, people said {wanted}"
            yield broken(words, record.stored.channel_of(turn_id))


def answers_keep_their_order(record: Record) -> Iterator[Violation]:
    """On each path, all messages of an answer come before the first of the next."""
    for path in paths(record):
        answers = [turn for turn in path if record.stored.parts_of(turn.id)]
        for earlier, later in pairwise(answers):
            before, after = (
                [part.message_id or 0 for part in record.stored.parts_of(it.id)]
                for it in (earlier, later)
            )
            if max(before) > min(after):
                words = f"a message of answer {earlier.id} comes after one of {later.id}"
                yield broken(words, record.stored.channel_of(later.id))


def paths(record: Record) -> Iterator[list[StoredTurn]]:
    """Return the path to the head of each conversation."""
    for conversation in record.stored.conversations.values():
        path = record.stored.path_to(conversation.head_turn_id or 0)
        if path:
            yield path


def _messages_of_turns(record: Record) -> dict[int, list[int]]:
    """Return the messages that each user turn was made of."""
    found: dict[int, list[int]] = {}
    for inbound in record.stored.inbounds.values():
        if inbound.turn_id is not None:
            found.setdefault(inbound.turn_id, []).append(inbound.message_id)
    return found
