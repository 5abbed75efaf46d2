"""The law about what a model is told: the stored path, all of it, and nothing else."""

import re
from collections.abc import Iterator

from sandbox.models.script import AskedConversation
from tests.chaos.laws.violation import Violation, broken
from tests.chaos.record import Record, Told, own_tags
from tests.chaos.stored import StoredTurn

_GLUE = re.compile(
    r"\s+|User:|Assistant:|This is our conversation so far:|Go on from there\. My next message:"
    r"|Instructions for you, for this whole conversation:"
    r"|Several people take part in this conversation; [^\n]+"
)
"""What may stand between the turns: the words of a history that is told in one message."""


def models_know_the_path(record: Record) -> Iterator[Violation]:
    """In every request a model is told the turns from the root to a stored question, in order.

    The oldest may be left out where the service has said that all of them are too much.
    """
    questions = _questions_by_tag(record)
    for one in record.told:
        told = "\n\n".join(it.text for it in one.conversation.messages if it.role != "system")
        tags = own_tags(told)
        question = questions.get(tags[-1]) if tags else None
        if question is None:
            yield broken(f"a model was asked what is not stored: {tags[-1:]}")
            continue
        found = [_difference(told, path) for path in _paths(record, question, one)]
        if all(found):
            words = f"a model was told something else than the path to {tags[-1]}: {found[0]}"
            yield broken(words, record.stored.channel_of(question))


def private_memories_stay(record: Record) -> Iterator[Violation]:
    """No model is told in one conversation what was said in a private place elsewhere."""
    homes = {
        spoken.tag: spoken.channel.id
        for spoken in record.spoken.values()
        if record.is_private(spoken.channel.id)
    }
    for one in record.told:
        found = {homes.get(tag, 0) for tag in own_tags(_all_of(one.conversation))}
        if len(found) > 1:
            yield broken("a model was told of two places at once, one of them private", *found)


def _questions_by_tag(record: Record) -> dict[str, int]:
    return {
        tag: turn.id
        for turn in record.stored.turns.values()
        if turn.role == "user"
        for tag in own_tags(turn.text)
    }


def _asked_below(record: Record, question_id: int) -> Iterator[int]:
    """Return a question, and those that nobody said which have its answers gone on with."""
    yield question_id
    for answer in record.stored.answers_to(question_id):
        for hidden in record.stored.below(answer.id, "user"):
            if not hidden.speakers:
                yield from _asked_below(record, hidden.id)


def _paths(record: Record, question_id: int, told: Told) -> Iterator[list[StoredTurn]]:
    """Return what may have been told, in a request whose last words of people are a question."""
    for asked_id in _asked_below(record, question_id):
        path = record.stored.path_to(asked_id)
        yield path
        if told.may_be_shortened:
            yield from (path[at:] for at in range(1, len(path)))


def _difference(told: str, path: list[StoredTurn]) -> str | None:
    """Return how what was told differs from a path; None where it is the same."""
    names = {name for turn in path for name, _ in turn.speakers}
    position = 0
    for turn in path:
        for words in _stretches(turn):
            at = told.find(words, position)
            if at < 0:
                return f"turn {turn.id} is missing"
            if not _is_glue(told[position:at], names):
                return f"before turn {turn.id} stands {told[position:at][:60]!r}"
            position = at + len(words)
    rest = told[position:]
    return None if _is_glue(rest, names) else f"at the end stands {rest[:60]!r}"


def _stretches(turn: StoredTurn) -> Iterator[str]:
    """Return what each speaker says in a turn; the turn itself where nobody is named."""
    if not turn.speakers:
        if turn.text.strip():
            yield turn.text.strip()
        return
    position = 0
    for _, length in turn.speakers:
        yield turn.text[position : position + length].strip()
        position += length + len("\n\n")


def _is_glue(text: str, names: set[str]) -> bool:
    for name in names:
        text = text.replace(f"{name}:", "")
    return not _GLUE.sub("", text)


def _all_of(asked: AskedConversation) -> str:
    return "\n\n".join(message.text for message in asked.messages)
