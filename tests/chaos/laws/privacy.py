"""Laws about who may read what: private places, pings, and the log."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, cast

from sandbox.rest.requests import RecordedRequest
from tests.chaos.laws.violation import Violation, broken
from tests.chaos.record import TAG, Record, known_words

_SAYS_SOMETHING = re.compile(
    r"(POST|PATCH) (/channels/[^/]+/messages(/[^/]+)?|/interactions/.+/callback|/webhooks/.+)"
)
_LOGGED = 60


def private_words_stay(record: Record) -> Iterator[Violation]:
    """Nothing that was said or answered in a private place is shown in another."""
    homes = _private_homes(record)
    for message in record.messages.values():
        for word in known_words(message.content):
            home = homes.get(word)
            if home is not None and home != message.channel_id:
                words = f"{word} is from private place {home} and shown in {message.channel_id}"
                yield broken(words, home, message.channel_id)
    for channel in record.channels.values():
        for word in known_words(channel.name):
            if homes.get(word, channel.id) != channel.id:
                yield broken(f"{word} is private, and in the name of a place", channel.id)


def nobody_is_pinged(record: Record) -> Iterator[Violation]:
    """No request may ping anybody but the person replied to, and no message has."""
    for request in record.requests:
        mentions = _mentions_of(request)
        if any(mentions.get(kind) for kind in ("parse", "users", "roles")):
            yield broken(f"{request.method} {request.template} may ping: {mentions}")
    for message in record.messages.values():
        replied = record.spoken.get((message.reference and message.reference.message_id) or 0)
        others = set(message.mention_ids) - ({replied.person.id} if replied else set())
        if others or message.mention_role_ids or message.mentions_everyone:
            words = f"message {message.id} pings people: {sorted(others) or 'many'}"
            yield broken(words, message.channel_id)


def the_log_keeps_secrets(record: Record) -> Iterator[Violation]:
    """No secret is logged, and nothing that anybody said."""
    for line in record.log.splitlines():
        if any(secret in line for secret in record.secrets):
            yield broken("the log has a secret in it")
        if known_words(line):
            yield broken(f"the log tells what was said: {line[:_LOGGED]!r}")


def _private_homes(record: Record) -> Mapping[str, int]:
    """Return the private place of each word that belongs to one."""
    homes = {
        spoken.tag: spoken.channel.id
        for spoken in record.spoken.values()
        if record.is_private(spoken.channel.id)
    }
    for name, speech in record.speeches.items():
        found = [homes[tag] for tag in TAG.findall(speech.question) if tag in homes]
        if found:
            homes[name] = found[-1]
    return homes


def _mentions_of(request: RecordedRequest) -> Mapping[str, Any]:
    """Return whom a request lets Discord ping; everybody where it says nothing about that."""
    body: Any = request.body
    if not _SAYS_SOMETHING.fullmatch(f"{request.method} {request.path}") or not body:
        return {}
    said = cast("dict[str, Any]", body.get("data") or body)
    if not said.get("content"):
        return {}
    return cast("Mapping[str, Any]", said.get("allowed_mentions") or {"parse": "all"})
