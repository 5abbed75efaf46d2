"""Laws about messages that are no answers: the right one, to the right message, once."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping

from sandbox.world.entities import Message
from tests.chaos.chronicle import Spoken
from tests.chaos.laws.violation import Violation, broken
from tests.chaos.record import Record, replied_to
from tests.chaos.stored import StoredNotice

_LATER = "I cannot store anything just now, so I could not take this message yet."
"""How the one sentence begins that is said without being stored."""
_KINDS: Mapping[str, re.Pattern[str]] = {
    "how_to": re.compile(r"Mention me with a question"),
    "only_files": re.compile(r"I cannot read files yet, so I have not seen `"),
    "only_words": re.compile(r"I can only read words yet"),
    "withheld": re.compile(r"Discord did not show me what you wrote"),
    "queue_full": re.compile(r"\d+ messages are waiting for an answer here already"),
    "quota_spent": re.compile(r"You have had your \d+ answers for today"),
    "slow_down": re.compile(r"Slow down, please: I take \d+ messages of one person"),
    "broken": re.compile(r"Something went wrong on my side"),
    "no_direct_messages": re.compile(r"I do not answer direct messages here"),
    "guild_not_allowed": re.compile(r"I am not switched on for this server"),
    "channel_not_allowed": re.compile(r"I am not switched on for this channel"),
    "role_not_allowed": re.compile(r"You need one of the roles"),
    "blocked": re.compile(r"The bot's owner has decided that I do not answer you"),
}
_OF_WORDLESS = ("only_files", "only_words")
_OF_REFUSED = ("queue_full", "quota_spent")
_OF_ANY = ("slow_down",)


def each_message_belongs_to_something(record: Record) -> Iterator[Violation]:
    """What is no part of an answer is a stored notice, or says that its message comes later."""
    notices = {notice.message_id: notice for notice in record.stored.notices}
    for message in record.other_messages():
        notice = notices.get(message.id)
        words = f"message {message.id}: {message.content[:60]!r}"
        if notice is None:
            if not _says_later(message) or replied_to(message) not in record.spoken:
                yield broken(f"{words} belongs to nothing", message.channel_id)
        elif replied_to(message) != notice.answers_message_id:
            yield broken(f"{words} replies to another message than its notice", message.channel_id)
        elif not _KINDS[notice.kind].match(message.content):
            yield broken(f"{words} is no notice {notice.kind}", message.channel_id)


def each_notice_is_there(record: Record) -> Iterator[Violation]:
    """A notice that was posted stands in its place, and speaks to the author of its message."""
    shown = {notice.id for notice in record.shown_notices()}
    for notice in record.stored.notices:
        spoken = record.spoken.get(notice.answers_message_id)
        if notice.message_id is not None and notice.id not in shown:
            yield broken(f"notice {notice.key} is not where it belongs", notice.channel_id)
        if spoken is None or spoken.person.id != notice.author_id:
            yield broken(f"notice {notice.key} is for somebody else", notice.channel_id)


def what_is_not_taken_is_told(record: Record) -> Iterator[Violation]:
    """The author of what was not taken, or was refused, was told why, once for what follows."""
    shown = record.shown_notices()
    for spoken in record.spoken.values():
        inbound = record.stored.inbounds.get(spoken.message.id)
        if not spoken.is_meant or spoken.message.is_deleted:
            continue
        if inbound is None:
            kinds = _OF_ANY if spoken.has_words else (*_OF_ANY, *_OF_WORDLESS)
            if not any(_tells(record, notice, spoken, kinds) for notice in shown):
                yield broken(
                    f"{spoken.tag} was never taken, and nobody was told", spoken.channel.id
                )
        elif inbound.state == "refused" and not any(
            _tells(record, notice, spoken, _OF_REFUSED) for notice in shown
        ):
            yield broken(f"{spoken.tag} was refused without a word", spoken.channel.id)


def later_comes(record: Record) -> Iterator[Violation]:
    """Whoever was told that a message is answered later is not left without an answer."""
    told = {notice.answers_message_id for notice in record.shown_notices()}
    for message in record.other_messages():
        spoken = record.spoken.get(replied_to(message) or 0)
        if spoken is None or not _says_later(message) or spoken.message.is_deleted:
            continue
        if spoken.message.id not in record.stored.inbounds and spoken.message.id not in told:
            yield broken(f"{spoken.tag} was to be answered later", spoken.channel.id)


def nobody_is_told_twice(record: Record) -> Iterator[Violation]:
    """No message has two notices of one kind, no key has two rows, and no post is there twice."""
    told = Counter(
        (replied_to(message), _kind_of(message), message.channel_id)
        for message in record.other_messages()
    )
    for (message_id, kind, channel_id), count in told.items():
        if count > 1:
            yield broken(f"message {message_id} was told {kind} {count} times", channel_id)
    for key, count in Counter(notice.key for notice in record.stored.notices).items():
        if count > 1:
            yield broken(f"notice {key} is stored {count} times")
    posts = Counter(
        (message.channel_id, message.nonce)
        for message in record.messages.values()
        if message.nonce is not None
    )
    for (channel_id, nonce), count in posts.items():
        if count > 1:
            yield broken(f"nonce {nonce} was posted {count} times", channel_id)


def _tells(record: Record, notice: StoredNotice, spoken: Spoken, kinds: tuple[str, ...]) -> bool:
    """Return whether a notice tells the author of a message that it is not taken."""
    message_id = spoken.message.id
    if notice.kind not in kinds or notice.author_id != spoken.person.id:
        return False
    if notice.answers_message_id == message_id:
        return True
    if notice.answers_message_id > message_id:
        return False
    if notice.kind == "slow_down":
        return (notice.covers_until_id or 0) >= message_id
    if notice.kind == "quota_spent":
        return True
    return notice.channel_id == spoken.channel.id and not _is_taken_between(record, notice, spoken)


def _is_taken_between(record: Record, notice: StoredNotice, spoken: Spoken) -> bool:
    """Return whether something of the same person was taken there since, which ends the run."""
    return any(
        inbound.author_id == spoken.person.id
        and inbound.channel_id == spoken.channel.id
        and inbound.state != "refused"
        and notice.answers_message_id < inbound.message_id < spoken.message.id
        for inbound in record.stored.inbounds.values()
    )


def _says_later(message: Message) -> bool:
    return message.content.startswith(_LATER)


def _kind_of(message: Message) -> str:
    if _says_later(message):
        return "later"
    found = (kind for kind, pattern in _KINDS.items() if pattern.match(message.content))
    return next(found, message.content)
