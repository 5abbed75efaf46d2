"""Laws about answers: stored as they were said, shown as they are stored, where they belong."""

from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise

from sandbox.world.entities import Message
from tests.chaos.laws.endings import kinds_of
from tests.chaos.laws.joining import CURSOR, difference, without_small_print
from tests.chaos.laws.violation import Violation, broken
from tests.chaos.record import NAME, Record, own_tags
from tests.chaos.stored import StoredTurn


def nothing_streams(record: Record) -> Iterator[Violation]:
    """Every answer has ended."""
    for turn in answers(record):
        if turn.outcome is None:
            yield broken(f"answer {turn.id} still streams", record.stored.channel_of(turn.id))


def answers_are_what_was_said(record: Record) -> Iterator[Violation]:
    """A complete answer is what the model said to that question; any other is its beginning."""
    for turn in answers(record):
        where = record.stored.channel_of(turn.id)
        is_whole = turn.outcome == "complete"
        if not turn.text.strip():
            if is_whole:
                yield broken(f"answer {turn.id} is complete and empty", where)
            continue
        speech = record.speeches.get(turn.text.split()[0])
        if speech is None:
            if is_whole or NAME.search(turn.text):
                yield broken(f"answer {turn.id} was never said: {turn.text[:40]!r}", where)
        elif is_whole and turn.text != speech.text:
            yield broken(f"answer {turn.id} is not what was said", where)
        elif not speech.text.startswith(turn.text.rstrip()):
            yield broken(f"answer {turn.id} is not the beginning of what was said", where)
        elif not set(_asked_in(record, turn)) <= set(own_tags(speech.question)):
            yield broken(f"answer {turn.id} was said to something else", where)


def every_answer_is_shown(record: Record) -> Iterator[Violation]:
    """An answer that is to be shown has messages of its own, all of which are there."""
    for turn in answers(record):
        if turn.id not in record.stored.replies:
            continue
        where = record.stored.channel_of(turn.id)
        parts = record.stored.parts_of(turn.id)
        if not parts:
            yield broken(f"answer {turn.id} ({turn.outcome}) is shown nowhere", where)
        for part in parts:
            if part.message_id not in record.messages:
                yield broken(f"part {part.ordinal} of answer {turn.id} is not there", where)


def parts_are_where_they_belong(record: Record) -> Iterator[Violation]:
    """The parts of a reply are in its channel, numbered without a gap, in the order of posting."""
    for turn in answers(record):
        parts, reply = record.stored.parts_of(turn.id), record.stored.replies.get(turn.id)
        where = record.stored.channel_of(turn.id)
        if reply is None or not parts:
            continue
        if [part.ordinal for part in parts] != list(range(len(parts))):
            yield broken(f"answer {turn.id} has parts {[it.ordinal for it in parts]}", where)
        ids = [part.message_id or 0 for part in parts]
        if any(earlier >= later for earlier, later in pairwise(ids)):
            yield broken(f"the parts of answer {turn.id} were posted in another order", where)
        shown = {it.channel_id for it in messages_of(record, turn)}
        if shown | {part.channel_id for part in parts} | {where} != {reply.channel_id}:
            yield broken(f"answer {turn.id} is not where its conversation is", where, *shown)


def shown_is_stored(record: Record) -> Iterator[Violation]:
    """The messages of an answer say what is stored of it, and nothing else but small print."""
    for turn in answers(record):
        messages = messages_of(record, turn)
        if not messages:
            continue
        text = turn.text if turn.text.strip() else record.stored.text_before(turn)
        found = _difference(tuple(message.content for message in messages), text)
        if found is not None:
            words = f"answer {turn.id} ({turn.outcome}) is shown otherwise than stored: {found}"
            yield broken(words, record.stored.channel_of(turn.id))


def ends_are_told(record: Record) -> Iterator[Violation]:
    """Under an answer stands how it ended, unless it is complete, and its remarks; no more."""
    for turn in answers(record):
        messages = messages_of(record, turn)
        if not messages or turn.outcome is None:
            continue
        _, small = without_small_print([message.content for message in messages])
        replaced = not turn.text.strip() and bool(record.stored.text_before(turn))
        if not kinds_of(turn, is_replaced=replaced).match(small):
            words = f"answer {turn.id} ({turn.outcome}, {turn.failure}) ends: {small}"
            yield broken(words, record.stored.channel_of(turn.id))


def nothing_looks_open(record: Record) -> Iterator[Violation]:
    """No message has a cursor, and none stands for a place in line."""
    for message in record.messages.values():
        if CURSOR in message.content or message.content.startswith("-# ⏳"):
            words = f"message {message.id} looks open: {message.content[:60]!r}"
            yield broken(words, message.channel_id)


def answers(record: Record) -> list[StoredTurn]:
    """Return the assistant turns."""
    return [turn for turn in record.stored.turns.values() if turn.role == "assistant"]


def messages_of(record: Record, turn: StoredTurn) -> list[Message]:
    """Return the messages that show a turn, as far as they are there."""
    found = (record.messages.get(it.message_id or 0) for it in record.stored.parts_of(turn.id))
    return [message for message in found if message is not None]


def _asked_in(record: Record, turn: StoredTurn) -> tuple[str, ...]:
    question = record.stored.turns.get(turn.parent_id or 0)
    return () if question is None else own_tags(question.text)


@lru_cache(maxsize=20_000)
def _difference(contents: tuple[str, ...], text: str) -> str | None:
    return difference(without_small_print(contents)[0], text)
