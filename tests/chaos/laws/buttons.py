"""Laws about buttons: they are of the turn shown, stand at its end, and under the newest only."""

import re
from collections.abc import Iterator
from typing import Any

from sandbox.world.entities import Message
from tests.chaos.laws.answers import answers, messages_of
from tests.chaos.laws.violation import Violation, broken
from tests.chaos.record import Record

_CUSTOM_ID = re.compile(r"bobbin:(?P<does>stop|continue|again):(?P<turn_id>\d+)")
_NAMED = {"*Continue*": "continue", "*Try again*": "again"}


def nothing_can_be_stopped(record: Record) -> Iterator[Violation]:
    """Where all is quiet no message offers to stop anything."""
    for message in record.messages.values():
        if any(does == "stop" for does, _ in buttons_of(message)):
            yield broken(f"message {message.id} can still be stopped", message.channel_id)


def buttons_are_their_turns(record: Record) -> Iterator[Violation]:
    """A button belongs to the turn that its message shows, and stands under the last part."""
    last_of: dict[int, int] = {}
    for turn in answers(record):
        messages = messages_of(record, turn)
        if messages:
            last_of[messages[-1].id] = turn.id
    for message in record.messages.values():
        for does, turn_id in buttons_of(message):
            if message.id not in last_of:
                words = f"message {message.id} has a button {does}, and ends no answer"
                yield broken(words, message.channel_id)
            elif last_of[message.id] != turn_id:
                words = f"answer {last_of[message.id]} has the button {does} of turn {turn_id}"
                yield broken(words, message.channel_id)


def only_the_newest_has_buttons(record: Record) -> Iterator[Violation]:
    """An answer after which something was said has no buttons; the newest has those it names."""
    for turn in answers(record):
        for message in messages_of(record, turn):
            is_newest = record.stored.is_newest(turn)
            offered = {does for does, _ in buttons_of(message)}
            if offered and not is_newest:
                words = f"answer {turn.id} is not the newest and has buttons {sorted(offered)}"
                yield broken(words, message.channel_id)
            named = {does for words, does in _NAMED.items() if words in message.content}
            if not named <= offered:
                words = f"answer {turn.id} names {sorted(named)} and offers {sorted(offered)}"
                yield broken(words, message.channel_id)


def buttons_of(message: Message) -> list[tuple[str, int]]:
    """Return what the buttons under a message do, and whose turn's they are."""
    return [
        (found["does"], int(found["turn_id"]))
        for custom_id in _custom_ids(message.components)
        if (found := _CUSTOM_ID.fullmatch(custom_id))
    ]


def _custom_ids(components: list[dict[str, Any]]) -> Iterator[str]:
    for component in components:
        yield from _custom_ids(component.get("components", []))
        if "custom_id" in component:
            yield str(component["custom_id"])
