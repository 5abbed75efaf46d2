"""What the demo model remembers: the conversation that it is asked with, unfolded.

The bot hands the history to a service without a memory of its own as one message, in this form;
the instructions are left out where there are none. Where there are several people, the instructions
say that names are told, and each one's words begin with theirs, as `Alice: WORDS`:

    Instructions for you, for this whole conversation:

    PROMPT

    This is our conversation so far:

    User: WORDS

    Assistant: WORDS

    Go on from there. My next message:

    WORDS
"""

import re
from dataclasses import dataclass

from sandbox.models.script import AskedConversation

_INSTRUCTIONS = "Instructions for you, for this whole conversation:\n\n"
_HISTORY = "This is our conversation so far:\n\n"
_NEXT = "\n\nGo on from there. My next message:\n\n"
_ENTRY = re.compile(r"(?:\A|\n\n)(User|Assistant): ")
_NAMED_ENTRY = re.compile(r"(?:\A|\n\n)([^\W\d_][^\n:]{0,31}): ")
_ASSISTANT = "Assistant"
_USER = "User"
_NAMES_ARE_TOLD = "begins with their name and a colon"


@dataclass(frozen=True, slots=True)
class Remembered:
    """A conversation as the demo model sees it.

    Attributes:
        question: The last words, to be answered now, without the name of the one who says them.
        said: What the one who asks said before, oldest first.
        speaker: Who asks, where the conversation names people; else empty.
    """

    question: str
    said: tuple[str, ...] = ()
    speaker: str = ""


def remember(asked: AskedConversation) -> Remembered:
    """Unfold everything that was said by people, whichever of the messages it is in.

    Words without a name count for whoever asks: they are from before a second person came.
    """
    told = [message.text for message in asked.messages if message.role == "system"]
    words: list[str] = []
    entries: list[tuple[str, str]] = []
    for message in asked.messages:
        if message.role == "user":
            folded = unfold(message.text)
            told.append(folded.instructions)
            words += [text for name, text in folded.entries if name == _USER]
            entries += [one for one in folded.entries if one[0] not in (_USER, _ASSISTANT)]
            words.append(folded.next_words)
    is_shared = bool(entries) or any(_NAMES_ARE_TOLD in one for one in told)
    for text in words:
        entries += _by_name(text) if is_shared else [("", text)]
    if not entries:
        return Remembered("")
    speaker, question = entries.pop()
    said = tuple(text for name, text in entries if name in ("", speaker))
    return Remembered(question, said, speaker)


@dataclass(frozen=True, slots=True)
class Folded:
    """The contents of one message; `entries` are names with words, oldest first."""

    next_words: str
    entries: tuple[tuple[str, str], ...] = ()
    instructions: str = ""


def unfold(text: str) -> Folded:
    """Take a message apart; one that is not folded is its own next words."""
    instructions, history, next_words = "", "", text
    is_instructed = text.startswith(_INSTRUCTIONS)
    before, mark, after = text.partition(_HISTORY)
    if mark and (is_instructed or not before):
        history, _, next_words = after.partition(_NEXT)
        instructions = before.removeprefix(_INSTRUCTIONS).strip()
    elif is_instructed:
        # Either may have paragraphs; it is rather the instructions than the first question.
        instructions, _, next_words = text.removeprefix(_INSTRUCTIONS).rpartition("\n\n")
    # Where nobody is named, a paragraph of an answer which begins with a word and a colon is not
    # taken for a person's.
    entry = _ENTRY if re.search(r"(?:\A|\n\n)User: ", history) else _NAMED_ENTRY
    names_and_words = entry.split(history)[1:]
    entries = tuple(zip(names_and_words[::2], names_and_words[1::2], strict=True))
    return Folded(next_words, entries, instructions)


def _by_name(text: str) -> list[tuple[str, str]]:
    """Take apart what several people, or one, said in one message; before a name it is empty."""
    first, *rest = _NAMED_ENTRY.split(text)
    unnamed = [("", first)] if first or not rest else []
    return unnamed + list(zip(rest[::2], rest[1::2], strict=True))
