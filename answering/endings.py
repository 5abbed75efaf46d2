"""How an ended answer is to stand on Discord, and whether its messages show that (no I/O)."""

import re
from collections.abc import Sequence

import discord

from answering.own_posts import custom_ids_of
from conversation.entities import Failure, Outcome, Shown, Turn
from rendering.buttons import NONE, Button, Buttons, buttons_after, custom_id
from rendering.cursor import without_cursor
from rendering.reply import put_below
from rendering.splitting.splitter import Splitter
from rendering.wording.english import Notice, outcome_notice, overtaken

_SMALL_PRINT = "-# "
_FIXED = frozenset(words for notice in Notice for words in (notice.value, overtaken(notice)))
_QUEUE_LINE = Notice.QUEUED.split("{", maxsplit=1)[0]
_MARKS = re.compile(r"[\s*_~`|]+")
"""What a message may have for display only: it differs while the text streams."""


def notice_under(shown: Shown) -> str:
    """Give the words below an ended answer; they name no button that is not there."""
    turn = shown.turn
    failure = None if turn.failure is None else Failure(turn.failure)
    has_text = bool(turn.text.strip())
    words = outcome_notice(outcome_of(turn), failure, model=turn.model or "", has_text=has_text)
    return words if _is_newest(shown) else overtaken(words)


def buttons_under(shown: Shown) -> Buttons:
    """Give the buttons below an ended answer: none where the conversation has gone on."""
    turn = shown.turn
    has_text = bool(turn.text.strip())
    offered = buttons_after(outcome_of(turn), turn.failure, has_text=has_text)
    return offered if _is_newest(shown) else NONE


def outcome_of(turn: Turn) -> Outcome:
    """Give how an answer ended that does not stream any more."""
    return turn.outcome or Outcome.INTERRUPTED


def contents_of(text: str, notice: str = "") -> Sequence[str]:
    """Give what the messages that show an answer say."""
    splitter = Splitter()
    splitter.feed(text)
    splitter.finish(notice)
    return [part.content for part in splitter.parts]


def whole_of(shown: Shown) -> Sequence[str]:
    """Give what the messages of an ended answer say, less the small print that is not stored."""
    notice, replaced = notice_under(shown), replaced_contents(shown.replaced_text)
    return put_below(replaced, notice) or contents_of(shown.turn.text, notice)


def replaced_contents(text: str) -> Sequence[str]:
    """Give what the messages of an answer without text say of the one before it, which stays."""
    return put_below(contents_of(text), Notice.REPLACED_STAYS)


def lacks_messages(shown: Shown) -> bool:
    """Tell whether fewer messages show an answer than its text and its notice need.

    One that the conversation has gone on from needs no notice: another may go on with it.
    """
    needed = whole_of(shown) if _is_newest(shown) else contents_of(shown.turn.text)
    return len(shown.parts) < len(needed)


def is_open(shown: Shown, messages: Sequence[discord.Message | None]) -> bool:
    """Tell whether the messages of a reply do not say how its answer ended.

    It lacks one or has one too many, can still be stopped, has a cursor, has the buttons of an
    answer that it showed before, or says that the answer is not stored.

    Args:
        shown: The ended answer.
        messages: Those of its parts; None for one that somebody deleted.
    """
    there = [message for message in messages if message is not None]
    if not there:
        return False
    ended = _ended_buttons(shown.turn)
    return (
        lacks_messages(shown)
        or _has_too_many(shown, messages)
        or _lacks_notice(shown, messages[-1])
        or there[-1].content.endswith(Notice.NOT_STORED)
        or any(without_cursor(message.content) != message.content for message in there)
        or not all(ended.issuperset(custom_ids_of(message)) for message in there)
    )


def is_of(message: discord.Message, turn_id: int) -> bool:
    """Tell whether a message has a button of a turn."""
    own = {custom_id(button, turn_id) for button in Button}
    return not own.isdisjoint(custom_ids_of(message))


def says(message: discord.Message, contents: Sequence[str]) -> bool:
    """Tell whether a message has one of these contents, perhaps with small print below it."""
    return any(
        message.content == content or message.content.startswith(f"{content}\n{_SMALL_PRINT}")
        for content in contents
    )


def what_stays(shown: Shown, messages: Sequence[discord.Message | None]) -> Sequence[str]:
    """Give what the messages of a broken answer go on to say; nothing where the store has it all.

    People may have seen more than the last checkpoint kept, or what another answer said before
    this one had its first word: that is not taken away.

    Args:
        shown: The broken answer.
        messages: Those of its parts; None for one that somebody deleted.
    """
    stop = custom_id(Button.STOP, shown.turn.id)
    count = len(messages)
    for ordinal, message in enumerate(messages):
        if message is not None and stop in custom_ids_of(message):
            count = ordinal + 1  # What follows was said by an answer that this one replaces.
    texts = ["" if message is None else _text_of(message) for message in messages[:count]]
    while texts and not texts[-1]:
        texts.pop()
    return [] if _covers(contents_of(shown.turn.text), texts) else texts


def _is_newest(shown: Shown) -> bool:
    return shown.conversation.head_turn_id == shown.turn.id


def _ended_buttons(turn: Turn) -> frozenset[str]:
    """Give the custom ids that messages of an ended answer may have."""
    return frozenset(custom_id(it, turn.id) for it in Button if it is not Button.STOP)


def _has_too_many(shown: Shown, messages: Sequence[discord.Message | None]) -> bool:
    """Tell whether messages are left of a longer answer that this one has replaced.

    Small print has one of its own where there is no room for it, and so has more text of a
    broken answer than the store has.
    """
    if outcome_of(shown.turn) is Outcome.INTERRUPTED:
        return False
    further = messages[len(whole_of(shown)) :]
    return any(it is not None and not it.content.startswith(_SMALL_PRINT) for it in further)


def _lacks_notice(shown: Shown, last: discord.Message | None) -> bool:
    """Tell whether the last message does not say how an answer ended that is not complete.

    One that another goes on with says nothing of that.
    """
    if last is None or not _is_newest(shown) or outcome_of(shown.turn) is Outcome.COMPLETE:
        return False
    return not last.content.rpartition("\n")[2].startswith(_SMALL_PRINT)


def _text_of(message: discord.Message) -> str:
    """Give what a message shows of an answer's text."""
    lines = without_cursor(message.content).split("\n")
    while lines and (lines[-1] in _FIXED or lines[-1].startswith(_QUEUE_LINE)):
        lines.pop()
    return "\n".join(lines)


def _covers(contents: Sequence[str], texts: Sequence[str]) -> bool:
    """Tell whether an answer has all that its messages say, the last of which may stream."""
    if not texts:
        return True
    if len(texts) > len(contents):
        return False
    *full, last = texts
    if any(text not in {"", content} for text, content in zip(full, contents, strict=False)):
        return False
    rest = "".join(contents[len(full) :])
    return _bare(rest).startswith(_bare(last))


def _bare(text: str) -> str:
    return _MARKS.sub("", text)
